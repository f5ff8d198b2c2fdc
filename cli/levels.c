/* SPDX-License-Identifier: Apache-2.0 */
/* What of findings is shown, and what of them is a failure. */
#include "cli/levels.h"

#include <string.h>

#include "cli/decisions.h"
#include "cli/report.h"

static bool read_fail_level(const struct arguments *arguments, struct levels *levels)
{
	static const char *const words[] = {"info", "warning", "error", "never"};
	const char *word = arguments->value[OPTION_FAIL_LEVEL];

	levels->fail_level = QS_SEVERITY_ERROR;
	if (!word)
		return true;
	levels->fail_level =
	    strcmp(word, "never") == 0 ? QS_SEVERITY__COUNT : severity_of_word(word, strlen(word));
	if (levels->fail_level >= 0)
		return true;
	refuse_value(arguments, arguments->from[OPTION_FAIL_LEVEL], words,
	    sizeof(words) / sizeof(*words),
	    " cannot be \"%s\"; expected info, warning, error or never", word);
	return false;
}

static bool read_show_level(const struct arguments *arguments, struct levels *levels)
{
	static const char *const words[] = {"info", "warning", "error"};
	const char *word = arguments->value[OPTION_SHOW_LEVEL];
	const int level = word ? severity_of_word(word, strlen(word)) : (int)levels->at_least;

	if (level >= 0) {
		levels->at_least = (enum qs_severity)level;
		return true;
	}
	refuse_value(arguments, arguments->from[OPTION_SHOW_LEVEL], words,
	    sizeof(words) / sizeof(*words), " cannot be \"%s\"; expected info, warning or error",
	    word);
	return false;
}

bool levels_read(
    const struct arguments *arguments, enum qs_severity at_least, struct levels *ret_levels)
{
	*ret_levels = (struct levels){.at_least = at_least};
	return read_fail_level(arguments, ret_levels) && read_show_level(arguments, ret_levels) &&
	       option_count(arguments, OPTION_MAX_WARNINGS, 0, &ret_levels->max_warnings);
}

int levels_exit(const struct levels *levels, const struct arguments *arguments,
    const struct qs_findings *findings)
{
	if (arguments->value[OPTION_EXIT_ZERO])
		return EXIT_CLEAN;
	for (int s = levels->fail_level; s < QS_SEVERITY__COUNT; s++) {
		if (qs_findings_total(findings, (enum qs_severity)s))
			return EXIT_FINDINGS;
	}
	if (arguments->value[OPTION_MAX_WARNINGS] &&
	    qs_findings_total(findings, QS_SEVERITY_WARNING) > levels->max_warnings)
		return EXIT_FINDINGS;
	return EXIT_CLEAN;
}
