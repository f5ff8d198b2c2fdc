/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints of bytes, for files that belong to others. They tell versions apart and are no
 * defence against somebody who wants two to be the same.
 */
#ifndef BASE_FINGERPRINT_H
#define BASE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

/* Room for a fingerprint as text, "fnv1a64:0123456789abcdef". */
#define QS_FINGERPRINT_TEXT 32

/* FNV-1a (Fowler, Noll, Vo) with 64 bits. */
uint64_t qs_fingerprint(const void *bytes, size_t size);

/* The same of bytes behind others, whose fingerprint is given; QS_FINGERPRINT_START for none. */
#define QS_FINGERPRINT_START UINT64_C(14695981039346656037)
uint64_t qs_fingerprint_add(uint64_t fingerprint, const void *bytes, size_t size);

/* A fingerprint as text. */
void qs_fingerprint_write(uint64_t fingerprint, char ret_text[QS_FINGERPRINT_TEXT]);

#endif
