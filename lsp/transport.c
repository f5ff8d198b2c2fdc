/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to messages and back: headers, lengths, and the queue in which messages wait. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lsp/server.h"

/* The headers of a message, and a message, are at most this long: a config of the largest size
 * with every byte escaped, and something around it. */
#define HEADER_LIMIT 4096
#define MESSAGE_LIMIT (QS_CONFIG_LIMIT * 6 + 65536)
#define MESSAGE_DEPTH 64

void lsp_give_up(struct lsp *lsp, const char *why)
{
	lsp->ended = true;
	lsp->why = why;
}

void lsp_send(struct lsp *lsp, struct json_object *message)
{
	const char *text = json_object_to_json_string_ext(
	    message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text) {
		qs_text_addf(lsp->out, "Content-Length: %zu\r\n\r\n", strlen(text));
		qs_text_adds(lsp->out, text);
	}
	if (!text || lsp->out->failed)
		lsp_give_up(lsp, "out of memory");
	json_object_put(message);
}

void lsp_feed(struct lsp *lsp, const char *bytes, size_t size)
{
	qs_text_add(&lsp->input, bytes, size);
	if (lsp->input.failed)
		lsp_give_up(lsp, "out of memory");
}

/* Where the headers at the start of the bytes end, with the empty line; 0: not yet. */
static size_t headers_end(const char *bytes, size_t size)
{
	for (size_t i = 3; i < size && i < HEADER_LIMIT; i++) {
		if (memcmp(bytes + i - 3, "\r\n\r\n", 4) == 0)
			return i + 1;
	}
	return 0;
}

/* Reads Content-Length from headers. False: there is none, or it is no number. */
static bool read_length(const char *headers, size_t size, size_t *ret_length)
{
	static const char name[] = "Content-Length:";
	const char *const end = headers + size;

	for (const char *line = headers, *next; line < end; line = next) {
		const char *at = line + sizeof(name) - 1;
		size_t n = 0;

		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next + 1 : end;

		if (strncasecmp(line, name, sizeof(name) - 1) != 0)
			continue;
		at += strspn(at, " \t");
		*ret_length = 0;
		for (; at[n] >= '0' && at[n] <= '9' && n < 15; n++)
			*ret_length = *ret_length * 10 + (size_t)(at[n] - '0');
		return n && at[n] == '\r';
	}
	return false;
}

/* The JSON of a message; NULL: it is none. */
static struct json_object *parse(const char *bytes, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(MESSAGE_DEPTH);
	struct json_object *message = NULL;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	message = json_tokener_parse_ex(tokener, bytes, (int)size);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(message);
		message = NULL;
	}
	json_tokener_free(tokener);
	return message;
}

/* Marks the waiting request that a notice takes back. */
static void cancel(struct lsp *lsp, struct json_object *message)
{
	struct json_object *id = lsp_at(message, "params.id");

	for (size_t i = 0; id && i < lsp->n_queue; i++) {
		if (json_object_equal(lsp_at(lsp->queue[i].message, "id"), id))
			lsp->queue[i].cancelled = true;
	}
}

static void enqueue(struct lsp *lsp, struct json_object *message)
{
	const char *method = lsp_string_at(message, "method");

	if (method && strcmp(method, "$/cancelRequest") == 0) {
		cancel(lsp, message);
		json_object_put(message);
		return;
	}
	if (lsp->n_queue == lsp->capacity) {
		const size_t capacity = lsp->capacity ? lsp->capacity * 2 : 16;
		struct lsp_waiting *more = realloc(lsp->queue, capacity * sizeof(*more));

		if (!more) {
			lsp_give_up(lsp, "out of memory");
			json_object_put(message);
			return;
		}
		lsp->queue = more;
		lsp->capacity = capacity;
	}
	lsp->queue[lsp->n_queue++] = (struct lsp_waiting){message, false};
}

void lsp_take_messages(struct lsp *lsp)
{
	size_t at = 0;

	while (!lsp->ended) {
		const char *bytes = lsp->input.data + at;
		const size_t size = lsp->input.size - at;
		const size_t headers = headers_end(bytes, size);
		size_t length;

		if (!headers && size >= HEADER_LIMIT) {
			lsp_give_up(lsp, "the input is no message: its headers do not end");
		} else if (headers && !read_length(bytes, headers, &length)) {
			lsp_give_up(lsp, "a message has no Content-Length that is a number");
		} else if (headers && length > MESSAGE_LIMIT) {
			lsp_give_up(lsp, "a message is larger than the limit");
		} else {
			if (!headers || size - headers < length)
				break;
			enqueue(lsp, parse(bytes + headers, length));
			at += headers + length;
		}
	}
	memmove(lsp->input.data, lsp->input.data + at, lsp->input.size - at);
	lsp->input.size -= at;
}
