/* SPDX-License-Identifier: Apache-2.0 */
/* lsp: hands bytes between the editor, on the standard input and output, and the server. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/scope.h"
#include "lsp/lsp.h"

/* ---- settings -------------------------------------------------------------------------------- */

/* What the settings of a document say, read when it is opened and when it is saved. */
struct judged {
	struct lsp_judgement judgement; /* first: the server knows only this */
	struct scopes scopes;
	const struct scope *scope;
};

static void release(void *line, struct lsp_judgement *judgement)
{
	struct judged *judged = (struct judged *)judgement;

	(void)line;
	scopes_done(&judged->scopes);
	free(judged);
}

/* Finds the settings of a path, of which the scopes write over a copy. False after a complaint. */
static bool find_scope(struct judged *judged, const struct arguments *line, const char *path)
{
	char *copy = strdup(path);
	const struct arguments *arguments;

	if (!copy)
		out_of_memory();
	else if (scopes_init(&judged->scopes, line))
		judged->scope = scopes_find(&judged->scopes, copy);
	free(copy);
	if (!judged->scope || !check_docs_url(judged->scope->arguments))
		return false;
	arguments = judged->scope->arguments;
	judged->judgement = (struct lsp_judgement){judged->scope->judgement.options,
	    judged->scope->decided, arguments->value[OPTION_MODEL],
	    arguments->value[OPTION_DOCS_URL], arguments->value[OPTION_ALLOW_UNMATCHED] != NULL};
	return true;
}

static struct lsp_judgement *judge(void *line, const char *path)
{
	struct judged *judged = calloc(1, sizeof(*judged));

	if (!judged) {
		out_of_memory();
		return NULL;
	}
	if (find_scope(judged, line, path))
		return &judged->judgement;
	release(line, &judged->judgement);
	return NULL;
}

static bool excuse(
    const struct lsp_judgement *judgement, const char *path, struct qs_findings *findings)
{
	const struct judged *judged = (const struct judged *)judgement;
	char *copy = strdup(path);
	const bool done = copy && scope_excuse(judged->scope, copy, findings);

	free(copy);
	return done;
}

/* ---- the server ------------------------------------------------------------------------------ */

static bool write_all(const struct qs_text *text)
{
	return fwrite(text->data, 1, text->size, stdout) == text->size && fflush(stdout) == 0;
}

/* Serves until the editor ends it. False: the input ended before. */
static bool serve(struct lsp *lsp, bool *ret_good, const char **ret_why)
{
	static char bytes[65536];
	struct qs_text out = QS_TEXT_INIT;
	bool written = true;
	ssize_t n = 1;

	while (!lsp_has_ended(lsp, ret_good, ret_why) && written) {
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		lsp_feed(lsp, bytes, (size_t)n);
		lsp_answer(lsp, &out);
		written = write_all(&out);
		qs_text_clear(&out);
	}
	qs_text_done(&out);
	return n > 0 && written;
}

int command_lsp(const struct arguments *arguments)
{
	const struct lsp_host host = {judge, release, excuse, (void *)arguments};
	struct lsp *lsp = lsp_new(arguments->value[OPTION_MODEL], &host);
	const char *why = NULL;
	bool good = false, ended;

	if (!lsp)
		return out_of_memory();
	ended = serve(lsp, &good, &why);
	lsp_free(lsp);
	if (why)
		fprintf(stderr, "qstrata: %s\n", why);
	else if (!ended && !good)
		fputs("qstrata: the editor is gone without having said so\n", stderr);
	if (why || (!ended && !good))
		return EXIT_UNABLE;
	/* The protocol's words: 0 when it was asked to shut down before, else 1. */
	return good ? EXIT_CLEAN : EXIT_FINDINGS;
}
