/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: layers that are quantized as one, behind the last of them.
 */
#ifndef ENGINE_GROUP_H
#define ENGINE_GROUP_H

#include "model/layers.h"

/* What a layer puts out, or NULL. */
struct qs_value *qs_layer_output(const struct qs_layers *layers, const struct qs_layer *layer);

/* The layer that alone reads a value and may fuse with its producer, or NULL. */
const struct qs_layer *qs_layer_only_reader(
    const struct qs_layers *layers, const struct qs_value *value);

#endif
