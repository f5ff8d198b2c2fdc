/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy from the inside: settings with origins, layer entries, and what reading passes on.
 *
 * A setting never changes once made. Settings of one parameter form a chain: each points to the one
 * it shadows, down to the built-in default. So a layer's parameters are an array of pointers that
 * starts as a copy of the model's, resolution is one loop, and explaining is following pointers.
 * Tensor kinds that got a value from the same block over the same chain share the setting.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "base/finding.h"
#include "base/json.h"
#include "policy/param.h"
#include "qstrata/policy.h"

/* The mark of a JSON member about which everything is said. Other marks are effect.c's. */
#define QS_MARK_REPORTED 255

/* Where a setting comes from, low to high. */
enum qs_level {
	QS_LEVEL_DEFAULT,
	QS_LEVEL_OVERALL,
	QS_LEVEL_TENSOR,
	QS_LEVEL_LAYER_OVERALL,
	QS_LEVEL_LAYER_TENSOR,
	QS_LEVEL_LOCK /* of a lock file, which tells values without where they came from */
};

struct qs_setting {
	union qs_param_value value;
	const struct qs_setting *shadowed; /* NULL for a built-in default */
	struct qs_json *member; /* what sets it; the block for a reset; NULL for a default */
	uint8_t level;          /* enum qs_level */
	bool reset;             /* percentage back to its default: the block has percentile alone */
	bool broken;            /* no legal value, and reported: nothing more is said about it */
};

/* The parameters of one tensor kind. */
struct qs_settings {
	const struct qs_setting *param[QS_PARAM__COUNT];
};

enum qs_selector_kind {
	QS_SELECT_TYPE,
	QS_SELECT_PATTERN,
	QS_SELECT_NAME
};

/* What an entry selects; the text is decoded, for a type its last dotted part, for a pattern
 * without its prefix. */
struct qs_selector {
	enum qs_selector_kind kind;
	struct qs_json_string text;
	const struct qs_json *value; /* the JSON string */
};

/* An element of layer_quantize_config. */
struct qs_entry {
	const struct qs_json *object;
	struct qs_selector selector;
	uint64_t hash;    /* of the selector */
	uint32_t rank;    /* how many others of its kind, type or not, are mentioned before it */
	unsigned tensors; /* bit mask of listed kinds */
	const struct qs_entry
	    *later;     /* an entry of the same selector that counts instead, or NULL */
	bool redundant; /* gives its layers what they have without it, which is said */
	const struct qs_entry *earlier; /* the previous entry of the same selector, or NULL */
	struct qs_settings settings[QS_TENSOR__COUNT];
};

struct qs_tally;

struct qs_policy {
	struct qs_json_document document;
	enum qs_tool tool;
	const struct qs_rulebook *rulebook;
	struct qs_rulebook *own_rulebook; /* NULL: the rulebook is the caller's */
	uint64_t devices;                 /* what it is judged for; 0: its target_device */
	bool awaits_model;                /* rules about layer types are yet to be judged */
	struct qs_tally *tally;           /* what came of devices until then */
	struct qs_arena arena;
	struct qs_findings *findings;           /* while reading */
	const struct qs_vocabulary *vocabulary; /* while reading; or NULL */
	const struct qs_json *device_value;
	int device; /* enum qs_device, or -1 */
	bool switches[QS_SWITCH__COUNT];
	unsigned tensors; /* the top-level quantizable_data_type */
	const struct qs_json *tensors_value;
	int opset;
	struct qs_settings model[QS_TENSOR__COUNT];
	struct qs_entry *entries;
	size_t n_entries;
	size_t n_errors;
	bool nomem;
};

/* ---- config.c: text to entries --------------------------------------------------------------- */

/* Adds a finding about a value or key of the config, with its JSON pointer; counts errors. */
struct qs_finding *qs_policy_say(struct qs_policy *policy, enum qs_finding_id id,
    struct qs_place place, const struct qs_json *about, const char *format, ...) QS_PRINTF(5, 6);

/* Where a value, or the key of a member, stands. */
struct qs_place qs_policy_value_place(const struct qs_policy *policy, const struct qs_json *value);
struct qs_place qs_policy_key_place(const struct qs_policy *policy, const struct qs_json *member);

/* ---- value_fix.c: what a value was meant to be, and what can go ------------------------------ */

/* Offers the value of a kind that one of a wrong type was meant to be, where that is plain: "8",
 * 8.0, "true". Numbers are between `least` and `most`. */
void qs_offer_value(struct qs_policy *policy, struct qs_finding *finding,
    const struct qs_json *member, enum qs_param_kind kind, double least, double most);

/* Offers to remove a member or element that has no effect. */
void qs_offer_removal(
    struct qs_policy *policy, struct qs_finding *finding, const struct qs_json *child, bool safe);

/* ---- identity.c: what a finding is about ----------------------------------------------------- */

/* Gives a finding, which may be NULL, the pointer and the identity of a value. */
void qs_policy_point(
    struct qs_findings *findings, struct qs_finding *finding, const struct qs_json *value);

/* Adds a finding about a value, which may be NULL, with its pointer and identity. */
struct qs_finding *qs_policy_tell(struct qs_findings *findings, enum qs_finding_id id,
    struct qs_place place, const struct qs_json *about, const char *format, va_list arguments)
    QS_PRINTF(5, 0);

/* ---- trace.c: where a value comes from ------------------------------------------------------- */

/* Gives a finding, which may be NULL, the chain of a parameter of a kind from a setting on. */
void qs_policy_trace(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_policy *policy, enum qs_tensor tensor, enum qs_param param,
    const struct qs_setting *setting);

/* ---- block.c: one object of parameters ------------------------------------------------------- */

/* A parameter block as read: the member and value of every parameter that it sets. */
struct qs_block {
	struct qs_json *object;
	struct qs_json *member[QS_PARAM__COUNT]; /* NULL: not set */
	union qs_param_value value[QS_PARAM__COUNT];
	bool broken[QS_PARAM__COUNT];
	/* What was said of a parameter that has no legal value, or of a key that was meant to be
	 * it; NULL: nothing. */
	struct qs_finding *said[QS_PARAM__COUNT];
	bool percentage_is_integer; /* written without a decimal point */
};

/* Reads a block; problems become findings. A value that is no object gives an empty block. */
void qs_block_read(struct qs_policy *policy, struct qs_json *object, struct qs_block *ret_block);

/* ---- resolve.c: blocks over blocks ----------------------------------------------------------- */

/* The built-in defaults of every kind. */
void qs_resolve_defaults(struct qs_policy *policy);

/* Lays a block over the settings of the kinds in `tensors`. */
void qs_resolve_block(struct qs_policy *policy, const struct qs_block *block, enum qs_level level,
    unsigned tensors, struct qs_settings settings[QS_TENSOR__COUNT]);

/* The plain numbers of settings. */
struct qs_spec qs_settings_spec(const struct qs_settings *settings);

/* Whether a choice is a plug-in's word, rather than one of the parameter's set. */
bool qs_setting_is_foreign(const struct qs_setting *setting, enum qs_param param);

/* Whether only the datatype counts: a built-in format other than integers. */
bool qs_settings_are_float(const struct qs_settings *settings);

/* Writes the value of a setting as it would stand in a config. */
void qs_setting_write(const struct qs_setting *setting, enum qs_param param, struct qs_text *text);

/* Whether a parameter means something with these settings, and so is part of what a tensor is. */
bool qs_settings_show(
    const struct qs_settings *settings, enum qs_param param, enum qs_tensor tensor);

/* Whether two settings of a kind mean the same, in all that means something. */
bool qs_settings_equal(
    const struct qs_settings *a, const struct qs_settings *b, enum qs_tensor tensor);

/* ---- entry.c: layer entries ------------------------------------------------------------------ */

/* Reads layer_quantize_config. */
void qs_entries_read(struct qs_policy *policy, struct qs_json *list);

/* Whether two selectors are the same, so that the later of two entries counts. */
bool qs_selector_same(const struct qs_selector *a, const struct qs_selector *b);

/* Reads a quantizable_data_type list into a bit mask. */
unsigned qs_tensors_read(struct qs_policy *policy, struct qs_json *list);

/* Reads the tensor blocks of an object and lays them over settings; kinds outside `listed` are
 * read, but not laid, with a warning. */
void qs_tensor_blocks_read(struct qs_policy *policy, struct qs_json *object, enum qs_level level,
    unsigned listed, struct qs_settings settings[QS_TENSOR__COUNT]);

/* ---- effect.c: what has none ----------------------------------------------------------------- */

/* Warns about members of an entry that counts, or of the model level once all entries were looked
 * at, that are legal and change nothing. */
void qs_effect_entry(struct qs_policy *policy, const struct qs_entry *entry);
void qs_effect_model(struct qs_policy *policy);

/* ---- redundant.c: what may be left out ------------------------------------------------------- */

/* Whether a setting is what the one below it says as well, in the text and not as a default. */
bool qs_setting_repeats(const struct qs_setting *setting, enum qs_param param);

/* Notes entries that give their layers what these have without them, whatever the model is. */
void qs_redundant_entries(struct qs_policy *policy);

/* ---- version.c: what the version of the tool does not have ----------------------------------- */

/* Whether the version has a key; a finding when it does not. */
bool qs_version_key(
    struct qs_policy *policy, const struct qs_json *member, struct qs_versions versions);

/* Reports a word that the version does not have. */
void qs_version_word(
    struct qs_policy *policy, const struct qs_json *member, const struct qs_word *word);

/* Reports a key of the document that is not there, if the version needs it. */
struct qs_finding *qs_version_missing(
    struct qs_policy *policy, const char *key, struct qs_versions versions);

/* ---- unknown.c: what somebody meant ---------------------------------------------------------- */

/* Reports a key that the place does not have, with the nearest of `known`, which is returned; NULL
 * when none is near. `*ret_finding` is what was said. */
const char *qs_unknown_key(struct qs_policy *policy, const struct qs_json *member,
    const char *where, const char *const *known, size_t n_known, struct qs_finding **ret_finding);

/* Offers the word of a set that was meant by the value of a key on a finding about it; returns its
 * index, or -1. */
int qs_unknown_word(struct qs_policy *policy, struct qs_finding *finding, const char *key,
    const struct qs_json *value, const struct qs_word_set *set);

/* ---- foreign.c: other documents of the same name --------------------------------------------- */

/* Says what a document without any of our keys is, when it is known; else, when it is `strange`
 * (nothing in it looks like ours), that it is no config. False when nothing was said. */
bool qs_foreign_report(struct qs_policy *policy, bool strange);

#endif
