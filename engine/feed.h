/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of data on their way into a model: what its graph takes, and the batches of a dataset as
 * blobs for it.
 */
#ifndef ENGINE_FEED_H
#define ENGINE_FEED_H

#include "data/dataset.h"
#include "model/graph.h"
#include "model/runtime.h"

struct qs_feed {
	struct qs_data_input *inputs; /* in the model's order */
	size_t n_inputs;
	struct qs_dataset dataset;
	struct qs_array *arrays; /* of the batch that was read last */
	struct qs_blob *blobs;   /* the same, by the names of the inputs */
};

/*
 * Lists the batches at a path for the inputs of a graph, which outlives the feed; `images` may be
 * NULL. As qs_dataset_open(); QS_UNSUPPORTED with a finding about an input of a type that arrays
 * cannot have. End with qs_feed_done() either way.
 */
enum qs_status qs_feed_open(const struct qs_graph *graph, const char *path,
    const struct qs_image_options *images, struct qs_findings *findings, struct qs_feed *ret_feed);

/* Reads a batch in place of the one before. As qs_dataset_read(). */
enum qs_status qs_feed_read(struct qs_feed *feed, size_t batch, struct qs_findings *findings);

/* Releases what a feed holds; fine on zeros. */
void qs_feed_done(struct qs_feed *feed);

#endif
