/* SPDX-License-Identifier: Apache-2.0 */
/* The order of bytes in numbers. */
#include "base/bytes.h"

#include <stdint.h>
#include <string.h>

bool qs_bytes_are_big_endian(void)
{
	const uint16_t one = 1;
	unsigned char first;

	memcpy(&first, &one, 1);
	return first == 0;
}

void qs_bytes_turn(void *numbers, size_t n, size_t size)
{
	unsigned char *bytes = numbers;

	for (size_t i = 0; i < n; i++, bytes += size) {
		for (size_t a = 0, b = size; a + 1 < b; a++, b--) {
			const unsigned char byte = bytes[a];

			bytes[a] = bytes[b - 1];
			bytes[b - 1] = byte;
		}
	}
}
