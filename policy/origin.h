/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a setting comes from, in the words and the JSON of everything that tells it: explain, diff,
 * resolve and lock.
 */
#ifndef POLICY_ORIGIN_H
#define POLICY_ORIGIN_H

#include "base/json_document.h"
#include "policy/policy.h"

/* "overall", "layer tensor": a level as documents have it. */
const char *qs_level_word(enum qs_level level);

/* "type", "pattern" or "name". */
const char *qs_selector_word(enum qs_selector_kind kind);

/* "layer name tensor", "built-in default": a level as people read it. `entry` is the one of levels
 * of a layer. */
void qs_origin_write_level(
    const struct qs_setting *setting, const struct qs_entry *entry, struct qs_text *text);

/* "config.json:3:14"; nothing for a built-in default. */
void qs_origin_write_place(
    const struct qs_json_document *document, const struct qs_json *member, struct qs_text *text);

/* A JSON Pointer that a terminal is not disturbed by. */
void qs_origin_write_pointer(const struct qs_json *member, struct qs_text *text);

/* Adds "line" and "column" of a value and its "pointer" to an object. */
void qs_origin_put_place(struct json_object *object, const struct qs_json_document *document,
    const struct qs_json *member);

/* A value as it would stand in a config. */
struct json_object *qs_value_json(enum qs_param param, union qs_param_value value);

/* The value of a setting, which may be the word of a plug-in. */
struct json_object *qs_setting_json(enum qs_param param, const struct qs_setting *setting);

/* The parameters that mean something for a tensor kind, and the integers that they give. */
struct json_object *qs_settings_json(const struct qs_settings *settings, enum qs_tensor tensor);

#endif
