/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text with a sticky failure. */
#include "qstrata/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void qs_text_done(struct qs_text *text)
{
	if (text->capacity)
		free(text->data);
	*text = (struct qs_text)QS_TEXT_INIT;
}

void qs_text_clear(struct qs_text *text)
{
	text->size = 0;
	text->failed = false;
	if (text->capacity)
		text->data[0] = '\0';
}

/* Makes room for `more` bytes and the final NUL. */
static bool reserve(struct qs_text *text, size_t more)
{
	size_t wanted, capacity;
	char *data;

	if (text->failed)
		return false;
	if (more < text->capacity && text->size < text->capacity - more)
		return true;
	wanted = text->size + more + 1;
	capacity = text->capacity ? text->capacity : 128;
	while (capacity < wanted && capacity <= SIZE_MAX / 2)
		capacity *= 2;
	data = wanted > more && capacity >= wanted
	           ? realloc(text->capacity ? text->data : NULL, capacity)
	           : NULL;
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->capacity = capacity;
	return true;
}

void qs_text_add(struct qs_text *text, const char *bytes, size_t size)
{
	if (!size || !reserve(text, size))
		return;
	memcpy(text->data + text->size, bytes, size);
	text->size += size;
	text->data[text->size] = '\0';
}

void qs_text_adds(struct qs_text *text, const char *string)
{
	qs_text_add(text, string, strlen(string));
}

void qs_text_fill(struct qs_text *text, char byte, size_t count)
{
	if (!count || !reserve(text, count))
		return;
	memset(text->data + text->size, byte, count);
	text->size += count;
	text->data[text->size] = '\0';
}

void qs_text_addv(struct qs_text *text, const char *format, va_list arguments)
{
	va_list again;
	int size;

	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (size < 0) {
		text->failed = true;
		return;
	}
	if (!reserve(text, (size_t)size))
		return;
	vsnprintf(text->data + text->size, (size_t)size + 1, format, arguments);
	text->size += (size_t)size;
}

void qs_text_addf(struct qs_text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(text, format, arguments);
	va_end(arguments);
}

enum qs_status qs_text_status(const struct qs_text *text)
{
	return text->failed ? QS_NOMEM : QS_OK;
}

const char *qs_status_text(enum qs_status status)
{
	switch (status) {
	case QS_OK:
		return "ok";
	case QS_INVALID:
		return "invalid input";
	case QS_IO:
		return "input or output failed";
	case QS_NOMEM:
		return "out of memory";
	case QS_UNSUPPORTED:
		return "not supported";
	case QS_BUG:
		break;
	}
	return "internal error";
}
