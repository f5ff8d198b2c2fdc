/* SPDX-License-Identifier: Apache-2.0 */
/* What commands share: reading configs, and telling findings and documents. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"

int out_of_memory(void)
{
	fputs("qstrata: out of memory\n", stderr);
	return EXIT_UNABLE;
}

int exit_of(enum qs_status status)
{
	if (status == QS_NOMEM)
		return out_of_memory();
	if (status == QS_BUG)
		fputs("qstrata: internal error; please report it\n", stderr);
	return status == QS_INVALID ? EXIT_FINDINGS : status == QS_OK ? EXIT_CLEAN : EXIT_UNABLE;
}

const char *name_of_file(const struct arguments *arguments, const char *path)
{
	const char *name = arguments->value[OPTION_STDIN_FILENAME];

	if (strcmp(path, "-") != 0)
		return path;
	return name ? name : "<stdin>";
}

enum qs_status read_source(const struct arguments *arguments, const char *path,
    struct qs_findings *findings, struct qs_source **ret_source)
{
	return qs_source_read(
	    path, name_of_file(arguments, path), QS_CONFIG_LIMIT, findings, ret_source);
}

enum qs_status open_model(const char *path, struct qs_findings *findings, struct model *ret_model)
{
	enum qs_status status;

	*ret_model = (struct model){NULL, NULL};
	if (!path)
		return QS_OK;
	status = qs_model_open(path, findings, &ret_model->model);
	if (status == QS_OK)
		status = qs_layers_new(ret_model->model, findings, &ret_model->layers);
	return status;
}

void close_model(struct model *model)
{
	qs_layers_free(model->layers);
	qs_model_free(model->model);
}

enum qs_status select_layers(const struct arguments *arguments, const struct qs_policy *policy,
    const struct model *model, struct qs_findings *findings, struct qs_selection **ret_selection)
{
	const struct qs_layer *layers;
	enum qs_status status, judged;
	size_t n_layers;

	*ret_selection = NULL;
	if (!model->layers)
		return QS_OK;
	layers = qs_layers_list(model->layers, &n_layers);
	status = qs_policy_select(policy, layers, n_layers,
	    arguments->value[OPTION_ALLOW_UNMATCHED] != NULL, findings, ret_selection);
	if (status != QS_OK && status != QS_INVALID)
		return status;
	judged = qs_neighbours_check(model->layers, *ret_selection, findings);
	return judged == QS_OK ? status : judged;
}

void tell_findings(const struct arguments *arguments, struct qs_findings *findings, FILE *stream,
    enum qs_severity at_least)
{
	struct qs_text text = QS_TEXT_INIT;
	const struct qs_text_style style = {arguments->color && stream == stdout, true, at_least};

	qs_findings_sort(findings);
	if (qs_findings_write_text(findings, &style, &text) == QS_OK)
		fwrite(text.data, 1, text.size, stream);
	else
		out_of_memory();
	qs_text_done(&text);
}

int tell_document(struct qs_text *text, enum qs_status status)
{
	if (status == QS_OK)
		fwrite(text->data, 1, text->size, stdout);
	qs_text_done(text);
	return exit_of(status);
}

int option_word(const struct arguments *arguments, enum option_id option,
    int (*find)(const char *word), const char *what)
{
	const char *word = arguments->value[option];
	int found;

	if (!word)
		return -1;
	found = find(word);
	if (found >= 0)
		return found;
	refuse_value(
	    arguments, arguments->from[option], NULL, 0, ": there is no %s \"%s\"", what, word);
	return -2;
}

static void refuse_setting(const struct arguments *arguments, const struct given *given,
    const char *const *words, size_t n_words, const char *message)
{
	struct qs_findings *findings = qs_findings_new();

	if (!findings) {
		out_of_memory();
		return;
	}
	qs_form_refuse(
	    findings, given->origin, words, n_words, "%s%s", option_name(given->option), message);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_ERROR);
	qs_findings_free(findings);
}

void refuse_value(const struct arguments *arguments, const struct given *given,
    const char *const *words, size_t n_words, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	va_list list;

	va_start(list, format);
	qs_text_addv(&text, format, list);
	va_end(list);
	if (given->origin)
		refuse_setting(arguments, given, words, n_words, text.data);
	else
		usage_error(arguments, "--%s%s", option_name(given->option), text.data);
	qs_text_done(&text);
}

bool check_docs_url(const struct arguments *arguments)
{
	const char *address = arguments->value[OPTION_DOCS_URL];

	if (!address || qs_page_address_is_good(address))
		return true;
	refuse_value(arguments, arguments->from[OPTION_DOCS_URL], NULL, 0,
	    " cannot be \"%s\"; expected an address with {code}, {name} or {anchor} in it, as "
	    "https://example.org/pages.html#{anchor}",
	    address);
	return false;
}

bool option_json(const struct arguments *arguments, bool *ret_json)
{
	const char *format = arguments->value[OPTION_FORMAT];

	*ret_json = format && strcmp(format, "json") == 0;
	if (!format || *ret_json || strcmp(format, "text") == 0)
		return true;
	usage_error(arguments, "--format cannot be \"%s\"; expected text or json", format);
	return false;
}

int tell_difference(const struct qs_difference *difference, bool json)
{
	struct qs_text text = QS_TEXT_INIT;
	const enum qs_status status = json ? qs_difference_write_json(difference, &text)
	                                   : qs_difference_write_text(difference, &text);

	if (status != QS_OK) {
		qs_text_done(&text);
		return exit_of(status);
	}
	tell_document(&text, QS_OK);
	return qs_difference_is_empty(difference) ? EXIT_CLEAN : EXIT_FINDINGS;
}

bool option_count(
    const struct arguments *arguments, enum option_id option, size_t least, size_t *ret)
{
	const char *word = arguments->value[option];
	unsigned long number;
	char *end;

	if (!word)
		return true;
	errno = 0;
	number = strtoul(word, &end, 10);
	if (word[0] >= '0' && word[0] <= '9' && !*end && !errno && number >= least) {
		*ret = number;
		return true;
	}
	refuse_value(arguments, arguments->from[option], NULL, 0,
	    " cannot be \"%s\"; expected a number from %zu", word, least);
	return false;
}

bool option_threads(const struct arguments *arguments, size_t *ret_n_threads)
{
	*ret_n_threads = 0;
	return option_count(arguments, OPTION_THREADS, 1, ret_n_threads);
}
