/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of a tensor over all batches: its values' moments, its shape and its channels. */
#ifndef ANALYSIS_SEEN_H
#define ANALYSIS_SEEN_H

#include "analysis/moments.h"
#include "model/runtime.h"

/* The axis of channels is counted from the first, or from behind: -1 is the last one. */
#define QS_NO_CHANNELS INT32_MIN

struct qs_seen {
	bool is_there; /* it was seen at all */
	struct qs_moments all;
	int64_t *dims; /* -1 where batches differ */
	size_t rank;
	struct qs_moments *channels; /* NULL: they were not asked for */
	size_t n_channels;
};

/* Takes in a tensor of numbers. May return QS_NOMEM. */
enum qs_status qs_seen_add(
    struct qs_seen *seen, const float *values, const int64_t *dims, size_t rank, int channel_axis);
enum qs_status qs_seen_add_blob(struct qs_seen *seen, const struct qs_blob *blob, int channel_axis);
void qs_seen_done(struct qs_seen *seen);

#endif
