/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that are no config but something else that people have under the same name: said once,
 * instead of once a key. */
#include <string.h>

#include "policy/policy.h"

static const struct family {
	enum qs_finding_id id;
	const char *signature, *what, *advice;
} families[] = {
#define FOREIGN(ID, signature, what, advice) {ID, signature, what, advice},
#include "policy/foreign.def"
#undef FOREIGN
};

/* The member that a word of a signature, "key" or "key=text", asks for; or NULL. */
static const struct qs_json *find_member(
    const struct qs_json *object, const char *word, size_t size)
{
	const char *equal = memchr(word, '=', size);
	const size_t key_size = equal ? (size_t)(equal - word) : size;

	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		if (m->hidden || !qs_json_string_equals(m->key, word, key_size))
			continue;
		if (!equal || (m->type == QS_JSON_STRING &&
				  qs_json_string_equals(m->string, equal + 1, size - key_size - 1)))
			return m;
	}
	return NULL;
}

/* The member by which a document is of a family, the first of its signature; or NULL. */
static const struct qs_json *recognize(const struct family *family, const struct qs_json *object)
{
	const struct qs_json *first = NULL;

	for (const char *word = family->signature; *word;) {
		const size_t size = strcspn(word, " ");
		const struct qs_json *member = find_member(object, word, size);

		if (!member)
			return NULL;
		first = first ? first : member;
		word += size + strspn(word + size, " ");
	}
	return first;
}

/* Says that no key at all is one of ours, with the first of them. */
static void report_strange(struct qs_policy *policy)
{
	const struct qs_json *root = policy->document.root;
	const struct qs_json *first = root->children.first;
	struct qs_text keys = QS_TEXT_INIT;
	struct qs_finding *finding;
	size_t n = 0;

	for (const struct qs_json *m = first; m && n < 3; m = m->next)
		qs_text_addf(
		    &keys, "%s\"%.*s\"", n++ ? ", " : "", qs_json_shown(m->key, 40), m->key.bytes);
	finding = qs_policy_say(policy, QS_FINDING_NOT_A_CONFIG, qs_policy_key_place(policy, first),
	    root, "the document is no quantize config: it has none of its keys, but %s%s",
	    keys.data, root->children.count > n ? " ..." : "");
	qs_finding_hint(policy->findings, finding,
	    "a config has at least \"target_device\": \"DPU\", \"CPU\", \"GPU\" or \"FLEXML\"");
	qs_findings_end_text(policy->findings, &keys);
}

bool qs_foreign_report(struct qs_policy *policy, bool strange)
{
	const struct qs_json *root = policy->document.root;

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		const struct qs_json *member = recognize(&families[i], root);
		struct qs_finding *finding;

		if (!member)
			continue;
		finding = qs_policy_say(policy, families[i].id, qs_policy_key_place(policy, member),
		    member, "this is %s, not a quantize config", families[i].what);
		qs_finding_hint(policy->findings, finding, "%s", families[i].advice);
		return true;
	}
	if (strange)
		report_strange(policy);
	return strange;
}
