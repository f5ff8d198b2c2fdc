/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4), for comparing results with those of golden files.
 */
#ifndef TESTS_UNIT_SHA256_H
#define TESTS_UNIT_SHA256_H

#include <stddef.h>

/* The digest of bytes as 64 hexadecimal digits and a NUL. */
void sha256_hex(const void *bytes, size_t size, char ret_hex[65]);

#endif
