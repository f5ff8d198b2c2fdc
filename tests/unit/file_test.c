/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: limits when reading, and the old file or the new one when writing. */
#define _GNU_SOURCE /* O_TMPFILE */

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/output.h"
#include "base/source.h"
#include "tests/unit/data.h"

/* A folder of its own for each test. */
struct fixture {
	struct qs_findings *findings;
	char folder[32];
	char path[64];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	memcpy(f->folder, "/tmp/qstrata-test-XXXXXX", 25);
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/out", f->folder);
	f->findings = qs_findings_new();
	*state = f;
	return f->findings ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	DIR *folder = opendir(f->folder);

	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", f->folder, entry->d_name);
		unlink(path);
	}
	closedir(folder);
	rmdir(f->folder);
	qs_findings_free(f->findings);
	free(f);
	return 0;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_content(struct fixture *f, const char *expected)
{
	char *bytes;
	size_t size;

	assert_int_equal(qs_file_read(f->path, 1000, f->findings, &bytes, &size), QS_OK);
	assert_int_equal(size, strlen(expected));
	assert_memory_equal(bytes, expected, size);
	for (size_t i = 0; i < QS_SOURCE_PADDING; i++)
		assert_int_equal(bytes[size + i], 0);
	free(bytes);
}

static size_t count_files(const struct fixture *f)
{
	DIR *folder = opendir(f->folder);
	size_t n = 0;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n;
}

/* The only finding, of a code. */
static void expect_code(const struct fixture *f, const char *code)
{
	assert_int_equal(qs_findings_count(f->findings), 1);
	assert_string_equal(qs_findings_at(f->findings, 0)->code, code);
}

static void what_was_written_is_read(void **state)
{
	struct fixture *f = *state;

	put(f->path, "one\ntwo");
	expect_content(f, "one\ntwo");
	put(f->path, "");
	expect_content(f, "");
}

static void a_file_may_be_as_large_as_the_limit(void **state)
{
	struct fixture *f = *state;
	char *bytes;
	size_t size;

	put(f->path, "12345");
	assert_int_equal(qs_file_read(f->path, 5, f->findings, &bytes, &size), QS_OK);
	free(bytes);
	assert_int_equal(qs_file_read(f->path, 4, f->findings, &bytes, &size), QS_IO);
	expect_code(f, "QS002");
}

/* Sizes of devices and pipes are not known before they end. */
static void streams_have_the_limit_too(void **state)
{
	struct fixture *f = *state;
	char *bytes;
	size_t size;

	assert_int_equal(qs_file_read("/dev/zero", 200000, f->findings, &bytes, &size), QS_IO);
	expect_code(f, "QS002");
	assert_int_equal(qs_file_read("/dev/null", 10, f->findings, &bytes, &size), QS_OK);
	assert_int_equal(size, 0);
	free(bytes);
}

static void a_missing_file_is_unreadable(void **state)
{
	struct fixture *f = *state;
	char *bytes;
	size_t size;

	assert_int_equal(qs_file_read(f->path, 10, f->findings, &bytes, &size), QS_IO);
	expect_code(f, "QS001");
}

static void a_folder_is_no_file(void **state)
{
	struct fixture *f = *state;
	char *bytes;
	size_t size;

	assert_int_equal(qs_file_read(f->folder, 10, f->findings, &bytes, &size), QS_IO);
	expect_code(f, "QS003");
}

static void an_output_appears_when_it_is_whole(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;
	struct stat facts;

	put(f->path, "old");
	assert_int_equal(qs_output_open(&output, f->path, f->findings), QS_OK);
	fputs("new and longer", output.stream);
	fflush(output.stream);
	expect_content(f, "old");
	assert_int_equal(qs_output_commit(&output), QS_OK);
	expect_content(f, "new and longer");
	assert_int_equal(count_files(f), 1);
	assert_int_equal(stat(f->path, &facts), 0);
	assert_true(facts.st_mode & S_IRUSR);
	assert_false(facts.st_mode & S_IXUSR);
	qs_output_abandon(&output);
}

static void an_abandoned_output_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;

	put(f->path, "old");
	assert_int_equal(qs_output_open(&output, f->path, f->findings), QS_OK);
	fputs("new", output.stream);
	qs_output_abandon(&output);
	expect_content(f, "old");
	assert_int_equal(count_files(f), 1);
}

static bool has_nameless_files(const char *folder)
{
#ifdef O_TMPFILE
	const int fd = open(folder, O_TMPFILE | O_WRONLY, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
#else
	(void)folder;
	return false;
#endif
}

static void a_killed_program_leaves_the_old_file(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;
	pid_t child;
	int how;

	put(f->path, "old");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (qs_output_open(&output, f->path, f->findings) == QS_OK) {
			fputs("new", output.stream);
			fflush(output.stream);
		}
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFSIGNALED(how));
	expect_content(f, "old");
	if (has_nameless_files(f->folder))
		assert_int_equal(count_files(f), 1);
}

/* Of a program with the same number that was killed before. */
static void names_that_are_taken_are_left_alone(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;
	char taken[96];

	snprintf(taken, sizeof(taken), "%s.%ld-0", f->path, (long)getpid());
	put(taken, "another's");
	assert_int_equal(qs_output_open(&output, f->path, f->findings), QS_OK);
	fputs("new", output.stream);
	assert_int_equal(qs_output_commit(&output), QS_OK);
	expect_content(f, "new");
	assert_int_equal(count_files(f), 2);
}

static void permissions_of_the_old_file_stay(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;
	struct stat facts;

	put(f->path, "old");
	assert_int_equal(chmod(f->path, 0640), 0);
	assert_int_equal(qs_output_open(&output, f->path, f->findings), QS_OK);
	assert_int_equal(qs_output_commit(&output), QS_OK);
	assert_int_equal(stat(f->path, &facts), 0);
	assert_int_equal(facts.st_mode & 0777, 0640);
}

static void a_folder_that_is_not_there_is_a_finding(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;
	char path[96];

	snprintf(path, sizeof(path), "%s/no/such/out", f->folder);
	assert_int_equal(qs_output_open(&output, path, f->findings), QS_IO);
	expect_code(f, "QS004");
}

static void a_folder_is_not_overwritten(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;

	assert_int_equal(qs_output_open(&output, f->folder, f->findings), QS_IO);
	expect_code(f, "QS004");
}

static void a_folder_without_permission_is_a_finding(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;

	if (geteuid() == 0)
		skip(); /* root may write everywhere */
	assert_int_equal(chmod(f->folder, 0500), 0);
	assert_int_equal(qs_output_open(&output, f->path, f->findings), QS_IO);
	assert_int_equal(chmod(f->folder, 0700), 0);
	expect_code(f, "QS004");
}

/* A device is written to, and stays one. */
static void a_device_is_not_replaced(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;
	struct stat facts;

	assert_int_equal(qs_output_open(&output, "/dev/null", f->findings), QS_OK);
	fputs("gone", output.stream);
	assert_int_equal(qs_output_commit(&output), QS_OK);
	assert_int_equal(stat("/dev/null", &facts), 0);
	assert_true(S_ISCHR(facts.st_mode));
}

static void a_full_disk_is_a_finding(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;

	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_int_equal(qs_output_open(&output, "/dev/full", f->findings), QS_OK);
	fputs("too much", output.stream);
	assert_int_equal(qs_output_commit(&output), QS_IO);
	expect_code(f, "QS004");
}

static void a_link_is_followed(void **state)
{
	struct fixture *f = *state;
	struct qs_output output;
	struct stat facts;
	char link[64];

	snprintf(link, sizeof(link), "%s/link", f->folder);
	put(f->path, "old");
	assert_int_equal(symlink(f->path, link), 0);
	assert_int_equal(qs_output_open(&output, link, f->findings), QS_OK);
	fputs("new", output.stream);
	assert_int_equal(qs_output_commit(&output), QS_OK);
	expect_content(f, "new");
	assert_int_equal(lstat(link, &facts), 0);
	assert_true(S_ISLNK(facts.st_mode));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_written_is_read),
	    TEST(a_file_may_be_as_large_as_the_limit),
	    TEST(streams_have_the_limit_too),
	    TEST(a_missing_file_is_unreadable),
	    TEST(a_folder_is_no_file),
	    TEST(an_output_appears_when_it_is_whole),
	    TEST(an_abandoned_output_leaves_nothing),
	    TEST(a_killed_program_leaves_the_old_file),
	    TEST(names_that_are_taken_are_left_alone),
	    TEST(permissions_of_the_old_file_stay),
	    TEST(a_folder_that_is_not_there_is_a_finding),
	    TEST(a_folder_is_not_overwritten),
	    TEST(a_folder_without_permission_is_a_finding),
	    TEST(a_device_is_not_replaced),
	    TEST(a_full_disk_is_a_finding),
	    TEST(a_link_is_followed),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
