/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite: puts what a device does not take in another form. */
#include <stdlib.h>

#include "cli/report.h"

/* All values of an option, in order, malloc'ed; NULL when memory ran out. */
static const char **list_values(
    const struct arguments *arguments, enum option_id option, size_t *ret_n)
{
	const char **values = calloc(arguments->n_given + 1, sizeof(*values));

	*ret_n = 0;
	for (size_t i = 0; values && i < arguments->n_given; i++) {
		if (arguments->given[i].option == option)
			values[(*ret_n)++] = arguments->given[i].value;
	}
	return values;
}

/* A change of several parts of the model. */
typedef enum qs_status rewrite_parts(struct qs_rewrite *rewrite, const char *const *names,
    size_t n_names, struct qs_findings *findings);

static enum qs_status rewrite_named(const struct arguments *arguments, enum option_id option,
    rewrite_parts *change, struct qs_rewrite *rewrite, struct qs_findings *findings)
{
	size_t n;
	const char **names = list_values(arguments, option, &n);
	enum qs_status status = names ? QS_OK : QS_NOMEM;

	if (n)
		status = change(rewrite, names, n, findings);
	free(names);
	return status;
}

static enum qs_status rewrite_inputs(struct qs_rewrite *rewrite, const char *const *names,
    size_t n_names, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < n_names && status == QS_OK; i++)
		status = qs_rewrite_split(rewrite, names[i], findings);
	return status;
}

/* All that is asked for: first what takes booleans apart, then what gives them scales. */
static enum qs_status change(
    const struct arguments *arguments, struct qs_rewrite *rewrite, struct qs_findings *findings)
{
	enum qs_status status =
	    rewrite_named(arguments, OPTION_SPLIT, rewrite_inputs, rewrite, findings);

	if (status == QS_OK)
		status =
		    rewrite_named(arguments, OPTION_NONZERO, qs_rewrite_nonzero, rewrite, findings);
	if (status == QS_OK && arguments->value[OPTION_MASK])
		status = qs_rewrite_masks(rewrite, findings);
	if (status == QS_OK)
		status = rewrite_named(
		    arguments, OPTION_LINEAR_TO_MUL, qs_rewrite_linear, rewrite, findings);
	return status == QS_OK ? qs_rewrite_save(rewrite, arguments->value[OPTION_OUTPUT], findings)
	                       : status;
}

static int run(const struct arguments *arguments, bool json, struct qs_findings *findings)
{
	struct qs_rewrite *rewrite = NULL;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = qs_output_check(arguments->value[OPTION_OUTPUT], findings);

	if (status == QS_OK)
		status = qs_rewrite_open(arguments->value[OPTION_MODEL], findings, &rewrite);
	if (status == QS_OK)
		status = change(arguments, rewrite, findings);
	if (status == QS_OK)
		status = json ? qs_rewrite_write_json(rewrite, &text)
		              : qs_rewrite_write_text(rewrite, &text);
	qs_rewrite_free(rewrite);
	if (status == QS_OK)
		return tell_document(&text, status);
	qs_text_done(&text);
	/* What is wrong is wrong with the model, or with what is asked of it. */
	return status == QS_NOMEM ? out_of_memory() : EXIT_UNABLE;
}

int command_rewrite(const struct arguments *arguments)
{
	struct qs_findings *findings;
	int result;
	bool json;

	if (!arguments->value[OPTION_MODEL])
		return usage_error(arguments, "--model is missing");
	if (!arguments->value[OPTION_OUTPUT])
		return usage_error(arguments, "--output is missing");
	if (!arguments->value[OPTION_LINEAR_TO_MUL] && !arguments->value[OPTION_MASK] &&
	    !arguments->value[OPTION_NONZERO] && !arguments->value[OPTION_SPLIT])
		return usage_error(arguments,
		    "there is nothing to rewrite: --linear-to-mul, --mask, --nonzero or --split");
	if (!option_json(arguments, &json))
		return EXIT_UNABLE;
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	result = run(arguments, json, findings);
	fflush(stdout);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_INFO);
	qs_findings_free(findings);
	return result;
}
