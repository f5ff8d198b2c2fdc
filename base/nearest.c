/* SPDX-License-Identifier: Apache-2.0 */
/* The known word nearest to an unknown one. */
#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

/* Longer words are never misspellings of a key; the limit keeps the rows on the stack. */
#define LONGEST 128
#define STEP 2 /* one whole edit, in half steps */

static char fold(char c)
{
	return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static unsigned replace_cost(char a, char b)
{
	if (a == b)
		return 0;
	return fold(a) == fold(b) ? 1 : STEP;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment (Damerau 1964), three rows at a time. */
unsigned qs_edit_distance(
    const char *a, size_t a_size, const char *b, size_t b_size, unsigned limit)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	if (a_size > LONGEST || b_size > LONGEST)
		return limit + 1;
	for (size_t j = 0; j <= b_size; j++)
		last[j] = (unsigned)j * STEP;
	for (size_t i = 1; i <= a_size; i++) {
		unsigned best = row[0] = (unsigned)i * STEP;
		unsigned *free_row = before;

		for (size_t j = 1; j <= b_size; j++) {
			row[j] = least(last[j - 1] + replace_cost(a[i - 1], b[j - 1]),
			    least(last[j], row[j - 1]) + STEP);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + STEP);
			best = least(best, row[j]);
		}
		if (best > limit)
			return limit + 1;
		before = last;
		last = row;
		row = free_row;
	}
	return last[b_size];
}

struct qs_nearest qs_nearest_to(const char *word, size_t size)
{
	const unsigned third = (unsigned)(size > LONGEST ? LONGEST : size) * STEP / 3;

	return (struct qs_nearest){word, size, (third > STEP ? third : STEP) + 1, NULL, false};
}

/* "cpu" for "CPU": each letter is half an edit, but all of them together are one slip. */
static bool differs_in_case(const char *a, const char *b, size_t size)
{
	size_t i = 0;

	while (i < size && fold(a[i]) == fold(b[i]))
		i++;
	return i == size && memcmp(a, b, size) != 0;
}

void qs_nearest_offer(struct qs_nearest *nearest, const char *candidate)
{
	const size_t size = strlen(candidate);
	unsigned distance;

	if (size == nearest->size && differs_in_case(nearest->word, candidate, size))
		distance = 1;
	else
		distance = qs_edit_distance(
		    nearest->word, nearest->size, candidate, size, nearest->distance);

	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->best = candidate;
		nearest->tie = false;
	} else if (distance == nearest->distance && nearest->best) {
		nearest->tie = true;
	}
}
