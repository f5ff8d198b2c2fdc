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

/* ---- looking at models ----------------------------------------------------------------------- */

/** How models are looked at. */
struct qs_look {
	struct qs_calibrate_options run; /**< data and runtime; `observe` is not looked at */
	size_t n_threads; /**< without a job: as qs_job_use_threads() has it; 0: all processors */
	bool per_channel; /**< statistics: also of every channel */
};

/* ---- statistics ------------------------------------------------------------------------------ */

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

/* ---- comparing ------------------------------------------------------------------------------- */

/**
 * How far tensors are from what they should be: a row a tensor, over all batches. Memory is bounded
 * by what one batch makes of both models. Tensors whose shapes differ have a row without numbers,
 * and become findings (errors) while the status is QS_OK.
 */
struct qs_comparison;

/**
 * Compares the float model of a job that has its scales (QS_BUG otherwise) with the quantized one:
 * what enters the graph, weights, biases and what layers give. Beside the error of a tensor there
 * is its own one: what the formats of its layer alone do to what the layer really reads. What is
 * above it was inherited. The comparison does not need the job any more.
 */
QS_API enum qs_status qs_compare_job(const struct qs_job *job, const struct qs_look *look,
    struct qs_findings *findings, struct qs_comparison **ret_comparison);

/**
 * Compares two models on the same data: tensors of equal names, and outputs, which belong together
 * by their order where their names differ. Inputs likewise. Weights and biases are those that a
 * node of the same name and operator reads, or the nearest one of the operator before a tensor that
 * both models have; where the found model lacks batch norms of the expected one, these are folded
 * first.
 * QS_INVALID with a finding when there is nothing to compare or an input has no counterpart.
 */
QS_API enum qs_status qs_compare_models(const char *expected, const char *found,
    const struct qs_look *look, struct qs_findings *findings,
    struct qs_comparison **ret_comparison);
/** Compares two .npy files. */
QS_API enum qs_status qs_compare_arrays(const char *expected, const char *found,
    struct qs_findings *findings, struct qs_comparison **ret_comparison);
/** Releases a comparison; NULL is fine. */
QS_API void qs_comparison_free(struct qs_comparison *comparison);

/** What can be told of a tensor: the names of the columns, one after the other; NULL at the end. */
QS_API const char *qs_comparison_column(size_t index);
/** Whether rows can be ordered by a word, and whether a list is one of columns; as below. */
QS_API bool qs_comparison_sorts(const char *column);
QS_API bool qs_comparison_shows(const char *columns);

/**
 * Orders the rows: "model" for the order of the model, which is the one at first, or a column of
 * numbers, the worst first. False when there is no such column.
 */
QS_API bool qs_comparison_sort(struct qs_comparison *comparison, const char *column);

/** How far a tensor may be from what it should be. */
struct qs_bound {
	const char *which; /**< "outputs" of the model, "all", or a layer or tensor; not ended */
	size_t which_size;
	enum qs_metric metric;
	double value;
};

/** Reads "[WHICH:]METRIC=VALUE", which outlives the limit. False when it is nothing like that. */
QS_API bool qs_bound_read(const char *text, struct qs_bound *ret_limit);
/**
 * Holds the rows against a limit. QS_INVALID with a finding about each that is worse or could not
 * be compared, and when there is no row for the limit.
 */
QS_API enum qs_status qs_comparison_check(const struct qs_comparison *comparison,
    const struct qs_bound *limit, struct qs_findings *findings);
/**
 * Appends a comparison. `columns` are those of the text, names with commas between, "all" for every
 * one or NULL for the usual ones; QS_INVALID, and nothing is appended, when there is no such
 * column. JSON has one object a tensor and CSV one line, with all columns.
 */
QS_API enum qs_status qs_comparison_write(const struct qs_comparison *comparison,
    enum qs_table_format format, const char *columns, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
