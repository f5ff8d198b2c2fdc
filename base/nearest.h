/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean": the known word nearest to an unknown one.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Edit distance (insert, delete, replace, swap of neighbours; case and "-"/"_" differ by a half)
 * between two words, in half steps, or anything above `limit` as soon as it is known to be above.
 */
unsigned qs_edit_distance(
    const char *a, size_t a_size, const char *b, size_t b_size, unsigned limit);

/* A search for the nearest of many words. Offer each candidate once; `best` is NULL when none is
 * near. */
struct qs_nearest {
	const char *word;
	size_t size;
	unsigned distance; /* of best, in half steps; the limit while there is none */
	const char *best;
	bool tie; /* two candidates are equally near */
};

/* Starts a search; a candidate is near when about a third of the word, at least one letter,
 * differs. */
struct qs_nearest qs_nearest_to(const char *word, size_t size);

/* Offers a candidate, which is borrowed. */
void qs_nearest_offer(struct qs_nearest *nearest, const char *candidate);

#endif
