/* SPDX-License-Identifier: Apache-2.0 */
/* Reads objects by a table of keys, and lists and words, with findings about all that is wrong. */
#include "policy/reading.h"

#include "policy/guess.h"
#include "policy/policy.h"

struct qs_finding *qs_reading_say(struct qs_reading *reading, enum qs_finding_id id,
    struct qs_place place, const struct qs_json *about, const char *format, ...)
{
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	finding = qs_policy_tell(reading->findings, id, place, about, format, arguments);
	va_end(arguments);
	reading->n_errors++;
	return finding;
}

struct qs_place qs_reading_place(const struct qs_reading *reading, const struct qs_json *value)
{
	return qs_json_place(&reading->document, value);
}

void qs_reading_name(const struct qs_json *value, struct qs_text *text)
{
	if (value->key.bytes)
		qs_text_addf(text, "%.*s", qs_json_shown(value->key, 80), value->key.bytes);
	else if (value->parent && value->parent->key.bytes)
		qs_text_addf(text, "an element of %.*s", qs_json_shown(value->parent->key, 80),
		    value->parent->key.bytes);
	else
		qs_text_adds(text, "the document");
}

bool qs_reading_is(struct qs_reading *reading, const struct qs_json *value, enum qs_json_type type,
    const char *expected)
{
	struct qs_text name = QS_TEXT_INIT;

	if (value->type == type)
		return true;
	if (value->type == QS_JSON_BROKEN)
		return false;
	qs_reading_name(value, &name);
	qs_reading_say(reading, QS_FINDING_RULES_WRONG_TYPE, qs_reading_place(reading, value),
	    value, "%s must be %s, found %s", name.data, expected,
	    qs_json_type_name((enum qs_json_type)value->type));
	qs_findings_end_text(reading->findings, &name);
	return false;
}

/* ---- objects --------------------------------------------------------------------------------- */

int qs_reading_unknown_key(struct qs_reading *reading, const struct qs_json *member,
    const char *what, const char *const *known, size_t n_known)
{
	const struct qs_guess guess = qs_guess(member->key, known, n_known);
	const struct qs_place place = qs_json_key_place(&reading->document, member);
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;

	qs_guess_write(&guess, member->key, what, &text);
	finding =
	    qs_reading_say(reading, QS_FINDING_RULES_UNKNOWN_KEY, place, member, "%s", text.data);
	qs_findings_end_text(reading->findings, &text);
	qs_guess_offer(&guess, reading->findings, finding, place);
	return guess.index;
}

/* The index of a key, or -1. */
static int find_key(const struct qs_reading_key *keys, size_t n_keys, struct qs_json_string word)
{
	for (size_t i = 0; i < n_keys; i++) {
		if (qs_json_string_is(word, keys[i].key))
			return (int)i;
	}
	return -1;
}

void qs_reading_object(struct qs_reading *reading, const struct qs_json *object, const char *what,
    const struct qs_reading_key *keys, size_t n_keys, void *target)
{
	const struct qs_place brace = {reading->document.source, object->begin, object->begin + 1};
	const char *known[QS_READING_KEYS];
	bool given[QS_READING_KEYS] = {false};

	if (!qs_reading_is(reading, object, QS_JSON_OBJECT, what))
		return;
	for (size_t i = 0; i < n_keys; i++)
		known[i] = keys[i].key;
	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		int key = find_key(keys, n_keys, m->key);

		if (key >= 0 && !m->hidden)
			keys[key].read(reading, m, (char *)target + keys[key].offset);
		else if (key < 0)
			key = qs_reading_unknown_key(reading, m, what, known, n_keys);
		if (key >= 0)
			given[key] = true;
	}
	for (size_t i = 0; i < n_keys && reading->document.complete; i++) {
		if (keys[i].required && !given[i])
			qs_reading_say(reading, QS_FINDING_RULES_MISSING_KEY, brace, object,
			    "%s lacks the key \"%s\"", what, keys[i].key);
	}
}

/* ---- words and lists ------------------------------------------------------------------------- */

/* Reports a string that is none of some words. */
static void report_word(struct qs_reading *reading, const struct qs_json *value, const char *what,
    const char *const *words, size_t n_words)
{
	const struct qs_guess guess = qs_guess(value->string, words, n_words);
	struct qs_text list = QS_TEXT_INIT;
	struct qs_finding *finding;

	for (size_t i = 0; i < n_words; i++)
		qs_text_addf(&list, "%s\"%s\"", i ? ", " : "", words[i]);
	finding = qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE,
	    qs_reading_place(reading, value), value, "there is no %s \"%.*s\"; expected one of %s",
	    what, qs_json_shown(value->string, 80), value->string.bytes, list.data);
	qs_findings_end_text(reading->findings, &list);
	qs_guess_offer(&guess, reading->findings, finding, qs_reading_place(reading, value));
}

int qs_reading_word(struct qs_reading *reading, const struct qs_json *value, const char *what,
    const char *const *words, size_t n_words)
{
	if (!qs_reading_is(reading, value, QS_JSON_STRING, "a string"))
		return -1;
	for (size_t i = 0; i < n_words; i++) {
		if (qs_json_string_is(value->string, words[i]))
			return (int)i;
	}
	report_word(reading, value, what, words, n_words);
	return -1;
}

int qs_reading_set(struct qs_reading *reading, const struct qs_json *value, const char *what,
    const struct qs_word_set *set)
{
	const char *words[16];

	for (int i = 0; i < set->n_words; i++)
		words[i] = set->words[i].word;
	return qs_reading_word(reading, value, what, words, (size_t)set->n_words);
}

bool qs_reading_list(
    struct qs_reading *reading, const struct qs_json *value, size_t limit, const char *what)
{
	if (!qs_reading_is(reading, value, QS_JSON_ARRAY, what))
		return false;
	if (value->children.count == 0) {
		qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE,
		    qs_reading_place(reading, value), value, "%.*s is empty; expected %s",
		    qs_json_shown(value->key, 80), value->key.bytes, what);
		return false;
	}
	if (value->children.count <= limit)
		return true;
	qs_reading_say(reading, QS_FINDING_RULES_LIMIT, qs_reading_place(reading, value), value,
	    "%.*s has %u elements; the limit is %zu", qs_json_shown(value->key, 80),
	    value->key.bytes, value->children.count, limit);
	return false;
}
