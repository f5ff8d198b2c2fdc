/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tensor costs accuracy, and the fewest entries that give it back.
 *
 * Everything is measured at the outputs of the model, against the float model on the same data, in
 * the arithmetic of the device.
 */
#ifndef QSTRATA_SENSITIVITY_H
#define QSTRATA_SENSITIVITY_H

#include "qstrata/analysis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sensitivity ----------------------------------------------------------------------------- */

/** What each quantized tensor costs on its own. */
struct qs_sensitivity;

/** How documents about it are written. */
enum qs_table_format {
	QS_TABLE_TEXT, /**< a table for people */
	QS_TABLE_JSON, /**< one document of format version 1.0 */
	QS_TABLE_CSV   /**< as RFC 4180 has it, with a line of titles */
};

/** How much is done, and what need not be done again. */
struct qs_effort {
	/**
	 * Runs of the model over all data that a layer of the model may cost, 0 for any number. All
	 * is measured on the first batch; where that leaves too little for the others, only the
	 * most sensitive of it is measured on these.
	 */
	double runs_a_layer;
	/**
	 * A file that keeps what was measured, or NULL. What it has of the same model, scales and
	 * data is not measured again, so that work goes on where it was broken off; what it has of
	 * others is replaced.
	 */
	const char *cache;
};

#define QS_EFFORT_INIT                                                                             \
	{                                                                                          \
		0.5, NULL                                                                          \
	}

/**
 * Measures a job that has its scales: each weight and each activation is quantized on its own while
 * all else is float. Of the options, `observe` does not matter; progress counts rows times batches.
 * QS_INVALID or QS_IO with a finding, such as one about a file that is no cache.
 */
QS_API enum qs_status qs_sensitivity_new(const struct qs_job *job,
    const struct qs_calibrate_options *options, const struct qs_effort *effort,
    struct qs_findings *findings, struct qs_sensitivity **ret_sensitivity);
/** Releases a sensitivity; NULL is fine. */
QS_API void qs_sensitivity_free(struct qs_sensitivity *sensitivity);

/**
 * Writes the `top` most sensitive rows by a metric, 0 for all: op_name, sensitive_type (weight,
 * activation, input; bias for a layer whose weights stay float), op_type, the metric, quant_dtype
 * and flops, the multiply-accumulates of the layer and their share. A weight's row is that of the
 * layer's bias as well. Text has what it cost below; CSV and JSON have all metrics.
 */
QS_API enum qs_status qs_sensitivity_write(const struct qs_sensitivity *sensitivity,
    enum qs_metric metric, size_t top, enum qs_table_format format, struct qs_text *text);

/** What was computed: in runs of the float model over all data, and without what a cache had. */
struct qs_sensitivity_cost {
	size_t n_layers, n_rows, n_batches;
	size_t n_full_rows; /**< measured on all batches */
	double runs;
};
QS_API struct qs_sensitivity_cost qs_sensitivity_cost_of(const struct qs_sensitivity *sensitivity);

/* ---- step by step ---------------------------------------------------------------------------- */

/** Which layers are quantized at a time. */
enum qs_steps_kind {
	QS_STEPS_ONLY,       /**< the given layers, and all */
	QS_STEPS_EXCEPT,     /**< all but the given layers, and all */
	QS_STEPS_FROM_INPUT, /**< the first layer, the first two, and so on to all */
	QS_STEPS_FROM_OUTPUT /**< the last layer, the last two, and so on to all */
};

/**
 * Quantizes some layers of a job that has its scales and appends what all metrics say. `layers` are
 * names, module paths or types; QS_INVALID with a finding about each that the model does not have.
 */
QS_API enum qs_status qs_steps_write(const struct qs_job *job,
    const struct qs_calibrate_options *options, enum qs_steps_kind kind, const char *const *layers,
    size_t n_layers, enum qs_table_format format, struct qs_findings *findings,
    struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
