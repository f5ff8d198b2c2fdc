/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading rule sets and profiles: objects by the tables of rule_keys.def, and plain values.
 *
 * All that is wrong becomes a finding; reading goes on with what is there.
 */
#ifndef POLICY_READING_H
#define POLICY_READING_H

#include "base/json.h"
#include "policy/rule.h"

struct qs_reading {
	struct qs_rulebook *rulebook;
	struct qs_json_document document;
	struct qs_findings *findings;
	int device; /* the one that is being read, or -1 */
	size_t n_errors;
	bool nomem;
};

/* Reads a value to where it goes. */
typedef void qs_value_reader(struct qs_reading *reading, const struct qs_json *value, void *target);

/* A key of an object. */
struct qs_reading_key {
	const char *key;
	qs_value_reader *read;
	size_t offset; /* in the target */
	bool required;
};

/* The most keys that an object can have. */
#define QS_READING_KEYS 16

/* Appends what a value is called: its key, or that it is an element of the list under a key. */
void qs_reading_name(const struct qs_json *value, struct qs_text *text);

/* Where a value stands. */
struct qs_place qs_reading_place(const struct qs_reading *reading, const struct qs_json *value);

/* Adds a finding about a value, or with `key` about the key of a member. */
struct qs_finding *qs_reading_say(struct qs_reading *reading, enum qs_finding_id id,
    struct qs_place place, const struct qs_json *about, const char *format, ...) QS_PRINTF(5, 6);

/* Reads the members of an object, called `what` in messages, into a target. */
void qs_reading_object(struct qs_reading *reading, const struct qs_json *object, const char *what,
    const struct qs_reading_key *keys, size_t n_keys, void *target);

/* Reports a key that an object does not have; returns the index of what was meant, or -1. */
int qs_reading_unknown_key(struct qs_reading *reading, const struct qs_json *member,
    const char *what, const char *const *known, size_t n_known);

/* Whether a value is of a type; a finding when it is not. */
bool qs_reading_is(struct qs_reading *reading, const struct qs_json *value, enum qs_json_type type,
    const char *expected);

/* The index of a string among words, or -1 with a finding that calls it `what`. */
int qs_reading_word(struct qs_reading *reading, const struct qs_json *value, const char *what,
    const char *const *words, size_t n_words);

/* The same for a set of words. */
int qs_reading_set(struct qs_reading *reading, const struct qs_json *value, const char *what,
    const struct qs_word_set *set);

/* An element list that is not empty and not longer than the limit; a finding when it is not. */
bool qs_reading_list(
    struct qs_reading *reading, const struct qs_json *value, size_t limit, const char *what);

/* Readers of plain values: of texts (const char *) kept in the rulebook's arena ... */
qs_value_reader qs_read_text, qs_read_name, qs_read_code, qs_read_date;
/* ... of the number 1, which goes nowhere, and of a version of the tool (uint8_t). */
qs_value_reader qs_read_version, qs_read_tool;
/* Of an enum qs_severity, and of an enum qs_answer: any, or what a rule can say. */
qs_value_reader qs_read_severity, qs_read_fact_answer, qs_read_rule_answer;
/* Of tensor kinds (unsigned), and of devices (uint64_t), as bit masks. */
qs_value_reader qs_read_tensors, qs_read_devices;

/* Of what facts about operators say: a struct qs_rule_types, an enum qs_case, qs_front_end, qs_unit
 * or qs_scale_law, a set of number formats and a cost (uint32_t), limits (uint32_t of each). */
qs_value_reader qs_read_operator_names, qs_read_case, qs_read_front_end, qs_read_unit,
    qs_read_scale_law, qs_read_numbers, qs_read_cost, qs_read_limits;
/* The names of a list whose length was looked at, into a struct qs_rule_types. */
void qs_read_names(
    struct qs_reading *reading, const struct qs_json *list, struct qs_rule_types *ret_names);

/* ---- rule_condition.c ------------------------------------------------------------------------ */

/* Of layer types (struct qs_rule_types), of conditions (struct qs_rule_when), and of what is
 * required (struct qs_rule_require). */
qs_value_reader qs_read_types, qs_read_conditions, qs_read_requirement;

/* The forms of texts as regular expressions, for the published schemas. */
#define QS_FORM_TEXT "^[^\\u0000-\\u001F\\u007F]+$"
#define QS_FORM_NAME "^[A-Za-z0-9][A-Za-z0-9._-]*$"
#define QS_FORM_CODE "^[A-Z]{2,8}[0-9]{3,4}$"
#define QS_FORM_DATE "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
#define QS_TEXT_LIMIT 1000
#define QS_NAME_LIMIT 64
/* A limit of an operator. */
#define QS_LARGEST_LIMIT 1000000000
/* Values of a parameter that a rule lists. */
#define QS_VALUES_LIMIT 64

#endif
