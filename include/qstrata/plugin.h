/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an implementer of a number format, a calibration method or a rounding mode provides.
 *
 * A plug-in is a small constant table of functions that stands under the word by which a config
 * names it. The built-in ones are registered through the same calls and read the same structures.
 * Each lists the parameters that it reads, from which follows what has no effect together with it.
 *
 * Tensors are float32 in row-major (C) order. Seen along one axis such a tensor is `outer` blocks
 * of `channels` runs of `inner` values each; a tensor without channels is one run.
 *
 * Ownership: a table and all that it points to outlive the registry; everything else that a
 * function gets is borrowed for the call, or for the life of the state that `begin` made.
 */
#ifndef QSTRATA_PLUGIN_H
#define QSTRATA_PLUGIN_H

#include "qstrata/base.h"
#include "qstrata/spec.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the structures of this file; a registry refuses tables of another. */
#define QS_PLUGIN_ABI 1u

/* ---- tensors --------------------------------------------------------------------------------- */

/** What an array holds: X(ID, "word", bytes of an element). The words are ONNX's and NumPy's. */
#define QS_ELEMENT_LIST(X)                                                                         \
	X(BOOL, "bool", 1)                                                                         \
	X(INT8, "int8", 1)                                                                         \
	X(UINT8, "uint8", 1)                                                                       \
	X(INT16, "int16", 2)                                                                       \
	X(UINT16, "uint16", 2)                                                                     \
	X(INT32, "int32", 4)                                                                       \
	X(UINT32, "uint32", 4)                                                                     \
	X(INT64, "int64", 8)                                                                       \
	X(UINT64, "uint64", 8)                                                                     \
	X(FLOAT16, "float16", 2)                                                                   \
	X(BFLOAT16, "bfloat16", 2)                                                                 \
	X(FLOAT32, "float32", 4)                                                                   \
	X(FLOAT64, "float64", 8)

enum qs_element {
#define QS_ELEMENT_ID(ID, word, size) QS_ELEMENT_##ID,
	QS_ELEMENT_LIST(QS_ELEMENT_ID)
#undef QS_ELEMENT_ID
	QS_ELEMENT__COUNT
};

/** A tensor seen along an axis; value (o, c, i) stands at (o * channels + c) * inner + i. */
struct qs_layout {
	size_t outer, channels, inner;
};

/**
 * How the values of a tensor map to integers: q = round(x / scale) + zero_point. One scale for the
 * tensor (`n` is 1) or one for each channel.
 */
struct qs_qparams {
	size_t n;            /**< elements of the arrays; 0 while nothing is known */
	double *scale;       /**< positive */
	int64_t *zero_point; /**< 0 when symmetric; may lie outside the range when the data does not
	                        hold 0 */
	double *float_max;   /**< the threshold that the scale comes from, in units of the data */
	int64_t quant_min, quant_max; /**< both ends are inside */
};

/** What a conversion met. A count is of values. */
struct qs_counts {
	uint64_t total;
	uint64_t nan;       /**< not numbers */
	uint64_t infinite;  /**< infinities in the input */
	uint64_t saturated; /**< finite, and moved by more than half a step (or to infinity) by the
	                       range's end */
};

/** Who it is about and where findings go. */
struct qs_subject {
	const char *name; /**< as messages begin: tensor "conv1.weight" */
	struct qs_place place;
	struct qs_findings *findings;
};

/* ---- what all plug-ins say ------------------------------------------------------------------- */

/** The kinds of plug-ins; names are unique within a kind. */
enum qs_plugin_kind {
	QS_PLUGIN_QUANTIZER,
	QS_PLUGIN_CALIBRATOR,
	QS_PLUGIN_ROUNDING,
	QS_PLUGIN__KINDS
};

/** What stands first in the table of every kind. */
struct qs_plugin {
	unsigned abi;        /**< QS_PLUGIN_ABI */
	const char *name;    /**< the word of the config: lower-case letters, digits, "_" */
	const char *summary; /**< one line for people */
	const enum qs_param
	    *reads; /**< the parameters that it looks at; NULL when there are none */
	size_t n_reads;
};

/* ---- rounding modes -------------------------------------------------------------------------- */

/** A rounding mode. */
struct qs_rounding {
	struct qs_plugin plugin;
	/**
	 * The law: the integer for a finite value of magnitude below 2^52. Integers map to
	 * themselves.
	 */
	double (*round)(double value);
};

/* ---- quantizers ------------------------------------------------------------------------------ */

struct qs_kernels;
struct qs_pool;
struct qs_quantizer;

/** All that a quantizer is told about one tensor. */
struct qs_quantization {
	const struct qs_quantizer *quantizer;
	const struct qs_rounding *rounding;
	const struct qs_kernels *kernels; /**< the built-in loops; nothing for foreign tables */
	struct qs_pool *pool;             /**< the threads of the built-in loops */
	struct qs_spec spec;
	const struct qs_qparams *qparams; /**< NULL for a format that `needs_qparams` not */
};

/** A number format. A function returns QS_OK, QS_NOMEM, or QS_BUG when it was called wrongly. */
struct qs_quantizer {
	struct qs_plugin plugin;
	bool needs_qparams; /**< calibration has to come first */
	bool holds_nan; /**< codes of the format can stand for NaN, so that encoding need not refuse
	                   it */
	/** The smallest element type that holds the codes. */
	enum qs_element (*storage)(const struct qs_quantization *how);
	/**
	 * What becomes of `in` when it is encoded and decoded. NaN stays NaN, and adds to the
	 * counts. `out` does not overlap `in`. The counts are added to.
	 */
	enum qs_status (*fake)(const struct qs_quantization *how, struct qs_layout layout,
	    const float *in, float *out, struct qs_counts *counts);
	/**
	 * Codes of the element type, which holds at least the range of storage(). Where the format
	 * has no NaN the zero point stands in its place, and the caller throws the result away.
	 */
	enum qs_status (*encode)(const struct qs_quantization *how, struct qs_layout layout,
	    const float *in, enum qs_element element, void *out, struct qs_counts *counts);
	/** The values that codes stand for. */
	enum qs_status (*decode)(const struct qs_quantization *how, struct qs_layout layout,
	    enum qs_element element, const void *in, float *out);
};

/* ---- calibrators ----------------------------------------------------------------------------- */

/** What the largest magnitude of symmetric data is divided by to be its scale. */
#define QS_SCALE_LAW_LIST(X)                                                                       \
	X(SCALE_LAW, QMAX, "qmax", SINCE(2_5), "max|x| / quant_max (Vitis AI)")                    \
	X(SCALE_LAW, HALF_SPAN, "half-span", SINCE(2_5),                                           \
	    "max|x| / ((quant_max - quant_min) / 2) (PyTorch, Horizon)")

enum qs_scale_law {
	QS_SCALE_LAW_LIST(QS_WORD_ID) QS_SCALE_LAW__COUNT
};

/** All that a calibrator is told about one tensor. */
struct qs_calibration {
	struct qs_spec spec;
	const struct qs_rounding *rounding;
	const struct qs_kernels *kernels; /**< the built-in loops; nothing for foreign tables */
	enum qs_scale_law scale_law;
	struct qs_int_range range; /**< what to quantize to: the spec's, unless negative data of a
	                              batch has put it off (per channel, unsigned symmetric) */
	bool is_graph_input;       /**< the tensor enters the model, rather than being computed or
	                              constant */
	struct qs_subject subject;
};

/** The ends of one channel of one batch: n >= 1 finite values. */
struct qs_extent {
	float least, most;
	uint64_t n;
};

/** What one batch says about one channel. */
struct qs_verdict {
	double scale;       /**< positive and finite */
	int64_t zero_point; /**< 0 when symmetric */
	double float_max;   /**< the threshold that the scale comes from, in units of the data */
};

/**
 * A calibration method: what one channel of one batch says by itself. All else is the same for
 * every method and done by observers: finding the ends, refusing what is not finite, keeping the
 * verdicts of batches, making one of several, saving and merging them.
 *
 * A function returns QS_OK, QS_NOMEM, or QS_INVALID or QS_UNSUPPORTED after adding a finding. A
 * method to which the ends say everything has `decide` alone.
 */
struct qs_calibrator {
	struct qs_plugin plugin;
	/**
	 * Starts on a channel whose ends are known. `*ret_state` is NULL at first; when it stays
	 * so, the values are not gone through. The calibration stays as it is until `end`.
	 */
	enum qs_status (*begin)(const struct qs_calibration *calibration,
	    const struct qs_extent *extent, void **ret_state);
	/** Takes in values of the channel: all of them once, in row-major order, in pieces. */
	enum qs_status (*observe)(void *state, const float *values, size_t n);
	/** Decides when all values were seen; `state` is NULL without one. */
	enum qs_status (*decide)(const struct qs_calibration *calibration,
	    const struct qs_extent *extent, void *state, struct qs_verdict *ret_verdict);
	/** Releases a state. */
	void (*end)(void *state);
	/**
	 * Optional: takes in what another state of the same channel has seen, whose values come
	 * behind its own. Both were begun alike, and either may have seen nothing. With it long
	 * channels are divided by their length alone, the shares have states of their own that are
	 * merged in their order, and several threads may use different states at once: `observe`
	 * adds no finding then.
	 */
	enum qs_status (*merge)(void *state, const void *other);
};

/**
 * The verdict of symmetric data under a threshold >= 0, by the scale law. A scale that is not above
 * the smallest normal double becomes 2^-18, as in vai_q_pytorch.
 */
QS_API struct qs_verdict qs_calib_symmetric(
    const struct qs_calibration *calibration, double threshold);
/** The verdict of asymmetric data from `least` to `most`, which go to both ends of the range. */
QS_API struct qs_verdict qs_calib_asymmetric(
    const struct qs_calibration *calibration, double least, double most);
/**
 * The verdict of a binary point: scale = 2^-position, where positions above 12 (15 for more than 8
 * bits) count as that.
 */
QS_API struct qs_verdict qs_calib_binary(const struct qs_calibration *calibration, int position);

/* ---- shared objects -------------------------------------------------------------------------- */

/**
 * What a shared object with plug-ins defines, as `const struct qs_plugin_set qstrata_plugin`. It
 * needs nothing of the library, unless it calls it. The lists end with NULL; NULL is an empty one.
 */
struct qs_plugin_set {
	unsigned abi; /**< QS_PLUGIN_ABI */
	const struct qs_quantizer *const *quantizers;
	const struct qs_calibrator *const *calibrators;
	const struct qs_rounding *const *roundings;
};

/** The name of that symbol. */
#define QS_PLUGIN_SYMBOL "qstrata_plugin"

/* ---- registry -------------------------------------------------------------------------------- */

/** The plug-ins that a run may use. Nothing in it changes once registration is over. */
struct qs_registry;

/** A registry takes at most this many plug-ins of a kind beside the built-in ones. */
#define QS_PLUGIN_LIMIT 32

/** A registry with the built-in plug-ins. NULL when memory ran out. */
QS_API struct qs_registry *qs_registry_new(void);
/**
 * Lets large tensors be worked on by `n_threads` threads, at most 256 and the caller's among them;
 * 0 is one for each processor. A new registry has none but the caller's. Results are the same, to
 * the bit, however many there are. Not while the registry is in use. May return QS_NOMEM.
 */
QS_API enum qs_status qs_registry_use_threads(struct qs_registry *registry, size_t n_threads);
/** Releases a registry; NULL is fine. */
QS_API void qs_registry_free(struct qs_registry *registry);

/**
 * Registers a plug-in. QS_INVALID with a finding when its ABI is another, its name is not made of
 * lower-case letters, digits and "_", the name is taken, or an obligatory function is missing.
 */
QS_API enum qs_status qs_registry_add_quantizer(struct qs_registry *registry,
    const struct qs_quantizer *quantizer, struct qs_findings *findings);
QS_API enum qs_status qs_registry_add_calibrator(struct qs_registry *registry,
    const struct qs_calibrator *calibrator, struct qs_findings *findings);
QS_API enum qs_status qs_registry_add_rounding(
    struct qs_registry *registry, const struct qs_rounding *rounding, struct qs_findings *findings);

/**
 * Registers all plug-ins of a shared object, which stays loaded until the registry is freed. A path
 * without "/" is searched as dlopen() does. Loading runs code of the file: load what you trust.
 * QS_IO with a finding when it cannot be loaded, QS_INVALID with one for each plug-in that is
 * refused.
 */
QS_API enum qs_status qs_registry_load(
    struct qs_registry *registry, const char *path, struct qs_findings *findings);

/**
 * The plug-in of a name ("int", "maxmin", "half_even"); NULL when there is none, or for a NULL
 * name.
 */
QS_API const struct qs_quantizer *qs_registry_quantizer(
    const struct qs_registry *registry, const char *name);
QS_API const struct qs_calibrator *qs_registry_calibrator(
    const struct qs_registry *registry, const char *name);
QS_API const struct qs_rounding *qs_registry_rounding(
    const struct qs_registry *registry, const char *name);

/**
 * The words of all plug-ins but the built-in ones, for struct qs_policy_options: how a config names
 * them. Borrowed; it changes with the next registration.
 */
QS_API const struct qs_vocabulary *qs_registry_vocabulary(struct qs_registry *registry);

/** The plug-ins of a kind in order of registration; NULL past the last. */
QS_API const struct qs_plugin *qs_registry_at(
    const struct qs_registry *registry, enum qs_plugin_kind kind, size_t index);

#ifdef __cplusplus
}
#endif

#endif
