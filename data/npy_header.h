/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a .npy file: a Python dictionary with the keys 'descr', 'fortran_order' and
 * 'shape'. Source: NumPy's format description, versions 1.0 to 3.0 (numpy.lib.format).
 */
#ifndef DATA_NPY_HEADER_H
#define DATA_NPY_HEADER_H

#include "qstrata/plugin.h"

#include "numbers/array.h"

/* What a header says. */
struct qs_npy_header {
	enum qs_element element;
	bool big_endian, fortran_order;
	size_t rank;
	int64_t dims[QS_ARRAY_RANK_LIMIT];
	size_t begin; /* of the data in the file */
};

/*
 * Reads the header from the first bytes of a file. QS_INVALID with a finding when it is not well
 * formed or the shape cannot be; QS_UNSUPPORTED with a finding when the elements are of another
 * type.
 */
enum qs_status qs_npy_header_read(const unsigned char *bytes, size_t size,
    const struct qs_subject *subject, struct qs_npy_header *ret_header);

/*
 * How many values the shape has, which the rest of a file of `size` bytes must hold. QS_INVALID
 * with a finding when it does not.
 */
enum qs_status qs_npy_header_count(const struct qs_npy_header *header, uint64_t size,
    const struct qs_subject *subject, size_t *ret_n_values);

/*
 * Adds a header of version 1.0 for elements of this machine's type `descr`, padded so that the data
 * begins at a multiple of 64.
 */
void qs_npy_header_write(
    const int64_t *dims, size_t rank, bool fortran_order, const char *descr, struct qs_text *text);

/*
 * How NumPy writes an element type, least byte first: "<f4"; NULL for bfloat16, which it does not
 * know.
 */
const char *qs_npy_header_descr(enum qs_element element);

#endif
