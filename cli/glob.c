/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of paths. There are two places to go back to: the last "*", which takes one byte more,
 * and the last "**", which takes one folder more. Earlier ones cannot help: what lies between them
 * and the last was matched as early as possible.
 */
#include "cli/glob.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* ---- sets ------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*has)(int c);
} classes[] = {
    {"[:alnum:]", isalnum},
    {"[:alpha:]", isalpha},
    {"[:blank:]", isblank},
    {"[:cntrl:]", iscntrl},
    {"[:digit:]", isdigit},
    {"[:graph:]", isgraph},
    {"[:lower:]", islower},
    {"[:print:]", isprint},
    {"[:punct:]", ispunct},
    {"[:space:]", isspace},
    {"[:upper:]", isupper},
    {"[:xdigit:]", isxdigit},
};

/* One byte of a set, behind a "\" if there is one. */
static unsigned char take_byte(const char **set)
{
	if (**set == '\\' && (*set)[1])
		++*set;
	return (unsigned char)*(*set)++;
}

/* One member of a set, a class, a range or a byte; whether it has the byte. */
static bool take_member(const char **set, unsigned char byte)
{
	unsigned char first, last;

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		const size_t size = strlen(classes[i].name);

		if (strncmp(*set, classes[i].name, size) == 0) {
			*set += size;
			return classes[i].has(byte);
		}
	}
	first = last = take_byte(set);
	if (**set == '-' && (*set)[1] && (*set)[1] != ']') {
		++*set;
		last = take_byte(set);
	}
	return first <= byte && byte <= last;
}

/* The end of a set that starts behind its "[", if it takes the byte; else NULL. */
static const char *match_set(const char *set, unsigned char byte)
{
	const bool inverted = *set == '!' || *set == '^';
	bool found = false;

	set += inverted;
	do {
		if (!*set)
			return NULL;
		if (take_member(&set, byte))
			found = true;
	} while (*set != ']');
	return found != inverted ? set + 1 : NULL;
}

/* ---- patterns -------------------------------------------------------------------------------- */

/* What is behind the one byte that the pattern takes here; NULL when it takes another. */
static const char *match_byte(const char *glob, char byte)
{
	if (*glob == '[')
		return byte == '/' ? NULL : match_set(glob + 1, (unsigned char)byte);
	if (*glob == '?')
		return byte == '/' ? NULL : glob + 1;
	if (*glob == '\\' && glob[1])
		glob++;
	return *glob == byte ? glob + 1 : NULL;
}

/* Whether a part "**" starts here. */
static bool is_deep(const char *start, const char *glob)
{
	return glob[0] == '*' && glob[1] == '*' && (glob[2] == '/' || !glob[2]) &&
	       (glob == start || glob[-1] == '/');
}

bool glob_matches(const char *glob, const char *path)
{
	const char *start = glob, *star = NULL, *star_path = NULL, *deep = NULL, *deep_path = NULL;

	for (;;) {
		const char *next;

		if (is_deep(start, glob)) {
			if (!glob[2])
				return *path != '\0';
			deep = glob += 3;
			deep_path = path;
			star = NULL;
		} else if (*glob == '*') {
			star = glob += strspn(glob, "*");
			star_path = path;
		} else if (*path && *glob && (next = match_byte(glob, *path))) {
			glob = next;
			path++;
		} else if (!*path && !*glob) {
			return true;
		} else if (star && *star_path && *star_path != '/') {
			glob = star;
			path = ++star_path;
		} else if (deep && (next = strchr(deep_path, '/'))) {
			glob = deep;
			path = deep_path = next + 1;
			star = NULL;
		} else {
			return false;
		}
	}
}
