/* SPDX-License-Identifier: Apache-2.0 */
/* What may be left out of a config, because the same holds without it. */
#include "base/json_fix.h"
#include "policy/policy.h"

bool qs_setting_repeats(const struct qs_setting *setting, enum qs_param param)
{
	const struct qs_setting *below = setting->shadowed;

	/* Without its own percentage a block of method percentile has 99.99, whatever is below. */
	if (param == QS_PARAM_PERCENTAGE || !setting->member || setting->broken || !below)
		return false;
	return below->member && !below->broken &&
	       qs_param_same(param, setting->value, below->value);
}

/* Whether an entry gives every kind what the model level has. */
static bool is_like_model(const struct qs_policy *policy, const struct qs_entry *entry)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if ((entry->tensors >> t & 1) &&
		    !qs_settings_equal(&entry->settings[t], &policy->model[t], (enum qs_tensor)t))
			return false;
	}
	return true;
}

static void report_entry(struct qs_policy *policy, struct qs_entry *entry)
{
	const struct qs_json *value = entry->selector.value;
	struct qs_finding *finding;

	entry->redundant = true;
	finding =
	    qs_policy_say(policy, QS_FINDING_REDUNDANT_ENTRY, qs_policy_value_place(policy, value),
		value, "the entry gives its layers the parameters that they have without it");
	/* What the config resolves to lists the entry, so that leaving it out is no safe fix. */
	qs_finding_fix(policy->findings, finding, false,
	    qs_json_removal(&policy->document, entry->object), "", "leave it out");
}

/*
 * From the weakest entry to the strongest: as long as all are like the model level, so is whatever
 * is left when one of them goes. Behind the first that is not, it takes a model to tell.
 */
void qs_redundant_entries(struct qs_policy *policy)
{
	for (int kind = QS_SELECT_TYPE; kind <= QS_SELECT_NAME; kind++) {
		for (size_t i = 0; i < policy->n_entries; i++) {
			struct qs_entry *entry = &policy->entries[i];

			if ((int)entry->selector.kind != kind)
				continue;
			if (!is_like_model(policy, entry))
				return;
			if (!entry->later && entry->tensors)
				report_entry(policy, entry);
		}
	}
}
