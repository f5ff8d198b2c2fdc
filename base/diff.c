/* SPDX-License-Identifier: Apache-2.0 */
/* Unified diffs: what `diff -u` prints, and `patch` takes. */
#include "base/diff.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT 3

/* Texts that differ in more lines than this are not compared line by line. */
#define EFFORT 1000

struct lines {
	const char **starts; /* one more than there are lines: the last is the end */
	bool *differs;       /* the other text does not have the line here */
	size_t n;
};

struct comparison {
	struct lines old, new;
	const char *name;
};

static bool split(const char *text, size_t size, struct lines *ret_lines)
{
	const char *const end = text + size;
	size_t n = 0;

	for (const char *at = text; at < end; n++) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));

		at = feed ? feed + 1 : end;
	}
	ret_lines->starts = malloc((n + 1) * sizeof(*ret_lines->starts));
	ret_lines->differs = calloc(n + 1, sizeof(*ret_lines->differs));
	if (!ret_lines->starts || !ret_lines->differs)
		return false;
	ret_lines->starts[0] = text;
	for (size_t i = 0; i < n; i++) {
		const char *feed =
		    memchr(ret_lines->starts[i], '\n', (size_t)(end - ret_lines->starts[i]));

		ret_lines->starts[i + 1] = feed ? feed + 1 : end;
	}
	ret_lines->n = n;
	return true;
}

static void release(struct lines *lines)
{
	free(lines->starts);
	free(lines->differs);
}

static bool same(const struct comparison *comparison, size_t i, size_t j)
{
	const char *const *old = comparison->old.starts + i, *const *new =
								 comparison->new.starts + j;
	const size_t size = (size_t)(old[1] - old[0]);

	return size == (size_t)(new[1] - new[0]) && memcmp(old[0], new[0], size) == 0;
}

/* Marks the lines of the middle on the way back through the rounds of the search. `reached` holds
 * a row of 2 * EFFORT + 1 for each round. */
static void trace_back(
    struct comparison *comparison, size_t first, const int *reached, int round, int x, int y)
{
	for (; round > 0; round--) {
		const int *row = reached + (size_t)(round - 1) * (2 * EFFORT + 1) + EFFORT;
		const int k = x - y;
		const bool down = k == -round || (k != round && row[k - 1] < row[k + 1]);
		const int before = down ? k + 1 : k - 1;

		x = row[before];
		y = x - before;
		if (down)
			comparison->new.differs[first + (size_t)y] = true;
		else
			comparison->old.differs[first + (size_t)x] = true;
	}
}

/* The shortest way from one middle to the other (Myers 1986): round by round the furthest line of
 * the old text that as many differences reach, on each diagonal k = x - y. */
static bool search(struct comparison *comparison, size_t first, size_t n_old, size_t n_new)
{
	const size_t row_size = 2 * EFFORT + 1;
	int *reached = NULL, *row;
	bool found = false;

	for (int round = 0; round < EFFORT && !found; round++) {
		int *more = realloc(reached, (size_t)(round + 1) * row_size * sizeof(*reached));

		if (!more)
			break;
		reached = more;
		row = reached + (size_t)round * row_size;
		if (round)
			memcpy(row, row - row_size, row_size * sizeof(*row));
		row += EFFORT;
		for (int k = -round; k <= round && !found; k += 2) {
			const bool down = k == -round || (k != round && row[k - 1] < row[k + 1]);
			int x = round == 0 ? 0 : down ? row[k + 1] : row[k - 1] + 1;
			int y = x - k;

			while (x >= 0 && y >= 0 && (size_t)x < n_old && (size_t)y < n_new &&
			       same(comparison, first + (size_t)x, first + (size_t)y)) {
				x++;
				y++;
			}
			row[k] = x;
			found = (size_t)x >= n_old && y >= 0 && (size_t)y >= n_new;
			if (found)
				trace_back(comparison, first, reached, round, x, y);
		}
	}
	free(reached);
	return found;
}

/* Marks what differs: nothing in common ends, and as little as the search finds between them. */
static void compare(struct comparison *comparison)
{
	struct lines *old = &comparison->old, *new = &comparison->new;
	size_t first = 0, end = 0;

	while (first < old->n && first < new->n &&same(comparison, first, first))
		first++;
	while (end < old->n - first &&
	       end < new->n - first &&same(comparison, old->n - 1 - end, new->n - 1 - end))
		end++;
	if (search(comparison, first, old->n - first - end, new->n - first - end))
		return;
	memset(old->differs + first, true, old->n - first - end);
	memset(new->differs + first, true, new->n - first - end);
}

static void write_line(struct qs_text *text, char mark, const struct lines *lines, size_t i)
{
	const size_t size = (size_t)(lines->starts[i + 1] - lines->starts[i]);

	qs_text_add(text, &mark, 1);
	qs_text_add(text, lines->starts[i], size);
	if (lines->starts[i][size - 1] != '\n')
		qs_text_adds(text, "\n\\ No newline at end of file\n");
}

static void write_range(struct qs_text *text, char mark, size_t first, size_t n)
{
	/* A range without lines is named by the line before it. */
	qs_text_addf(text, n == 1 ? "%c%zu" : "%c%zu,%zu", mark, n ? first + 1 : first, n);
}

/* Lines from one pair of places to another that both texts have or that differ. */
static void write_hunk(const struct comparison *comparison, size_t i, size_t j, size_t i_end,
    size_t j_end, struct qs_text *text)
{
	const struct lines *old = &comparison->old, *new = &comparison->new;

	qs_text_adds(text, "@@ ");
	write_range(text, '-', i, i_end - i);
	qs_text_adds(text, " ");
	write_range(text, '+', j, j_end - j);
	qs_text_adds(text, " @@\n");
	while (i < i_end || j < j_end) {
		if (i < i_end && old->differs[i]) {
			write_line(text, '-', old, i++);
		} else if (j < j_end && new->differs[j]) {
			write_line(text, '+', new, j++);
		} else {
			write_line(text, ' ', old, i++);
			j++;
		}
	}
}

/* Differences with at most twice the context between them are one hunk. */
static void write_hunks(const struct comparison *comparison, struct qs_text *text)
{
	const struct lines *old = &comparison->old, *new = &comparison->new;
	size_t i = 0, j = 0, same_before = 0;

	while (i < old->n || j < new->n) {
		size_t i_end, j_end, n_same = 0, lead;

		if (!old->differs[i] && !new->differs[j]) {
			i++;
			j++;
			same_before++;
			continue;
		}
		lead = same_before < CONTEXT ? same_before : CONTEXT;
		i_end = i;
		j_end = j;
		while ((i_end < old->n || j_end < new->n) && n_same <= 2 * CONTEXT) {
			const bool both = !old->differs[i_end] && !new->differs[j_end];

			n_same = both ? n_same + 1 : 0;
			i_end += both || old->differs[i_end];
			j_end += both || new->differs[j_end];
		}
		n_same = n_same > CONTEXT ? n_same - CONTEXT : 0;
		write_hunk(comparison, i - lead, j - lead, i_end - n_same, j_end - n_same, text);
		i = i_end;
		j = j_end;
		same_before = n_same;
	}
}

void qs_text_diff(const char *name, const char *old, size_t old_size, const char *new,
    size_t new_size, struct qs_text *text)
{
	struct comparison comparison = {{NULL, NULL, 0}, {NULL, NULL, 0}, name};

	if (!split(old, old_size, &comparison.old) || !split(new, new_size, &comparison.new)) {
		text->failed = true;
	} else if (old_size != new_size || memcmp(old, new, old_size) != 0) {
		compare(&comparison);
		qs_text_addf(text, "--- %s\n+++ %s\n", name, name);
		write_hunks(&comparison, text);
	}
	release(&comparison.old);
	release(&comparison.new);
}

enum qs_status qs_source_diff(
    const struct qs_source *from, const struct qs_source *to, struct qs_text *text)
{
	size_t old_size, new_size;
	const char *old = qs_source_text(from, &old_size), *new = qs_source_text(to, &new_size);

	qs_text_diff(qs_source_name(from), old, old_size, new, new_size, text);
	return qs_text_status(text);
}
