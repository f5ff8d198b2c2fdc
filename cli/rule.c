/* SPDX-License-Identifier: Apache-2.0 */
/* rule: what a code stands for, or all of them. */
#include <stdio.h>
#include <string.h>

#include "cli/config.h"

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

/* The row of a code or name. NULL after a complaint. */
static const struct qs_code *find_code(
    const struct arguments *arguments, const struct qs_code *codes, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(codes[i].code, word) == 0 || strcmp(codes[i].name, word) == 0)
			return &codes[i];
	}
	usage_error(arguments, "there is no finding \"%s\"; expected a code as %s or a name as %s",
	    word, codes[0].code, codes[0].name);
	return NULL;
}

/* Prints one code, or all of them. */
static int print_catalog(const struct arguments *arguments, const struct qs_catalog *catalog)
{
	const struct qs_code *codes, *one = NULL;
	struct qs_text text = QS_TEXT_INIT;
	bool json;
	size_t n;

	codes = qs_catalog_list(catalog, &n);
	if (!option_json(arguments, &json))
		return EXIT_UNABLE;
	if (arguments->n_files) {
		one = find_code(arguments, codes, n, arguments->files[0]);
		if (!one)
			return EXIT_UNABLE;
	}
	if (json)
		return tell_document(&text, qs_catalog_write_json(catalog, one, &text));
	if (one)
		print_page(one);
	for (size_t i = 0; i < n && !one; i++)
		print_line(&codes[i]);
	return EXIT_CLEAN;
}

static int print_codes(const struct arguments *arguments, const struct qs_rulebook *rulebook,
    struct qs_findings *findings)
{
	struct qs_catalog *catalog;
	enum qs_status status = qs_catalog_new_for(rulebook, &catalog);
	int result;

	(void)findings;
	if (status != QS_OK)
		return exit_of(status);
	result = print_catalog(arguments, catalog);
	qs_catalog_free(catalog);
	return result;
}

int command_rule(const struct arguments *arguments)
{
	return use_rulebook(arguments, "code", print_codes);
}
