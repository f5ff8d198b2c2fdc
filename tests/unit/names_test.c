/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are taken in a model, and new ones. */
#include "tests/unit/model_fixture.h"

#include <stdio.h>

#include "model/names.h"

struct bench {
	struct qs_names names;
	struct qs_arena arena;
};

static void expect_made(struct bench *bench, const char *stem, const char *expected)
{
	char *name =
	    qs_names_make(&bench->names, &bench->arena, qs_arena_strdup(&bench->arena, stem));

	assert_string_equal(name, expected);
}

static void end(struct bench *bench)
{
	qs_names_done(&bench->names);
	qs_arena_done(&bench->arena);
}

static void a_name_that_is_free_is_made_as_it_is(void **state)
{
	struct bench bench = {0};

	(void)state;
	expect_made(&bench, "x", "x");
	expect_made(&bench, "y", "y");
	end(&bench);
}

static void a_name_that_is_taken_gets_the_next_number(void **state)
{
	struct bench bench = {0};

	(void)state;
	assert_true(qs_names_take(&bench.names, "x"));
	assert_true(qs_names_take(&bench.names, "x_2"));
	expect_made(&bench, "x", "x_1");
	expect_made(&bench, "x", "x_3");
	expect_made(&bench, "x_1", "x_1_1");
	/* To take it again does not begin the numbers again. */
	assert_true(qs_names_take(&bench.names, "x"));
	expect_made(&bench, "x", "x_4");
	end(&bench);
}

static void no_name_is_none(void **state)
{
	struct bench bench = {0};

	(void)state;
	assert_true(qs_names_take(&bench.names, NULL));
	assert_true(qs_names_take(&bench.names, ""));
	assert_null(qs_names_make(&bench.names, &bench.arena, NULL));
	end(&bench);
}

/* Of everything that defines one, within subgraphs too. */
static void a_graph_takes_its_names(void **state)
{
	static const char *const taken[] = {"x", "w", "y", "n", "g", "t", "k"};
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = FIXTURE_MODEL(findings, "in x 4", "init w 4", "node Add n x,w y",
	    "node Foreign g y z", "domain a.b", "body within", "init k 4", "node Neg - y t",
	    "out t 4", "end", "out z 4");
	struct bench bench = {0};

	(void)state;
	assert_true(qs_names_take_graph(&bench.names, model->proto->graph));
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		char expected[8];

		snprintf(expected, sizeof(expected), "%s_1", taken[i]);
		expect_made(&bench, taken[i], expected);
	}
	expect_made(&bench, "free", "free");
	end(&bench);
	qs_model_free(model);
	qs_findings_free(findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_that_is_free_is_made_as_it_is),
	    cmocka_unit_test(a_name_that_is_taken_gets_the_next_number),
	    cmocka_unit_test(no_name_is_none),
	    cmocka_unit_test(a_graph_takes_its_names),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
