/* SPDX-License-Identifier: Apache-2.0 */
/* The map from strings to numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/map.h"

static void an_empty_map_holds_nothing(void **state)
{
	struct qs_map map = QS_MAP_INIT;

	(void)state;
	assert_int_equal(qs_map_get(&map, ""), QS_MAP_NONE);
	qs_map_done(&map);
}

static void the_last_value_of_a_key_counts(void **state)
{
	struct qs_map map = QS_MAP_INIT;

	(void)state;
	assert_true(qs_map_set(&map, "a", 1));
	assert_true(qs_map_set(&map, "", 2));
	assert_true(qs_map_set(&map, "a", 3));
	assert_int_equal(qs_map_get(&map, "a"), 3);
	assert_int_equal(qs_map_get(&map, ""), 2);
	assert_int_equal(qs_map_get(&map, "b"), QS_MAP_NONE);
	assert_int_equal(map.n_keys, 2);
	qs_map_done(&map);
	assert_int_equal(qs_map_get(&map, "a"), QS_MAP_NONE);
}

static void a_map_grows_and_keeps_its_keys(void **state)
{
	static char keys[10000][8];
	struct qs_map map = QS_MAP_INIT;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		assert_true(qs_map_set(&map, keys[i], i));
	}
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(qs_map_get(&map, keys[i]), i);
	assert_int_equal(qs_map_get(&map, "k10000"), QS_MAP_NONE);
	qs_map_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_map_holds_nothing),
	    cmocka_unit_test(the_last_value_of_a_key_counts),
	    cmocka_unit_test(a_map_grows_and_keeps_its_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
