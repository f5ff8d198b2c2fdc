/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays in .npy files: every type and order, and every way in which a file can be wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/npy.h"

static struct qs_findings *findings;
static char path[] = "npy_test-XXXXXX";

/*
 * A file of version 1.0 with a header and data as they are; the padding of real files is optional.
 */
static void write_file(const char *header, const void *data, size_t size)
{
	const size_t length = strlen(header);
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	fwrite("\x93NUMPY\1\0", 1, 8, file);
	fputc((int)(length & 255), file);
	fputc((int)(length >> 8), file);
	fwrite(header, 1, length, file);
	fwrite(data, 1, size, file);
	assert_int_equal(fclose(file), 0);
}

static void write_bytes(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	fwrite(bytes, 1, size, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_values(const float *expected, size_t n)
{
	struct qs_array array = {0};
	float *values;

	assert_int_equal(qs_npy_read(path, findings, &array), QS_OK);
	assert_int_equal(array.n_values, n);
	assert_int_equal(qs_array_floats(&array, &values), QS_OK);
	for (size_t i = 0; i < n; i++)
		assert_true(values[i] == expected[i]);
	free(values);
	qs_array_done(&array);
}

static void expect_refusal(enum qs_status status, const char *part)
{
	const size_t n = qs_findings_count(findings);
	struct qs_array array = {0};

	assert_int_equal(qs_npy_read(path, findings, &array), status);
	assert_null(array.data);
	assert_int_equal(qs_findings_count(findings), n + 1);
	if (!strstr(qs_findings_at(findings, n)->message, part))
		fail_msg("\"%s\" is not in: %s", part, qs_findings_at(findings, n)->message);
	assert_string_equal(qs_source_name(qs_findings_at(findings, n)->place.source), path);
}

/* 1, 2 and 200 or -56 in every type. */
static void every_element_type_is_read(void **state)
{
	static const struct {
		const char *descr;
		unsigned char bytes[24];
		size_t size;
		float last;
	} rows[] = {
	    {"|b1", {1, 1, 0}, 3, 0.0F},
	    {"|i1", {1, 1, 200}, 3, -56.0F},
	    {"|u1", {1, 1, 200}, 3, 200.0F},
	    {"<i2", {1, 0, 1, 0, 200, 255}, 6, -56.0F},
	    {">i2", {0, 1, 0, 1, 255, 200}, 6, -56.0F},
	    {"<u2", {1, 0, 1, 0, 200, 0}, 6, 200.0F},
	    {"<i4", {1, 0, 0, 0, 1, 0, 0, 0, 200, 255, 255, 255}, 12, -56.0F},
	    {">u4", {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 200}, 12, 200.0F},
	    {"<i8",
		{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 200, 255, 255, 255, 255, 255, 255,
		    255},
		24, -56.0F},
	    {"<u8", {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 200}, 24, 200.0F},
	    {"<f2", {0, 0x3c, 0, 0x3c, 0, 0xc0}, 6, -2.0F},
	    {">f2", {0x3c, 0, 0x3c, 0, 0xc0, 0}, 6, -2.0F},
	    {"<f4", {0, 0, 128, 63, 0, 0, 128, 63, 0, 0, 0, 0xc0}, 12, -2.0F},
	    {">f4", {63, 128, 0, 0, 63, 128, 0, 0, 0xc0, 0, 0, 0}, 12, -2.0F},
	    {"<f8",
		{0, 0, 0, 0, 0, 0, 0xf0, 63, 0, 0, 0, 0, 0, 0, 0xf0, 63, 0, 0, 0, 0, 0, 0, 0, 0xc0},
		24, -2.0F},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const float expected[] = {1.0F, 1.0F, rows[i].last};
		char header[100];

		snprintf(header, sizeof(header),
		    "{'descr': '%s', 'fortran_order': False, 'shape': (3,), }\n", rows[i].descr);
		write_file(header, rows[i].bytes, rows[i].size);
		expect_values(expected, 3);
	}
}

static void fortran_order_becomes_c_order(void **state)
{
	/* Value 100 a + 10 b + c at (a, b, c) of a shape (2, 3, 2), the first index fastest. */
	const unsigned char fortran[12] = {0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121};
	const float expected[12] = {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};

	(void)state;
	write_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }", fortran, 12);
	expect_values(expected, 12);
	write_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 0, 2), }", fortran, 0);
	expect_values(expected, 0);
}

static void headers_may_be_written_in_any_way_that_python_has(void **state)
{
	const unsigned char data[] = {7, 8};
	const float expected[] = {7.0F, 8.0F};
	static const char *const headers[] = {
	    "{\"shape\": (1, 2L), \"fortran_order\": False, \"descr\": \"|u1\"}",
	    "  {'shape':(2,),'descr':'|u1','fortran_order':False,}   \n",
	    "{'fortran_order': True, 'descr': '|u1', 'shape': (2,1,), }\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		write_file(headers[i], data, 2);
		expect_values(expected, 2);
	}
}

static void a_single_value_has_no_dimensions(void **state)
{
	const unsigned char data[] = {7};
	struct qs_array array;

	(void)state;
	write_file("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", data, 1);
	assert_int_equal(qs_npy_read(path, findings, &array), QS_OK);
	assert_int_equal(array.rank, 0);
	assert_int_equal(array.n_values, 1);
	assert_int_equal(array.element, QS_ELEMENT_UINT8);
	qs_array_done(&array);
}

static void versions_two_and_three_have_longer_headers(void **state)
{
	static const char text[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }";
	const float expected[] = {65.0F};
	unsigned char bytes[100] = "\x93NUMPY\2\0\0\0\0\0";
	const size_t length = sizeof(text) - 1;

	(void)state;
	for (unsigned char version = 2; version <= 3; version++) {
		bytes[6] = version;
		bytes[8] = (unsigned char)length;
		memcpy(bytes + 12, text, length);
		bytes[12 + length] = 'A';
		write_bytes(bytes, 13 + length);
		expect_values(expected, 1);
	}
}

static void what_is_wrong_with_a_header_is_told(void **state)
{
	static const struct {
		const char *header;
		enum qs_status status;
		const char *part;
	} rows[] = {
	    {"  ", QS_INVALID, "not a dictionary"},
	    {"[]", QS_INVALID, "not a dictionary"},
	    {"{'descr'", QS_INVALID, "not a dictionary"},
	    {"{'descr: ", QS_INVALID, "not a dictionary"},
	    {"{'descr': '|u1'", QS_INVALID, "not a dictionary"},
	    {"{'descr': '|u1', }", QS_INVALID, "lacks descr, fortran_order or shape"},
	    {"{'order': 1}", QS_INVALID, "unknown key"},
	    {"{'descr': '|u1', 'fortran_order': 1, 'shape': ()}", QS_INVALID,
		"neither True nor False"},
	    {"{'descr': '|u1', 'fortran_order': False, 'shape': 3}", QS_INVALID, "not a tuple"},
	    {"{'descr': '|u1', 'fortran_order': False, 'shape': (3 4)}", QS_INVALID, "not a tuple"},
	    {"{'descr': '|u1', 'fortran_order': False, 'shape': (-3,)}", QS_INVALID,
		"something else than sizes"},
	    {"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
		QS_INVALID, "something else than sizes"},
	    {"{'descr': '|u1', 'fortran_order': False, 'shape': (", QS_INVALID,
		"something else than sizes"},
	    {"{'descr': '|u1', 'fortran_order': False, 'shape': (3,)} x", QS_INVALID,
		"goes on behind"},
	    {"{'descr': '|u1', 'fortran_order': False, 'shape': "
	     "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}",
		QS_INVALID, "more than 32"},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
		QS_INVALID, "more values than any memory"},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296)}",
		QS_INVALID, "more values than any memory"},
	    {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", QS_UNSUPPORTED,
		"the type \"|O\""},
	    {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", QS_UNSUPPORTED,
		"the type \"<c8\""},
	    {"{'descr': '<U5', 'fortran_order': False, 'shape': (1,)}", QS_UNSUPPORTED,
		"the type \"<U5\""},
	    {"{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}", QS_UNSUPPORTED,
		"the type \"f4\""},
	    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", QS_UNSUPPORTED,
		"records"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_file(rows[i].header, "", 0);
		expect_refusal(rows[i].status, rows[i].part);
	}
}

static void files_that_are_cut_off_are_refused_at_every_length(void **state)
{
	static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
	unsigned char bytes[100] = "\x93NUMPY\1\0\0\0";
	const size_t size = 10 + sizeof(text) - 1 + 8;

	(void)state;
	bytes[8] = sizeof(text) - 1;
	memcpy(bytes + 10, text, sizeof(text) - 1);
	for (size_t n = 0; n < size; n++) {
		write_bytes(bytes, n);
		expect_refusal(QS_INVALID, n < 6          ? "does not begin"
					   : n < size - 8 ? "ends inside the header"
							  : "the shape needs 8 bytes");
	}
	write_bytes(bytes, size + 1);
	expect_refusal(QS_INVALID, "the shape needs 8 bytes of data, and the file has 9");
}

static void other_files_are_refused(void **state)
{
	unsigned char bytes[16] = "\x93NUMPY\4\0";

	(void)state;
	write_bytes("PK\3\4 zipped", 12);
	expect_refusal(QS_INVALID, "does not begin as .npy files do");
	write_bytes(bytes, 16);
	expect_refusal(QS_INVALID, "version of the format");
	bytes[6] = 2;
	bytes[11] = 1;
	write_bytes(bytes, 16);
	expect_refusal(QS_INVALID, "longer than 64 KiB");
}

static void a_missing_file_is_told(void **state)
{
	struct qs_array array;

	(void)state;
	assert_int_equal(qs_npy_read("no/such/file.npy", findings, &array), QS_IO);
	assert_int_equal(qs_findings_count(findings), 1);
}

static void what_is_written_is_read_again(void **state)
{
	float values[6] = {1.0F, -2.5F, 3e30F, 0.0F, 1e-40F, 7.0F};
	struct qs_array array = {QS_ELEMENT_FLOAT32, 0, {2, 3}, 1, values};
	unsigned char begin[200];
	FILE *file;

	(void)state;
	for (size_t rank = 0; rank <= 2; rank++) {
		array.rank = rank;
		assert_true(qs_array_count(array.dims, rank, 4, &array.n_values));
		assert_int_equal(qs_npy_write(path, &array, findings), QS_OK);
		expect_values(values, array.n_values);
	}
	file = fopen(path, "rb");
	assert_int_equal(fread(begin, 1, sizeof(begin), file), 128 + 24);
	fclose(file);
	assert_int_equal(begin[127], '\n');
	assert_memory_equal(
	    begin + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 59);
}

static void bfloat16_cannot_be_written(void **state)
{
	uint16_t values[1] = {0};
	const struct qs_array array = {QS_ELEMENT_BFLOAT16, 1, {1}, 1, values};

	(void)state;
	assert_int_equal(qs_npy_write(path, &array, findings), QS_UNSUPPORTED);
	assert_string_equal(qs_findings_at(findings, 0)->code, "QS706");
}

static void layouts_follow_an_axis(void **state)
{
	const int64_t dims[] = {2, 3, 5, 7}, negative[] = {2, -1}, huge[] = {INT64_MAX, 8};
	struct qs_layout layout;

	(void)state;
	assert_true(qs_layout_of(dims, 4, -1, &layout));
	assert_int_equal(layout.inner, 210);
	assert_true(qs_layout_of(dims, 4, 0, &layout));
	assert_true(layout.outer == 1 && layout.channels == 2 && layout.inner == 105);
	assert_true(qs_layout_of(dims, 4, 1, &layout));
	assert_true(layout.outer == 2 && layout.channels == 3 && layout.inner == 35);
	assert_true(qs_layout_of(dims, 4, 3, &layout));
	assert_true(layout.outer == 30 && layout.channels == 7 && layout.inner == 1);
	assert_true(qs_layout_of(dims, 0, -1, &layout));
	assert_int_equal(qs_layout_count(layout), 1);
	assert_false(qs_layout_of(dims, 4, 4, &layout));
	assert_false(qs_layout_of(dims, 4, -2, &layout));
	assert_false(qs_layout_of(negative, 2, -1, &layout));
	assert_false(qs_layout_of(huge, 2, -1, &layout));
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
	return 0;
}

static int make_file(void **state)
{
	const int descriptor = mkstemp(path);

	(void)state;
	return descriptor < 0 || close(descriptor) != 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_element_type_is_read),
	    TEST(fortran_order_becomes_c_order),
	    TEST(headers_may_be_written_in_any_way_that_python_has),
	    TEST(a_single_value_has_no_dimensions),
	    TEST(versions_two_and_three_have_longer_headers),
	    TEST(what_is_wrong_with_a_header_is_told),
	    TEST(files_that_are_cut_off_are_refused_at_every_length),
	    TEST(other_files_are_refused),
	    TEST(a_missing_file_is_told),
	    TEST(what_is_written_is_read_again),
	    TEST(bfloat16_cannot_be_written),
	    TEST(layouts_follow_an_axis),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
