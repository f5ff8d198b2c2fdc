/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes to the language server. What starts with "C" is what an editor sends, headers and all;
 * of anything else every line is a message of an editor that has initialized the server.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lsp/lsp.h"

static void require(bool holds, const char *law)
{
	if (holds)
		return;
	fprintf(stderr, "broken law: %s\n", law);
	abort();
}

static void feed_message(struct lsp *lsp, const char *message, size_t size)
{
	char header[64];

	lsp_feed(lsp, header,
	    (size_t)snprintf(header, sizeof(header), "Content-Length: %zu\r\n\r\n", size));
	lsp_feed(lsp, message, size);
}

static void feed_lines(struct lsp *lsp, const char *bytes, size_t size)
{
	static const char initialize[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}";

	feed_message(lsp, initialize, sizeof(initialize) - 1);
	while (size) {
		const char *feed = memchr(bytes, '\n', size);
		const size_t n = feed ? (size_t)(feed - bytes) : size;

		feed_message(lsp, bytes, n);
		bytes += n + (feed != NULL);
		size -= n + (feed != NULL);
	}
}

/* Whole messages of JSON, and nothing between them. */
static void check_output(const char *bytes, size_t size)
{
	while (size) {
		size_t length = 0, n;
		struct json_tokener *tokener = json_tokener_new_ex(512);
		struct json_object *message;
		int header = 0;

		require(sscanf(bytes, "Content-Length: %zu\r\n\r\n%n", &length, &header) == 1 &&
			    header > 0,
		    "a message starts with its length");
		n = (size_t)header + length;
		require(n <= size, "a message is whole");
		message = json_tokener_parse_ex(tokener, bytes + header, (int)length);
		require(json_object_is_type(message, json_type_object), "a message is an object");
		json_object_put(message);
		json_tokener_free(tokener);
		bytes += n;
		size -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct lsp *lsp = lsp_new(NULL, NULL);
	struct qs_text out = QS_TEXT_INIT;
	const char *why;
	bool good;

	require(lsp != NULL, "a server can be made");
	if (size && bytes[0] == 'C')
		lsp_feed(lsp, bytes, size);
	else
		feed_lines(lsp, bytes, size);
	lsp_answer(lsp, &out);
	check_output(out.data, out.size);
	lsp_has_ended(lsp, &good, &why);
	require(!good || !why, "what ended well has nothing to complain about");
	qs_text_done(&out);
	lsp_free(lsp);
	return 0;
}
