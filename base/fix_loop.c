/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixes a text until nothing is left to fix.
 *
 * A round takes all fixes that do not overlap and checks the text that they give. When it is not
 * better, halves are tried on their own, down to single fixes, and those that do harm are left out.
 * So nothing is believed of a fix that was not seen, and what is left out is left out again when
 * the result is fixed once more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/fix.h"

/* Texts are checked so often, and so many bytes in all. */
#define MOST_CHECKS 2000
#define MOST_BYTES ((size_t)128 << 20)
#define LEAST_CHECKS 20

/* A text and what a check says about it. */
struct version {
	struct qs_source *own; /* NULL: the source is the caller's */
	const struct qs_source *source;
	struct qs_findings *findings;
	struct qs_text meaning;
	enum qs_status status;
	size_t n_findings, n_errors, n_syntax;
};

/* Why a fix is left out. */
enum harm {
	HARM_NONE,
	HARM_UNUSABLE,
	HARM_MEANING,
	HARM_FINDINGS
};

/* A fix that was left out of a round. */
struct refusal {
	struct qs_fix_choice choice;
	enum harm harm;
};

struct fixer {
	qs_text_check *check;
	void *context;
	struct qs_findings *findings; /* of the caller, who decided about codes */
	size_t n_checks;              /* how many are left */
	struct version *start, *now;  /* of the round: its first text and the best so far */
	struct qs_fix_choice *taken;  /* what leads from one to the other */
	size_t n_taken, n_fixed;
	struct refusal *refusals;
	size_t n_refusals, capacity;
	bool nomem;
	enum qs_status failure; /* of a check */
};

static void free_version(struct version *version)
{
	if (!version)
		return;
	qs_findings_free(version->findings);
	qs_text_done(&version->meaning);
	qs_source_free(version->own);
	free(version);
}

static void count_findings(struct version *version)
{
	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		version->n_findings += qs_findings_total(version->findings, (enum qs_severity)s);
	version->n_errors = qs_findings_total(version->findings, QS_SEVERITY_ERROR);
	for (size_t i = 0; i < qs_findings_count(version->findings); i++)
		version->n_syntax +=
		    strncmp(qs_findings_at(version->findings, i)->code, "QS1", 3) == 0;
}

/* Checks a text; it takes over `own`. NULL: it could not be done. */
static struct version *check_text(
    struct fixer *fixer, const struct qs_source *source, struct qs_source *own)
{
	struct version *version = calloc(1, sizeof(*version));

	if (version)
		*version = (struct version){.own = own,
		    .source = source,
		    .findings = qs_findings_new_beside(fixer->findings),
		    .meaning = QS_TEXT_INIT};
	else
		qs_source_free(own);
	if (!version || !version->findings) {
		fixer->nomem = true;
		free_version(version);
		return NULL;
	}
	version->status =
	    fixer->check(fixer->context, source, version->findings, &version->meaning);
	if (qs_findings_status(version->findings) != QS_OK || version->meaning.failed)
		version->status = QS_NOMEM;
	if (version->status != QS_OK && version->status != QS_INVALID) {
		fixer->failure = version->status;
		free_version(version);
		return NULL;
	}
	count_findings(version);
	return version;
}

/* The text of a round with some fixes, checked. */
static struct version *make_version(
    struct fixer *fixer, const struct qs_fix_choice *choices, size_t n)
{
	const struct qs_source *old = fixer->start->source;
	struct qs_source *source = NULL;
	struct qs_text text = QS_TEXT_INIT;

	qs_fix_apply(old, choices, n, &text);
	if (text.failed ||
	    qs_source_new(qs_source_name(old), text.data, text.size, &source) != QS_OK)
		fixer->nomem = true;
	qs_text_done(&text);
	return source ? check_text(fixer, source, source) : NULL;
}

/* What `n` fixes do that they should not. */
static enum harm judge(const struct version *now, const struct version *next, size_t n, bool safe)
{
	if (now->status == QS_OK) {
		/* What can be used gets one finding less by each fix, or it is no use. */
		if (next->status != QS_OK)
			return HARM_UNUSABLE;
		if (safe && (now->meaning.size != next->meaning.size ||
				memcmp(now->meaning.data, next->meaning.data, next->meaning.size)))
			return HARM_MEANING;
		return next->n_findings + n <= now->n_findings ? HARM_NONE : HARM_FINDINGS;
	}
	/* Behind an error that is gone another one may show. */
	if (next->n_syntax > now->n_syntax)
		return HARM_UNUSABLE;
	return next->n_errors <= now->n_errors && next->n_findings <= now->n_findings
	           ? HARM_NONE
	           : HARM_FINDINGS;
}

static void refuse(struct fixer *fixer, const struct qs_fix_choice *choice, enum harm harm)
{
	if (fixer->n_refusals == fixer->capacity) {
		const size_t capacity = fixer->capacity ? fixer->capacity * 2 : 16;
		struct refusal *more = realloc(fixer->refusals, capacity * sizeof(*more));

		if (!more) {
			fixer->nomem = true;
			return;
		}
		fixer->refusals = more;
		fixer->capacity = capacity;
	}
	fixer->refusals[fixer->n_refusals++] = (struct refusal){*choice, harm};
}

static bool must_stop(const struct fixer *fixer)
{
	return fixer->nomem || fixer->failure != QS_OK || fixer->n_checks == 0;
}

/* Takes the choices that do no harm: all, or what is left of either half. They stand behind those
 * that were taken. */
static void try_choices(
    struct fixer *fixer, const struct qs_fix_choice *choices, size_t n, bool safe)
{
	struct version *next;
	enum harm harm;

	if (n == 0 || must_stop(fixer))
		return;
	fixer->n_checks--;
	memmove(fixer->taken + fixer->n_taken, choices, n * sizeof(*choices));
	next = make_version(fixer, fixer->taken, fixer->n_taken + n);
	if (!next)
		return;
	harm = judge(fixer->now, next, n, safe);
	if (harm == HARM_NONE) {
		if (fixer->now != fixer->start)
			free_version(fixer->now);
		fixer->now = next;
		fixer->n_taken += n;
		return;
	}
	free_version(next);
	if (n == 1) {
		refuse(fixer, choices, harm);
		return;
	}
	try_choices(fixer, choices, n / 2, safe);
	try_choices(fixer, choices + n / 2, n - n / 2, safe);
}

/* One round with the fixes of a kind. True: the text is another one. */
static bool fix_round(struct fixer *fixer, bool safe)
{
	const struct qs_fix_kind kind = {safe, fixer->now->status != QS_OK};
	struct qs_fix_choices choices = {NULL, 0};

	if (qs_fix_choose(fixer->now->findings, fixer->now->source, kind, &choices) != QS_OK ||
	    qs_fix_disjoin(&choices) != QS_OK) {
		fixer->nomem = true;
	} else {
		fixer->taken = malloc((choices.n + 1) * sizeof(*fixer->taken));
		fixer->n_taken = 0;
		if (fixer->taken)
			try_choices(fixer, choices.list, choices.n, safe);
		else
			fixer->nomem = true;
		free(fixer->taken);
	}
	free(choices.list);
	fixer->n_fixed += fixer->n_taken;
	if (fixer->now == fixer->start)
		return false;
	free_version(fixer->start);
	fixer->start = fixer->now;
	fixer->n_refusals = 0; /* they refer to the text before, and are tried again */
	return true;
}

/* Says of each fix that is left out why it is. */
static void tell_refusals(const struct fixer *fixer)
{
	static const char *const reasons[] = {[HARM_UNUSABLE] = "the text would be less usable",
	    [HARM_MEANING] = "it would change what the text means",
	    [HARM_FINDINGS] = "other findings would come instead"};

	for (size_t i = 0; i < fixer->n_refusals; i++) {
		const struct refusal *refusal = &fixer->refusals[i];
		const struct qs_finding *finding = refusal->choice.finding;

		qs_finding_add(fixer->findings, QS_FINDING_FIX_REFUSED, finding->place,
		    "%s is not fixed here: %s", finding->code, reasons[refusal->harm]);
	}
	if (fixer->n_checks == 0)
		qs_finding_add(fixer->findings, QS_FINDING_FIX_LIMIT,
		    qs_place_of(fixer->now->source),
		    "fixing stopped at the limit of its work; what is left may need another run");
}

static enum qs_status count_unsafe(const struct version *version, bool unsafe, size_t *ret_n)
{
	const struct qs_fix_kind kind = {false, version->status != QS_OK};
	struct qs_fix_choices choices;

	*ret_n = 0;
	if (unsafe)
		return QS_OK;
	if (qs_fix_choose(version->findings, version->source, kind, &choices) != QS_OK)
		return QS_NOMEM;
	*ret_n = choices.n;
	free(choices.list);
	return QS_OK;
}

/* What the fixer has come to, for the caller. */
static enum qs_status finish(struct fixer *fixer, bool unsafe, struct qs_fixed *ret_fixed)
{
	struct version *last = fixer->now;
	struct qs_fixed fixed = {NULL, fixer->n_fixed, 0};

	if (fixer->nomem || count_unsafe(last, unsafe, &fixed.n_unsafe) != QS_OK)
		return QS_NOMEM;
	if (fixer->failure != QS_OK)
		return fixer->failure;
	tell_refusals(fixer);
	fixed.source = last->own;
	last->own = NULL;
	*ret_fixed = fixed;
	return QS_OK;
}

/* How many texts of a size may be checked. */
static size_t check_limit(size_t size)
{
	const size_t n = MOST_BYTES / (size + 1);

	return n > MOST_CHECKS ? MOST_CHECKS : n < LEAST_CHECKS ? LEAST_CHECKS : n;
}

enum qs_status qs_source_fix(const struct qs_source *source, qs_text_check *check, void *context,
    bool unsafe, struct qs_findings *findings, struct qs_fixed *ret_fixed)
{
	struct fixer fixer = {.check = check, .context = context, .findings = findings};
	enum qs_status status;
	size_t size;

	qs_source_text(source, &size);
	fixer.n_checks = check_limit(size);
	fixer.start = fixer.now = check_text(&fixer, source, NULL);
	while (!must_stop(&fixer)) {
		fixer.n_refusals = 0;
		if (!fix_round(&fixer, true) && !(unsafe && fix_round(&fixer, false)))
			break;
	}
	status = fixer.now     ? finish(&fixer, unsafe, ret_fixed)
	         : fixer.nomem ? QS_NOMEM
	                       : fixer.failure;
	free(fixer.refusals);
	free_version(fixer.now);
	return status;
}
