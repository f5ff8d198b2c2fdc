/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON documents with json-c. */
#include "base/json_document.h"

#include <stdio.h>
#include <stdlib.h>

void qs_json_put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

struct json_object *qs_json_text(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

struct json_object *qs_json_number(double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
			break;
	}
	return json_object_new_double_s(value, text);
}

enum qs_status qs_json_write(struct json_object *document, struct qs_text *text)
{
	const char *written = json_object_to_json_string_ext(document,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (written)
		qs_text_addf(text, "%s\n", written);
	else
		text->failed = true;
	json_object_put(document);
	return qs_text_status(text);
}
