/* SPDX-License-Identifier: Apache-2.0 */
/* Multiply-accumulates of layers on the shapes of a batch, also where the model fixes none. */
#ifndef ANALYSIS_REPLAY_MACS_H
#define ANALYSIS_REPLAY_MACS_H

#include "model/layers.h"
#include "model/runtime.h"

/* What a layer multiplies for one sample. */
struct qs_macs {
	uint64_t n;
	bool known;
};

/*
 * Counts for every layer; `of_value` has the tensors of a run by value of the graph, blobs without
 * data where there is none. QS_NOMEM, or QS_INVALID with a finding when the graph is not sound.
 */
enum qs_status qs_macs_count(const struct qs_layers *layers, const struct qs_blob *of_value,
    struct qs_findings *findings, struct qs_macs *ret_macs);

#endif
