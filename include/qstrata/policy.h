/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy: a quantize config read, checked and resolved, with the origin of every value.
 *
 * Levels, low to high, field by field and per tensor kind: built-in default, top-level
 * overall_quantize_config, top-level tensor_quantize_config, and for the layers that an entry
 * selects, the entry's own overall and tensor blocks. The loser of every field is kept, so that
 * "why" costs nothing extra. Device rules (schemas/) are judged on what is effective.
 *
 * A policy borrows its source, which must outlive it, and owns everything else.
 */
#ifndef QSTRATA_POLICY_H
#define QSTRATA_POLICY_H

#include "qstrata/base.h"
#include "qstrata/model.h"
#include "qstrata/plugin.h"
#include "qstrata/spec.h"

#ifdef __cplusplus
extern "C" {
#endif

struct qs_policy;
struct qs_selection;

/** A config is at most this large, in bytes. */
#define QS_CONFIG_LIMIT ((size_t)64 << 20)
/** A config has at most this many layer entries. */
#define QS_ENTRY_LIMIT 100000

/** A rule set or device profile is at most this large, in bytes. */
#define QS_RULES_LIMIT ((size_t)4 << 20)
/** There are at most this many device profiles at a time, and so many rules. */
#define QS_DEVICE_LIMIT 64
#define QS_RULE_LIMIT 4096

/** The settings for the whole model that are on or off. */
enum qs_switch {
#define KEY(PLACE, ID, key, SHAPE, versions, help) KEY_##SHAPE(ID)
#define KEY_SWITCH(ID) QS_SWITCH_##ID,
#define KEY_OTHER(ID)
#include "qstrata/keys.def"
#undef KEY_OTHER
#undef KEY_SWITCH
#undef KEY
	QS_SWITCH__COUNT
};

/* ---- rules and devices ----------------------------------------------------------------------- */

/** What is known about a setting on a device: X(SET, ID, "word", VERSIONS, "meaning"). */
#define QS_ANSWER_LIST(X)                                                                          \
	X(ANSWER, ALLOWED, "allowed", SINCE(2_5), "a source says that it works")                   \
	X(ANSWER, FORBIDDEN, "forbidden", SINCE(2_5), "a source says that it does not work")       \
	X(ANSWER, UNKNOWN, "unknown", SINCE(2_5),                                                  \
	    "no source says that it works, or that it does not")

enum qs_answer {
	QS_ANSWER_LIST(QS_WORD_ID) QS_ANSWER__COUNT
};

/** The word of an answer, or NULL. */
QS_API const char *qs_answer_word(enum qs_answer answer);

/** Something that a source says, or that none says, about a device. */
struct qs_device_fact {
	const char *text;
	enum qs_answer answer;
	const char *source, *date; /**< where it is written; YYYY-MM-DD, as of when */
};

/** What of a device an operator runs on. */
#define QS_UNIT_LIST(X)                                                                            \
	X(UNIT, UNKNOWN, "unknown", SINCE(2_5), "no source says where it runs")                    \
	X(UNIT, BPU, "bpu", SINCE(2_5), "the unit for networks, which the device is bought for")   \
	X(UNIT, DPU, "dpu", SINCE(2_5), "the same by the name that AMD gives it")                  \
	X(UNIT, CPU, "cpu", SINCE(2_5), "the processor, which segments of the model wait for")

enum qs_unit {
	QS_UNIT_LIST(QS_WORD_ID) QS_UNIT__COUNT
};

/** The word of a unit, or NULL. */
QS_API const char *qs_unit_word(enum qs_unit unit);

/** Which of its nodes a fact about operators is about. */
#define QS_CASE_LIST(X)                                                                            \
	X(CASE, ANY, "any", SINCE(2_5), "all of them")                                             \
	X(CASE, ONE_GROUP, "one-group", SINCE(2_5), "convolutions of one group")                   \
	X(CASE, DEPTHWISE, "depthwise", SINCE(2_5), "convolutions with a group for each channel")  \
	X(CASE, GROUPED, "grouped", SINCE(2_5),                                                    \
	    "convolutions with more groups than one, and less than channels")                      \
	X(CASE, FLOAT, "float", SINCE(2_5),                                                        \
	    "what the config, or its type, leaves in floating point")

enum qs_case {
	QS_CASE_LIST(QS_WORD_ID) QS_CASE__COUNT
};

/** What reads a model for a device; two of them may place an operator differently. */
#define QS_FRONT_END_LIST(X)                                                                       \
	X(FRONT_END, ANY, "any", SINCE(2_5), "whatever reads the model")                           \
	X(FRONT_END, ONNX, "onnx", SINCE(2_5), "the converter of ONNX models")                     \
	X(FRONT_END, PYTORCH, "pytorch", SINCE(2_5), "the plug-in for PyTorch")

enum qs_front_end {
	QS_FRONT_END_LIST(QS_WORD_ID) QS_FRONT_END__COUNT
};

/** The word of a front end, or NULL; the front end of a word, or -1. */
QS_API const char *qs_front_end_word(enum qs_front_end front_end);
QS_API int qs_front_end_of_word(const char *word);

/** The number formats that facts about operators name. */
#define QS_NUMBER_LIST(X)                                                                          \
	X(NUMBER, INT4, "int4", SINCE(2_5), "integers of 4 bits")                                  \
	X(NUMBER, INT8, "int8", SINCE(2_5), "integers of 8 bits")                                  \
	X(NUMBER, INT16, "int16", SINCE(2_5), "integers of 16 bits")                               \
	X(NUMBER, INT32, "int32", SINCE(2_5), "integers of 32 bits")                               \
	X(NUMBER, FLOAT16, "float16", SINCE(2_5), "IEEE 754 half precision")                       \
	X(NUMBER, BFLOAT16, "bfloat16", SINCE(2_5), "the upper half of a float32")                 \
	X(NUMBER, FLOAT32, "float32", SINCE(2_5), "what is not quantized")                         \
	X(NUMBER, BOOL, "bool", SINCE(2_5), "what a comparison gives")

enum qs_number {
	QS_NUMBER_LIST(QS_WORD_ID) QS_NUMBER__COUNT
};

/** The word of a number format, or NULL. */
QS_API const char *qs_number_word(enum qs_number number);

/** The word of a scale law, or NULL; the law of a word, or -1. */
QS_API const char *qs_scale_law_word(enum qs_scale_law law);
QS_API int qs_scale_law_of_word(const char *word);

/** What operators are limited by. */
enum qs_limit {
#define LIMIT(ID, key, what) QS_LIMIT_##ID,
#include "qstrata/limits.def"
#undef LIMIT
	QS_LIMIT__COUNT
};

/** The key of a limit, and what it is the largest of; NULL for none. */
QS_API const char *qs_limit_key(enum qs_limit limit);
QS_API const char *qs_limit_what(enum qs_limit limit);

/**
 * What a source says about operators: where they run, which number formats they take together, or
 * what they are limited to.
 */
struct qs_operator_fact {
	const char *const *operators; /**< of ONNX, or layer types; none: every operator */
	size_t n_operators;
	enum qs_case only; /**< which of them it is about */
	enum qs_front_end front_end;
	enum qs_unit on;       /**< QS_UNIT_UNKNOWN: it does not say where they run */
	enum qs_answer answer; /**< about the formats; QS_ANSWER__COUNT: it says nothing of them */
	/** Sets of formats by bit, all of which have to fit; 0: any */
	uint32_t numbers[QS_TENSOR__COUNT];
	uint32_t cost; /**< of the formats against those of other facts; 0: not told */
	uint32_t limits[QS_LIMIT__COUNT]; /**< UINT32_MAX: none */
	enum qs_unit beyond; /**< where they run beyond a limit; QS_UNIT_UNKNOWN: not told */
	const char *text;    /**< more in words, or NULL */
	const char *source, *date;
};

/** A device as a profile has it. */
struct qs_profile {
	const char *name, *title;
	const char *architecture; /**< or NULL */
	const char *source, *date;
	const struct qs_device_fact *facts;
	size_t n_facts;
	const struct qs_operator_fact *operators; /**< its own; see qs_rulebook_operator() */
	size_t n_operators;
	enum qs_scale_law scale_law; /**< of symmetric formats */
	bool is_builtin;
};

/**
 * Device profiles and the rules that hold for them: the built-in ones (schemas/), and a caller's
 * own.
 *
 * Sources that are added must outlive the rulebook, and it must outlive what is made with it:
 * policies, catalogues, and the writing of findings. A rulebook to which nothing more is added
 * may be used by several threads.
 */
struct qs_rulebook;

/** Makes a rulebook of what is built in. */
QS_API enum qs_status qs_rulebook_new(struct qs_rulebook **ret_rulebook);
/** Releases a rulebook; NULL is fine. */
QS_API void qs_rulebook_free(struct qs_rulebook *rulebook);
/**
 * Adds a rule set (schemas/rules.schema.json), in place of one of the same name if there is one.
 * QS_INVALID with findings about all that is wrong; the rulebook is then only good to be released.
 */
QS_API enum qs_status qs_rulebook_add_rules(
    struct qs_rulebook *rulebook, const struct qs_source *source, struct qs_findings *findings);
/**
 * Adds a device profile (schemas/profile.schema.json). QS_INVALID as for rules. `*ret_device` is
 * the index of the device.
 */
QS_API enum qs_status qs_rulebook_add_profile(struct qs_rulebook *rulebook,
    const struct qs_source *source, struct qs_findings *findings, size_t *ret_device);
/** The profiles in order of addition; an index into them stands for the device. */
QS_API const struct qs_profile *qs_rulebook_profiles(
    const struct qs_rulebook *rulebook, size_t *ret_n);
/**
 * Finds a device by the `size` bytes of its name. QS_INVALID with a finding, with the nearest
 * name, when there is none.
 */
QS_API enum qs_status qs_rulebook_find_device(const struct qs_rulebook *rulebook, const char *name,
    size_t size, struct qs_findings *findings, size_t *ret_device);

/**
 * A fact about operators that holds for a device, by itself or through a device that it is like, by
 * its index; NULL behind the last.
 */
QS_API const struct qs_operator_fact *qs_rulebook_operator(
    const struct qs_rulebook *rulebook, size_t device, size_t index);

/** The profiles, or one of them with its facts and rules, for people. `device` may be NULL. */
QS_API enum qs_status qs_rulebook_write_text(
    const struct qs_rulebook *rulebook, const size_t *device, struct qs_text *text);
/** The same as JSON; all profiles are whole there. */
QS_API enum qs_status qs_rulebook_write_json(
    const struct qs_rulebook *rulebook, const size_t *device, struct qs_text *text);

/* ---- reading --------------------------------------------------------------------------------- */

/** How a config is judged. Start from QS_POLICY_OPTIONS_INIT. */
struct qs_policy_options {
	enum qs_tool tool; /**< the version of vai_q_pytorch that is to take the config */
	const struct qs_rulebook *rulebook; /**< borrowed by the policy; NULL: what is built in */
	/** The devices that it is judged for, a bit each of the rulebook's indices; 0: that of its
	 * target_device. For several of them a finding tells where it can be used. */
	uint64_t devices;
	/**
	 * The words of plug-ins (qs_registry_vocabulary()) that are values as well, or NULL; it
	 * is not kept. Device rules are about the built-in words and judge no other.
	 */
	const struct qs_vocabulary *vocabulary;
	/**
	 * Layers will be selected (qs_policy_select()): rules about layer types are then judged by
	 * the types of layers, and where the config can be used is told when that is done. Without
	 * it the model level is judged for all types, and entries for types.
	 */
	bool awaits_model;
};

#define QS_POLICY_OPTIONS_INIT                                                                     \
	{                                                                                          \
		QS_TOOL_NEWEST, NULL, 0, NULL, false                                               \
	}

/**
 * Reads, checks and resolves a config. All problems are added to the findings.
 *
 * QS_INVALID when there is an error among them: then `*ret_policy` is NULL.
 */
QS_API enum qs_status qs_policy_read_for(const struct qs_source *source,
    const struct qs_policy_options *options, struct qs_findings *findings,
    struct qs_policy **ret_policy);
/** The same for the newest version, with what is built in, and for the config's own device. */
QS_API enum qs_status qs_policy_read(
    const struct qs_source *source, struct qs_findings *findings, struct qs_policy **ret_policy);
/** Releases a policy; NULL is fine. */
QS_API void qs_policy_free(struct qs_policy *policy);

/** The name of the source that the policy was read from. */
QS_API const char *qs_policy_name(const struct qs_policy *policy);
/** The target device. */
QS_API enum qs_device qs_policy_device(const struct qs_policy *policy);
/** Whether a switch is on; the built-in default when the config does not say. */
QS_API bool qs_policy_switch(const struct qs_policy *policy, enum qs_switch which);
/** Whether the top-level quantizable_data_type lists a tensor kind; all are, when it is absent. */
QS_API bool qs_policy_quantizes(const struct qs_policy *policy, enum qs_tensor tensor);
/** onnx_opset_version, or 0 when the config does not say. */
QS_API int qs_policy_opset(const struct qs_policy *policy);
/** The effective parameters of a tensor kind at model level. */
QS_API struct qs_spec qs_policy_model_spec(const struct qs_policy *policy, enum qs_tensor tensor);
/**
 * The effective parameters of a tensor kind of a layer when no model is at hand: the word is taken
 * as a name, a path and a type at once. A layer that no entry takes has those of the model level.
 */
QS_API enum qs_status qs_policy_layer_spec(const struct qs_policy *policy, const char *layer,
    enum qs_tensor tensor, struct qs_spec *ret_spec);

/**
 * Finds the winning entry of every layer: exact name, then pattern (the later wins), then type.
 *
 * An entry that selects no layer is an error with near names, or a warning with `allow_unmatched`;
 * an entry that others hide wholly is a warning. `layers` are borrowed and must outlive the
 * selection. QS_INVALID when an error was added; the selection is made all the same and belongs to
 * the caller.
 */
QS_API enum qs_status qs_policy_select(const struct qs_policy *policy,
    const struct qs_layer *layers, size_t n_layers, bool allow_unmatched,
    struct qs_findings *findings, struct qs_selection **ret_selection);
/** Releases a selection; NULL is fine. */
QS_API void qs_selection_free(struct qs_selection *selection);
/** Whether an entry selects a layer, so that it has not what the model level says. */
QS_API bool qs_selection_is_chosen(const struct qs_selection *selection, size_t layer);
/** The effective parameters of a tensor kind of a layer. */
QS_API struct qs_spec qs_selection_spec(
    const struct qs_selection *selection, size_t layer, enum qs_tensor tensor);

/**
 * Judges layers that are quantized as one: `firsts` has for each layer of the selection the first
 * of its group, or the layer itself. An entry that gives another layer of a group another
 * activation format is an error, QS_INVALID.
 */
QS_API enum qs_status qs_selection_check_groups(
    const struct qs_selection *selection, const size_t *firsts, struct qs_findings *findings);

/** The effective parameters as JSON, the format of `qstrata resolve`; `selection` may be NULL. */
QS_API enum qs_status qs_policy_write_json(
    const struct qs_policy *policy, const struct qs_selection *selection, struct qs_text *text);

/**
 * The same as a config in which every block is whole: nothing is inherited, and nothing is left to
 * a default. It means the same.
 */
QS_API enum qs_status qs_policy_write_config(const struct qs_policy *policy, struct qs_text *text);

/**
 * What a config does, without a word on where it says so: configs of equal texts quantize alike.
 * `selection` may be NULL; with one, what its layers get is part of it.
 */
QS_API enum qs_status qs_policy_write_meaning(
    const struct qs_policy *policy, const struct qs_selection *selection, struct qs_text *text);

/** What to explain; NULL and -1 mean everything. */
struct qs_question {
	const char *layer; /**< a layer name, path, or type */
	int tensor;        /**< enum qs_tensor */
	int param;         /**< enum qs_param */
	const char *entry; /**< instead of a layer: an entry by index or selector; else NULL */
	const char *model; /**< what findings about the model call it, or NULL */
	bool json;         /**< one JSON document of format version 1.0 rather than text */
};

/**
 * Where values come from: the winner, what was hidden and what it shadows, each with its place. Of
 * an entry, what it sets, and which layers it wins and loses.
 *
 * With the layers of a model the layer is one of them, or all of a type; with NULL it is matched as
 * an entry would be. QS_INVALID with a finding when there is no such layer or entry.
 */
QS_API enum qs_status qs_policy_explain(const struct qs_policy *policy,
    const struct qs_layer *layers, size_t n_layers, const struct qs_question *question,
    struct qs_findings *findings, struct qs_text *text);

/** What changes in effect from one config to another. */
struct qs_difference;

/**
 * Compares what two configs mean: over the layers of a model, when both selections are of the same
 * layers; with NULL for both over the model level and every selector that one of them has. The
 * policies, and with them their sources, outlive the difference.
 */
QS_API enum qs_status qs_policy_diff(const struct qs_policy *before,
    const struct qs_selection *before_selection, const struct qs_policy *after,
    const struct qs_selection *after_selection, struct qs_difference **ret_difference);
/** Releases a difference; NULL is fine. */
QS_API void qs_difference_free(struct qs_difference *difference);
/** Whether nothing changes. */
QS_API bool qs_difference_is_empty(const struct qs_difference *difference);
/** For people: layers that change in the same way are told together. Nothing when it is empty. */
QS_API enum qs_status qs_difference_write_text(
    const struct qs_difference *difference, struct qs_text *text);
/** Everything, as one JSON document of format version 1.0. */
QS_API enum qs_status qs_difference_write_json(
    const struct qs_difference *difference, struct qs_text *text);

/** A kind of finding: what `struct qs_finding` has in common with others of its code. */
struct qs_code {
	const char *code, *name, *title;
	enum qs_severity severity;
	const char *hint; /**< what to do, or NULL */
	const char *source,
	    *date;        /**< of a device rule: where it is written, and since when; or NULL */
	const char *page; /**< Markdown: what it is, examples, why; not NUL-terminated */
	size_t page_size; /**< in bytes */
};

/** Every kind of finding there is. */
struct qs_catalog;
/** Makes the catalogue from the built-in tables. */
QS_API enum qs_status qs_catalog_new(struct qs_catalog **ret_catalog);
/** The same with the rules of a rulebook, which must outlive it; NULL: what is built in. */
QS_API enum qs_status qs_catalog_new_for(
    const struct qs_rulebook *rulebook, struct qs_catalog **ret_catalog);
/** Releases a catalogue; NULL is fine. */
QS_API void qs_catalog_free(struct qs_catalog *catalog);
/** Its rows, in the order of codes. */
QS_API const struct qs_code *qs_catalog_list(const struct qs_catalog *catalog, size_t *ret_n);
/** Appends all rows, or `one` of them, as a JSON document (schemas/codes.schema.json). */
QS_API enum qs_status qs_catalog_write_json(
    const struct qs_catalog *catalog, const struct qs_code *one, struct qs_text *text);

/**
 * The version of vai_q_pytorch, parameter or tensor kind of a word, or -1: for readers of a
 * command line.
 */
QS_API int qs_tool_of_word(const char *word);
QS_API int qs_param_of_word(const char *word);
QS_API int qs_tensor_of_word(const char *word);

#ifdef __cplusplus
}
#endif

#endif
