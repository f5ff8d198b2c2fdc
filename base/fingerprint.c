/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints of bytes. */
#include "base/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t qs_fingerprint_add(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * 1099511628211U;
	return hash;
}

uint64_t qs_fingerprint(const void *bytes, size_t size)
{
	return qs_fingerprint_add(QS_FINGERPRINT_START, bytes, size);
}

void qs_fingerprint_write(uint64_t fingerprint, char ret_text[QS_FINGERPRINT_TEXT])
{
	snprintf(ret_text, QS_FINGERPRINT_TEXT, "fnv1a64:%016" PRIx64, fingerprint);
}
