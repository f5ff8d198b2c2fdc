/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody meant by a key or a word that does not exist. */
#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "policy/policy.h"

/* A word of another tool or document, and what it is here. */
static const struct meant {
	const char *context, *word, *right, *explanation;
} meant_words[] = {
#define MEANT(context, word, right, explanation) {context, word, right, explanation},
#include "policy/meant.def"
#undef MEANT
};

/* The row of a word in a context, or NULL. */
static const struct meant *find_meant(const char *context, struct qs_json_string word)
{
	for (size_t i = 0; i < sizeof(meant_words) / sizeof(*meant_words); i++) {
		const struct meant *meant = &meant_words[i];

		if (strlen(meant->word) == word.size &&
		    strncasecmp(meant->word, word.bytes, word.size) == 0 &&
		    strcmp(meant->context, context) == 0)
			return meant;
	}
	return NULL;
}

/* Where a key belongs that is right elsewhere, or NULL. */
static const char *home_of(struct qs_json_string key)
{
	if (qs_param_find(key) >= 0)
		return "it is a parameter: it stands in overall_quantize_config or in a block of "
		       "tensor_quantize_config";
	if (qs_word_find(&qs_tensor_words, key) >= 0)
		return "it is a tensor kind: its block stands in tensor_quantize_config";
#define HOME_TOP "it stands at the top of the document"
#define HOME_ENTRY "it stands in an entry of layer_quantize_config"
#define KEY(PLACE, ID, word, SHAPE, since, help)                                                   \
	if (qs_json_string_is(key, word))                                                          \
		return HOME_##PLACE;
#include "qstrata/keys.def"
#undef KEY
#undef HOME_ENTRY
#undef HOME_TOP
	return NULL;
}

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

/* The known word that was meant: what another tool's word is here, else the nearest one. */
static const char *meant_of(const struct meant *meant, struct qs_json_string word,
    const char *const *known, size_t n_known, bool *ret_sure)
{
	*ret_sure = false;
	for (size_t i = 0; meant && i < n_known; i++) {
		if (strcmp(meant->right, known[i]) == 0)
			return known[i];
	}
	return meant && !meant->right[0] ? NULL : nearest_of(word, known, n_known, ret_sure);
}

/* No object that is meant seriously has more members than this. */
#define MOST_MEMBERS 64

/* Whether an object has a key, which then cannot be what another key of it was meant to be. */
static bool has_member(const struct qs_json *object, const char *key)
{
	const size_t size = strlen(key);

	if (object->children.count > MOST_MEMBERS)
		return true;
	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		if (qs_json_string_equals(m->key, key, size))
			return true;
	}
	return false;
}

const char *qs_unknown_key(struct qs_policy *policy, const struct qs_json *member,
    const char *where, const char *const *known, size_t n_known)
{
	const struct qs_json_string word = trimmed(member->key);
	const struct meant *meant = find_meant("", word);
	const char *home = home_of(word);
	const struct qs_place place = qs_policy_key_place(policy, member);
	const int size = qs_json_shown(member->key, 80);
	struct qs_finding *finding;
	const char *best;
	bool sure;

	best = meant_of(meant, word, known, n_known, &sure);
	if (home && !(best && qs_json_string_is(word, best)))
		best = NULL;
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
	if (best && !has_member(member->parent, best))
		offer(policy, finding, place, best, sure);
	if (!best && home)
		qs_finding_hint(policy->findings, finding, "%s", home);
	else if (meant && meant->explanation[0] && !home)
		qs_finding_hint(policy->findings, finding, "%s", meant->explanation);
	return best;
}

int qs_unknown_word(struct qs_policy *policy, struct qs_finding *finding, const char *key,
    const struct qs_json *value, const struct qs_word_set *set)
{
	const char *known[16];
	const struct meant *meant;
	const char *best;
	bool sure;

	if (value->type != QS_JSON_STRING)
		return -1;
	for (int i = 0; i < set->n_words; i++)
		known[i] = set->words[i].word;
	meant = find_meant(key, trimmed(value->string));
	best = meant_of(meant, trimmed(value->string), known, (size_t)set->n_words, &sure);
	if (meant && meant->explanation[0])
		qs_finding_hint(policy->findings, finding, "%s", meant->explanation);
	if (!best)
		return -1;
	offer(policy, finding, qs_policy_value_place(policy, value), best, sure);
	return qs_word_find(set, (struct qs_json_string){best, (uint32_t)strlen(best)});
}
