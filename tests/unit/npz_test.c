/* SPDX-License-Identifier: Apache-2.0 */
/* Named arrays in .npz files: stored, deflated, and damaged ones. */
#include "tests/unit/npz_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "data/npz.h"

#define PATH "npz_test.npz"

static int make_findings(void **state)
{
	*state = qs_findings_new();
	return *state ? 0 : -1;
}

static int free_findings(void **state)
{
	qs_findings_free(*state);
	remove(PATH);
	return 0;
}

static struct qs_npz *open_archive(struct qs_findings *findings)
{
	struct qs_npz *npz = NULL;

	assert_int_equal(qs_npz_open(PATH, findings, &npz), QS_OK);
	return npz;
}

static void expect_array(struct qs_npz *npz, size_t index, const char *name, float first)
{
	struct qs_array array = {0};

	assert_string_equal(qs_npz_name(npz, index), name);
	assert_int_equal(qs_npz_read(npz, index, &array), QS_OK);
	assert_int_equal(array.element, QS_ELEMENT_FLOAT32);
	assert_int_equal(array.rank, 2);
	assert_int_equal(array.n_values, 6);
	for (size_t i = 0; i < array.n_values; i++)
		assert_float_equal(((float *)array.data)[i], first + (float)i, 0);
	qs_array_done(&array);
}

static void arrays_are_read_by_name_stored_or_deflated(void **state)
{
	static const int64_t dims[] = {2, 3};

	for (int deflate = 0; deflate < 2; deflate++) {
		const struct npz_member members[] = {
		    {"x", npy_floats(dims, 2, 0)}, {"second input", npy_floats(dims, 2, 10)}};
		struct qs_npz *npz;

		npz_write(PATH, members, 2, deflate);
		npz = open_archive(*state);
		assert_int_equal(qs_npz_count(npz), 2);
		/* In any order, and twice. */
		expect_array(npz, 1, "second input", 10);
		expect_array(npz, 0, "x", 0);
		expect_array(npz, 1, "second input", 10);
		qs_npz_free(npz);
	}
	assert_int_equal(qs_findings_count(*state), 0);
}

/* Opens the file and reads what there is; the last finding is the reason why that fails. */
static void expect_refusal(struct qs_findings *findings, enum qs_status expected)
{
	struct qs_array array = {0};
	struct qs_npz *npz = NULL;
	enum qs_status status = qs_npz_open(PATH, findings, &npz);

	for (size_t i = 0; status == QS_OK && i < qs_npz_count(npz); i++) {
		status = qs_npz_read(npz, i, &array);
		if (status == QS_OK)
			qs_array_done(&array);
	}
	qs_npz_free(npz);
	assert_int_equal(status, expected);
	assert_int_equal(qs_findings_count(findings), 1);
	assert_string_equal(qs_source_name(qs_findings_at(findings, 0)->place.source), PATH);
}

static void a_missing_file_is_told(void **state)
{
	expect_refusal(*state, QS_IO);
	assert_string_equal(qs_findings_at(*state, 0)->code, "QS001");
}

static void what_is_no_archive_is_told(void **state)
{
	write_bytes(PATH, "\x93NUMPY", 6);
	expect_refusal(*state, QS_INVALID);
	assert_string_equal(qs_findings_at(*state, 0)->code, "QS709");
}

static void an_empty_file_is_told(void **state)
{
	write_bytes(PATH, "", 0);
	expect_refusal(*state, QS_INVALID);
	assert_string_equal(qs_findings_at(*state, 0)->code, "QS709");
}

static void a_member_that_is_no_array_is_told_by_its_name(void **state)
{
	const struct npz_member member = {"labels.txt", {strdup("zero one"), 8}};

	npz_write(PATH, &member, 1, false);
	expect_refusal(*state, QS_INVALID);
	assert_non_null(strstr(qs_findings_at(*state, 0)->message, "labels.txt"));
}

static void an_archive_is_refused_wherever_it_is_cut(void **state)
{
	static const int64_t dims[] = {20, 30};
	const struct npz_member member = {"x", npy_floats(dims, 2, 0)};
	struct npy_bytes bytes;

	npz_write(PATH, &member, 1, true);
	bytes = read_bytes(PATH);
	for (size_t size = 0; size < bytes.size; size += 1 + size / 7) {
		struct qs_findings *findings = qs_findings_new();

		write_bytes(PATH, bytes.data, size);
		expect_refusal(findings, QS_INVALID);
		qs_findings_free(findings);
	}
	free(bytes.data);
	(void)state;
}

/* The check sum is of what was deflated, so that a changed byte is noticed wherever it is. */
static void a_changed_byte_is_noticed(void **state)
{
	static const int64_t dims[] = {20, 30};
	const struct npz_member member = {"x", npy_floats(dims, 2, 0)};
	struct npy_bytes bytes;

	npz_write(PATH, &member, 1, true);
	bytes = read_bytes(PATH);
	bytes.data[bytes.size / 2] ^= 0x10;
	write_bytes(PATH, bytes.data, bytes.size);
	free(bytes.data);
	expect_refusal(*state, QS_INVALID);
	assert_non_null(strstr(qs_findings_at(*state, 0)->message, "x: "));
}

/* No memory is taken for a size that no data of the archive can come to. */
static void a_size_that_cannot_be_is_refused(void **state)
{
	static const int64_t dims[] = {20, 30};
	const struct npz_member member = {"x", npy_floats(dims, 2, 0)};
	struct npy_bytes bytes;
	size_t at = 0;

	npz_write(PATH, &member, 1, true);
	bytes = read_bytes(PATH);
	while (memcmp(bytes.data + at, "PK\1\2", 4) != 0)
		at++;
	/* The size of the data, in the directory: APPNOTE 4.3.12. */
	memcpy(bytes.data + at + 24, "\xf0\xff\xff\xff", 4);
	write_bytes(PATH, bytes.data, bytes.size);
	free(bytes.data);
	expect_refusal(*state, QS_INVALID);
	assert_non_null(strstr(qs_findings_at(*state, 0)->message, "too small"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(arrays_are_read_by_name_stored_or_deflated),
	    TEST(a_missing_file_is_told),
	    TEST(what_is_no_archive_is_told),
	    TEST(an_empty_file_is_told),
	    TEST(a_member_that_is_no_array_is_told_by_its_name),
	    TEST(an_archive_is_refused_wherever_it_is_cut),
	    TEST(a_changed_byte_is_noticed),
	    TEST(a_size_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
