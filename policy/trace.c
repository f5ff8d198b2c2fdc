/* SPDX-License-Identifier: Apache-2.0 */
/* Where the values come from that a finding is about: for each the winner, and what it shadows. */
#include "policy/origin.h"
#include "policy/policy.h"

/* One setting of a chain. */
static void trace_setting(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_policy *policy, enum qs_param param, const struct qs_setting *setting,
    struct qs_provenance *provenance)
{
	struct qs_text pointer = QS_TEXT_INIT, value = QS_TEXT_INIT;

	provenance->level = qs_level_word((enum qs_level)setting->level);
	provenance->place = (struct qs_place){NULL, 0, 0};
	if (setting->member) {
		provenance->place = qs_policy_value_place(policy, setting->member);
		qs_json_pointer(setting->member, &pointer);
	}
	qs_setting_write(setting, param, &value);
	provenance->pointer = setting->member ? pointer.data : NULL;
	provenance->value = value.data;
	qs_finding_trace(findings, finding, provenance);
	qs_findings_end_text(findings, &pointer);
	qs_findings_end_text(findings, &value);
}

void qs_policy_trace(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_policy *policy, enum qs_tensor tensor, enum qs_param param,
    const struct qs_setting *setting)
{
	struct qs_provenance provenance = {.tensor = qs_tensor_words.words[tensor].word,
	    .parameter = qs_param_info(param)->key,
	    .wins = true};

	for (; finding && setting; setting = setting->shadowed) {
		/* What is no legal value counts nowhere. */
		if (setting->broken)
			continue;
		trace_setting(findings, finding, policy, param, setting, &provenance);
		provenance.wins = false;
	}
}
