/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is legal and changes nothing.
 *
 * First every setting that wins somewhere marks the member that it comes from with the best use
 * that is made of it; then every parameter block is walked, and members that no winner used are
 * named, those of one block and one reason together.
 */
#include "base/json_fix.h"
#include "policy/policy.h"

/* What became of a member, worst first. */
enum use {
	USE_NONE,      /* overridden wherever it could count */
	USE_DATATYPE,  /* wins for tensors that are no integers */
	USE_METHOD,    /* a percentage that wins where the method is another one */
	USE_STATISTIC, /* a batch statistic that wins for weights or biases */
	USE_EFFECTIVE,
	USE_REPEATED /* of a tensor block: the same holds without it */
};

static enum use use_of(
    const struct qs_settings *settings, bool are_float, enum qs_param param, enum qs_tensor tensor)
{
	if (param == QS_PARAM_DATATYPE)
		return USE_EFFECTIVE;
	if (are_float)
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

/* A winner is used. One that only repeats what is below it leaves the use to that. */
static void mark_used(
    const struct qs_setting *setting, enum qs_param param, enum use use, bool told)
{
	while (use == USE_EFFECTIVE && !told &&
	       (setting->level == QS_LEVEL_TENSOR || setting->level == QS_LEVEL_LAYER_TENSOR) &&
	       qs_setting_repeats(setting, param)) {
		setting->member->mark = USE_REPEATED;
		setting = setting->shadowed;
	}
	if (setting->member->mark < use)
		setting->member->mark = (uint8_t)use;
}

/* `told`: that the whole entry may be left out. */
static void mark_winners(
    struct qs_policy *policy, const struct qs_settings *settings, enum qs_tensor tensor, bool told)
{
	const bool are_float = qs_settings_are_float(settings);

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_setting *setting = settings->param[p];
		enum use use;

		if (!setting->member)
			continue;
		use = use_of(settings, are_float, (enum qs_param)p, tensor);
		if (setting->reset) {
			if (use == USE_EFFECTIVE)
				report_reset(policy, setting);
		} else {
			mark_used(setting, (enum qs_param)p, use, told);
		}
	}
}

/* What is said of the members of a block that ended alike. UG1414 wants all parameters in an
 * overall block, so there some are no mistake. */
static const struct verdict {
	enum use use;
	enum qs_finding_id id;
	bool overall; /* also in overall blocks */
	const char *one, *many, *reason;
} verdicts[] = {
    {USE_NONE, QS_FINDING_OVERRIDDEN, true, "has no effect", "have no effect",
	": overridden for every tensor that it could count for"},
    {USE_DATATYPE, QS_FINDING_NO_EFFECT_DATATYPE, true, "has no effect", "have no effect",
	": only datatype int has such parameters"},
    {USE_METHOD, QS_FINDING_NO_EFFECT_PERCENTAGE, true, "has no effect", "have no effect",
	": only method percentile has a percentage"},
    {USE_STATISTIC, QS_FINDING_NO_EFFECT_STATISTIC, false, "has no effect", "have no effect",
	": weights and biases have no batches"},
    {USE_REPEATED, QS_FINDING_REPEATED_PARAMETER, false, "repeats", "repeat",
	" what holds without the block"},
};

/* Whether a member of a block ended as a verdict has it. */
static bool ended(const struct qs_json *member, const void *context)
{
	const struct verdict *verdict = context;

	return member->mark == verdict->use && !member->hidden && member->type != QS_JSON_NULL &&
	       qs_param_find(member->key) >= 0;
}

/* Names the values that a block only repeats. */
static void relate_repeated(struct qs_policy *policy, struct qs_finding *finding,
    const struct qs_json *block, const struct qs_settings *settings)
{
	for (const struct qs_json *m = block->children.first; m; m = m->next) {
		const int param = qs_param_find(m->key);

		if (m->mark == USE_REPEATED && param >= 0 && settings->param[param]->member == m)
			qs_finding_relate(policy->findings, finding,
			    qs_policy_value_place(policy, settings->param[param]->shadowed->member),
			    "the same %s stands here", qs_param_info((enum qs_param)param)->key);
	}
}

/* Says a verdict on a block, as one finding. */
static void report_block(struct qs_policy *policy, const struct qs_json *block,
    const struct qs_settings *settings, const struct verdict *verdict)
{
	struct qs_text names = QS_TEXT_INIT;
	const struct qs_json *first = NULL;
	struct qs_finding *finding;
	size_t n = 0;

	for (const struct qs_json *m = block->children.first; m; m = m->next) {
		if (!ended(m, verdict))
			continue;
		first = first ? first : m;
		qs_text_addf(&names, "%s%.*s", n++ ? ", " : "", (int)m->key.size, m->key.bytes);
	}
	if (n) {
		finding = qs_policy_say(policy, verdict->id, qs_policy_key_place(policy, first),
		    first, "%s %s%s", names.data, n > 1 ? verdict->many : verdict->one,
		    verdict->reason);
		if (verdict->use == USE_REPEATED)
			relate_repeated(policy, finding, block, settings);
		qs_json_fix_removal(
		    policy->findings, finding, &policy->document, block, ended, verdict);
	}
	qs_findings_end_text(policy->findings, &names);
}

/* Judges a block; `settings` are those of its kind, or NULL for an overall block. */
static void check_block(
    struct qs_policy *policy, const struct qs_json *block, const struct qs_settings *settings)
{
	if (block->type != QS_JSON_OBJECT)
		return;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		if (settings || verdicts[i].overall)
			report_block(policy, block, settings, &verdicts[i]);
	}
}

/* Walks the parameter blocks of an object: the document or an entry, which name them alike. */
static void check_blocks(struct qs_policy *policy, const struct qs_json *object, unsigned listed,
    const struct qs_settings settings[QS_TENSOR__COUNT])
{
	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		if (m->hidden)
			continue;
		if (qs_json_string_is(m->key, "overall_quantize_config"))
			check_block(policy, m, NULL);
		if (!qs_json_string_is(m->key, "tensor_quantize_config") ||
		    m->type != QS_JSON_OBJECT)
			continue;
		for (const struct qs_json *b = m->children.first; b; b = b->next) {
			const int tensor = qs_word_find(&qs_tensor_words, b->key);

			if (tensor >= 0 && (listed >> tensor & 1) && !b->hidden)
				check_block(policy, b, &settings[tensor]);
		}
	}
}

void qs_effect_entry(struct qs_policy *policy, const struct qs_entry *entry)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (entry->tensors >> t & 1)
			mark_winners(
			    policy, &entry->settings[t], (enum qs_tensor)t, entry->redundant);
	}
	/* Members of an entry can win nowhere else. */
	if (entry->tensors)
		check_blocks(policy, entry->object, entry->tensors, entry->settings);
}

void qs_effect_model(struct qs_policy *policy)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		mark_winners(policy, &policy->model[t], (enum qs_tensor)t, false);
	check_blocks(policy, policy->document.root, (1U << QS_TENSOR__COUNT) - 1, policy->model);
}
