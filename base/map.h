/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from strings to numbers, mostly indices into an array of the caller.
 *
 * Keys are borrowed: they outlive the map. There is no removal, since nothing needs it.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* What a search gives for a key that is not there. */
#define QS_MAP_NONE ((size_t)-1)

struct qs_map_slot {
	const char *key; /* NULL: free */
	size_t hash, value;
};

struct qs_map {
	struct qs_map_slot *slots;
	size_t n_slots; /* 0 or a power of two */
	size_t n_keys;
};

#define QS_MAP_INIT                                                                                \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

/* Releases the map's memory. The map may be used again. */
void qs_map_done(struct qs_map *map);

/* Sets the value of a key, new or not. False when memory ran out; the map is as before then. */
bool qs_map_set(struct qs_map *map, const char *key, size_t value);

/* The value of a key, or QS_MAP_NONE. */
size_t qs_map_get(const struct qs_map *map, const char *key);

#endif
