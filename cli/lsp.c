/* SPDX-License-Identifier: Apache-2.0 */
/* lsp: hands bytes between the editor, on the standard input and output, and the server. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"
#include "lsp/lsp.h"

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
	struct lsp *lsp = lsp_new(arguments->value[OPTION_MODEL]);
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
