/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .npy files in pieces: of either byte order, in row-major and Fortran's order, of every element
 * type, they have the values that they have at once.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/npy.h"
#include "data/npy_stream.h"
#include "tests/unit/data.h"
#include "tests/unit/random.h"

#define FILE_NAME "npy_stream_test.npy"
#define N_VALUES ((size_t)3 * 5 * 7)

static struct qs_findings *findings;

/* A file of random bytes, but for floats that are no numbers, under a header. */
static void write_file(const char *descr, const char *order, const char *shape, size_t n_bytes)
{
	FILE *file = fopen(FILE_NAME, "wb");
	char header[128];
	uint64_t seed = 1;
	const int size = snprintf(header, sizeof(header),
	    "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape);

	assert_non_null(file);
	fwrite("\x93NUMPY\1\0", 1, 8, file);
	fputc(size, file);
	fputc(0, file);
	fwrite(header, 1, (size_t)size, file);
	for (size_t i = 0; i < n_bytes; i++)
		fputc((int)(random_bits(&seed) & 0x3f), file);
	assert_int_equal(fclose(file), 0);
}

/* The place of value (a, b, c) of 3 x 5 x 7 in the order of the file. */
static size_t place_of(const struct qs_npy_stream *stream, size_t a, size_t b, size_t c)
{
	return stream->header.fortran_order ? a + 3 * (b + 5 * c) : (a * 5 + b) * 7 + c;
}

static void expect_the_same(const struct qs_array *whole, struct qs_npy_stream *stream)
{
	float *expected;
	const float *value;

	assert_int_equal(stream->n_values, N_VALUES);
	assert_int_equal(qs_array_floats(whole, &expected), QS_OK);
	for (size_t i = 0; i < N_VALUES; i++) {
		const size_t at = place_of(stream, i / 35, i / 7 % 5, i % 7);
		struct qs_text where = QS_TEXT_INIT;
		char name[32];

		assert_int_equal(qs_npy_stream_read(stream, at, 1, &value), QS_OK);
		assert_memory_equal(value, &expected[i], sizeof(*value));
		snprintf(name, sizeof(name), "at [%zu, %zu, %zu]", i / 35, i / 7 % 5, i % 7);
		qs_npy_stream_locate(stream, at, &where);
		assert_string_equal(where.data, name);
		qs_text_done(&where);
	}
	free(expected);
}

static void pieces_are_the_whole(void **state)
{
	static const char *const types[] = {
	    "b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"};
	static const char *const orders[] = {"False", "True"};

	(void)state;
	for (size_t i = 0; i < 4 * sizeof(types) / sizeof(*types); i++) {
		const char *type = types[i / 4];
		char descr[4] = {i & 1 ? '>' : '<', type[0], type[1], 0};
		struct qs_npy_stream stream;
		struct qs_array whole;

		write_file(
		    descr, orders[i >> 1 & 1], "(3, 5, 7)", N_VALUES * (size_t)(type[1] - '0'));
		assert_int_equal(qs_npy_read(FILE_NAME, findings, &whole), QS_OK);
		assert_int_equal(qs_npy_stream_open(FILE_NAME, findings, &stream), QS_OK);
		expect_the_same(&whole, &stream);
		qs_array_done(&whole);
		qs_npy_stream_close(&stream);
	}
}

/* Fortran's order is row-major order with the dimensions reversed. */
static void layouts_go_with_the_order(void **state)
{
	static const struct {
		const char *order;
		int axis;
		struct qs_layout layout;
	} rows[] = {
	    {"False", 0, {1, 3, 35}},
	    {"False", 2, {15, 7, 1}},
	    {"False", -1, {1, 1, 105}},
	    {"True", 0, {35, 3, 1}},
	    {"True", 1, {7, 5, 3}},
	    {"True", 2, {1, 7, 15}},
	    {"True", -1, {1, 1, 105}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_npy_stream stream;
		struct qs_layout layout;

		write_file("<f4", rows[i].order, "(3, 5, 7)", N_VALUES * 4);
		assert_int_equal(qs_npy_stream_open(FILE_NAME, findings, &stream), QS_OK);
		assert_true(qs_npy_stream_layout(&stream, rows[i].axis, &layout));
		assert_memory_equal(&layout, &rows[i].layout, sizeof(layout));
		assert_false(qs_npy_stream_layout(&stream, 3, &layout));
		qs_npy_stream_close(&stream);
	}
}

static void a_file_of_another_size_is_refused(void **state)
{
	struct qs_npy_stream stream;

	(void)state;
	write_file("<f4", "False", "(3, 5, 7)", N_VALUES * 4 - 1);
	assert_int_equal(qs_npy_stream_open(FILE_NAME, findings, &stream), QS_INVALID);
	assert_string_equal(qs_findings_at(findings, 0)->code, "QS705");
	write_file("<f4", "False", "(4611686018427387904, 4)", 4);
	assert_int_equal(qs_npy_stream_open(FILE_NAME, findings, &stream), QS_INVALID);
	assert_int_equal(qs_npy_stream_open("nowhere.npy", findings, &stream), QS_IO);
	assert_int_equal(qs_npy_stream_open(".", findings, &stream), QS_IO);
}

static void a_file_that_becomes_shorter_is_refused(void **state)
{
	struct qs_npy_stream stream;
	const float *values;

	(void)state;
	write_file("<f4", "False", "(105,)", N_VALUES * 4);
	assert_int_equal(qs_npy_stream_open(FILE_NAME, findings, &stream), QS_OK);
	assert_int_equal(truncate(FILE_NAME, 200), 0);
	assert_int_equal(qs_npy_stream_read(&stream, 0, N_VALUES, &values), QS_IO);
	assert_int_equal(qs_findings_count(findings), 1);
	qs_npy_stream_close(&stream);
}

static int set_up(void **state)
{
	(void)state;
	findings = qs_findings_new();
	return !findings;
}

static int tear_down(void **state)
{
	(void)state;
	qs_findings_free(findings);
	unlink(FILE_NAME);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(pieces_are_the_whole),
	    TEST(layouts_go_with_the_order),
	    TEST(a_file_of_another_size_is_refused),
	    TEST(a_file_that_becomes_shorter_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
