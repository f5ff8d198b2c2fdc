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

/* ---- statistics ------------------------------------------------------------------------------ */

/** How models are looked at. */
struct qs_look {
	struct qs_calibrate_options run; /**< data and runtime; `observe` is not looked at */
	size_t n_threads; /**< without a job: as qs_job_use_threads() has it; 0: all processors */
	bool per_channel; /**< also of every channel */
};

/**
 * Least, greatest, mean and variance of every tensor that layers read, hold or give, over all
 * batches. Memory is bounded by what one batch makes of the model.
 */
struct qs_stats;

/**
 * Runs the model at a path over data. QS_INVALID, QS_IO or QS_UNSUPPORTED with a finding: about the
 * model, the data or the runtime.
 */
QS_API enum qs_status qs_stats_of_model(const char *path, const struct qs_look *look,
    struct qs_findings *findings, struct qs_stats **ret_stats);
/**
 * The same of the float model of a job that has its scales (QS_BUG otherwise), which outlives the
 * statistics, with the quantized model beside it.
 */
QS_API enum qs_status qs_stats_of_job(const struct qs_job *job, const struct qs_look *look,
    struct qs_findings *findings, struct qs_stats **ret_stats);
/** Releases statistics; NULL is fine. */
QS_API void qs_stats_free(struct qs_stats *stats);

/**
 * Appends the statistics. The text is for people: tensors with NaN or infinity first, then all in
 * the order of the model, then by range, the widest first, then channels. JSON has one object a
 * tensor, CSV one line.
 */
QS_API enum qs_status qs_stats_write(
    const struct qs_stats *stats, enum qs_table_format format, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
