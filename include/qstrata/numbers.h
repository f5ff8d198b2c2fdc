/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers alone: observing plain float buffers, finishing with scales, and quantizing, dequantizing
 * or fake-quantizing with them. No model, no config and no file is needed.
 *
 *   what             call                     law
 *   quantize         qs_quantizer_encode()    codes q = clamp(round(x * amp) + zero_point)
 *   dequantize       qs_quantizer_decode()    y = (q - zero_point) * step
 *   fake-quantize    qs_quantizer_fake()      both in one, float32 to float32
 *   observe          qs_observer_feed()       one batch, which is not kept
 *   finish           qs_observer_result()     scales, zero points and the range of integers
 *   all of it        qs_node_run()            the fake-quantize node of a network, in three states
 *
 * with amp = float32(1 / scale), step = float32(1 / amp), all else in float32 without fused
 * operations. Source: vai_q_pytorch 3.5, and Horizon's and PyTorch's observers for `half-span` and
 * moving averages; where it differs on purpose is in docs/differences.md.
 *
 * Shapes: tensors are float32 in row-major order, seen along the axis of their channels as a
 * struct qs_layout; {1, 1, n} is a tensor of n values with one scale. Units: scales, thresholds and
 * ends are in units of the data. Memory: who calls owns all buffers; what a call makes (`_new`,
 * `ret_qparams`) is released by its `_free` or qs_qparams_done(). Threads: calls on different
 * objects may run at once, as long as nobody registers plug-ins.
 *
 * Errors: QS_INVALID and QS_UNSUPPORTED come with a finding about the `subject`; QS_BUG says that a
 * call broke what its comment asks for; outputs are untouched unless QS_OK is returned or the
 * comment says so.
 */
#ifndef QSTRATA_NUMBERS_H
#define QSTRATA_NUMBERS_H

#include "qstrata/base.h"
#include "qstrata/plugin.h"
#include "qstrata/spec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- scales ---------------------------------------------------------------------------------- */

/** Zeroed room for `n` channels. */
QS_API enum qs_status qs_qparams_init(struct qs_qparams *qparams, size_t n);
/** Releases the arrays; fine on zeros. */
QS_API void qs_qparams_done(struct qs_qparams *qparams);

/* ---- quantizers ------------------------------------------------------------------------------ */

/**
 * Finds the number format and the rounding mode of a spec; the result borrows the registry and the
 * scales. `qparams` may be NULL for the floating-point formats, else its scales are of 1 or of all
 * channels; one that is not above the smallest normal double acts as 2^-18. QS_UNSUPPORTED with a
 * finding when one of the two is not registered.
 */
QS_API enum qs_status qs_quantizer_bind(const struct qs_registry *registry,
    const struct qs_spec *spec, const struct qs_qparams *qparams, const struct qs_subject *subject,
    struct qs_quantization *ret_how);

/** The smallest element type that holds the codes. */
QS_API enum qs_element qs_quantizer_storage(const struct qs_quantization *how);

/**
 * What becomes of values by encoding and decoding; `out` does not overlap `in`. A NaN stays one and
 * is counted: whether that matters is for the caller to say. QS_BUG when the layout and the scales
 * differ.
 */
QS_API enum qs_status qs_quantizer_fake(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, float *out, struct qs_counts *ret_counts);

/**
 * Codes of an element type: any integer type that holds the range of a format of integers, else
 * exactly qs_quantizer_storage(). QS_INVALID with a finding when the data holds a NaN for which the
 * format has no code; the codes are of no use then, and the counts are filled. QS_BUG when the
 * element type does not fit.
 */
QS_API enum qs_status qs_quantizer_encode(const struct qs_quantization *how,
    struct qs_layout layout, const float *in, enum qs_element element, void *out,
    const struct qs_subject *subject, struct qs_counts *ret_counts);

/** The values that codes stand for. QS_BUG as above. */
QS_API enum qs_status qs_quantizer_decode(const struct qs_quantization *how,
    struct qs_layout layout, enum qs_element element, const void *in, float *out);

/* ---- observers ------------------------------------------------------------------------------- */

/**
 * Calibration of one tensor: batches in, scales out.
 *
 * Every batch gives each channel its ends and, by the method of the spec, a verdict (scale, zero
 * point, threshold). Those are kept under the number of the batch, 32 bytes a channel and 16 a
 * batch, and nothing else is: at most QS_OBSERVER_LIMIT verdicts, 256 MiB, however many batches of
 * whatever size there are. While a batch is gone through, methods with histograms keep 16 KiB a
 * channel, or 16 KiB for each of the at most 64 shares of the only one. A result looks at the
 * verdicts in the order of their numbers, so that observers of parts of the batches, merged in any
 * order, give the bits that one observer of all of them gives.
 */
struct qs_observer;

/** An observer keeps at most this many verdicts: batches times channels. */
#define QS_OBSERVER_LIMIT ((size_t)1 << 22)
/** Values are gone through in pieces of this many; sums are those of pieces, added in order. */
#define QS_OBSERVER_PIECE ((size_t)1 << 16)

/** What the spec does not say about a tensor. */
struct qs_observation {
	size_t channels;     /**< 1 unless the spec is per channel */
	bool is_graph_input; /**< it enters the model from outside */
	enum qs_scale_law scale_law;
	struct qs_subject subject; /**< its name and findings outlive the observer */
	/**
	 * Above 0, at most 1: the scale comes from moving averages of the ends, as in PyTorch and
	 * Horizon, whose constant is 0.01: the first batch's ends, then
	 * least += averaging * (its least - least), and so most, in float32. 0: the statistic of
	 * the spec over the scales of batches.
	 */
	double averaging;
};

/** Whether tensors of a spec have scales: false for the floating-point formats and unknown ones. */
QS_API bool qs_observer_needed(const struct qs_registry *registry, const struct qs_spec *spec);

/**
 * An observer for the method of a spec; it borrows the registry. QS_UNSUPPORTED with a finding when
 * the method or the rounding mode is not registered, when no positive integer is left to scale to
 * (signed integers of one bit), or when moving averages are asked of a method that looks at more
 * than the ends.
 */
QS_API enum qs_status qs_observer_new(const struct qs_registry *registry,
    const struct qs_spec *spec, const struct qs_observation *observation,
    struct qs_observer **ret_observer);

/** Releases an observer; NULL is fine. */
QS_API void qs_observer_free(struct qs_observer *observer);

/**
 * Takes in the next batch: the number after the highest so far, 0 at first. A batch without values
 * says nothing. QS_INVALID with a finding when a value is NaN or infinite, or negative where the
 * integers are unsigned and symmetric (per channel the range becomes the signed one instead); the
 * observer is as before then. QS_BUG when the channels are not those of the observation.
 */
QS_API enum qs_status qs_observer_feed(
    struct qs_observer *observer, struct qs_layout layout, const float *data);

/** A batch that does not stand in one buffer, as it may be larger than memory. */
struct qs_batch {
	struct qs_layout layout;
	/**
	 * The values from `at` on in row-major order: `n` of them, at most QS_OBSERVER_PIECE, which
	 * stay until the next call. A batch is gone through from its begin to its end, once or
	 * twice. Another status than QS_OK ends it.
	 */
	enum qs_status (*read)(void *context, size_t at, size_t n, const float **ret_values);
	/** Optional: says where the value `at` is, for a finding: "at [0, 3]". */
	void (*locate)(void *context, size_t at, struct qs_text *text);
	void *context;
};

/**
 * As qs_observer_feed() under a number below 2^63 (QS_BUG otherwise); QS_INVALID with a finding
 * when there is a batch of it.
 */
QS_API enum qs_status qs_observer_feed_batch(
    struct qs_observer *observer, uint64_t number, const struct qs_batch *batch);

/**
 * The scales over the batches so far, to be released by the caller; more may follow. QS_INVALID
 * with a finding without one.
 */
QS_API enum qs_status qs_observer_result(
    struct qs_observer *observer, struct qs_qparams *ret_qparams);

/**
 * Scales for data that is all there. A spec that is not per channel gets one scale whatever the
 * layout, and observation->channels is not looked at.
 */
QS_API enum qs_status qs_observer_calibrate(const struct qs_registry *registry,
    const struct qs_spec *spec, const struct qs_observation *observation, struct qs_layout layout,
    const float *data, struct qs_qparams *ret_qparams);

/** How many batches there are. */
QS_API size_t qs_observer_n_batches(const struct qs_observer *observer);
/** The number of one of them; the index is below qs_observer_n_batches(), in order of numbers. */
QS_API uint64_t qs_observer_batch_number(const struct qs_observer *observer, size_t index);
/** Its scale of a channel. */
QS_API double qs_observer_batch_scale(
    const struct qs_observer *observer, size_t index, size_t channel);

/**
 * Adds the batches of another observer, which stays as it is. QS_INVALID with a finding when the
 * two do not calibrate alike, or have a batch of one number; the observer is as before then.
 */
QS_API enum qs_status qs_observer_merge(
    struct qs_observer *observer, const struct qs_observer *other);

/**
 * Appends the state as text: JSON Lines, a head that says format, version and law, then a line a
 * batch, then one that says how many there were. Numbers read back as the same bits.
 */
QS_API enum qs_status qs_observer_write(const struct qs_observer *observer, struct qs_text *text);
/**
 * Adds the batches of such a text to those of an observer. QS_INVALID with one finding, about the
 * source with its line, when the text is no such state, is cut off, is of another law, or has a
 * batch that there is already; the observer is as before then.
 */
QS_API enum qs_status qs_observer_read(
    struct qs_observer *observer, const struct qs_source *source);

/* ---- nodes ----------------------------------------------------------------------------------- */

/** What a fake-quantize node does with the data that passes. */
enum qs_node_state {
	QS_NODE_CALIBRATION, /**< observe, and let the floats pass */
	QS_NODE_QAT,         /**< observe, then quantize with the result so far */
	QS_NODE_VALIDATION   /**< quantize only */
};

/** An observer and a quantizer that stand at one tensor of a network. */
struct qs_node;

/** A node in the state of calibration. As qs_observer_new() and qs_quantizer_bind(). */
QS_API enum qs_status qs_node_new(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_node **ret_node);
/** Releases a node; NULL is fine. */
QS_API void qs_node_free(struct qs_node *node);
/** What it does from now on. */
QS_API void qs_node_set_state(struct qs_node *node, enum qs_node_state state);
/**
 * Fixes the scales, one or one a channel (QS_BUG otherwise): from now on nothing is observed.
 * `zero_points` may be NULL for zeros.
 */
QS_API enum qs_status qs_node_fix(
    struct qs_node *node, size_t n, const double *scales, const int64_t *zero_points);
/**
 * Lets data pass; `out` does not overlap `in`. As qs_observer_feed() and qs_quantizer_fake(); a
 * node that is to quantize before it has observed anything refuses with a finding.
 */
QS_API enum qs_status qs_node_run(struct qs_node *node, struct qs_layout layout, const float *in,
    float *out, struct qs_counts *ret_counts);
/** The scales that it quantizes with, until its next call; NULL when there are none yet. */
QS_API const struct qs_qparams *qs_node_qparams(struct qs_node *node);

#ifdef __cplusplus
}
#endif

#endif
