/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explaining from the inside: what was found out about a layer or an entry, and who writes it.
 */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "policy/origin.h"
#include "policy/takers.h"

/* The settings of a layer, or of the model level. */
struct qs_explained {
	const struct qs_policy *policy;
	const char *title;
	const struct qs_layer *layer;         /* NULL: the model level */
	const struct qs_entry *const *takers; /* the strongest first, which wins */
	size_t n_takers;
};

/* The settings that count for a kind: the winner's when it lists the kind, else the model's. */
const struct qs_settings *qs_explained_settings(
    const struct qs_explained *explained, enum qs_tensor tensor);

/* Whether the question is about a parameter of a kind. */
bool qs_question_asks(const struct qs_question *question, const struct qs_settings *settings,
    enum qs_tensor tensor, enum qs_param param);

/* Whether an entry that lost would have set a parameter of a kind. */
bool qs_entry_sets(const struct qs_entry *entry, enum qs_tensor tensor, enum qs_param param);

/* Why an entry that takes a layer does not win it. */
const char *qs_entry_why_hidden(const struct qs_entry *entry, const struct qs_entry *winner);

/* What an entry does to the layers of a model. */
struct qs_fate {
	size_t layer;
	const struct qs_entry *winner;
};

struct qs_touched {
	const struct qs_policy *policy;
	const struct qs_entry *entry;
	const struct qs_layer *layers; /* NULL: no model is at hand */
	struct qs_fate *fates;         /* of the layers that it takes, in their order */
	size_t n_fates, n_won;
};

/* The index of an entry in layer_quantize_config. */
size_t qs_entry_index(const struct qs_entry *entry);

/* What a parameter of an entry would be without the entry. */
const struct qs_setting *qs_setting_without(const struct qs_setting *setting);

/* Adds what identifies an entry to an object: "index", its selector, its place. */
void qs_entry_put(
    struct json_object *object, const struct qs_policy *policy, const struct qs_entry *entry);

/* Explains the entries of a word: an index or a selector. */
enum qs_status qs_explain_entries(const struct qs_policy *policy, struct qs_takers *takers,
    const struct qs_layer *layers, size_t n_layers, const struct qs_question *question,
    struct qs_findings *findings, struct qs_text *text);

/* ---- writers --------------------------------------------------------------------------------- */

void qs_explained_write_text(
    const struct qs_explained *explained, const struct qs_question *question, struct qs_text *text);
struct json_object *qs_explained_json(
    const struct qs_explained *explained, const struct qs_question *question);

void qs_touched_write_text(
    const struct qs_touched *touched, const struct qs_question *question, struct qs_text *text);
struct json_object *qs_touched_json(
    const struct qs_touched *touched, const struct qs_question *question);

#endif
