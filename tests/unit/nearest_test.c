/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": distances between words, and the nearest of them. */
#include "base/nearest.h"

#include <string.h>

#include "tests/unit/data.h"

#define FAR 100

/* Half steps: a whole edit is 2. */
static void distances_count_edits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} rows[] = {
	    {"", "", 0},
	    {"", "abc", 6},
	    {"abc", "", 6},
	    {"method", "method", 0},
	    {"method", "metod", 2},
	    {"method", "methood", 2},
	    {"method", "mithod", 2},
	    {"method", "mehtod", 2}, /* neighbours that are swapped are one edit */
	    {"method", "Method", 1}, /* case is half an edit */
	    {"bit_width", "bit-width", 1},
	    {"BIT-WIDTH", "bit_width", 9},
	    {"kitten", "sitting", 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *a = rows[i].a, *b = rows[i].b;

		assert_int_equal(
		    qs_edit_distance(a, strlen(a), b, strlen(b), FAR), rows[i].distance);
		assert_int_equal(
		    qs_edit_distance(b, strlen(b), a, strlen(a), FAR), rows[i].distance);
	}
}

static void a_distance_above_the_limit_is_above_it(void **state)
{
	(void)state;
	assert_true(qs_edit_distance("abcdef", 6, "uvwxyz", 6, 3) > 3);
	assert_int_equal(qs_edit_distance("abcdef", 6, "abcdxf", 6, 2), 2);
}

static void long_words_are_far(void **state)
{
	char word[300];

	(void)state;
	memset(word, 'a', sizeof(word));
	assert_true(qs_edit_distance(word, 300, word, 300, 4) > 4);
	assert_int_equal(qs_edit_distance(word, 128, word, 128, 4), 0);
	assert_true(qs_edit_distance(word, 129, word, 128, 4) > 4);
}

static const char *nearest(const char *word, const char *const *known, bool *ret_tie)
{
	struct qs_nearest search = qs_nearest_to(word, strlen(word));

	for (; *known; known++)
		qs_nearest_offer(&search, *known);
	*ret_tie = search.tie;
	return search.best;
}

static void the_nearest_word_is_found(void **state)
{
	static const char *const known[] = {
	    "maxmin", "percentile", "entropy", "mse", "diffs", NULL};
	bool tie;

	(void)state;
	assert_string_equal(
	    nearest("minmax", (const char *const[]){"maxmim", "minmix", NULL}, &tie), "minmix");
	assert_string_equal(nearest("diff", known, &tie), "diffs");
	assert_false(tie);
	assert_string_equal(nearest("MSE", known, &tie), "mse"); /* case alone is always near */
	assert_string_equal(nearest("percentil", known, &tie), "percentile");
	assert_null(nearest("histogram", known, &tie));
	assert_null(nearest("", known, &tie));
}

static void equally_near_words_are_a_tie(void **state)
{
	bool tie;

	(void)state;
	assert_string_equal(nearest("cat", (const char *const[]){"bat", "hat", NULL}, &tie), "bat");
	assert_true(tie);
	assert_string_equal(
	    nearest("cat", (const char *const[]){"bat", "hat", "cat", NULL}, &tie), "cat");
	assert_false(tie);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(distances_count_edits),
	    cmocka_unit_test(a_distance_above_the_limit_is_above_it),
	    cmocka_unit_test(long_words_are_far),
	    cmocka_unit_test(the_nearest_word_is_found),
	    cmocka_unit_test(equally_near_words_are_a_tie),
	};

	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
