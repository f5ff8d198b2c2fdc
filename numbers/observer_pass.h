/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an observer goes through a batch.
 *
 * A batch has parts: its channels; or, when it has one channel and the method can merge what parts
 * say, shares of that (numbers/pool.h). How many there are follows from the batch alone. Parts of a
 * batch that is all in memory are worked on by the threads of the registry; others come in pieces,
 * one after the other. Either way each part sees its values in their order, cut at the same places.
 */
#ifndef NUMBERS_OBSERVER_PASS_H
#define NUMBERS_OBSERVER_PASS_H

#include "numbers/observer.h"

/* What a part of a batch comes to. */
struct qs_part {
	struct qs_extent extent;
	void *state; /* of the calibrator, or NULL */
	bool not_finite;
};

/* A batch on its way. */
struct qs_passage {
	const struct qs_observer *observer;
	const struct qs_batch *batch;
	const float *all;        /* its values; NULL: batch->read gives them in pieces */
	struct qs_layout layout; /* of the batch; with one channel, one run */
	struct qs_calibration calibration;
	bool fell_back;
	struct qs_part *parts;
	size_t n_parts;
};

/* How many parts the batch of a passage has. */
size_t qs_passage_count_parts(const struct qs_passage *passage);

/* Uses values of one part that stand side by side. Threads may use different parts at once. */
typedef enum qs_status qs_use_part(
    const struct qs_passage *passage, struct qs_part *part, const float *values, size_t n);

/* Shows every part its values. Fails as the first part does that fails. */
enum qs_status qs_passage_parts(struct qs_passage *passage, qs_use_part *use);

/* Uses a piece of the batch that begins with value `at`. */
typedef enum qs_status qs_use_piece(
    struct qs_passage *passage, size_t at, const float *values, size_t n);

/* Shows all pieces in their order, whatever parts they belong to. */
enum qs_status qs_passage_pieces(struct qs_passage *passage, qs_use_piece *use);

#endif
