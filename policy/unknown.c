/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody meant by a key or a word that does not exist. */
#include <string.h>

#include "base/nearest.h"
#include "policy/policy.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The key without blanks around it. */
static struct qs_json_string trimmed(struct qs_json_string key)
{
	while (key.size && is_blank(key.bytes[0])) {
		key.bytes++;
		key.size--;
	}
	while (key.size && is_blank(key.bytes[key.size - 1]))
		key.size--;
	return key;
}

static const char *nearest_of(
    struct qs_json_string word, const char *const *known, size_t n_known, bool *ret_sure)
{
	struct qs_nearest nearest = qs_nearest_to(word.bytes, word.size);

	for (size_t i = 0; i < n_known; i++)
		qs_nearest_offer(&nearest, known[i]);
	*ret_sure = !nearest.tie;
	return nearest.best;
}

/* A fix that puts a word in quotes in place of what stands there. */
static void offer(struct qs_policy *policy, struct qs_finding *finding, struct qs_place place,
    const char *word, bool safe)
{
	char *quoted = qs_arena_printf(&policy->arena, "\"%s\"", word);

	if (quoted)
		qs_finding_fix(
		    policy->findings, finding, safe, place, quoted, "did you mean \"%s\"?", word);
	else
		policy->nomem = true;
}

const char *qs_unknown_key(struct qs_policy *policy, const struct qs_json *member,
    const char *where, const char *const *known, size_t n_known)
{
	const struct qs_json_string word = trimmed(member->key);
	const struct qs_place place = qs_policy_key_place(policy, member);
	const int size = qs_json_shown(member->key, 80);
	struct qs_finding *finding;
	const char *best;
	bool sure;

	best = nearest_of(word, known, n_known, &sure);
	if (word.size != member->key.size && best && qs_json_string_is(word, best))
		finding = qs_policy_say(policy, QS_FINDING_UNKNOWN_KEY, place, member,
		    "unknown key \"%.*s\": it has blanks around \"%s\"", size, member->key.bytes,
		    best);
	else if (best)
		finding = qs_policy_say(policy, QS_FINDING_UNKNOWN_KEY, place, member,
		    "unknown key \"%.*s\"; did you mean \"%s\"?", size, member->key.bytes, best);
	else
		finding = qs_policy_say(policy, QS_FINDING_UNKNOWN_KEY, place, member,
		    "unknown key \"%.*s\" in %s", size, member->key.bytes, where);
	if (best)
		offer(policy, finding, place, best, sure);
	return best;
}

int qs_unknown_word(struct qs_policy *policy, struct qs_finding *finding,
    const struct qs_json *value, const struct qs_word_set *set)
{
	const char *known[16];
	const char *best;
	bool sure;

	if (value->type != QS_JSON_STRING)
		return -1;
	for (int i = 0; i < set->n_words; i++)
		known[i] = set->words[i].word;
	best = nearest_of(trimmed(value->string), known, (size_t)set->n_words, &sure);
	if (!best)
		return -1;
	offer(policy, finding, qs_policy_value_place(policy, value), best, sure);
	return qs_word_find(set, (struct qs_json_string){best, (uint32_t)strlen(best)});
}
