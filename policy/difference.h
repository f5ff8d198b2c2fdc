/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sides and what they make of the same things: of the whole config (facts) and of every layer,
 * or of what stands for layers when no model is at hand (pairs).
 *
 * A parameter that means nothing on the side after (the bit width of what is no integer any more)
 * is no change of its own: the datatype or the method that is the reason for it is.
 */
#ifndef POLICY_DIFFERENCE_H
#define POLICY_DIFFERENCE_H

#include "policy/selection.h"

enum {
	QS_BEFORE,
	QS_AFTER,
	QS_SIDE__COUNT
};

/* What holds for the whole config, one a line: FACT(ID, "name"). The names but for the fingerprints
 * are keys of a config. */
enum qs_fact {
#define QS_FACT_SWITCH(ID) QS_FACT_##ID,
#define QS_FACT_OTHER(ID)
#define KEY(PLACE, ID, key, SHAPE, since, help) QS_FACT_##SHAPE(ID)
#include "qstrata/keys.def"
#undef KEY
#undef QS_FACT_OTHER
#undef QS_FACT_SWITCH
	QS_FACT_TARGET_DEVICE,
	QS_FACT_OPSET,
	QS_FACT_TENSORS,
	QS_FACT_MODEL, /* the fingerprint of the model */
	QS_FACT_CONFIG,
	QS_FACT__COUNT
};

/* The key of a fact; of a fingerprint "fingerprint of the model" and alike. */
const char *qs_fact_name(enum qs_fact fact);

struct qs_difference;

/* Whether both sides tell a fact, and not the same. */
bool qs_fact_differs(const struct qs_difference *difference, enum qs_fact fact);

/* One side. */
struct qs_side {
	const struct qs_json_document *document;      /* that members belong to */
	const char *fact[QS_FACT__COUNT];             /* as JSON text; NULL: not compared */
	const struct qs_json *member[QS_FACT__COUNT]; /* NULL: not written, a default */
};

/* What a pair is about. */
enum qs_pair_subject {
	QS_PAIR_LAYER, /* a layer of a model */
	QS_PAIR_MODEL, /* the model level */
	QS_PAIR_SELECTOR
};

/* What both sides make of one thing. */
struct qs_pair {
	enum qs_pair_subject subject;
	enum qs_selector_kind kind; /* of a selector */
	struct qs_json_string name; /* a layer's, or a selector's text */
	bool present[QS_SIDE__COUNT];
	const struct qs_entry *winner[QS_SIDE__COUNT];
	const struct qs_settings
	    *settings[QS_SIDE__COUNT][QS_TENSOR__COUNT]; /* NULL: no such tensor */
};

/* One parameter of one tensor kind that differs. */
struct qs_change {
	enum qs_tensor tensor;
	enum qs_param param;
	const struct qs_setting *setting[QS_SIDE__COUNT]; /* NULL: it meant nothing before */
};

#define QS_CHANGE_LIMIT (QS_TENSOR__COUNT * QS_PARAM__COUNT)

struct qs_difference {
	struct qs_arena arena; /* of what the sides are made of */
	struct qs_side sides[QS_SIDE__COUNT];
	struct qs_pair *pairs;
	size_t n_pairs;
	bool with_model;
	struct qs_policy *lock; /* what a lock was read into, as settings point there; or NULL */
};

/* A list of tensor kinds as JSON text, in an arena; NULL when memory ran out. */
const char *qs_tensors_text(struct qs_arena *arena, unsigned tensors);

/* What a config says about the whole, in an arena. May return QS_NOMEM. */
enum qs_status qs_side_of_policy(
    const struct qs_policy *policy, struct qs_arena *arena, struct qs_side *ret_side);

/* A pair's side as a layer of a selection; kinds that the layer has no tensor of stay NULL. A bias
 * may come to a layer with weights by folding. */
void qs_pair_take_layer(
    struct qs_pair *pair, const struct qs_selection *selection, size_t layer, int side);

/* The changes of a pair, by kind and then parameter; `ret_changes` has room for QS_CHANGE_LIMIT. */
size_t qs_pair_changes(const struct qs_pair *pair, struct qs_change *ret_changes);

/* Pairs of the same changes. */
struct qs_group {
	size_t first; /* pair; the others follow it in `next` */
	size_t n;
	uint64_t hash;
	bool places_differ; /* the values come from several places */
};

struct qs_groups {
	struct qs_group *groups; /* in order of their first pairs */
	size_t n_groups;
	size_t n_differing; /* pairs */
	size_t *next;       /* by pair: the next of its group; SIZE_MAX at the end */
};

/* Groups the pairs that differ: by values and levels, or also by the places that they come from.
 * May return QS_NOMEM. */
enum qs_status qs_groups_init(
    const struct qs_difference *difference, bool by_place, struct qs_groups *ret_groups);
void qs_groups_done(struct qs_groups *groups);

/* A new difference of `n_pairs` pairs, zeroed but for the number; NULL when memory ran out. */
struct qs_difference *qs_difference_alloc(size_t n_pairs);

#endif
