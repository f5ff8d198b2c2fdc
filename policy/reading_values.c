/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the plain values of rule sets and profiles: texts of a form, and words. */
#include "policy/reading.h"

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
	return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool has_text_form(struct qs_json_string text)
{
	for (uint32_t i = 0; i < text.size; i++) {
		if ((unsigned char)text.bytes[i] < 0x20 || text.bytes[i] == 0x7f)
			return false;
	}
	return text.size > 0;
}

static bool has_name_form(struct qs_json_string text)
{
	for (uint32_t i = 0; i < text.size; i++) {
		const char c = text.bytes[i];

		if (!is_alphanumeric(c) && (i == 0 || (c != '.' && c != '_' && c != '-')))
			return false;
	}
	return text.size > 0;
}

static bool has_code_form(struct qs_json_string text)
{
	uint32_t n_letters = 0, n_digits = 0;

	while (n_letters < text.size && is_upper(text.bytes[n_letters]))
		n_letters++;
	while (n_letters + n_digits < text.size && is_digit(text.bytes[n_letters + n_digits]))
		n_digits++;
	return n_letters + n_digits == text.size && n_letters >= 2 && n_letters <= 8 &&
	       n_digits >= 3 && n_digits <= 4;
}

static bool has_date_form(struct qs_json_string text)
{
	int month, day;

	if (text.size != 10 || text.bytes[4] != '-' || text.bytes[7] != '-')
		return false;
	for (uint32_t i = 0; i < 10; i++) {
		if (i != 4 && i != 7 && !is_digit(text.bytes[i]))
			return false;
	}
	month = (text.bytes[5] - '0') * 10 + text.bytes[6] - '0';
	day = (text.bytes[8] - '0') * 10 + text.bytes[9] - '0';
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* A length in characters, as JSON Schema counts. */
static size_t n_characters(struct qs_json_string text)
{
	size_t n = 0;

	for (uint32_t i = 0; i < text.size; i++)
		n += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
	return n;
}

/* Complains about a text of another form, or of more than `limit` characters; it may be an element
 * of a list. */
static bool check_form(struct qs_reading *reading, const struct qs_json *value,
    bool (*has_form)(struct qs_json_string text), size_t limit, const char *expected)
{
	const struct qs_place place = qs_json_place(&reading->document, value);
	struct qs_text name = QS_TEXT_INIT;
	bool good = false;

	qs_reading_name(value, &name);
	if (n_characters(value->string) > limit)
		qs_reading_say(reading, QS_FINDING_RULES_LIMIT, place, value,
		    "%s has %zu characters; the limit is %zu", name.data,
		    n_characters(value->string), limit);
	else if (!has_form(value->string))
		qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE, place, value,
		    "%s cannot be \"%.*s\"; expected %s", name.data,
		    qs_json_shown(value->string, 80), value->string.bytes, expected);
	else
		good = true;
	qs_findings_end_text(reading->findings, &name);
	return good;
}

/* Keeps a text of a form and at most `limit` characters. */
static void read_form(struct qs_reading *reading, const struct qs_json *value, void *target,
    bool (*has_form)(struct qs_json_string text), size_t limit, const char *expected)
{
	char *kept;

	if (!qs_reading_is(reading, value, QS_JSON_STRING, expected) ||
	    !check_form(reading, value, has_form, limit, expected))
		return;
	kept = qs_arena_strndup(&reading->rulebook->arena, value->string.bytes, value->string.size);
	reading->nomem |= !kept;
	*(const char **)target = kept;
}

void qs_read_text(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_form(reading, value, target, has_text_form, QS_TEXT_LIMIT,
	    "a text of one line that is not empty");
}

void qs_read_name(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_form(reading, value, target, has_name_form, QS_NAME_LIMIT,
	    "a name of letters, digits and \".\", \"_\", \"-\"");
}

void qs_read_code(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_form(reading, value, target, has_code_form, QS_NAME_LIMIT,
	    "2 to 8 capital letters and 3 or 4 digits, as \"MY001\"");
}

void qs_read_date(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_form(reading, value, target, has_date_form, QS_NAME_LIMIT, "a date as \"2025-05-21\"");
}

void qs_read_version(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	(void)target;
	if (qs_reading_is(reading, value, QS_JSON_INT, "an integer") && value->integer != 1)
		qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE,
		    qs_json_place(&reading->document, value), value,
		    "version cannot be %lld; expected 1, the one that this qstrata reads",
		    (long long)value->integer);
}

void qs_read_tool(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	const int tool = qs_reading_set(reading, value, "version of vai_q_pytorch", &qs_tool_words);

	if (tool >= 0)
		*(uint8_t *)target = (uint8_t)tool;
}

void qs_read_severity(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	const char *words[QS_SEVERITY__COUNT];
	int severity;

	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		words[s] = qs_severity_name((enum qs_severity)s);
	severity = qs_reading_word(reading, value, "severity", words, QS_SEVERITY__COUNT);
	if (severity >= 0)
		*(enum qs_severity *)target = (enum qs_severity)severity;
}

/* The first answer of the set that may be given; a rule that holds is no finding. */
static void read_answer(
    struct qs_reading *reading, const struct qs_json *value, void *target, int first)
{
	const struct qs_word_set set = {
	    qs_answer_words.words + first, qs_answer_words.n_words - first};
	const int answer = qs_reading_set(reading, value, "answer", &set);

	if (answer >= 0)
		*(enum qs_answer *)target = (enum qs_answer)(answer + first);
}

void qs_read_fact_answer(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_answer(reading, value, target, QS_ANSWER_ALLOWED);
}

void qs_read_rule_answer(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_answer(reading, value, target, QS_ANSWER_FORBIDDEN);
}

void qs_read_names(
    struct qs_reading *reading, const struct qs_json *list, struct qs_rule_types *ret_names)
{
	ret_names->words = qs_arena_array(
	    &reading->rulebook->arena, list->children.count, sizeof(*ret_names->words));
	if (!ret_names->words) {
		reading->nomem = true;
		return;
	}
	for (const struct qs_json *item = list->children.first; item; item = item->next) {
		const char *word = NULL;

		qs_read_name(reading, item, &word);
		if (word)
			ret_names->words[ret_names->n++] = word;
	}
}

void qs_read_tensors(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	if (!qs_reading_list(reading, value, QS_DEVICE_LIMIT, "a list of tensor kinds"))
		return;
	for (const struct qs_json *item = value->children.first; item; item = item->next) {
		const int tensor = qs_reading_set(reading, item, "tensor kind", &qs_tensor_words);

		if (tensor >= 0)
			*(unsigned *)target |= 1U << tensor;
	}
}

void qs_read_devices(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	const struct qs_rulebook *rulebook = reading->rulebook;
	const char *names[QS_DEVICE_LIMIT];

	if (!qs_reading_list(reading, value, QS_DEVICE_LIMIT, "a list of devices"))
		return;
	for (size_t i = 0; i < rulebook->n_profiles; i++)
		names[i] = rulebook->profiles[i].name;
	for (const struct qs_json *item = value->children.first; item; item = item->next) {
		const int device = qs_reading_word(
		    reading, item, "profile of a device", names, rulebook->n_profiles);

		if (device >= 0)
			*(uint64_t *)target |= (uint64_t)1 << device;
	}
}
