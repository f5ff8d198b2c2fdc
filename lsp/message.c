/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and makes parts of messages. */
#include "lsp/message.h"

#include <string.h>

struct json_object *lsp_at(struct json_object *object, const char *path)
{
	char key[64];

	while (object && *path) {
		const size_t n = strcspn(path, ".");

		if (n >= sizeof(key) || !json_object_is_type(object, json_type_object))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		object = json_object_object_get(object, key);
		path += n + (path[n] == '.');
	}
	return object;
}

const char *lsp_string_at(struct json_object *object, const char *path)
{
	struct json_object *found = lsp_at(object, path);

	return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : NULL;
}

bool lsp_count_at(struct json_object *object, const char *path, size_t *ret_count)
{
	struct json_object *found = lsp_at(object, path);
	const int64_t value =
	    json_object_is_type(found, json_type_int) ? json_object_get_int64(found) : -1;

	if (value < 0)
		return false;
	*ret_count = (size_t)value;
	return true;
}

void lsp_put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

void lsp_put_string(struct json_object *object, const char *key, const char *string)
{
	lsp_put(object, key, json_object_new_string(string));
}

void lsp_put_int(struct json_object *object, const char *key, int64_t value)
{
	lsp_put(object, key, json_object_new_int64(value));
}

void lsp_put_bool(struct json_object *object, const char *key, bool value)
{
	lsp_put(object, key, json_object_new_boolean(value));
}

const char *lsp_quoted(const char *string, struct json_object **ret_owner)
{
	*ret_owner = json_object_new_string(string);
	return json_object_to_json_string_ext(
	    *ret_owner, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
