/* SPDX-License-Identifier: Apache-2.0 */
/* rule: what a code stands for, or all of them. */
#include <stdio.h>
#include <string.h>

#include "cli/report.h"

static void print_line(const struct qs_code *code)
{
	printf("%s  %-7s  %-24s %s\n", code->code, qs_severity_name(code->severity), code->name,
	    code->title);
}

static void print_page(const struct qs_code *code)
{
	printf("%s %s (%s)\n\n", code->code, code->name, qs_severity_name(code->severity));
	if (code->hint)
		printf("A device rule refuses this. What to do: %s.\n", code->hint);
	else
		printf("What it is: %s.\n", code->title);
	if (code->source)
		printf("Source: %s; as of %s.\n", code->source, code->date);
	if (code->page) {
		putchar('\n');
		fwrite(code->page, 1, code->page_size, stdout);
	}
}

/* A page by code or name. */
static int print_one(
    const struct arguments *arguments, const struct qs_code *codes, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(codes[i].code, word) == 0 || strcmp(codes[i].name, word) == 0) {
			print_page(&codes[i]);
			return EXIT_CLEAN;
		}
	}
	return usage_error(arguments,
	    "there is no finding \"%s\"; expected a code as %s or a name as %s", word,
	    codes[0].code, codes[0].name);
}

static int print_codes(const struct arguments *arguments, const struct qs_rulebook *rulebook)
{
	const struct qs_code *codes;
	struct qs_catalog *catalog;
	int result = EXIT_CLEAN;
	enum qs_status status;
	size_t n;

	status = qs_catalog_new_for(rulebook, &catalog);
	if (status != QS_OK)
		return exit_of(status);
	codes = qs_catalog_list(catalog, &n);
	if (arguments->n_files == 1)
		result = print_one(arguments, codes, n, arguments->files[0]);
	else
		for (size_t i = 0; i < n; i++)
			print_line(&codes[i]);
	qs_catalog_free(catalog);
	return result;
}

int command_rule(const struct arguments *arguments)
{
	struct qs_findings *findings = qs_findings_new();
	struct judgement judgement = {.rulebook = NULL};
	int result = EXIT_UNABLE;

	if (!findings)
		return out_of_memory();
	if (arguments->n_files > 1)
		result = usage_error(
		    arguments, "at most one code is expected, found %d", arguments->n_files);
	else if (judgement_read(arguments, findings, &judgement))
		result = print_codes(arguments, judgement.rulebook);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_INFO);
	judgement_done(&judgement);
	qs_findings_free(findings);
	return result;
}
