/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config does, as a text without places: two configs of the same text do the same, however
 * they are written.
 */
#include "policy/selection.h"

/* Settings that tell layers apart: those that mean something. */
static void write_settings(
    const struct qs_settings *settings, enum qs_tensor tensor, struct qs_text *text)
{
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (!qs_settings_show(settings, (enum qs_param)p, tensor))
			continue;
		qs_param_write((enum qs_param)p, settings->param[p]->value, text);
		qs_text_adds(text, " ");
	}
	qs_text_adds(text, "\n");
}

static bool has_effect(int which)
{
	return which != QS_SWITCH_KEEP_FIRST_LAST_LAYER_ACCURACY &&
	       which != QS_SWITCH_KEEP_ADD_LAYER_ACCURACY;
}

enum qs_status qs_policy_write_meaning(
    const struct qs_policy *policy, const struct qs_selection *selection, struct qs_text *text)
{
	const enum qs_status status = qs_policy_write_json(policy, NULL, text);

	if (status != QS_OK)
		return status;
	for (int s = 0; s < QS_SWITCH__COUNT; s++)
		qs_text_addf(text, "%d ", has_effect(s) && policy->switches[s]);
	qs_text_addf(text, "%d %u\n", policy->opset, policy->tensors);
	for (size_t i = 0; selection && i < selection->n_layers; i++) {
		for (int t = 0; t < QS_TENSOR__COUNT; t++)
			write_settings(qs_selection_settings(selection, i, (enum qs_tensor)t),
			    (enum qs_tensor)t, text);
	}
	return qs_text_status(text);
}
