/* SPDX-License-Identifier: Apache-2.0 */
/* Holds device profiles and rules together: those that are built in, and a caller's own. */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "policy/builtin.h"
#include "policy/rule.h"

#define WORD(SET, ID, word, versions, meaning) {word, sizeof(word) - 1, versions, meaning},
static const struct qs_word answer_words[] = {QS_ANSWER_LIST(WORD)};
static const struct qs_word unit_words[] = {QS_UNIT_LIST(WORD)};
static const struct qs_word case_words[] = {QS_CASE_LIST(WORD)};
static const struct qs_word front_end_words[] = {QS_FRONT_END_LIST(WORD)};
static const struct qs_word number_words[] = {QS_NUMBER_LIST(WORD)};
static const struct qs_word scale_law_words[] = {QS_SCALE_LAW_LIST(WORD)};
#undef WORD
const struct qs_word_set qs_answer_words = {answer_words, QS_ANSWER__COUNT};
const struct qs_word_set qs_unit_words = {unit_words, QS_UNIT__COUNT};
const struct qs_word_set qs_case_words = {case_words, QS_CASE__COUNT};
const struct qs_word_set qs_front_end_words = {front_end_words, QS_FRONT_END__COUNT};
const struct qs_word_set qs_number_words = {number_words, QS_NUMBER__COUNT};
const struct qs_word_set qs_scale_law_words = {scale_law_words, QS_SCALE_LAW__COUNT};

const struct qs_limit_info qs_limit_list[QS_LIMIT__COUNT] = {
#define LIMIT(ID, key, what) {key, what},
#include "qstrata/limits.def"
#undef LIMIT
};

const char *qs_answer_word(enum qs_answer answer)
{
	return answer < QS_ANSWER__COUNT ? answer_words[answer].word : NULL;
}

const char *qs_unit_word(enum qs_unit unit)
{
	return unit < QS_UNIT__COUNT ? unit_words[unit].word : NULL;
}

const char *qs_front_end_word(enum qs_front_end front_end)
{
	return front_end < QS_FRONT_END__COUNT ? front_end_words[front_end].word : NULL;
}

const char *qs_limit_key(enum qs_limit limit)
{
	return limit < QS_LIMIT__COUNT ? qs_limit_list[limit].key : NULL;
}

const char *qs_limit_what(enum qs_limit limit)
{
	return limit < QS_LIMIT__COUNT ? qs_limit_list[limit].what : NULL;
}

const char *qs_number_word(enum qs_number number)
{
	return number < QS_NUMBER__COUNT ? number_words[number].word : NULL;
}

const char *qs_scale_law_word(enum qs_scale_law law)
{
	return law < QS_SCALE_LAW__COUNT ? scale_law_words[law].word : NULL;
}

/* The place of a word in a set, or -1. */
static int find_word(const struct qs_word_set *set, const char *word)
{
	return qs_word_find(set, (struct qs_json_string){word, (uint32_t)strlen(word)});
}

int qs_front_end_of_word(const char *word)
{
	return find_word(&qs_front_end_words, word);
}

int qs_scale_law_of_word(const char *word)
{
	return find_word(&qs_scale_law_words, word);
}

struct qs_rule *qs_rulebook_more(struct qs_rulebook *rulebook)
{
	struct qs_rule *rules = rulebook->rules;

	if (rulebook->n_rules == rulebook->capacity) {
		const size_t capacity = rulebook->capacity ? 2 * rulebook->capacity : 64;

		rules = realloc(rules, capacity * sizeof(*rules));
		if (!rules)
			return NULL;
		rulebook->rules = rules;
		rulebook->capacity = capacity;
	}
	memset(&rules[rulebook->n_rules], 0, sizeof(*rules));
	return &rules[rulebook->n_rules++];
}

void qs_rulebook_drop(struct qs_rulebook *rulebook, size_t set)
{
	size_t n = 0;

	for (size_t i = 0; i < rulebook->n_rules; i++) {
		if (rulebook->rules[i].set != set)
			rulebook->rules[n++] = rulebook->rules[i];
	}
	rulebook->n_rules = n;
}

int qs_rulebook_device(const struct qs_rulebook *rulebook, const char *name, size_t size)
{
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		const char *known = rulebook->profiles[i].name;

		if (strlen(known) == size && memcmp(known, name, size) == 0)
			return (int)i;
	}
	return -1;
}

/* Reads a text that is built in; tests hold it to be right. */
static enum qs_status add_builtin(struct qs_rulebook *rulebook, const struct qs_builtin *builtin)
{
	struct qs_source **source = &rulebook->builtin[rulebook->n_builtin];
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status = findings ? QS_OK : QS_NOMEM;
	size_t device;

	if (status == QS_OK)
		status = qs_source_new(builtin->name, builtin->text, builtin->size, source);
	if (status == QS_OK) {
		rulebook->n_builtin++;
		status = builtin->is_profile
		             ? qs_profile_read(rulebook, *source, true, findings, &device)
		             : qs_rules_read(rulebook, *source, findings);
	}
	qs_findings_free(findings);
	return status == QS_INVALID ? QS_BUG : status;
}

enum qs_status qs_rulebook_new(struct qs_rulebook **ret_rulebook)
{
	struct qs_rulebook *rulebook = calloc(1, sizeof(*rulebook));
	enum qs_status status = rulebook ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < qs_n_builtin && status == QS_OK; i++)
		status = add_builtin(rulebook, &qs_builtin[i]);
	if (status == QS_OK)
		*ret_rulebook = rulebook;
	else
		qs_rulebook_free(rulebook);
	return status;
}

void qs_rulebook_free(struct qs_rulebook *rulebook)
{
	if (!rulebook)
		return;
	for (size_t i = 0; i < rulebook->n_builtin; i++)
		qs_source_free(rulebook->builtin[i]);
	qs_arena_done(&rulebook->arena);
	free(rulebook->rules);
	free(rulebook);
}

enum qs_status qs_rulebook_add_rules(
    struct qs_rulebook *rulebook, const struct qs_source *source, struct qs_findings *findings)
{
	return qs_rules_read(rulebook, source, findings);
}

enum qs_status qs_rulebook_add_profile(struct qs_rulebook *rulebook, const struct qs_source *source,
    struct qs_findings *findings, size_t *ret_device)
{
	return qs_profile_read(rulebook, source, false, findings, ret_device);
}

const struct qs_profile *qs_rulebook_profiles(const struct qs_rulebook *rulebook, size_t *ret_n)
{
	*ret_n = rulebook->n_profiles;
	return rulebook->profiles;
}

const struct qs_operator_fact *qs_rulebook_operator(
    const struct qs_rulebook *rulebook, size_t device, size_t index)
{
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		const struct qs_profile *profile = &rulebook->profiles[i];

		if (!(rulebook->like[device] >> i & 1))
			continue;
		if (index < profile->n_operators)
			return &profile->operators[index];
		index -= profile->n_operators;
	}
	return NULL;
}

enum qs_status qs_rulebook_find_device(const struct qs_rulebook *rulebook, const char *name,
    size_t size, struct qs_findings *findings, size_t *ret_device)
{
	const int device = qs_rulebook_device(rulebook, name, size);
	const struct qs_json_string word = {name, (uint32_t)(size < 1000 ? size : 1000)};
	struct qs_nearest nearest = qs_nearest_to(word.bytes, word.size);
	struct qs_text known = QS_TEXT_INIT;
	struct qs_finding *finding;

	if (device >= 0) {
		*ret_device = (size_t)device;
		return QS_OK;
	}
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		qs_text_addf(&known, "%s%s", i ? ", " : "", rulebook->profiles[i].name);
		qs_nearest_offer(&nearest, rulebook->profiles[i].name);
	}
	finding = qs_finding_add(findings, QS_FINDING_UNKNOWN_DEVICE, (struct qs_place){NULL, 0, 0},
	    "there is no profile of a device \"%.*s\"; known are %s", qs_json_shown(word, 80),
	    word.bytes, known.data);
	if (nearest.best)
		qs_finding_hint(findings, finding, "did you mean \"%s\"?", nearest.best);
	qs_findings_end_text(findings, &known);
	return QS_INVALID;
}
