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

/** How much is done, and what need not be done again. */
struct qs_effort {
	/**
	 * Runs of the model over all data that a layer of the model may cost, 0 for any number. All
	 * is measured on the first batch; where that leaves too little for the others, only the
	 * most sensitive of it is measured on these. Where there is one batch that cannot be cut,
	 * and it is too much to measure each tensor on it, neighbours are measured together, and
	 * the most sensitive of these on their own.
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
	size_t n_lone_rows; /**< measured on their own, rather than with their neighbours */
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

/* ---- what to change -------------------------------------------------------------------------- */

/** How layers are chosen: X(ID, "word", "what it does"). */
#define QS_STRATEGY_LIST(X)                                                                        \
	X(FEWEST, "fewest", "as few layers as reach the goal, at 16 bits")                         \
	X(TYPES, "types", "as few types of layers as reach the goal, all of each at 16 bits")      \
	X(TOP, "topk", "topk=N: the layers of the N most sensitive rows, at 16 bits")              \
	X(RATIO, "ratio", "ratio=R: the same for this share of all rows, from 0 to 1")             \
	X(THRESHOLDS, "thresholds",                                                                \
	    "rows with a cosine of at most 0.99, 0.999, 0.9999, 0.99999, and all, at 16 bits")     \
	X(STAGED, "staged",                                                                        \
	    "as thresholds: activations at 16 bits, then weights too, then all as float16")

enum qs_strategy {
#define QS_STRATEGY_ID(ID, word, about) QS_STRATEGY_##ID,
	QS_STRATEGY_LIST(QS_STRATEGY_ID)
#undef QS_STRATEGY_ID
	QS_STRATEGY__COUNT
};

/** The word of a strategy, and what it does. */
QS_API const char *qs_strategy_word(enum qs_strategy strategy);
QS_API const char *qs_strategy_about(enum qs_strategy strategy);

/**
 * Measures a quantized model, which is at a path until this returns, in a way of the caller's own.
 * False ends the search; `why` says what is wrong in a few words, or nothing when the caller only
 * wants to stop.
 */
typedef bool qs_measure(
    void *context, const char *model_path, struct qs_text *why, double *ret_value);

/** What is to be reached, by what means. Start from QS_SUGGEST_INIT. */
struct qs_suggest_options {
	const char *model_path;
	bool allow_unmatched;
	enum qs_arithmetic arithmetic;
	enum qs_scale_law scale_law;
	const struct qs_policy_options *policy;       /**< how configs are judged; NULL: as usual */
	const struct qs_registry *registry;           /**< with plug-ins; NULL: what is built in */
	size_t n_threads;                             /**< as qs_job_use_threads() has it */
	const struct qs_calibrate_options *calibrate; /**< data is needed */
	struct qs_effort effort;                      /**< of the sensitivity */
	enum qs_metric metric; /**< at the outputs, unless there is `measure` */
	qs_measure *measure;   /**< or NULL */
	void *measure_context;
	double goal;
	bool less_is_better; /**< of `measure` */
	enum qs_strategy strategy;
	double strategy_number; /**< of TOP and RATIO */
	uint64_t bytes_limit;   /**< of quantized parameters; UINT64_MAX: any */
	uint64_t macs16_limit;  /**< multiply-accumulates at more than 8 bits, a sample */
	size_t n_random;        /**< random choices of as many layers to hold the best against */
	uint64_t seed;          /**< of these; the same seed gives the same choices */
	const char *temporary;  /**< where models for `measure` are written */
	qs_progress *progress;  /**< counts configs that were tried, or NULL */
	void *context;          /**< of progress */
};

#define QS_SUGGEST_INIT                                                                            \
	{                                                                                          \
		.effort = QS_EFFORT_INIT, .bytes_limit = UINT64_MAX, .macs16_limit = UINT64_MAX    \
	}

/** What was found. */
struct qs_suggestion;

/**
 * Looks for entries that give layers more bits until a goal is reached: for types where all layers
 * of a type need it, by name for the others. Layers that an entry of the config selects stay as
 * they are. What is suggested has no errors, and no warnings that the config has not.
 *
 * Configs are tried with scales that were found for the same formats under the config as it is and
 * under one with 16 bits everywhere. The one that is suggested is calibrated and run as it is, and
 * its value is the one of that.
 *
 * QS_OK also when the goal is not reached, which a finding and qs_suggestion_reached() say.
 * QS_INVALID without a finding when it was stopped, else QS_INVALID, QS_IO or QS_UNSUPPORTED with a
 * finding. The source is that of the config.
 */
QS_API enum qs_status qs_suggest(const struct qs_source *source,
    const struct qs_suggest_options *options, struct qs_findings *findings,
    struct qs_suggestion **ret_suggestion);
/** Releases a suggestion; NULL is fine. */
QS_API void qs_suggestion_free(struct qs_suggestion *suggestion);

/** Whether the best that was found reaches the goal. */
QS_API bool qs_suggestion_reached(const struct qs_suggestion *suggestion);
/** How many entries it adds to the config. */
QS_API size_t qs_suggestion_n_entries(const struct qs_suggestion *suggestion);
/** The config with the entries, in the formatting that it has. */
QS_API const struct qs_text *qs_suggestion_config(const struct qs_suggestion *suggestion);
/** What was found, for people or as one JSON document: the entries, and what cannot be had better
 * without paying for it. CSV has the latter alone. */
QS_API enum qs_status qs_suggestion_write(
    const struct qs_suggestion *suggestion, enum qs_table_format format, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
