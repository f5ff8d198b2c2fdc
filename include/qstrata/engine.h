/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making it so: a model and a policy become a quantized model.
 *
 * A job holds one model on its way. It folds and plans when it is made; then it gets its scales, by
 * calibration on data or from a calibration file; then it is applied and saved. Calls in another
 * order give QS_BUG. A probe does the same to one tensor without a model.
 */
#ifndef QSTRATA_ENGINE_H
#define QSTRATA_ENGINE_H

#include "qstrata/base.h"
#include "qstrata/images.h"
#include "qstrata/model.h"
#include "qstrata/numbers.h"
#include "qstrata/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Judges layers by their neighbours; they are those that the selection was made over. Of those that
 * are quantized as one, an entry that gives one another activation format than the first of them
 * has is an error, QS_INVALID. What the config leaves in float between quantized layers is a
 * warning for each setting that does so.
 */
QS_API enum qs_status qs_neighbours_check(const struct qs_layers *layers,
    const struct qs_selection *selection, struct qs_findings *findings);

struct qs_job;

/**
 * Plans the quantization of the model at a path. The policy outlives the job.
 *
 * Every entry of the policy must select a layer of the model, unless `allow_unmatched`; that and
 * what else is wrong becomes findings. QS_INVALID, QS_IO or QS_UNSUPPORTED with at least one of
 * them.
 */
QS_API enum qs_status qs_job_new(const struct qs_policy *policy, const char *model_path,
    bool allow_unmatched, struct qs_findings *findings, struct qs_job **ret_job);
/**
 * Takes plug-ins, and threads, from a registry, which outlives the job, rather than the built-in
 * ones alone. Needed where the policy was read with the words of that registry; before calibration.
 */
QS_API void qs_job_use(struct qs_job *job, const struct qs_registry *registry);
/** Releases a job; NULL is fine. */
QS_API void qs_job_free(struct qs_job *job);

/** Where a device computes otherwise than the float model: average pools, leaky ReLU, hard sigmoid
 * and hard swish. */
enum qs_arithmetic {
	QS_ARITHMETIC_AUTO, /**< as the device does: on for the DPU */
	QS_ARITHMETIC_ON,
	QS_ARITHMETIC_OFF
};

/** Sets whose arithmetic a job computes with; before it gets its scales. */
QS_API enum qs_status qs_job_set_arithmetic(struct qs_job *job, enum qs_arithmetic arithmetic);

/** What a quantized model is made of. */
enum qs_written {
	QS_WRITTEN_QDQ,        /**< codes, QuantizeLinear and DequantizeLinear */
	QS_WRITTEN_FAKE,       /**< float32 with the values of the codes, and plain operators */
	QS_WRITTEN_INT_WEIGHTS /**< codes of weights with DequantizeLinear; all else is float32 */
};

/** How rounding modes are written that QuantizeLinear, which rounds ties to even, does not have. */
enum qs_rounding_form {
	QS_ROUNDING_NATIVE, /**< as QuantizeLinear all the same; the report counts ties */
	QS_ROUNDING_EXACT   /**< in plain operators that give the bits of the library */
};

/** How a job writes its model. */
struct qs_apply_options {
	enum qs_written written;
	enum qs_rounding_form rounding; /**< QS_WRITTEN_FAKE rounds exactly in any case */
};

/**
 * Sets how a job writes its model; before it gets its scales, since weights alone need no others.
 * QS_INVALID with a finding when no tensor is left to quantize.
 */
QS_API enum qs_status qs_job_set_apply(
    struct qs_job *job, const struct qs_apply_options *options, struct qs_findings *findings);

/** Sets what symmetric data is scaled by, `qmax` in a new job; before it gets its scales. */
QS_API enum qs_status qs_job_set_scale_law(struct qs_job *job, enum qs_scale_law law);

/**
 * Takes fixed scales and scale laws from a scales file, schemas/scales.schema.json; before the job
 * calibrates. A fixed scale takes the place of the observed one, with the zero point 0. QS_INVALID
 * with findings about all that is wrong: the form, tensors that the model does not have or that the
 * config does not quantize, scales that cannot be. The source outlives the findings and the job.
 */
QS_API enum qs_status qs_job_read_scales(
    struct qs_job *job, const struct qs_source *source, struct qs_findings *findings);

/**
 * Lets a job work with `n_threads` threads, as qs_registry_use_threads() has it; the runtime that
 * runs the model is told the same. A new job works with the caller's thread, and the runtime with
 * as many as it likes. May return QS_NOMEM.
 */
QS_API enum qs_status qs_job_use_threads(struct qs_job *job, size_t n_threads);

/**
 * Called before the first batch that is run, with those that a state has already, and after each;
 * returning false stops calibration with QS_INVALID and no finding.
 */
typedef bool qs_progress(void *context, size_t n_done, size_t n_batches);

/** On what tensors are observed. */
enum qs_observe {
	QS_OBSERVE_QUANTIZED, /**< one after the other, on quantized tensors, as vai_q_pytorch */
	QS_OBSERVE_FLOAT      /**< all on the float model */
};

/** How calibration runs the model. */
struct qs_calibrate_options {
	const char *onnxruntime; /**< path of the library or its folder; NULL: searched */
	const char *data; /**< folder of batches or pictures, or one of them; NULL: no data */
	const struct qs_image_options *images; /**< or NULL: what the model's input says */
	qs_progress *progress;                 /**< or NULL */
	void *context;                         /**< of progress */
	enum qs_observe observe;
	/**
	 * A file that keeps how far the calibration is, or NULL. Where there is one, it is gone on
	 * from, and the scales have the same bits as without the interruption; one of another
	 * calibration is refused, QS_INVALID. It is written now and then, at most a fiftieth of the
	 * time, and when `progress` stops; the caller removes it when the result is safe.
	 */
	const char *state;
};

/**
 * Finds the scales of all tensors: parameters from themselves, activations by running the model
 * over the data. Without data (`data` NULL) only plans whose activations need no scale
 * succeed.
 */
QS_API enum qs_status qs_job_calibrate(
    struct qs_job *job, const struct qs_calibrate_options *options, struct qs_findings *findings);

/** At most so many shards of one calibration. */
#define QS_SHARDS_LIMIT 65536

/**
 * Observes one of `n_shards` parts of the data, `shard` from 0, and writes to `path` what was seen;
 * no step can follow. Only with QS_OBSERVE_FLOAT: the tool's order needs all batches one after the
 * other (QS_INVALID with a finding otherwise).
 */
QS_API enum qs_status qs_job_calibrate_shard(struct qs_job *job,
    const struct qs_calibrate_options *options, size_t shard, size_t n_shards, const char *path,
    struct qs_findings *findings);

/**
 * Takes the scales that the shards of a calibration come to together, given in any order: the same
 * bits as of one run. QS_INVALID with findings when one is missing, unfinished, there twice or of
 * another calibration.
 */
QS_API enum qs_status qs_job_merge_shards(
    struct qs_job *job, const char *const *paths, size_t n_paths, struct qs_findings *findings);

/** What a shard is of, by the paths as they were given when it was written. */
struct qs_shard_origin {
	char *model, *config; /**< malloc'ed */
	enum qs_arithmetic arithmetic;
};

/** Reads that from a shard. QS_IO or QS_INVALID with a finding. */
QS_API enum qs_status qs_shard_origin_read(
    const char *path, struct qs_findings *findings, struct qs_shard_origin *ret_origin);
/** Releases what was read. */
QS_API void qs_shard_origin_done(struct qs_shard_origin *origin);

/** Takes the scales of a calibration file, which must be of the same model, with the same data in
 * other files, and config. */
QS_API enum qs_status qs_job_read_calibration(
    struct qs_job *job, const char *path, struct qs_findings *findings);

/**
 * Takes scales from a calibration file by the names of their tensors, whatever model and config it
 * was made for: those that training went on with, for the trained model; and the corrections of
 * biases, where there are any. QS_INVALID with findings: about tensors that the file has in another
 * format or lacks, those that the config does not quantize, and signs that nothing was observed.
 * A warning is about biases that the config corrects and nobody did.
 *
 * With `partial`, what the file lacks is calibrated as qs_job_calibrate() has it, upon the scales
 * that are given, and what it has too much is passed over; both become warnings.
 */
QS_API enum qs_status qs_job_import_scales(struct qs_job *job, const char *path, bool partial,
    const struct qs_calibrate_options *options, struct qs_findings *findings);

/** Writes the scales as a calibration file. */
QS_API enum qs_status qs_job_write_calibration(
    struct qs_job *job, const char *path, struct qs_findings *findings);

/** Writes the formats into the model in memory. QS_UNSUPPORTED when ONNX cannot say one of them. */
QS_API enum qs_status qs_job_apply(struct qs_job *job, struct qs_findings *findings);

/** Saves the quantized model: beside its final name first, then renamed. */
QS_API enum qs_status qs_job_save(
    struct qs_job *job, const char *path, struct qs_findings *findings);

/**
 * Runs the saved model over data and compares it with what the config says, run exactly; with the
 * data, pictures, runtime and progress of the options. The report tells of each output and tensor.
 * QS_INVALID with findings when they differ beyond what rounding explains.
 */
QS_API enum qs_status qs_job_verify(
    struct qs_job *job, const struct qs_calibrate_options *options, struct qs_findings *findings);
/** Whether all errors are what verification found in a model that was written: it has a report all
 * the same. False without errors. */
QS_API bool qs_findings_are_verdict(const struct qs_findings *findings);

/** What was done, for people: formats, sizes, what stayed float and why, what ONNX cannot say. */
QS_API enum qs_status qs_job_write_report(const struct qs_job *job, struct qs_text *text);
/** The same as one JSON document of format version 1.0. */
QS_API enum qs_status qs_job_write_report_json(const struct qs_job *job, struct qs_text *text);

/* ---- locks ----------------------------------------------------------------------------------- */

/**
 * Writes down what a config makes of every layer of a model, as JSON with fingerprints of both and
 * without paths. The selection is of the model's layers. QS_INVALID or QS_UNSUPPORTED with a
 * finding when the model cannot be packed.
 */
QS_API enum qs_status qs_lock_write(const struct qs_policy *policy,
    const struct qs_selection *selection, const struct qs_model *model,
    struct qs_findings *findings, struct qs_text *text);

/**
 * Compares a lock file with what a config makes of a model now. The policy, the selection and the
 * findings outlive the difference. QS_IO or QS_INVALID with a finding when the lock cannot be used.
 */
QS_API enum qs_status qs_lock_check(const struct qs_policy *policy,
    const struct qs_selection *selection, const struct qs_model *model, const char *path,
    struct qs_findings *findings, struct qs_difference **ret_difference);

/* ---- one tensor on its own ------------------------------------------------------------------- */

/** What to do with a tensor that stands in files rather than in a model. */
struct qs_probe {
	const char *layer;     /**< as qs_policy_layer_spec() takes it; NULL: the model level */
	enum qs_tensor tensor; /**< the kind whose parameters count */
	bool is_graph_input;   /**< it enters the model, rather than being computed or constant */
	int axis;              /**< of the channels, from 0; only looked at when per channel */
	const char *const *observed; /**< .npy files, one a batch */
	size_t n_observed;
	uint64_t first_batch;      /**< the number of the first of them; the others follow */
	const char *const *states; /**< states of observers to merge with it (qs_observer_write) */
	size_t n_states;
	const char *state_output;    /**< where the state of all batches goes, or NULL */
	enum qs_scale_law scale_law; /**< what symmetric data is scaled by */
	double averaging;            /**< 0, or the constant of moving averages of the ends */
	const double *scales;        /**< none negative; NULL and 0: found by calibration */
	size_t n_scales;             /**< one, or one a channel */
	const int64_t *zero_points;  /**< for given scales; NULL and 0: all 0 */
	size_t n_zero_points;        /**< one, or one a channel */
	const char *quantized;       /**< .npy file to fake-quantize, or NULL */
	const char *output; /**< where the float32 result goes; not NULL with `quantized` */
	const struct qs_registry *registry; /**< plug-ins; NULL: the built-in ones */
	size_t n_threads; /**< as qs_registry_use_threads() has it; a given registry has its own */
};

/**
 * Calibrates a tensor on its own, or takes given scales, and quantizes an array with them. Given
 * scales replace observed ones; the range of integers is that of the observed data all the same.
 *
 * Files are gone through in pieces, so that they may be larger than memory; the result is in the
 * order of the file that is quantized, row-major or Fortran's.
 *
 * The text is one JSON object with scale, zero_point, quant_min, quant_max and batch_scales (arrays
 * when per channel), or with the datatype alone for a format without scales. QS_INVALID, QS_IO or
 * QS_UNSUPPORTED with a finding; no file is written then.
 */
QS_API enum qs_status qs_probe_run(const struct qs_policy *policy, const struct qs_probe *probe,
    struct qs_findings *findings, struct qs_text *text);

/** Appends what the library is made of and finds on the machine, for reports of mistakes. */
QS_API enum qs_status qs_write_about(struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
