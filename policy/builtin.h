/* SPDX-License-Identifier: Apache-2.0 */
/* The profiles and rule sets of schemas/, embedded when the library is built: profiles first. */
#ifndef POLICY_BUILTIN_H
#define POLICY_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

struct qs_builtin {
	const char *name; /* of the file */
	bool is_profile;
	const char *text; /* NUL-terminated */
	size_t size;
};

extern const struct qs_builtin qs_builtin[];
extern const size_t qs_n_builtin;

#endif
