/* SPDX-License-Identifier: Apache-2.0 */
/* What a character of UTF-8 is. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* The length of the well-formed sequence at `s` within `size` bytes (Unicode 15, table 3-7), or
 * 0. */
static inline size_t qs_utf8_length(const unsigned char *s, size_t size)
{
	const unsigned char c = size ? s[0] : 0;
	unsigned char low = 0x80, high = 0xBF;
	size_t n;

	if (c < 0x80)
		return size != 0;
	if (c < 0xC2 || c > 0xF4)
		return 0;
	n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	if (c == 0xE0)
		low = 0xA0;
	if (c == 0xED)
		high = 0x9F;
	if (c == 0xF0)
		low = 0x90;
	if (c == 0xF4)
		high = 0x8F;
	if (n > size || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	}
	return n;
}

#endif
