/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a config: the keys of the document, in the order in which later ones build on earlier
 * ones. */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "policy/judge.h"
#include "policy/policy.h"

enum place {
	PLACE_TOP,
	PLACE_ENTRY
};
enum shape {
	SHAPE_SWITCH,
	SHAPE_OTHER
};

/* Ids of all keys, in the order of keys.def. */
enum key_id {
#define KEY(PLACE, ID, key, SHAPE, versions, help) KEY_##ID,
#include "qstrata/keys.def"
#undef KEY
	KEY__COUNT
};

struct key_info {
	enum place place;
	const char *key;
	enum shape shape;
	struct qs_versions versions;
};

static const struct key_info keys[] = {
#define KEY(PLACE, ID, key, SHAPE, versions, help) {PLACE_##PLACE, key, SHAPE_##SHAPE, versions},
#include "qstrata/keys.def"
#undef KEY
};

/* The keys that a document needs. */
static const struct {
	enum key_id id;
	struct qs_versions versions;
} required[] = {
#define KEY(PLACE, ID, key, SHAPE, versions, help)
#define REQUIRED(ID, versions) {KEY_##ID, versions},
#include "qstrata/keys.def"
#undef KEY
};

/* The members of a document by key. */
struct members {
	struct qs_json *found[KEY__COUNT];
	bool misspelt[KEY__COUNT]; /* which is said: nothing is missing */
};

struct qs_finding *qs_policy_say(struct qs_policy *policy, enum qs_finding_id id,
    struct qs_place place, const struct qs_json *about, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	finding = qs_finding_add(policy->findings, id, place, "%s", text.data);
	qs_findings_end_text(policy->findings, &text);
	if (about)
		qs_policy_point(policy->findings, finding, about);
	if (qs_finding_kind(id)->severity == QS_SEVERITY_ERROR)
		policy->n_errors++;
	return finding;
}

struct qs_place qs_policy_value_place(const struct qs_policy *policy, const struct qs_json *value)
{
	return qs_json_place(&policy->document, value);
}

struct qs_place qs_policy_key_place(const struct qs_policy *policy, const struct qs_json *member)
{
	return qs_json_key_place(&policy->document, member);
}

/* The key of a member of the document, or -1. */
static int find_key(enum place place, struct qs_json_string key)
{
	for (int i = 0; i < KEY__COUNT; i++) {
		if (keys[i].place == place && qs_json_string_is(key, keys[i].key))
			return i;
	}
	return -1;
}

/* Whether a key is one of a config, or looks like one that somebody meant. */
static bool looks_known(struct qs_json_string key)
{
	struct qs_nearest nearest = qs_nearest_to(key.bytes, key.size);

	for (int i = 0; i < KEY__COUNT; i++)
		qs_nearest_offer(&nearest, keys[i].key);
	return nearest.best || qs_param_find(key) >= 0 || qs_word_find(&qs_tensor_words, key) >= 0;
}

/* Says what a document is that has no key of a config; false when it has one. */
static bool is_foreign(struct qs_policy *policy)
{
	const struct qs_json *first = policy->document.root->children.first;
	bool strange = first && policy->document.complete;

	for (const struct qs_json *m = first; m; m = m->next) {
		if (find_key(PLACE_TOP, m->key) >= 0)
			return false;
		strange = strange && !looks_known(m->key);
	}
	return first && qs_foreign_report(policy, strange);
}

/* Reports a key; returns the id of the one that it seems to be, or -1. */
static int report_unknown_key(struct qs_policy *policy, const struct qs_json *member)
{
	const char *known[KEY__COUNT], *meant;
	struct qs_finding *finding;
	size_t n = 0;

	for (int i = 0; i < KEY__COUNT; i++) {
		if (keys[i].place == PLACE_TOP)
			known[n++] = keys[i].key;
	}
	meant = qs_unknown_key(policy, member, "a config", known, n, &finding);
	return meant ? find_key(PLACE_TOP, (struct qs_json_string){meant, (uint32_t)strlen(meant)})
	             : -1;
}

static struct qs_finding *report_wrong_type(
    struct qs_policy *policy, const struct qs_json *member, const char *expected)
{
	if (member->type == QS_JSON_BROKEN)
		return NULL;
	return qs_policy_say(policy, QS_FINDING_WRONG_TYPE, qs_policy_value_place(policy, member),
	    member, "%.*s must be %s, found %s", (int)member->key.size, member->key.bytes, expected,
	    qs_json_type_name((enum qs_json_type)member->type));
}

/* keys.def counts switches from the first on. */
static void read_switch(
    struct qs_policy *policy, const struct qs_json *member, enum qs_switch which)
{
	struct qs_finding *finding;
	const bool reserved = which == QS_SWITCH_KEEP_FIRST_LAST_LAYER_ACCURACY ||
	                      which == QS_SWITCH_KEEP_ADD_LAYER_ACCURACY;

	if (member->type != QS_JSON_BOOL) {
		finding = report_wrong_type(policy, member, "true or false");
		qs_offer_value(policy, finding, member, QS_KIND_BOOL, 0, 1);
		return;
	}
	policy->switches[which] = member->boolean;
	if (!reserved || !member->boolean)
		return;
	finding =
	    qs_policy_say(policy, QS_FINDING_RESERVED_SETTING, qs_policy_key_place(policy, member),
		member, "%.*s has no effect: vai_q_pytorch only reserves the key",
		(int)member->key.size, member->key.bytes);
	qs_offer_removal(policy, finding, member, true);
	qs_finding_hint(policy->findings, finding,
	    "give such layers an entry in layer_quantize_config, with a larger bit_width or "
	    "datatype float32");
}

static void read_device(struct qs_policy *policy, const struct qs_json *member)
{
	struct qs_finding *finding;

	policy->device_value = member;
	if (member->type != QS_JSON_STRING) {
		report_wrong_type(policy, member, "the name of a device");
		return;
	}
	policy->device = qs_word_find(&qs_device_words, member->string);
	if (policy->device >= 0) {
		qs_version_word(policy, member, &qs_device_words.words[policy->device]);
		return;
	}
	finding = qs_policy_say(policy, QS_FINDING_ILLEGAL_VALUE,
	    qs_policy_value_place(policy, member), member,
	    "unknown target_device \"%.*s\"; expected one of \"DPU\", \"CPU\", \"GPU\", \"FLEXML\"",
	    qs_json_shown(member->string, 80), member->string.bytes);
	qs_unknown_word(policy, finding, "target_device", member, &qs_device_words);
}

static void read_opset(struct qs_policy *policy, const struct qs_json *member)
{
	struct qs_finding *finding;

	if (member->type != QS_JSON_INT) {
		finding = report_wrong_type(policy, member, "an integer");
		qs_offer_value(policy, finding, member, QS_KIND_INT, 1, 1000);
	} else if (member->integer < 1 || member->integer > 1000) {
		qs_policy_say(policy, QS_FINDING_ILLEGAL_VALUE,
		    qs_policy_value_place(policy, member), member,
		    "onnx_opset_version cannot be %lld; expected 1 to 1000",
		    (long long)member->integer);
	} else {
		policy->opset = (int)member->integer;
	}
}

static void read_tensor_list(struct qs_policy *policy, struct qs_json *member)
{
	const unsigned all = (1U << QS_TENSOR__COUNT) - 1;
	const size_t n_errors = policy->n_errors;

	policy->tensors = qs_tensors_read(policy, member);
	policy->tensors_value = member;
	if (policy->tensors != all && policy->n_errors == n_errors && member->type == QS_JSON_ARRAY)
		qs_policy_say(policy, QS_FINDING_IGNORED_TENSOR_LIST,
		    qs_policy_key_place(policy, member), member,
		    "vai_q_pytorch ignores this list and quantizes all four kinds; qstrata apply "
		    "honours it");
}

/* Members by key, since blocks build on each other whatever their order in the file is. */
static void sort_members(struct qs_policy *policy, struct members *members)
{
	memset(members, 0, sizeof(*members));
	for (struct qs_json *m = policy->document.root->children.first; m; m = m->next) {
		const int id = find_key(PLACE_TOP, m->key);
		const int meant = id < 0 ? report_unknown_key(policy, m) : -1;

		if (meant >= 0)
			members->misspelt[meant] = true;
		if (id < 0 || m->hidden)
			continue;
		(void)qs_version_key(policy, m, keys[id].versions);
		members->found[id] = m;
	}
}

static void report_missing(struct qs_policy *policy, const struct members *members)
{
	if (!policy->document.complete)
		return;
	for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++) {
		const enum key_id id = required[i].id;
		struct qs_finding *finding;

		if (members->found[id] || members->misspelt[id])
			continue;
		finding = qs_version_missing(policy, keys[id].key, required[i].versions);
		if (id == KEY_TARGET_DEVICE)
			qs_finding_hint(policy->findings, finding,
			    "add \"target_device\": \"DPU\", \"CPU\", \"GPU\" or \"FLEXML\"");
	}
}

static void read_members(struct qs_policy *policy)
{
	struct members members;
	struct qs_json *const *found = members.found;
	const unsigned all = (1U << QS_TENSOR__COUNT) - 1;
	struct qs_block block;
	int which = 0;

	sort_members(policy, &members);

	for (int i = 0; i < KEY__COUNT; i++) {
		if (keys[i].shape != SHAPE_SWITCH)
			continue;
		if (found[i])
			read_switch(policy, found[i], (enum qs_switch)which);
		which++;
	}
	if (found[KEY_TARGET_DEVICE])
		read_device(policy, found[KEY_TARGET_DEVICE]);
	report_missing(policy, &members);
	if (found[KEY_ONNX_OPSET_VERSION])
		read_opset(policy, found[KEY_ONNX_OPSET_VERSION]);
	if (found[KEY_QUANTIZABLE_DATA_TYPE])
		read_tensor_list(policy, found[KEY_QUANTIZABLE_DATA_TYPE]);
	if (found[KEY_OVERALL_QUANTIZE_CONFIG]) {
		qs_block_read(policy, found[KEY_OVERALL_QUANTIZE_CONFIG], &block);
		qs_resolve_block(policy, &block, QS_LEVEL_OVERALL, all, policy->model);
	}
	if (found[KEY_TENSOR_QUANTIZE_CONFIG])
		qs_tensor_blocks_read(
		    policy, found[KEY_TENSOR_QUANTIZE_CONFIG], QS_LEVEL_TENSOR, all, policy->model);
	if (found[KEY_LAYER_QUANTIZE_CONFIG])
		qs_entries_read(policy, found[KEY_LAYER_QUANTIZE_CONFIG]);
}

/* Judges entries and the model level by rules about layer types, or by the others. Effects of an
 * entry are looked at with the latter, while it is at hand. */
static void judge_all(struct qs_policy *policy, struct qs_judge *judge, bool typed)
{
	qs_judge_model(judge, typed);
	for (size_t i = 0; i < policy->n_entries; i++) {
		if (policy->entries[i].later)
			continue;
		qs_judge_entry(judge, &policy->entries[i], typed);
		if (!typed)
			qs_effect_entry(policy, &policy->entries[i]);
	}
	policy->n_errors += judge->n_errors;
	judge->n_errors = 0;
}

/* Keeps what came of devices for the model, or says it. */
static void sum_up(struct qs_policy *policy, const struct qs_judge *judge)
{
	if (!policy->awaits_model) {
		qs_judge_sum_up(judge);
		return;
	}
	policy->tally = qs_arena_array(&policy->arena, QS_DEVICE_LIMIT, sizeof(*policy->tally));
	if (policy->tally)
		memcpy(policy->tally, judge->tally, sizeof(judge->tally));
	else
		policy->nomem = true;
}

/* Judges what is effective. What is refused without its model is not held against it. */
static void judge(struct qs_policy *policy)
{
	struct qs_judge judge;

	if (!policy->n_errors)
		qs_redundant_entries(policy);
	if (qs_judge_init(&judge, policy, policy->findings)) {
		judge_all(policy, &judge, false);
		qs_effect_model(policy);
		policy->awaits_model = policy->awaits_model && !policy->n_errors;
		if (judge.n_typed && !policy->awaits_model)
			judge_all(policy, &judge, true);
		sum_up(policy, &judge);
	} else {
		policy->nomem = true;
	}
	qs_judge_done(&judge);
}

static void read_document(struct qs_policy *policy)
{
	const struct qs_json *root = policy->document.root;

	if (!root)
		return;
	if (root->type != QS_JSON_OBJECT) {
		if (root->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_NOT_A_CONFIG,
			    (struct qs_place){
				policy->document.source, root->begin, root->begin + 1},
			    root, "a config is a JSON object, found %s",
			    qs_json_type_name((enum qs_json_type)root->type));
		return;
	}
	qs_resolve_defaults(policy);
	if (policy->nomem)
		return;
	if (is_foreign(policy))
		return;
	read_members(policy);
	if (!policy->nomem)
		judge(policy);
}

/* The settings that hold before anything is read. */
static enum qs_status start(
    struct qs_policy *policy, const struct qs_policy_options *options, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	policy->findings = findings;
	policy->tool = options->tool;
	policy->devices = options->devices;
	policy->awaits_model = options->awaits_model;
	if (!options->rulebook)
		status = qs_rulebook_new(&policy->own_rulebook);
	policy->rulebook = options->rulebook ? options->rulebook : policy->own_rulebook;
	policy->vocabulary = options->vocabulary;
	policy->device = -1;
	policy->tensors = (1U << QS_TENSOR__COUNT) - 1;
	/* The tool's defaults for what it does at all (UG1414): both are on unless the file says
	 * no. */
	policy->switches[QS_SWITCH_INCLUDE_CLE] = true;
	policy->switches[QS_SWITCH_INCLUDE_BIAS_CORR] = true;
	return status;
}

enum qs_status qs_policy_read_for(const struct qs_source *source,
    const struct qs_policy_options *options, struct qs_findings *findings,
    struct qs_policy **ret_policy)
{
	struct qs_policy *policy = calloc(1, sizeof(*policy));
	enum qs_status status;

	if (!policy)
		return QS_NOMEM;
	status = start(policy, options, findings);
	if (status == QS_OK)
		status = qs_json_read(source, findings, &policy->document);
	if (status == QS_OK || status == QS_INVALID) {
		read_document(policy);
		if (policy->nomem || qs_findings_status(findings) != QS_OK)
			status = QS_NOMEM;
		else if (policy->n_errors)
			status = QS_INVALID;
	}
	policy->findings = NULL;
	policy->vocabulary = NULL;
	if (status != QS_OK) {
		qs_policy_free(policy);
		return status;
	}
	*ret_policy = policy;
	return QS_OK;
}

enum qs_status qs_policy_read(
    const struct qs_source *source, struct qs_findings *findings, struct qs_policy **ret_policy)
{
	static const struct qs_policy_options options = QS_POLICY_OPTIONS_INIT;

	return qs_policy_read_for(source, &options, findings, ret_policy);
}

void qs_policy_free(struct qs_policy *policy)
{
	if (!policy)
		return;
	qs_rulebook_free(policy->own_rulebook);
	qs_json_done(&policy->document);
	qs_arena_done(&policy->arena);
	free(policy);
}

const char *qs_policy_name(const struct qs_policy *policy)
{
	return qs_source_name(policy->document.source);
}

enum qs_device qs_policy_device(const struct qs_policy *policy)
{
	return (enum qs_device)policy->device;
}

bool qs_policy_switch(const struct qs_policy *policy, enum qs_switch which)
{
	return policy->switches[which];
}

bool qs_policy_quantizes(const struct qs_policy *policy, enum qs_tensor tensor)
{
	return policy->tensors >> tensor & 1;
}

int qs_policy_opset(const struct qs_policy *policy)
{
	return policy->opset;
}

struct qs_spec qs_policy_model_spec(const struct qs_policy *policy, enum qs_tensor tensor)
{
	return qs_settings_spec(&policy->model[tensor]);
}
