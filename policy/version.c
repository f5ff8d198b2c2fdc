/* SPDX-License-Identifier: Apache-2.0 */
/* What the version of the tool that a config is judged for does not have. */
#include "policy/policy.h"

/* "came with 3.0", or "went after 2.5", for the version at hand. */
static const char *write_reason(
    struct qs_text *text, struct qs_versions versions, enum qs_tool tool)
{
	const bool later = versions.first > tool;

	qs_text_addf(text, "%s vai_q_pytorch %s; the config is judged for %s",
	    later ? "came with" : "went after",
	    qs_tool_word((enum qs_tool)(later ? versions.first : versions.last)),
	    qs_tool_word(tool));
	return text->data;
}

bool qs_version_key(
    struct qs_policy *policy, const struct qs_json *member, struct qs_versions versions)
{
	struct qs_text reason = QS_TEXT_INIT;
	struct qs_finding *finding;

	if (qs_versions_have(versions, policy->tool))
		return true;
	finding = qs_policy_say(policy, QS_FINDING_KEY_VERSION, qs_policy_key_place(policy, member),
	    member, "the key %.*s %s", (int)member->key.size, member->key.bytes,
	    write_reason(&reason, versions, policy->tool));
	qs_finding_hint(policy->findings, finding,
	    "leave the key out, or judge for vai_q_pytorch %s",
	    qs_tool_word(
		(enum qs_tool)(versions.first > policy->tool ? versions.first : versions.last)));
	qs_findings_end_text(policy->findings, &reason);
	return false;
}

void qs_version_word(
    struct qs_policy *policy, const struct qs_json *member, const struct qs_word *word)
{
	struct qs_text reason = QS_TEXT_INIT;

	if (qs_versions_have(word->versions, policy->tool))
		return;
	qs_policy_say(policy, QS_FINDING_VALUE_VERSION, qs_policy_value_place(policy, member),
	    member, "the value \"%s\" of %.*s %s", word->word, (int)member->key.size,
	    member->key.bytes, write_reason(&reason, word->versions, policy->tool));
	qs_findings_end_text(policy->findings, &reason);
}

struct qs_finding *qs_version_missing(
    struct qs_policy *policy, const char *key, struct qs_versions versions)
{
	const struct qs_json *root = policy->document.root;
	const struct qs_place brace = {policy->document.source, root->begin, root->begin + 1};

	if (!qs_versions_have(versions, policy->tool))
		return NULL;
	if (versions.first == 0 && versions.last == QS_TOOL_NEWEST)
		return qs_policy_say(policy, QS_FINDING_MISSING_KEY, brace, root,
		    "%s is missing; vai_q_pytorch crashes without it", key);
	return qs_policy_say(policy, QS_FINDING_VERSION_REQUIRES, brace, root,
	    "%s is missing; vai_q_pytorch %s crashes without it", key, qs_tool_word(policy->tool));
}
