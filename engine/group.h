/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: layers that are quantized as one, behind the last of them.
 */
#ifndef ENGINE_GROUP_H
#define ENGINE_GROUP_H

#include "engine/plan.h"
#include "model/layers.h"
#include "qstrata/policy.h"

/* What a layer puts out, or NULL. */
const struct qs_value *qs_layer_output(
    const struct qs_layers *layers, const struct qs_layer *layer);

/* The layer that alone reads a value and may fuse with its producer, or NULL; and its index. */
const struct qs_layer *qs_layer_only_reader(
    const struct qs_layers *layers, const struct qs_value *value, size_t *ret_index);

/* The role of a layer in a group; NULL has none. A transpose of two axes follows the layer before
 * it, where other permutations only move. */
enum qs_role qs_group_role(const struct qs_layers *layers, const struct qs_layer *layer);

/* Whether a layer is a batch norm that folds into the convolution before it. */
bool qs_group_folds(const struct qs_layers *layers, const struct qs_layer *layer);

/* Judges groups: an entry that gives one of their layers another activation format than the first
 * of them has is an error, QS_INVALID. */
enum qs_status qs_groups_check(const struct qs_layers *layers, const struct qs_selection *selection,
    struct qs_findings *findings);

#endif
