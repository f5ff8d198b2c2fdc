/* SPDX-License-Identifier: Apache-2.0 */
/* A map from strings to numbers: open addressing, linear probing, at most three quarters full. */
#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS ((size_t)16)

void qs_map_done(struct qs_map *map)
{
	free(map->slots);
	*map = (struct qs_map)QS_MAP_INIT;
}

/* FNV-1a, folded so that the low bits, which pick the slot, depend on all the others. */
static size_t hash_of(const char *key)
{
	uint64_t hash = 0xcbf29ce484222325U;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 0x100000001b3U;
	return (size_t)(hash ^ hash >> 32);
}

/* The slot that holds the key, or the free one where it would go. */
static struct qs_map_slot *find(const struct qs_map *map, const char *key, size_t hash)
{
	const size_t mask = map->n_slots - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct qs_map_slot *slot = &map->slots[i];

		if (!slot->key || (slot->hash == hash && strcmp(slot->key, key) == 0))
			return slot;
	}
}

static bool grow(struct qs_map *map)
{
	struct qs_map larger = {NULL, map->n_slots ? map->n_slots * 2 : FIRST_SLOTS, map->n_keys};

	larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < map->n_slots; i++) {
		if (map->slots[i].key)
			*find(&larger, map->slots[i].key, map->slots[i].hash) = map->slots[i];
	}
	free(map->slots);
	*map = larger;
	return true;
}

bool qs_map_set(struct qs_map *map, const char *key, size_t value)
{
	const size_t hash = hash_of(key);
	struct qs_map_slot *slot;

	if (map->n_keys >= map->n_slots / 4 * 3 && !grow(map))
		return false;
	slot = find(map, key, hash);
	if (!slot->key)
		map->n_keys++;
	*slot = (struct qs_map_slot){key, hash, value};
	return true;
}

size_t qs_map_get(const struct qs_map *map, const char *key)
{
	const struct qs_map_slot *slot;

	if (!map->n_keys)
		return QS_MAP_NONE;
	slot = find(map, key, hash_of(key));
	return slot->key ? slot->value : QS_MAP_NONE;
}
