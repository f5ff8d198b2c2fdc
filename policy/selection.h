/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A selection from the inside: which entry won each layer of a model, and which others wanted it.
 */
#ifndef POLICY_SELECTION_H
#define POLICY_SELECTION_H

#include "policy/policy.h"

struct qs_selection {
	const struct qs_policy *policy;
	const struct qs_layer *layers;
	size_t n_layers;
	const struct qs_entry **winners; /* one a layer; NULL: the model level */
};

/* The module path of a name as vai_q_pytorch writes it ("A::A/Conv2d[conv1]/x.1" is "conv1"); the
 * name itself when it is not of that form. */
void qs_selector_path(struct qs_json_string name, struct qs_text *ret_path);

/* Whether a selector would take a layer; a pattern that gives up counts as no. */
enum qs_status qs_selector_takes(
    const struct qs_selector *selector, const struct qs_layer *layer, bool *ret_takes);

/* The settings of a kind of a layer: the winner's when it lists the kind, else the model's. */
const struct qs_settings *qs_selection_settings(
    const struct qs_selection *selection, size_t layer, enum qs_tensor tensor);

/* ---- layer_word.c: without a model ----------------------------------------------------------- */

/* A word taken as the name, the path and the type of a layer at once. It points into itself. */
struct qs_layer_word {
	struct qs_layer layer;
	const char *text;
	struct qs_text path;
};

/* Makes a layer of a word, which is borrowed. May return QS_NOMEM; done is due all the same. */
enum qs_status qs_layer_word_init(struct qs_layer_word *word, const char *text);
void qs_layer_word_done(struct qs_layer_word *word);

/* The strongest entry that takes a layer, the later of equals; NULL when none does. May return
 * QS_NOMEM. */
enum qs_status qs_policy_strongest(const struct qs_policy *policy, const struct qs_layer *layer,
    const struct qs_entry **ret_strongest);

#endif
