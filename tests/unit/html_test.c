/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: whatever the numbers are, plots end and stay on the paper; words stay words. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/html.h"

#define N_BINS 16

/* Every number of a path or attribute is one, and lies on the paper or near it. */
static void expect_on_paper(const struct qs_text *text)
{
	assert_int_equal(qs_text_status(text), QS_OK);
	assert_null(strstr(text->data, "nan"));
	assert_null(strstr(text->data, "inf"));
	for (const char *at = strstr(text->data, " d=\""); at; at = strstr(at + 1, " d=\"")) {
		const char *end = strchr(at + 4, '"');

		for (const char *next = at + 4; next < end; next++) {
			if (next[0] == 'M')
				assert_in_range((int)fabs(strtod(next + 1, NULL)), 0, 1000);
		}
	}
	assert_true(text->size < 100000);
}

static void distributions_of_any_range_end(void **state)
{
	static const struct {
		double least, most, step;
		int64_t quant_min, quant_max;
	} rows[] = {
	    {-1, 1, 1.0 / 127, -128, 127},
	    {0, 0, 1.0 / 127, -128, 127},
	    {5, 5, 3.8e-6, -32768, 32767},
	    {-3.4e38, 3.4e38, 2.6e36, -128, 127},
	    {-3.4e38, 3.4e38, 1e-45, INT32_MIN, INT32_MAX},
	    {0, 1e-45, 1e-45, -128, 127},
	    {-1e-40, 1e-40, 1e-42, -128, 127},
	    {1, 1.0000001, 1e-9, INT32_MIN, INT32_MAX},
	    {100, 200, 0.001, -128, 127},
	    {-1, 1, 1e300, -128, 127},
	};
	uint64_t counts[N_BINS] = {1, 0, 0, 5, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct qs_html_distribution distribution = {counts, N_BINS, rows[i].least,
		    rows[i].most, true, rows[i].step, (double)rows[i].quant_min * rows[i].step,
		    (double)rows[i].quant_max * rows[i].step, "<b>&\"'"};
		struct qs_text text = QS_TEXT_INIT;

		qs_html_distribution(&text, &distribution);
		expect_on_paper(&text);
		assert_null(strstr(text.data, "<b>"));
		qs_text_done(&text);
	}
}

static void decibels_of_any_size_end(void **state)
{
	static const double values[] = {0, -1e9, 1e9, INFINITY, -INFINITY, NAN, 40};
	enum {
		N = 5000
	};
	struct qs_html_point *points = calloc(N, sizeof(*points));

	(void)state;
	assert_non_null(points);
	for (size_t i = 0; i < N; i++)
		points[i] = (struct qs_html_point){values[i % 7], "<i>", i % 2 ? i : SIZE_MAX};
	for (size_t n = 0; n <= N; n = n * 7 + 1) {
		struct qs_text text = QS_TEXT_INIT;

		qs_html_decibels(&text, points, points, n);
		assert_int_equal(qs_text_status(&text), QS_OK);
		assert_null(strstr(text.data, "nan"));
		assert_null(strstr(text.data, "inf"));
		assert_null(strstr(text.data, "<i>"));
		assert_true(text.size < 400000);
		qs_text_done(&text);
	}
	free(points);
}

static void numbers_are_for_people_and_for_sorting(void **state)
{
	static const struct {
		double number;
		const char *cell;
	} rows[] = {
	    {1.23456789, "<td class=\"n\" data-v=\"1.23456789\">1.235</td>"},
	    {NAN, "<td class=\"n\"></td>"},
	    {INFINITY, "<td class=\"n\" data-v=\"1e999\">∞</td>"},
	    {-INFINITY, "<td class=\"n\" data-v=\"-1e999\">−∞</td>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_text text = QS_TEXT_INIT;

		qs_html_number_cell(&text, rows[i].number);
		assert_string_equal(text.data, rows[i].cell);
		qs_text_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(distributions_of_any_range_end),
	    cmocka_unit_test(decibels_of_any_size_end),
	    cmocka_unit_test(numbers_are_for_people_and_for_sorting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
