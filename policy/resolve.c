/* SPDX-License-Identifier: Apache-2.0 */
/* Lays blocks over blocks: one loop over kinds and parameters, and the losers stay in the chain. */
#include "policy/policy.h"

static struct qs_setting *new_setting(struct qs_policy *policy)
{
	struct qs_setting *setting = qs_arena_alloc(&policy->arena, sizeof(*setting));

	if (!setting)
		policy->nomem = true;
	return setting;
}

void qs_resolve_defaults(struct qs_policy *policy)
{
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		for (int t = 0; t < QS_TENSOR__COUNT; t++) {
			const union qs_param_value value =
			    qs_param_default((enum qs_param)p, (enum qs_tensor)t);
			struct qs_setting *setting;

			/* Kinds share a default that is the same, and with it all that is laid over
			 * it. */
			policy->model[t].param[p] = policy->model[0].param[p];
			if (t > 0 && policy->model[0].param[p]->value.integer == value.integer)
				continue;
			setting = new_setting(policy);
			if (!setting)
				return;
			setting->value = value;
			policy->model[t].param[p] = setting;
		}
	}
}

/* A setting of a block; broken ones keep the value below, and are never judged. */
static const struct qs_setting *lay(struct qs_policy *policy, const struct qs_block *block,
    enum qs_param param, enum qs_level level, const struct qs_setting *below)
{
	struct qs_setting *setting = new_setting(policy);

	if (!setting)
		return below;
	setting->value = block->broken[param] ? below->value : block->value[param];
	setting->shadowed = below;
	setting->member = block->member[param];
	setting->level = (uint8_t)level;
	setting->broken = block->broken[param];
	return setting;
}

static const struct qs_setting *reset_percentage(struct qs_policy *policy,
    const struct qs_block *block, enum qs_tensor tensor, enum qs_level level,
    const struct qs_setting *below)
{
	struct qs_setting *setting = new_setting(policy);

	if (!setting)
		return below;
	setting->value = qs_param_default(QS_PARAM_PERCENTAGE, tensor);
	setting->shadowed = below;
	setting->member = block->object;
	setting->level = (uint8_t)level;
	setting->reset = true;
	return setting;
}

/* The tool takes the percentage only from the block that it applies, with 99.99 for none. */
static void settle_percentage(struct qs_policy *policy, const struct qs_block *block,
    enum qs_tensor tensor, enum qs_level level, struct qs_settings *settings)
{
	const struct qs_setting *method = settings->param[QS_PARAM_METHOD];
	const struct qs_setting **slot = &settings->param[QS_PARAM_PERCENTAGE];

	if (method->value.integer != QS_METHOD_PERCENTILE || method->broken)
		return;
	if (!block->member[QS_PARAM_PERCENTAGE] && (*slot)->level != QS_LEVEL_DEFAULT &&
	    !(*slot)->reset)
		*slot = reset_percentage(policy, block, tensor, level, *slot);
}

/* Without a decimal point the tool refuses a percentage that counts. Said once a block. */
static void check_percentage(
    struct qs_policy *policy, struct qs_block *block, const struct qs_settings *settings)
{
	const struct qs_setting *method = settings->param[QS_PARAM_METHOD];
	const struct qs_json *member = block->member[QS_PARAM_PERCENTAGE];
	struct qs_finding *finding;
	struct qs_json_string written;
	char *fixed;

	if (!block->percentage_is_integer || block->broken[QS_PARAM_PERCENTAGE] ||
	    method->value.integer != QS_METHOD_PERCENTILE)
		return;
	block->percentage_is_integer = false;
	written = qs_json_written(&policy->document, member);
	finding =
	    qs_policy_say(policy, QS_FINDING_WRONG_TYPE, qs_policy_value_place(policy, member),
		member, "percentage must be a number with a decimal point, found %.*s",
		(int)written.size, written.bytes);
	fixed = qs_arena_printf(&policy->arena, "%.*s.0", (int)written.size, written.bytes);
	if (fixed)
		qs_finding_fix(policy->findings, finding, true,
		    qs_policy_value_place(policy, member), fixed, "write %s", fixed);
	else
		policy->nomem = true;
}

static void tell_setting(struct qs_policy *policy, struct qs_finding *said, enum qs_tensor tensor,
    enum qs_param param, const struct qs_setting *setting)
{
	struct qs_place place = {NULL, 0, 0};
	struct qs_text value = QS_TEXT_INIT;

	while (setting->broken)
		setting = setting->shadowed;
	if (setting->member)
		place = qs_policy_value_place(policy, setting->member);
	qs_setting_write(setting, param, &value);
	qs_finding_relate(policy->findings, said, place, "%s%s %s counts in its place",
	    setting->member ? "" : "the built-in default ", qs_param_info(param)->key, value.data);
	qs_policy_trace(policy->findings, said, policy, tensor, param, setting);
	qs_findings_end_text(policy->findings, &value);
}

/* Tells with what was said of a parameter what counts in its place, once for kinds that share
 * it. */
static void tell_rest(struct qs_policy *policy, struct qs_finding *said, enum qs_param param,
    unsigned tensors, const struct qs_settings settings[QS_TENSOR__COUNT])
{
	const struct qs_setting *told = NULL;

	for (int t = 0; said && t < QS_TENSOR__COUNT; t++) {
		const struct qs_setting *setting = settings[t].param[param];

		if (!(tensors >> t & 1) || setting == told)
			continue;
		told = setting;
		tell_setting(policy, said, (enum qs_tensor)t, param, setting);
	}
}

void qs_resolve_block(struct qs_policy *policy, const struct qs_block *block, enum qs_level level,
    unsigned tensors, struct qs_settings settings[QS_TENSOR__COUNT])
{
	struct qs_block checked = *block;

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_setting *below = NULL, *made = NULL;

		tell_rest(policy, block->said[p], (enum qs_param)p, tensors, settings);
		if (!block->member[p])
			continue;
		for (int t = 0; t < QS_TENSOR__COUNT; t++) {
			if (!(tensors >> t & 1))
				continue;
			if (!made || settings[t].param[p] != below) {
				below = settings[t].param[p];
				made = lay(policy, block, (enum qs_param)p, level, below);
			}
			settings[t].param[p] = made;
		}
	}
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (!(tensors >> t & 1))
			continue;
		settle_percentage(policy, block, (enum qs_tensor)t, level, &settings[t]);
		check_percentage(policy, &checked, &settings[t]);
	}
}

struct qs_spec qs_settings_spec(const struct qs_settings *settings)
{
	struct qs_spec spec = {0};

	for (int p = 0; p < QS_PARAM__COUNT; p++)
		qs_spec_put(&spec, (enum qs_param)p, settings->param[p]->value);
	return spec;
}

bool qs_setting_is_foreign(const struct qs_setting *setting, enum qs_param param)
{
	const struct qs_param_info *info = qs_param_info(param);

	return info->kind == QS_KIND_CHOICE && setting->value.integer >= info->set.n_words;
}

bool qs_settings_are_float(const struct qs_settings *settings)
{
	const struct qs_setting *datatype = settings->param[QS_PARAM_DATATYPE];

	return datatype->value.integer != QS_DATATYPE_INT &&
	       !qs_setting_is_foreign(datatype, QS_PARAM_DATATYPE);
}

/* Such words stand in no table but where they were read. */
void qs_setting_write(const struct qs_setting *setting, enum qs_param param, struct qs_text *text)
{
	if (qs_setting_is_foreign(setting, param))
		qs_text_addf(text, "\"%.*s\"", (int)setting->member->string.size,
		    setting->member->string.bytes);
	else
		qs_param_write(param, setting->value, text);
}

bool qs_settings_show(
    const struct qs_settings *settings, enum qs_param param, enum qs_tensor tensor)
{
	if (param == QS_PARAM_DATATYPE)
		return true;
	if (qs_settings_are_float(settings))
		return false;
	if (param == QS_PARAM_PERCENTAGE &&
	    settings->param[QS_PARAM_METHOD]->value.integer != QS_METHOD_PERCENTILE)
		return false;
	return qs_param_applies(param, tensor);
}

bool qs_settings_equal(
    const struct qs_settings *a, const struct qs_settings *b, enum qs_tensor tensor)
{
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_setting *x = a->param[p], *y = b->param[p];

		if (x == y)
			continue;
		if (qs_settings_show(a, (enum qs_param)p, tensor) !=
			qs_settings_show(b, (enum qs_param)p, tensor) ||
		    (qs_settings_show(a, (enum qs_param)p, tensor) &&
			!qs_param_same((enum qs_param)p, x->value, y->value)))
			return false;
	}
	return true;
}
