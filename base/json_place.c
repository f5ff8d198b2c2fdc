/* SPDX-License-Identifier: Apache-2.0 */
/* Where values of a document stand, and how findings show them. */
#include "base/json.h"
#include "base/json_scan.h"
#include "base/source.h"

struct qs_place qs_json_place(const struct qs_json_document *document, const struct qs_json *value)
{
	return (struct qs_place){document->source, value->begin, value->end};
}

struct qs_place qs_json_key_place(
    const struct qs_json_document *document, const struct qs_json *member)
{
	size_t size;
	const char *text = qs_source_text(document->source, &size);

	/* A key with escapes is longer in the text than decoded, so the text tells where it
	 * ends. */
	return (struct qs_place){
	    document->source, member->key_begin, qs_json_string_end(text, size, member->key_begin)};
}

static void write_pointer_token(struct qs_text *text, struct qs_json_string key)
{
	for (uint32_t i = 0; i < key.size; i++) {
		if (key.bytes[i] == '~')
			qs_text_adds(text, "~0");
		else if (key.bytes[i] == '/')
			qs_text_adds(text, "~1");
		else
			qs_text_add(text, key.bytes + i, 1);
	}
}

void qs_json_pointer(const struct qs_json *value, struct qs_text *text)
{
	if (!value->parent)
		return;
	qs_json_pointer(value->parent, text);
	qs_text_adds(text, "/");
	if (value->key.bytes)
		write_pointer_token(text, value->key);
	else
		qs_text_addf(text, "%u", value->key.size);
}

struct qs_json_string qs_json_written(
    const struct qs_json_document *document, const struct qs_json *value)
{
	size_t size;
	const char *text = qs_source_text(document->source, &size);

	return (struct qs_json_string){text + value->begin, value->end - value->begin};
}

int qs_json_shown(struct qs_json_string string, uint32_t limit)
{
	uint32_t n = string.size < limit ? string.size : limit;

	while (n > 0 && n < string.size && ((unsigned char)string.bytes[n] & 0xC0) == 0x80)
		n--;
	return (int)n;
}

const char *qs_json_type_name(enum qs_json_type type)
{
	static const char *const names[] = {"something unreadable", "null", "a boolean",
	    "an integer", "a number with a decimal point", "a string", "an array", "an object"};

	return names[type];
}
