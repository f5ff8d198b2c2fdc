/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is legal and changes nothing.
 *
 * First every setting that wins somewhere marks the member that it comes from with the best use
 * that is made of it; then every parameter block is walked, and members that no winner used are
 * named, those of one block and one reason together.
 */
#include "policy/policy.h"

/* What became of a member, worst first. */
enum use {
	USE_NONE,      /* overridden wherever it could count */
	USE_DATATYPE,  /* wins for tensors that are no integers */
	USE_METHOD,    /* a percentage that wins where the method is another one */
	USE_STATISTIC, /* a batch statistic that wins for weights or biases */
	USE_EFFECTIVE
};

static enum use use_of(
    const struct qs_settings *settings, enum qs_param param, enum qs_tensor tensor)
{
	if (param == QS_PARAM_DATATYPE)
		return USE_EFFECTIVE;
	if (qs_settings_are_float(settings))
		return USE_DATATYPE;
	if (!qs_param_applies(param, tensor))
		return USE_STATISTIC;
	if (param == QS_PARAM_PERCENTAGE &&
	    settings->param[QS_PARAM_METHOD]->value.integer != QS_METHOD_PERCENTILE)
		return USE_METHOD;
	return USE_EFFECTIVE;
}

/* Says once a block that it puts the percentage back. */
static void report_reset(struct qs_policy *policy, const struct qs_setting *setting)
{
	struct qs_finding *finding;

	if (setting->member->mark == USE_EFFECTIVE)
		return;
	setting->member->mark = USE_EFFECTIVE;
	finding = qs_policy_say(policy, QS_FINDING_PERCENTAGE_RESET,
	    qs_policy_key_place(policy, setting->member), setting->member,
	    "percentage goes back to 99.99: a block of method percentile takes only its own "
	    "percentage");
	if (setting->shadowed->member && !setting->shadowed->reset)
		qs_finding_relate(policy->findings, finding,
		    qs_policy_value_place(policy, setting->shadowed->member),
		    "this one is not kept");
}

static void mark_winners(
    struct qs_policy *policy, const struct qs_settings *settings, enum qs_tensor tensor)
{
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_setting *setting = settings->param[p];
		const enum use use = use_of(settings, (enum qs_param)p, tensor);

		if (!setting->member)
			continue;
		if (setting->reset) {
			if (use == USE_EFFECTIVE)
				report_reset(policy, setting);
		} else if (setting->member->mark < use) {
			setting->member->mark = (uint8_t)use;
		}
	}
}

/* The members of a block that ended as `use`, as one finding. */
static void report_block(struct qs_policy *policy, const struct qs_json *block, enum use use,
    enum qs_finding_id id, const char *reason)
{
	struct qs_text names = QS_TEXT_INIT;
	const struct qs_json *first = NULL;
	size_t n = 0;

	for (const struct qs_json *m = block->children.first; m; m = m->next) {
		if (m->mark != use || m->hidden || m->type == QS_JSON_NULL ||
		    qs_param_find(m->key) < 0)
			continue;
		first = first ? first : m;
		qs_text_addf(&names, "%s%.*s", n++ ? ", " : "", (int)m->key.size, m->key.bytes);
	}
	if (n)
		qs_policy_say(policy, id, qs_policy_key_place(policy, first), first, "%s %s: %s",
		    names.data, n > 1 ? "have no effect" : "has no effect", reason);
	qs_findings_end_text(policy->findings, &names);
}

static void check_block(struct qs_policy *policy, const struct qs_json *block, bool overall)
{
	if (block->type != QS_JSON_OBJECT)
		return;
	report_block(policy, block, USE_NONE, QS_FINDING_OVERRIDDEN,
	    "overridden for every tensor that it could count for");
	report_block(policy, block, USE_DATATYPE, QS_FINDING_NO_EFFECT_DATATYPE,
	    "only datatype int has such parameters");
	report_block(policy, block, USE_METHOD, QS_FINDING_NO_EFFECT_PERCENTAGE,
	    "only method percentile has a percentage");
	/* UG1414 wants all parameters in an overall block, so there it is no mistake. */
	if (!overall)
		report_block(policy, block, USE_STATISTIC, QS_FINDING_NO_EFFECT_STATISTIC,
		    "weights and biases have no batches");
}

/* Walks the parameter blocks of an object: the document or an entry, which name them alike. */
static void check_blocks(struct qs_policy *policy, const struct qs_json *object, unsigned listed)
{
	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		if (m->hidden)
			continue;
		if (qs_json_string_is(m->key, "overall_quantize_config"))
			check_block(policy, m, true);
		if (!qs_json_string_is(m->key, "tensor_quantize_config") ||
		    m->type != QS_JSON_OBJECT)
			continue;
		for (const struct qs_json *b = m->children.first; b; b = b->next) {
			const int tensor = qs_word_find(&qs_tensor_words, b->key);

			if (tensor >= 0 && (listed >> tensor & 1) && !b->hidden)
				check_block(policy, b, false);
		}
	}
}

void qs_effect_entry(struct qs_policy *policy, const struct qs_entry *entry)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (entry->tensors >> t & 1)
			mark_winners(policy, &entry->settings[t], (enum qs_tensor)t);
	}
	/* Members of an entry can win nowhere else. */
	if (entry->tensors)
		check_blocks(policy, entry->object, entry->tensors);
}

void qs_effect_model(struct qs_policy *policy)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		mark_winners(policy, &policy->model[t], (enum qs_tensor)t);
	check_blocks(policy, policy->document.root, (1U << QS_TENSOR__COUNT) - 1);
}
