/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody meant by a key or a word that does not exist. */
#include <string.h>
#include <strings.h>

#include "policy/guess.h"
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

/* The known word that was meant: what another tool's word is here, else the nearest one. */
static struct qs_guess guess_meant(
    const struct meant *meant, struct qs_json_string word, const char *const *known, size_t n_known)
{
	for (size_t i = 0; meant && i < n_known; i++) {
		if (strcmp(meant->right, known[i]) == 0)
			return (struct qs_guess){known[i], (int)i, false, false};
	}
	if (meant && !meant->right[0])
		return (struct qs_guess){NULL, -1, false, false};
	return qs_guess(word, known, n_known);
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
    const char *where, const char *const *known, size_t n_known, struct qs_finding **ret_finding)
{
	const struct qs_json_string word = qs_trimmed(member->key);
	const struct meant *meant = find_meant("", word);
	const char *home = home_of(word);
	const struct qs_place place = qs_policy_key_place(policy, member);
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;
	struct qs_guess guess;

	guess = guess_meant(meant, member->key, known, n_known);
	if (home && !(guess.best && qs_json_string_is(word, guess.best)))
		guess.best = NULL;
	qs_guess_write(&guess, member->key, where, &text);
	finding = qs_policy_say(policy, QS_FINDING_UNKNOWN_KEY, place, member, "%s", text.data);
	qs_findings_end_text(policy->findings, &text);
	if (guess.best && !has_member(member->parent, guess.best))
		qs_guess_offer(&guess, policy->findings, finding, place);
	if (!guess.best && home)
		qs_finding_hint(policy->findings, finding, "%s", home);
	else if (meant && meant->explanation[0] && !home)
		qs_finding_hint(policy->findings, finding, "%s", meant->explanation);
	*ret_finding = finding;
	return guess.best;
}

int qs_unknown_word(struct qs_policy *policy, struct qs_finding *finding, const char *key,
    const struct qs_json *value, const struct qs_word_set *set)
{
	const char *known[16];
	const struct meant *meant;
	struct qs_guess guess;

	if (value->type != QS_JSON_STRING)
		return -1;
	for (int i = 0; i < set->n_words; i++)
		known[i] = set->words[i].word;
	meant = find_meant(key, qs_trimmed(value->string));
	guess = guess_meant(meant, value->string, known, (size_t)set->n_words);
	if (meant && meant->explanation[0])
		qs_finding_hint(policy->findings, finding, "%s", meant->explanation);
	qs_guess_offer(&guess, policy->findings, finding, qs_policy_value_place(policy, value));
	return guess.best ? guess.index : -1;
}
