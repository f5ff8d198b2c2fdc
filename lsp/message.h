/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as JSON: finding one's way through them, and making them. */
#ifndef LSP_MESSAGE_H
#define LSP_MESSAGE_H

#include <json-c/json.h>
#include <stdbool.h>

/* The value at a path of keys, "position.line", or NULL. */
struct json_object *lsp_at(struct json_object *object, const char *path);
/* The string at a path, or NULL. */
const char *lsp_string_at(struct json_object *object, const char *path);
/* The integer of 0 or more at a path. False: there is none. */
bool lsp_count_at(struct json_object *object, const char *path, size_t *ret_count);

/* Sets a member; the value is taken over. */
void lsp_put(struct json_object *object, const char *key, struct json_object *value);
void lsp_put_string(struct json_object *object, const char *key, const char *string);
void lsp_put_int(struct json_object *object, const char *key, int64_t value);
void lsp_put_bool(struct json_object *object, const char *key, bool value);

/* A string as it stands in a config, with its quotes; it lives as long as `*ret_owner`. */
const char *lsp_quoted(const char *string, struct json_object **ret_owner);

#endif
