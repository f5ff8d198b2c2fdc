/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe under way: one tensor on its own, from files to a file.
 */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include "data/npy_stream.h"
#include "qstrata/engine.h"

struct qs_probe_run {
	const struct qs_probe *probe;
	const struct qs_registry *registry;
	struct qs_findings *findings;
	struct qs_spec spec;
	struct qs_qparams qparams; /* n is 0 while there are none */
	struct qs_observer *observer;
	size_t n_channels; /* of the observed arrays */
};

/*
 * The channels of an array, which only matter when there is one scale for each. QS_INVALID with a
 * finding when it has no such axis.
 */
enum qs_status qs_probe_layout(const struct qs_probe_run *run, const struct qs_npy_stream *stream,
    struct qs_layout *ret_layout);

/* Refuses an array whose channels are not as many as those of another (`whose`: "the scales are").
 * */
enum qs_status qs_probe_check_channels(const struct qs_probe_run *run,
    const struct qs_npy_stream *stream, size_t found, size_t expected, const char *whose);

/* Writes the array that the probe quantizes, with the scales of the run. */
enum qs_status qs_probe_quantize(const struct qs_probe_run *run, struct qs_npy_stream *stream);

/* Whether any value of an array is below 0. */
enum qs_status qs_probe_has_negative(struct qs_npy_stream *stream, bool *ret_has);

#endif
