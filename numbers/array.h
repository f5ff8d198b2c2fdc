/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays of any element type, in row-major order and the machine's byte order, and how a shape is
 * seen along an axis.
 */
#ifndef NUMBERS_ARRAY_H
#define NUMBERS_ARRAY_H

#include "qstrata/plugin.h"

/* Dimensions at most; NumPy's own limit before version 2. */
#define QS_ARRAY_RANK_LIMIT 32

/* An array that owns its data. */
struct qs_array {
	enum qs_element element;
	size_t rank;                       /* 0: a single value */
	int64_t dims[QS_ARRAY_RANK_LIMIT]; /* none negative */
	size_t n_values;                   /* the product of dims */
	void *data;                        /* malloc'ed, n_values elements; never NULL in use */
};

/* Releases the data; fine on an array of zeros. */
void qs_array_done(struct qs_array *array);

/* The word of an element type, "float32". */
const char *qs_element_word(enum qs_element element);

/* Its size in bytes. */
size_t qs_element_size(enum qs_element element);

/*
 * The product of dimensions. False when one is negative or the product, times `size` bytes, is more
 * than a size_t or int64_t can say; a dimension of 0 does not excuse the others.
 */
bool qs_array_count(const int64_t *dims, size_t rank, size_t size, size_t *ret_count);

/*
 * The values as float32, malloc'ed and never NULL on success: float64 to the nearest, integers to
 * the nearest, booleans to 0 and 1. May return QS_NOMEM.
 */
enum qs_status qs_array_floats(const struct qs_array *array, float **ret_values);

/* The same of `n` elements into a buffer; an element type that is none gives zeros. */
void qs_element_floats(enum qs_element element, const void *in, size_t n, float *out);

/* Whether an element type is float32, float16 or bfloat16. */
bool qs_element_is_float32_or_half(enum qs_element element);

/*
 * Makes an array of one of these types one of another: exactly, or to the nearest, ties to even.
 * May return QS_NOMEM, and QS_BUG for other types.
 */
enum qs_status qs_array_convert(struct qs_array *array, enum qs_element element);

/* Turns values that stand in one byte order into the machine's, or the other way round. */
void qs_array_order_bytes(struct qs_array *array, bool big_endian);
void qs_element_order_bytes(enum qs_element element, void *values, size_t n, bool big_endian);

/*
 * A shape seen along an axis, or as one run for the axis -1. False when the axis is not one of the
 * shape's or the shape cannot be counted.
 */
bool qs_layout_of(const int64_t *dims, size_t rank, int axis, struct qs_layout *ret_layout);

/* How many values a layout has. */
size_t qs_layout_count(struct qs_layout layout);

#endif
