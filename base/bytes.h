/* SPDX-License-Identifier: Apache-2.0 */
/* The order of bytes in numbers. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this machine stores the most significant byte first. */
bool qs_bytes_are_big_endian(void);

/* Turns the bytes of each of `n` numbers of `size` bytes round. */
void qs_bytes_turn(void *numbers, size_t n, size_t size);

#endif
