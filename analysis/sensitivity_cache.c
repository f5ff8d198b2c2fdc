/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what trials have seen in a file. */
#include "analysis/sensitivity_cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/finding.h"
#include "base/fingerprint.h"

#define TITLE "qstrata sensitivity 1\n"
#define END "end "

/* A cache is at most this large, in bytes. */
#define LIMIT ((size_t)256 << 20)

/* ---- what it belongs to ---------------------------------------------------------------------- */

static void add_site(struct qs_text *text, const struct qs_site *site)
{
	qs_text_addf(text, "%s %d %" PRId64 " %" PRId64, site->name, site->axis,
	    (int64_t)site->qparams.quant_min, (int64_t)site->qparams.quant_max);
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, versions, help)            \
	qs_text_addf(text, " %a", (double)site->spec.field);
#include "qstrata/params.def"
#undef PARAM
	for (size_t i = 0; i < site->qparams.n; i++)
		qs_text_addf(text, " %a %" PRId64, site->qparams.scale[i],
		    (int64_t)site->qparams.zero_point[i]);
	for (size_t i = 0; i < site->n_correction; i++)
		qs_text_addf(text, " %a", (double)site->correction[i]);
	qs_text_adds(text, "\n");
}

static enum qs_status add_data(
    struct qs_trials *trials, struct qs_findings *findings, struct qs_text *text)
{
	enum qs_status status = QS_OK;

	for (size_t b = 0; b < trials->feed.dataset.n_batches && status == QS_OK; b++) {
		status = qs_feed_read(&trials->feed, b, findings);
		for (size_t i = 0; i < trials->feed.n_inputs && status == QS_OK; i++) {
			const struct qs_blob *blob = &trials->feed.blobs[i];

			for (size_t d = 0; d < blob->n_dims; d++)
				qs_text_addf(text, "%" PRId64 " ", blob->dims[d]);
			qs_text_addf(
			    text, "%016" PRIx64 "\n", qs_fingerprint(blob->data, blob->size));
		}
	}
	return status;
}

enum qs_status qs_trials_fingerprint(struct qs_trials *trials, const struct qs_job *job,
    struct qs_findings *findings, uint64_t *ret_fingerprint)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	qs_text_addf(&text, "%016" PRIx64 " %s %d %a\n", job->model_fingerprint,
	    trials->runtime->version, (int)job->arithmetic, trials->limit);
	for (size_t i = 0; i < trials->plan->n_sites; i++)
		add_site(&text, &trials->plan->sites[i]);
	status = add_data(trials, findings, &text);
	if (status == QS_OK)
		status = qs_text_status(&text);
	*ret_fingerprint = qs_fingerprint(text.data, text.size);
	qs_text_done(&text);
	return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void add_agreement(struct qs_text *text, const struct qs_agreement *agreement)
{
	qs_text_addf(text, " %" PRIu64 " %" PRIu64 " %a %a %a %a %a %a %a", agreement->n,
	    agreement->n_rows, agreement->product, agreement->expected_square,
	    agreement->found_square, agreement->absolute, agreement->square, agreement->divergence,
	    agreement->largest);
}

enum qs_status qs_trials_write(const struct qs_trials *trials, uint64_t fingerprint,
    const char *path, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	qs_text_adds(&text, TITLE);
	qs_text_addf(
	    &text, "of %016" PRIx64 " %zu %zu\n", fingerprint, trials->n, trials->n_outputs);
	for (size_t i = 0; i < trials->n; i++) {
		const struct qs_trial *trial = &trials->items[i];

		qs_text_addf(&text, "%zu %zu %a", trial->n_batches, trial->n_wanted, trial->cost);
		for (size_t o = 0; o < trials->n_outputs; o++)
			add_agreement(&text, &trial->outputs[o]);
		qs_text_adds(&text, "\n");
	}
	for (size_t i = 0; i < trials->plan->layers->n_items; i++)
		qs_text_addf(&text, "%" PRIu64 " %d\n", trials->macs[i].n, trials->macs[i].known);
	qs_text_addf(&text, END "%016" PRIx64 "\n", qs_fingerprint(text.data, text.size));
	status = qs_text_status(&text);
	if (status == QS_OK)
		status = qs_text_save(&text, path, findings);
	qs_text_done(&text);
	return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
	const char *at;
	bool failed;
};

static uint64_t read_count(struct reading *reading, int base)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(reading->at, &end, base);
	reading->failed = reading->failed || end == reading->at || errno;
	reading->at = end;
	return value;
}

static double read_number(struct reading *reading)
{
	char *end;
	const double value = strtod(reading->at, &end);

	reading->failed = reading->failed || end == reading->at;
	reading->at = end;
	return value;
}

static void read_agreement(struct reading *reading, struct qs_agreement *agreement)
{
	agreement->n = read_count(reading, 10);
	agreement->n_rows = read_count(reading, 10);
	agreement->product = read_number(reading);
	agreement->expected_square = read_number(reading);
	agreement->found_square = read_number(reading);
	agreement->absolute = read_number(reading);
	agreement->square = read_number(reading);
	agreement->divergence = read_number(reading);
	agreement->largest = read_number(reading);
}

/* Whether the bytes are a cache as it was written, whole. */
static bool is_sound(const char *bytes, size_t size)
{
	char expected[64];
	const size_t n = strlen(END) + 16 + 1;

	if (size < strlen(TITLE) + n || memcmp(bytes, TITLE, strlen(TITLE)) != 0)
		return false;
	snprintf(
	    expected, sizeof(expected), END "%016" PRIx64 "\n", qs_fingerprint(bytes, size - n));
	return memcmp(bytes + size - n, expected, n) == 0;
}

/* What has the right fingerprint was written by the same rules: only its counts can be off. */
static bool read_trials(struct qs_trials *trials, uint64_t fingerprint, const char *bytes)
{
	struct reading reading = {bytes + strlen(TITLE) + strlen("of "), false};

	if (read_count(&reading, 16) != fingerprint || read_count(&reading, 10) != trials->n ||
	    read_count(&reading, 10) != trials->n_outputs)
		return !reading.failed;
	for (size_t i = 0; i < trials->n && !reading.failed; i++) {
		struct qs_trial *trial = &trials->items[i];

		trial->n_batches = (size_t)read_count(&reading, 10);
		trial->n_wanted = (size_t)read_count(&reading, 10);
		trial->cost = read_number(&reading);
		reading.failed = reading.failed || trial->n_batches > trials->n_batches;
		for (size_t o = 0; o < trials->n_outputs; o++)
			read_agreement(&reading, &trial->outputs[o]);
	}
	for (size_t i = 0; i < trials->plan->layers->n_items && !reading.failed; i++) {
		trials->macs[i].n = read_count(&reading, 10);
		trials->macs[i].known = read_count(&reading, 10) == 1;
	}
	trials->is_counted = !reading.failed;
	return !reading.failed;
}

enum qs_status qs_trials_read(
    struct qs_trials *trials, uint64_t fingerprint, const char *path, struct qs_findings *findings)
{
	char *bytes;
	size_t size;
	enum qs_status status;

	if (access(path, F_OK) != 0)
		return QS_OK;
	status = qs_file_read(path, LIMIT, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	if (!is_sound(bytes, size) || !read_trials(trials, fingerprint, bytes)) {
		qs_finding_add(findings, QS_FINDING_MALFORMED_SENSITIVITY,
		    qs_place_of(qs_findings_name_source(findings, path)),
		    "the file is no cache of sensitivity, or the end of it is missing");
		status = QS_INVALID;
	}
	free(bytes);
	return status;
}
