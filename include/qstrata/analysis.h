/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at tensors: what values they hold, and how far quantized ones are from float ones.
 */
#ifndef QSTRATA_ANALYSIS_H
#define QSTRATA_ANALYSIS_H

#include "qstrata/base.h"
#include "qstrata/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- metrics --------------------------------------------------------------------------------- */

/** A measure of how far a tensor is from what it should be: a row of metrics.def. */
enum qs_metric {
#define METRIC(id, name, better, what) QS_METRIC_##id,
#include "qstrata/metrics.def"
	QS_METRIC__COUNT
};

/** What there is to say about a metric. */
struct qs_metric_facts {
	const char *name, *what;
	bool more_is_better;
};

/** The row of a metric. */
QS_API const struct qs_metric_facts *qs_metric_info(enum qs_metric metric);
/** The metric of a name; QS_METRIC__COUNT when there is none. */
QS_API enum qs_metric qs_metric_of(const char *name);
/** Whether a is better than b. NaN is worse than every number, and not better than NaN. */
QS_API bool qs_metric_better(enum qs_metric metric, double a, double b);

/**
 * All metrics of two buffers of n values each: what was expected and what was found. `row` is the
 * length of the last axis, of which n is a multiple; 0 counts as n. `ret_values` takes one number a
 * metric, NaN when there are no values or one of them is not finite. Sums are in double, in the
 * order of the data.
 */
QS_API void qs_compare_floats(const float *expected, const float *found, size_t n, size_t row,
    double ret_values[QS_METRIC__COUNT]);

#ifdef __cplusplus
}
#endif

#endif
