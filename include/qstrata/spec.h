/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one tensor is to become, as plain numbers: the parameters of a quantization without where
 * they come from. The policy ends in it, the engine starts from it.
 *
 * The words that a config may use stand here once, set by set: QS_<SET>_LIST(X) gives X(SET, ID,
 * "word", "meaning") for every word, in the order in which people are shown them. The enum of a set
 * is made from its list. Source: Vitis AI UG1414 3.5, "quantization strategy configuration", and
 * vai_q_pytorch 3.5.
 */
#ifndef QSTRATA_SPEC_H
#define QSTRATA_SPEC_H

#include "qstrata/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QS_DATATYPE_LIST(X)                                                                        \
	X(DATATYPE, INT, "int", "integers with a scale and a zero point")                          \
	X(DATATYPE, BFLOAT16, "bfloat16", "8 bits of exponent, 7 of fraction")                     \
	X(DATATYPE, FLOAT16, "float16", "IEEE 754 binary16: 5 bits of exponent, 10 of fraction")   \
	X(DATATYPE, FLOAT32, "float32", "IEEE 754 binary32: the tensor stays as it is")

#define QS_METHOD_LIST(X)                                                                          \
	X(METHOD, MAXMIN, "maxmin", "from the smallest and the largest value")                     \
	X(METHOD, PERCENTILE, "percentile",                                                        \
	    "the magnitude that a share of the values stays below")                                \
	X(METHOD, ENTROPY, "entropy", "least Kullback-Leibler divergence")                         \
	X(METHOD, MSE, "mse", "least squared error over candidate thresholds")                     \
	X(METHOD, DIFFS, "diffs", "least squared error over five neighbouring powers of two")

#define QS_ROUND_MODE_LIST(X)                                                                      \
	X(ROUND_MODE, HALF_EVEN, "half_even", "nearest, ties to the even integer")                 \
	X(ROUND_MODE, HALF_UP, "half_up", "nearest, ties toward plus infinity")                    \
	X(ROUND_MODE, HALF_DOWN, "half_down", "nearest, ties toward zero")                         \
	X(ROUND_MODE, STD_ROUND, "std_round", "nearest, ties away from zero")

#define QS_SCALE_TYPE_LIST(X)                                                                      \
	X(SCALE_TYPE, FLOAT, "float", "any positive scale")                                        \
	X(SCALE_TYPE, POWEROFTWO, "poweroftwo", "a power of two: a position of the binary point")

#define QS_STATISTIC_LIST(X)                                                                       \
	X(STATISTIC, MODAL, "modal", "the most frequent scale of the batches")                     \
	X(STATISTIC, MAX, "max", "the largest scale of the batches")                               \
	X(STATISTIC, MEAN, "mean", "the mean of the batches' scales")                              \
	X(STATISTIC, MEDIAN, "median", "the median of the batches' scales")

#define QS_DEVICE_LIST(X)                                                                          \
	X(DEVICE, DPU, "DPU", "deep learning processor units")                                     \
	X(DEVICE, CPU, "CPU", "processors")                                                        \
	X(DEVICE, GPU, "GPU", "graphics processors")                                               \
	X(DEVICE, FLEXML, "FLEXML", "AI engines programmed through FlexML")

#define QS_TENSOR_LIST(X)                                                                          \
	X(TENSOR, INPUT, "input", "what the model or a layer reads")                               \
	X(TENSOR, WEIGHTS, "weights", "the constant operand of a layer")                           \
	X(TENSOR, BIAS, "bias", "the constant that a layer adds")                                  \
	X(TENSOR, ACTIVATION, "activation", "what a layer computes")

#define QS_WORD_ID(SET, ID, word, meaning) QS_##SET##_##ID,

enum qs_datatype {
	QS_DATATYPE_LIST(QS_WORD_ID) QS_DATATYPE__COUNT
};
enum qs_method {
	QS_METHOD_LIST(QS_WORD_ID) QS_METHOD__COUNT
};
enum qs_round_mode {
	QS_ROUND_MODE_LIST(QS_WORD_ID) QS_ROUND_MODE__COUNT
};
enum qs_scale_type {
	QS_SCALE_TYPE_LIST(QS_WORD_ID) QS_SCALE_TYPE__COUNT
};
enum qs_statistic {
	QS_STATISTIC_LIST(QS_WORD_ID) QS_STATISTIC__COUNT
};
enum qs_device {
	QS_DEVICE_LIST(QS_WORD_ID) QS_DEVICE__COUNT
};
enum qs_tensor {
	QS_TENSOR_LIST(QS_WORD_ID) QS_TENSOR__COUNT
};

/** The parameters, as in params.def. */
enum qs_param {
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, since, help) QS_PARAM_##ID,
#include "qstrata/params.def"
#undef PARAM
	QS_PARAM__COUNT
};

/**
 * The effective parameters of one tensor: one field a parameter (params.def names it). Choices hold
 * a value of the enum of their set. Parameters that do not apply (all but the datatype, for a
 * datatype other than int) hold their defaults.
 */
struct qs_spec {
#define QS_FIELD_BOOL bool
#define QS_FIELD_INT int
#define QS_FIELD_REAL double
#define QS_FIELD_CHOICE int
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, since, help)               \
	QS_FIELD_##KIND field;
#include "qstrata/params.def"
#undef PARAM
#undef QS_FIELD_BOOL
#undef QS_FIELD_INT
#undef QS_FIELD_REAL
#undef QS_FIELD_CHOICE
};

/**
 * Words that plug-ins add to those above, a list a parameter. In a spec the first of a list has the
 * value behind the last of the parameter's own set, and so on.
 */
struct qs_vocabulary {
	const char *const *words[QS_PARAM__COUNT];
	size_t n_words[QS_PARAM__COUNT];
};

/** The integers of a format: both ends are inside. */
struct qs_int_range {
	int64_t min, max;
};

/**
 * The integers that a spec of datatype int quantizes to: signed and symmetric gives
 * -2^(b-1) (+1 with narrow_range) .. 2^(b-1)-1, anything else 0 .. 2^b-1 (as vai_q_pytorch has it).
 */
QS_API struct qs_int_range qs_spec_int_range(const struct qs_spec *spec);

/** The built-in defaults of a tensor kind, which are those of a DPU. */
QS_API struct qs_spec qs_spec_default(enum qs_tensor tensor);

/** The word of a value: qs_word_datatype(QS_DATATYPE_INT) is "int". NULL for a value outside. */
QS_API const char *qs_datatype_word(enum qs_datatype value);
QS_API const char *qs_method_word(enum qs_method value);
QS_API const char *qs_round_mode_word(enum qs_round_mode value);
QS_API const char *qs_statistic_word(enum qs_statistic value);
QS_API const char *qs_tensor_word(enum qs_tensor value);

#ifdef __cplusplus
}
#endif

#endif
