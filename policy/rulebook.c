/* SPDX-License-Identifier: Apache-2.0 */
/* Holds device profiles and rules together: those that are built in, and a caller's own. */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "policy/builtin.h"
#include "policy/rule.h"

#define WORD(SET, ID, word, versions, meaning) {word, sizeof(word) - 1, versions, meaning},
static const struct qs_word answer_words[] = {QS_ANSWER_LIST(WORD)};
#undef WORD
const struct qs_word_set qs_answer_words = {answer_words, QS_ANSWER__COUNT};

const char *qs_answer_word(enum qs_answer answer)
{
	return answer < QS_ANSWER__COUNT ? answer_words[answer].word : NULL;
}

struct qs_rule *qs_rulebook_more(struct qs_rulebook *rulebook)
{
	struct qs_rule *rules = rulebook->rules;

	if (rulebook->n_rules == rulebook->capacity) {
		const size_t capacity = rulebook->capacity ? 2 * rulebook->capacity : 64;

		rules = realloc(rules, capacity * sizeof(*rules));
		if (!rules)
			return NULL;
		rulebook->rules = rules;
		rulebook->capacity = capacity;
	}
	memset(&rules[rulebook->n_rules], 0, sizeof(*rules));
	return &rules[rulebook->n_rules++];
}

void qs_rulebook_drop(struct qs_rulebook *rulebook, size_t set)
{
	size_t n = 0;

	for (size_t i = 0; i < rulebook->n_rules; i++) {
		if (rulebook->rules[i].set != set)
			rulebook->rules[n++] = rulebook->rules[i];
	}
	rulebook->n_rules = n;
}

int qs_rulebook_device(const struct qs_rulebook *rulebook, const char *name, size_t size)
{
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		const char *known = rulebook->profiles[i].name;

		if (strlen(known) == size && memcmp(known, name, size) == 0)
			return (int)i;
	}
	return -1;
}

/* Reads a text that is built in; tests hold it to be right. */
static enum qs_status add_builtin(struct qs_rulebook *rulebook, const struct qs_builtin *builtin)
{
	struct qs_source **source = &rulebook->builtin[rulebook->n_builtin];
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status = findings ? QS_OK : QS_NOMEM;
	size_t device;

	if (status == QS_OK)
		status = qs_source_new(builtin->name, builtin->text, builtin->size, source);
	if (status == QS_OK) {
		rulebook->n_builtin++;
		status = builtin->is_profile
		             ? qs_profile_read(rulebook, *source, true, findings, &device)
		             : qs_rules_read(rulebook, *source, findings);
	}
	qs_findings_free(findings);
	return status == QS_INVALID ? QS_BUG : status;
}

enum qs_status qs_rulebook_new(struct qs_rulebook **ret_rulebook)
{
	struct qs_rulebook *rulebook = calloc(1, sizeof(*rulebook));
	enum qs_status status = rulebook ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < qs_n_builtin && status == QS_OK; i++)
		status = add_builtin(rulebook, &qs_builtin[i]);
	if (status == QS_OK)
		*ret_rulebook = rulebook;
	else
		qs_rulebook_free(rulebook);
	return status;
}

void qs_rulebook_free(struct qs_rulebook *rulebook)
{
	if (!rulebook)
		return;
	for (size_t i = 0; i < rulebook->n_builtin; i++)
		qs_source_free(rulebook->builtin[i]);
	qs_arena_done(&rulebook->arena);
	free(rulebook->rules);
	free(rulebook);
}

enum qs_status qs_rulebook_add_rules(
    struct qs_rulebook *rulebook, const struct qs_source *source, struct qs_findings *findings)
{
	return qs_rules_read(rulebook, source, findings);
}

enum qs_status qs_rulebook_add_profile(struct qs_rulebook *rulebook, const struct qs_source *source,
    struct qs_findings *findings, size_t *ret_device)
{
	return qs_profile_read(rulebook, source, false, findings, ret_device);
}

const struct qs_profile *qs_rulebook_profiles(const struct qs_rulebook *rulebook, size_t *ret_n)
{
	*ret_n = rulebook->n_profiles;
	return rulebook->profiles;
}

enum qs_status qs_rulebook_find_device(const struct qs_rulebook *rulebook, const char *name,
    size_t size, struct qs_findings *findings, size_t *ret_device)
{
	const int device = qs_rulebook_device(rulebook, name, size);
	const struct qs_json_string word = {name, (uint32_t)(size < 1000 ? size : 1000)};
	struct qs_nearest nearest = qs_nearest_to(word.bytes, word.size);
	struct qs_text known = QS_TEXT_INIT;
	struct qs_finding *finding;

	if (device >= 0) {
		*ret_device = (size_t)device;
		return QS_OK;
	}
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		qs_text_addf(&known, "%s%s", i ? ", " : "", rulebook->profiles[i].name);
		qs_nearest_offer(&nearest, rulebook->profiles[i].name);
	}
	finding = qs_finding_add(findings, QS_FINDING_UNKNOWN_DEVICE, (struct qs_place){NULL, 0, 0},
	    "there is no profile of a device \"%.*s\"; known are %s", qs_json_shown(word, 80),
	    word.bytes, known.data);
	if (nearest.best)
		qs_finding_hint(findings, finding, "did you mean \"%s\"?", nearest.best);
	qs_findings_end_text(findings, &known);
	return QS_INVALID;
}
