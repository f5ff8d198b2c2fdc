/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of batches: some of the samples of all inputs. */
#ifndef ANALYSIS_SENSITIVITY_PARTS_H
#define ANALYSIS_SENSITIVITY_PARTS_H

#include "engine/feed.h"

/*
 * How many parts to cut every batch into, so that there are `fewest` in all: 1 where there are as
 * many batches, where the model fixes the number of samples, and where the first batch has too few
 * of them fewer. As qs_feed_read(), which it does.
 */
enum qs_status qs_feed_parts(
    struct qs_feed *feed, size_t fewest, struct qs_findings *findings, size_t *ret_n_parts);

/*
 * Cuts the batch that a feed has down to a part of its samples. `*ret_blobs` is one for each input,
 * malloc'ed as one, and borrows the data; NULL when the part has no samples. A batch whose inputs
 * are of different numbers of samples is not cut: it is part 0. May return QS_NOMEM.
 */
enum qs_status qs_feed_cut(
    const struct qs_feed *feed, size_t part, size_t n_parts, struct qs_blob **ret_blobs);

#endif
