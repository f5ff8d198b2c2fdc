/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Observers from the inside; their calls are in qstrata/numbers.h.
 */
#ifndef NUMBERS_OBSERVER_H
#define NUMBERS_OBSERVER_H

#include "numbers/record.h"
#include "qstrata/numbers.h"

struct qs_lines;

struct qs_observer {
	const struct qs_registry *registry;
	struct qs_calibration calibration; /* its range is the spec's */
	const struct qs_calibrator *calibrator;
	double averaging;
	struct qs_record record;
};

/* As qs_observer_feed_batch(), for a batch that is all there. */
enum qs_status qs_observer_feed_numbered(
    struct qs_observer *observer, uint64_t number, struct qs_layout layout, const float *data);

/*
 * Adds rows to the observer's. QS_INVALID with a finding about a place when a number is there
 * already or the limit is passed; the observer is as before then.
 */
enum qs_status qs_observer_adopt(
    struct qs_observer *observer, const struct qs_record *rows, struct qs_place place);

/*
 * As qs_observer_read(), from the lines of a state among others; with `is_alone` nothing may stand
 * behind them.
 */
enum qs_status qs_observer_read_lines(
    struct qs_observer *observer, struct qs_lines *lines, bool is_alone);

/* The channels that a state speaks of, for making an observer that may read it; 1 when it cannot be
 * told. */
size_t qs_observer_state_channels(const struct qs_source *source);

/* The signed range that unsigned channels with negative data fall back to. */
struct qs_int_range qs_observer_fallback(const struct qs_observer *observer);

/* Whether negative data puts the range off, rather than being refused: per channel, unsigned
 * symmetric. */
bool qs_observer_may_fall_back(const struct qs_observer *observer);

#endif
