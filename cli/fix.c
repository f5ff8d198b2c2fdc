/* SPDX-License-Identifier: Apache-2.0 */
/* Applies fixes to files, to the standard input, or only shows them. */
#include "cli/fix.h"

#include <stdio.h>
#include <string.h>

bool fixing_read(const struct arguments *arguments, struct fixing *ret_fixing)
{
	const bool is_diff = arguments->value[OPTION_DIFF] != NULL;

	*ret_fixing = (struct fixing){.on = is_diff || arguments->value[OPTION_FIX],
	    .unsafe = arguments->value[OPTION_UNSAFE_FIXES] != NULL,
	    .is_diff = is_diff};
	if (ret_fixing->on || !ret_fixing->unsafe)
		return true;
	usage_error(arguments, "--unsafe-fixes goes with --fix or --diff");
	return false;
}

static enum qs_status save(
    const struct qs_source *source, const char *path, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;
	size_t size;
	const char *bytes = qs_source_text(source, &size);

	qs_text_add(&text, bytes, size);
	status = qs_text_status(&text);
	if (status == QS_OK)
		status = qs_text_save(&text, path, findings);
	qs_text_done(&text);
	return status;
}

/* Puts a text where it belongs; the standard input goes out also when nothing was fixed. */
static enum qs_status deliver(const struct fixing *fixing, const char *path,
    const struct qs_source *old, const struct qs_source *new, struct qs_findings *findings,
    struct qs_text *output)
{
	size_t size;
	const char *bytes;

	if (fixing->is_diff)
		return new ? qs_source_diff(old, new, output) : QS_OK;
	if (strcmp(path, "-") != 0)
		return new ? save(new, path, findings) : QS_OK;
	bytes = qs_source_text(new ? new : old, &size);
	qs_text_add(output, bytes, size);
	return qs_text_status(output);
}

enum qs_status fix_source(const struct fixing *fixing, const char *path, qs_text_check *check,
    void *context, struct qs_findings *findings, struct qs_source **source,
    struct fixing_result *ret_result)
{
	struct qs_fixed fixed;
	enum qs_status status;

	status = qs_source_fix(*source, check, context, fixing->unsafe, findings, &fixed);
	if (status != QS_OK)
		return status;
	status = deliver(fixing, path, *source, fixed.source, findings, &ret_result->output);
	ret_result->n_unsafe = fixed.n_unsafe;
	if (!fixed.source)
		return status;
	if (status == QS_OK) {
		ret_result->n_changed = 1;
		ret_result->n_fixed = fixed.n_fixed;
		qs_source_free(*source);
		*source = fixed.source;
	} else {
		qs_source_free(fixed.source);
	}
	return status;
}

bool fixing_collect(struct fixing_result *result, struct fixing_result *total)
{
	const size_t size = result->output.size;
	const bool written = fwrite(result->output.data, 1, size, stdout) == size;

	total->n_fixed += result->n_fixed;
	total->n_unsafe += result->n_unsafe;
	total->n_changed += result->n_changed;
	qs_text_done(&result->output);
	return written;
}

void tell_fixing(const struct fixing *fixing, const struct fixing_result *total)
{
	const size_t n = total->n_fixed;

	if (fixing->on && !n)
		fprintf(stderr, "nothing %s fixed\n", fixing->is_diff ? "would be" : "was");
	else if (fixing->on)
		fprintf(stderr, "%s %zu problem%s in %zu file%s\n",
		    fixing->is_diff ? "would fix" : "fixed", n, n == 1 ? "" : "s", total->n_changed,
		    total->n_changed == 1 ? "" : "s");
	if (total->n_unsafe)
		fprintf(stderr, "%zu more ha%s an unsafe fix, which --unsafe-fixes applies\n",
		    total->n_unsafe, total->n_unsafe == 1 ? "s" : "ve");
}
