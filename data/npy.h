/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays in .npy files, as NumPy saves them.
 */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include "numbers/array.h"

/* The largest file that is read: 4 GiB. */
#define QS_NPY_LIMIT ((size_t)1 << 32)

/*
 * Reads versions 1.0 to 3.0, numbers of either byte order, C or Fortran order; the array is in C
 * order and this machine's byte order. QS_IO, QS_INVALID or QS_UNSUPPORTED with a finding that
 * names the file.
 */
enum qs_status qs_npy_read(
    const char *path, struct qs_findings *findings, struct qs_array *ret_array);

/*
 * Makes an array of the bytes of a file, which were malloc'ed and are taken over when it succeeds.
 * QS_INVALID or QS_UNSUPPORTED with a finding about the subject.
 */
enum qs_status qs_npy_parse(unsigned char *bytes, size_t size, const struct qs_subject *subject,
    struct qs_array *ret_array);

/*
 * Writes version 1.0, least byte first. QS_IO with a finding; QS_UNSUPPORTED with one for bfloat16,
 * which .npy files cannot hold.
 */
enum qs_status qs_npy_write(
    const char *path, const struct qs_array *array, struct qs_findings *findings);

#endif
