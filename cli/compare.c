/* SPDX-License-Identifier: Apache-2.0 */
/* compare: how far tensors are from what they should be. */
#include <stdio.h>
#include <string.h>

#include "cli/choices.h"
#include "cli/report.h"
#include "cli/work.h"

/* Holds a comparison against every --fail-worse; QS_INVALID when one is broken. */
static enum qs_status check_limits(const struct arguments *arguments,
    const struct qs_comparison *comparison, struct qs_findings *findings)
{
	enum qs_status worst = QS_OK;

	for (size_t i = 0; i < arguments->n_given; i++) {
		struct qs_bound limit;

		if (arguments->given[i].option == OPTION_FAIL_WORSE &&
		    qs_bound_read(arguments->given[i].value, &limit) &&
		    qs_comparison_check(comparison, &limit, findings) != QS_OK)
			worst = QS_INVALID;
	}
	return worst;
}

/* Tells what limits say, beside the table; QS_INVALID when one is broken. */
static enum qs_status judge(
    const struct arguments *arguments, const struct qs_comparison *comparison)
{
	struct qs_findings *verdicts = qs_findings_new();
	enum qs_status status;

	if (!verdicts)
		return QS_NOMEM;
	status = check_limits(arguments, comparison, verdicts);
	fflush(stdout);
	tell_findings(arguments, verdicts, stderr, QS_SEVERITY_WARNING);
	qs_findings_free(verdicts);
	return status;
}

/* Writes a comparison as it is asked for, judges it, and releases it. */
static enum qs_status tell(const struct arguments *arguments, struct qs_comparison *comparison)
{
	const char *sort = arguments->value[OPTION_SORT];
	const char *names = arguments->value[OPTION_COLUMNS];
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = QS_BUG;

	if (!sort || qs_comparison_sort(comparison, sort))
		status = qs_comparison_write(comparison,
		    (enum qs_table_format)choice_of(arguments, OPTION_TABLE_FORMAT), names, &text);
	if (status == QS_OK) {
		fwrite(text.data, 1, text.size, stdout);
		status = judge(arguments, comparison);
	}
	qs_text_done(&text);
	qs_comparison_free(comparison);
	return status;
}

static enum qs_status work_compare(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	struct qs_look look = {.per_channel = false};
	struct qs_comparison *comparison;
	struct job_options options;
	enum qs_status status = job_calibrate(arguments, job, findings);

	if (status == QS_OK)
		status = job_options_read(arguments, "comparing: batch", findings, &options);
	if (status != QS_OK)
		return status;
	look.run = options.calibrate;
	status = qs_compare_job(job, &look, findings, &comparison);
	return status == QS_OK ? tell(arguments, comparison) : status;
}

/* ---- two files ------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
	const size_t size = strlen(text), n = strlen(end);

	return size >= n && strcmp(text + size - n, end) == 0;
}

/* Whether the operands are arrays rather than models. */
static bool are_arrays(const struct arguments *arguments)
{
	return arguments->n_files == 2 && ends_with(arguments->files[0], ".npy") &&
	       ends_with(arguments->files[1], ".npy");
}

static enum qs_status compare_files(const struct arguments *arguments, struct qs_findings *findings,
    struct qs_comparison **ret_comparison)
{
	const char *expected = arguments->files[0], *found = arguments->files[1];
	struct qs_look look = {.per_channel = false};
	struct job_options options;
	enum qs_status status;

	if (are_arrays(arguments))
		return qs_compare_arrays(expected, found, findings, ret_comparison);
	if (!option_threads(arguments, &look.n_threads))
		return QS_UNSUPPORTED;
	status = job_options_read(arguments, "comparing: batch", findings, &options);
	look.run = options.calibrate;
	return status == QS_OK ? qs_compare_models(expected, found, &look, findings, ret_comparison)
	                       : status;
}

/* Whether there is an error among findings. */
static bool has_errors(const struct qs_findings *findings)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		if (qs_findings_at(findings, i)->severity == QS_SEVERITY_ERROR)
			return true;
	}
	return false;
}

static int work_on_files(const struct arguments *arguments)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_comparison *comparison;
	enum qs_status status;
	int result;

	if (!findings)
		return out_of_memory();
	status = compare_files(arguments, findings, &comparison);
	result = status == QS_INVALID ? EXIT_UNABLE : exit_of(status);
	if (status == QS_OK) {
		result = exit_of(tell(arguments, comparison));
		/* Shapes that differ are errors, and no reason not to tell the rest. */
		if (result == EXIT_CLEAN && has_errors(findings))
			result = EXIT_FINDINGS;
	}
	fflush(stdout);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_WARNING);
	qs_findings_free(findings);
	return result;
}

/* ---- what the options say -------------------------------------------------------------------- */

/* Whether a word is a column to sort by; complains if not. */
static bool check_sort(const struct arguments *arguments)
{
	const char *sort = arguments->value[OPTION_SORT];

	if (!sort || qs_comparison_sorts(sort))
		return true;
	usage_error(arguments,
	    "--sort cannot be \"%s\"; expected model or a column of numbers, such as sqnr", sort);
	return false;
}

/* Whether there are all columns of --columns; complains if not. */
static bool check_columns(const struct arguments *arguments)
{
	const char *names = arguments->value[OPTION_COLUMNS];
	struct qs_text words = QS_TEXT_INIT;

	if (!names || qs_comparison_shows(names))
		return true;
	for (size_t i = 0; qs_comparison_column(i); i++)
		qs_text_addf(&words, "%s%s", i ? ", " : "", qs_comparison_column(i));
	usage_error(
	    arguments, "--columns cannot be \"%s\"; expected all or some of %s", names, words.data);
	qs_text_done(&words);
	return false;
}

static bool check_limit_words(const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->n_given; i++) {
		struct qs_bound limit;

		if (arguments->given[i].option != OPTION_FAIL_WORSE ||
		    qs_bound_read(arguments->given[i].value, &limit))
			continue;
		usage_error(arguments,
		    "--fail-worse cannot be \"%s\"; expected METRIC=NUMBER or WHICH:METRIC=NUMBER, "
		    "such as cosine=0.99",
		    arguments->given[i].value);
		return false;
	}
	return true;
}

/* Complains about options that two files do not go with. */
static bool check_files(const struct arguments *arguments)
{
	static const enum option_id not_with_files[] = {
	    OPTION_CONFIG, OPTION_MODEL, OPTION_CALIB, OPTION_OBSERVED, OPTION_DPU_ARITHMETIC};

	for (size_t i = 0; i < sizeof(not_with_files) / sizeof(*not_with_files); i++) {
		if (!arguments->value[not_with_files[i]])
			continue;
		usage_error(arguments, "--%s is not for a comparison of two files",
		    option_name(not_with_files[i]));
		return false;
	}
	if (!are_arrays(arguments) && !arguments->value[OPTION_DATA]) {
		usage_error(arguments, "--data is missing");
		return false;
	}
	return true;
}

int command_compare(const struct arguments *arguments)
{
	static const enum option_id required[] = {OPTION_MODEL, OPTION_DATA};
	size_t n_threads;

	if (!choices_are_known(arguments) || !option_threads(arguments, &n_threads) ||
	    !check_sort(arguments) || !check_columns(arguments) || !check_limit_words(arguments))
		return EXIT_UNABLE;
	if (!arguments->n_files)
		return work_on_model(
		    arguments, required, sizeof(required) / sizeof(*required), work_compare);
	if (arguments->n_files != 2)
		return usage_error(arguments,
		    "two files are expected, models or .npy arrays, found %d", arguments->n_files);
	return check_files(arguments) ? work_on_files(arguments) : EXIT_UNABLE;
}
