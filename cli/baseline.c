/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines of the program: where they are, what they call files, and when they are written. */
#include "cli/baseline.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/path.h"

/* Reads the file; where there is none, --update-baseline starts with nothing. */
static enum qs_status read_entries(struct baseline *baseline, struct qs_findings *findings)
{
	enum qs_status status;

	if (baseline->update && access(baseline->path, F_OK) != 0) {
		baseline->entries = qs_baseline_new();
		return baseline->entries ? QS_OK : QS_NOMEM;
	}
	status = qs_source_read(
	    baseline->path, baseline->path, QS_BASELINE_LIMIT, findings, &baseline->source);
	if (status == QS_OK)
		status = qs_baseline_read(baseline->source, findings, &baseline->entries);
	return status;
}

static bool has_nothing_to_change(
    const struct baseline *baseline, const struct arguments *arguments)
{
	if (baseline->path || (!baseline->update && !baseline->prune))
		return false;
	usage_error(arguments, "--%s needs --%s",
	    option_name(baseline->update ? OPTION_UPDATE_BASELINE : OPTION_PRUNE_BASELINE),
	    option_name(OPTION_BASELINE));
	return true;
}

bool baseline_open(struct baseline *baseline, const struct arguments *arguments)
{
	struct qs_findings *findings;
	enum qs_status status = QS_NOMEM;

	baseline->path = arguments->value[OPTION_BASELINE];
	baseline->update = arguments->value[OPTION_UPDATE_BASELINE] != NULL;
	baseline->prune = baseline->update || arguments->value[OPTION_PRUNE_BASELINE];
	if (has_nothing_to_change(baseline, arguments))
		return false;
	if (!baseline->path)
		return true;
	baseline->folder = path_absolute(baseline->path);
	findings = qs_findings_new();
	if (baseline->folder && findings) {
		path_cut(baseline->folder);
		status = read_entries(baseline, findings);
		tell_findings(arguments, findings, stderr, QS_SEVERITY_ERROR);
	}
	if (status == QS_NOMEM)
		out_of_memory();
	qs_findings_free(findings);
	return status == QS_OK;
}

void baseline_done(struct baseline *baseline)
{
	qs_baseline_free(baseline->entries);
	qs_source_free(baseline->source);
	free(baseline->folder);
}

/* Applies the baseline to findings of a file, by the name that findings have for it. */
static enum qs_status apply(
    struct baseline *baseline, const char *name, struct qs_findings *findings)
{
	char *absolute = path_absolute(name);
	const char *below = absolute ? path_below(absolute, baseline->folder) : NULL;
	enum qs_status status = QS_NOMEM;

	if (absolute)
		status = qs_baseline_apply(
		    baseline->entries, below ? below : name, baseline->update, findings);
	free(absolute);
	return status;
}

/* More findings than are kept cannot all be named. */
static bool is_whole(const struct checked *file)
{
	size_t n = qs_findings_suppressed(file->findings);

	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		n += qs_findings_total(file->findings, (enum qs_severity)s);
	if (n == qs_findings_count(file->findings))
		return true;
	fprintf(stderr, "qstrata: %s has %zu findings; a baseline takes at most %d of a file\n",
	    file->name, n, QS_FINDINGS_LIMIT);
	return false;
}

bool baseline_apply(struct baseline *baseline, struct checked *file)
{
	if (!baseline->entries || (file->status != QS_OK && file->status != QS_INVALID))
		return true;
	/* Of a file without findings, all entries are gone. */
	if (!file->findings)
		file->findings = qs_findings_new_beside(file->scope->decided);
	/* What is only found with a model is not gone when there is none. */
	if (!file->scope->model.layers && !baseline->without_model) {
		qs_baseline_set_aside(baseline->entries, "QS5");
		qs_baseline_set_aside(baseline->entries, "QS6");
		baseline->without_model = true;
	}
	if (file->findings && apply(baseline, file->name, file->findings) == QS_OK)
		return !baseline->update || is_whole(file);
	out_of_memory();
	return false;
}

/* Looks at the entries of files that are not there any more: their findings are gone. */
static enum qs_status look_for_files(struct baseline *baseline)
{
	size_t n;
	const struct qs_baseline_entry *entries = qs_baseline_list(baseline->entries, &n);
	struct qs_findings *none = qs_findings_new();
	enum qs_status status = none ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < n && status == QS_OK; i++) {
		char *path = entries[i].checked || entries[i].used
		                 ? NULL
		                 : path_join(baseline->folder, entries[i].file);

		if (path && access(path, F_OK) != 0)
			status = qs_baseline_apply(baseline->entries, entries[i].file, false, none);
		free(path);
	}
	qs_findings_free(none);
	return status;
}

static bool write_entries(struct baseline *baseline, const struct arguments *arguments)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = QS_NOMEM;

	qs_baseline_prune(baseline->entries);
	if (findings)
		status = qs_baseline_write(baseline->entries, &text);
	if (status == QS_OK)
		status = qs_text_save(&text, baseline->path, findings);
	if (findings)
		tell_findings(arguments, findings, stderr, QS_SEVERITY_ERROR);
	if (status == QS_NOMEM)
		out_of_memory();
	qs_text_done(&text);
	qs_findings_free(findings);
	return status == QS_OK;
}

bool baseline_end(
    struct baseline *baseline, const struct arguments *arguments, struct qs_findings *findings)
{
	if (!baseline->entries)
		return true;
	if (look_for_files(baseline) != QS_OK) {
		out_of_memory();
		return false;
	}
	if (baseline->prune)
		return write_entries(baseline, arguments);
	qs_baseline_report_unused(baseline->entries, findings);
	return true;
}
