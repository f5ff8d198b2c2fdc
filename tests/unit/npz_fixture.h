/* SPDX-License-Identifier: Apache-2.0 */
/* Files of arrays that tests write: .npy from floats, and .npz archives. */
#ifndef TESTS_NPZ_FIXTURE_H
#define TESTS_NPZ_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/finding.h"

struct npy_bytes {
	char *data; /* malloc'ed */
	size_t size;
};

/* A .npy file of a type ("<f4") with elements of a size, taken from `elements`. */
struct npy_bytes npy_make(
    const char *type, const int64_t *dims, size_t rank, const void *elements, size_t size);

/* A .npy file of float32: first, first + 1, first + 2 ... */
struct npy_bytes npy_floats(const int64_t *dims, size_t rank, float first);

/* A file of an archive: NAME.npy, or NAME when the name has a suffix. */
struct npz_member {
	const char *name;
	struct npy_bytes bytes; /* npz_write() takes them over */
};

void npz_write(const char *path, const struct npz_member *members, size_t n, bool deflate);

/* Whole files; the test fails when that does not work. */
void write_bytes(const char *path, const void *bytes, size_t size);
void write_npy(const char *path, struct npy_bytes bytes);
struct npy_bytes read_bytes(const char *path);

#endif
