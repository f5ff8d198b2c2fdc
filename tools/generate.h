/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of tools/generate share: pieces of a JSON Schema and of a dictionary. */
#ifndef TOOLS_GENERATE_H
#define TOOLS_GENERATE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "policy/param.h"

/* Adds a member to an object, which takes the value over. */
void put(struct json_object *object, const char *key, struct json_object *value);
void put_text(struct json_object *object, const char *key, const char *text);

/* Adds a string to a list. */
void append_text(struct json_object *list, const char *text);

/* {"$ref": "#/definitions/NAME"} */
struct json_object *reference(const char *name);

/* One of some words; with `nullable` null stands for not given. */
void put_words(struct json_object *object, const struct qs_word_set *set, bool nullable);

/* An object that has these properties alone. */
struct json_object *closed_object(const char *description, struct json_object *properties);

/* A token of a dictionary, and those of a set of words. */
void write_token(const char *token);
void write_set(const struct qs_word_set *set);

/* ---- generate_rules.c ------------------------------------------------------------------------ */

/*
 * Write the JSON Schemas of a rule set and of a device profile, and the dictionary of their
 * fuzzer.
 */
bool write_rules_schema(void);
bool write_profile_schema(void);
bool write_rules_dictionary(void);

/* ---- generate_tables.c ----------------------------------------------------------------------- */

/* Write the JSON Schemas of what stats and compare print. */
bool write_stats_schema(void);
bool write_compare_schema(void);

#endif
