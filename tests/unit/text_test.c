/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text. */
#include <string.h>

#include "base/finding.h"
#include "tests/unit/data.h"

static void empty_text_is_an_empty_string(void **state)
{
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	assert_string_equal(text.data, "");
	qs_text_add(&text, "x", 0);
	qs_text_fill(&text, 'x', 0);
	qs_text_addf(&text, "%s", "");
	assert_string_equal(text.data, "");
	assert_int_equal(text.size, 0);
	qs_text_done(&text);
	assert_string_equal(text.data, "");
}

static void additions_follow_one_another(void **state)
{
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	qs_text_adds(&text, "ab");
	qs_text_add(&text, "c\0d", 3);
	qs_text_fill(&text, '-', 3);
	qs_text_addf(&text, "%d %s", 7, "e");
	assert_int_equal(text.size, 11);
	assert_memory_equal(text.data, "abc\0d---7 e", 12);
	assert_int_equal(qs_text_status(&text), QS_OK);
	qs_text_done(&text);
}

static void every_size_is_terminated(void **state)
{
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	for (size_t size = 1; size <= 600; size++) {
		qs_text_fill(&text, 'x', 1);
		assert_int_equal(text.size, size);
		assert_true(text.capacity > text.size);
		assert_int_equal(text.data[size], '\0');
	}
	qs_text_clear(&text);
	assert_string_equal(text.data, "");
	qs_text_addf(&text, "%300s", "y");
	assert_int_equal(strlen(text.data), 300);
	qs_text_done(&text);
}

static void failure_is_sticky_until_cleared(void **state)
{
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	qs_text_adds(&text, "kept");
	qs_text_fill(&text, 'x', SIZE_MAX - 2);
	assert_int_equal(qs_text_status(&text), QS_NOMEM);
	qs_text_adds(&text, "lost");
	assert_string_equal(text.data, "kept");
	qs_text_clear(&text);
	qs_text_adds(&text, "again");
	assert_string_equal(text.data, "again");
	assert_int_equal(qs_text_status(&text), QS_OK);
	qs_text_done(&text);
}

static void control_characters_are_made_visible(void **state)
{
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	qs_text_add_visible(&text, "a\tb\033[1m\n\x7F\xC3\xA9\0z", 13);
	assert_string_equal(text.data, "a b?[1m??\xC3\xA9?z");
	qs_text_clear(&text);
	qs_text_add_visible(&text,
	    "\xC2\x9B"
	    "1m\xFF\xC3z\xE6\xBC",
	    9);
	assert_string_equal(text.data, "?1m??z??");
	qs_text_done(&text);
}

static void every_status_has_words(void **state)
{
	(void)state;
	for (int s = QS_OK; s <= QS_BUG; s++)
		assert_true(strlen(qs_status_text((enum qs_status)s)) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_text_is_an_empty_string),
	    cmocka_unit_test(additions_follow_one_another),
	    cmocka_unit_test(every_size_is_terminated),
	    cmocka_unit_test(failure_is_sticky_until_cleared),
	    cmocka_unit_test(control_characters_are_made_visible),
	    cmocka_unit_test(every_status_has_words),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
