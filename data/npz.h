/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named arrays in .npz files: ZIP archives of .npy files, as numpy.savez() and savez_compressed()
 * write them.
 */
#ifndef DATA_NPZ_H
#define DATA_NPZ_H

#include "numbers/array.h"

struct qs_npz;

/* Opens an archive. QS_IO with a finding when it cannot be read, QS_INVALID when it is none. */
enum qs_status qs_npz_open(const char *path, struct qs_findings *findings, struct qs_npz **ret_npz);
void qs_npz_free(struct qs_npz *npz);

/* How many arrays there are, and the name of one: that of its file without ".npy". The name lasts
 * as long as the archive is open. */
size_t qs_npz_count(const struct qs_npz *npz);
const char *qs_npz_name(const struct qs_npz *npz, size_t index);

/* Reads an array. QS_INVALID or QS_UNSUPPORTED with a finding. */
enum qs_status qs_npz_read(struct qs_npz *npz, size_t index, struct qs_array *ret_array);

#endif
