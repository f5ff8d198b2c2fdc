/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cross-layer equalization: which pairs, and that the function of the model stays. The factors are
 * compared with the tool's in networks_test.c.
 */
#include "tests/unit/model_fixture.h"

#include "model/equalize.h"

static struct qs_equalized equalize(const char *const *lines)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, lines);
	struct qs_equalized equalized;

	assert_int_equal(qs_equalize(model, findings, &equalized), QS_OK);
	assert_int_equal(qs_findings_count(findings), 0);
	qs_model_free(model);
	qs_findings_free(findings);
	return equalized;
}

#define TWO "in x 1 3 6 6", "init w 4 3 1 1", "init v 5 4 1 1", "node Conv c x,w a"

static void pairs_have_nothing_but_relu_and_pools_between_them(void **state)
{
	static const struct {
		const char *lines[16];
		size_t n_pairs, n_clipped;
	} rows[] = {
	    {{TWO, "node Conv d a,v y", "out y"}, 1, 0},
	    {{TWO, "node Relu r a b", "node Conv d b,v y", "out y"}, 1, 0},
	    {{TWO, "node Relu r a b", "node MaxPool p b e", "ints kernel_shape 2 2",
		 "node Conv d e,v y", "out y"},
		1, 0},
	    {{TWO, "node GlobalAveragePool p a b", "node Conv d b,v y", "out y"}, 1, 0},
	    {{TWO, "full low 0", "full high 6", "node Clip r a,low,high b", "node Conv d b,v y",
		 "out y"},
		0, 1},
	    {{TWO, "node Sigmoid r a b", "node Conv d b,v y", "out y"}, 0, 0},
	    {{TWO, "node LeakyRelu r a b", "node Conv d b,v y", "out y"}, 0, 0},
	    /* Someone else reads what stands between them, or the weights. */
	    {{TWO, "node Conv d a,v y", "out y", "out a"}, 0, 0},
	    {{TWO, "node Conv d a,v y", "node Identity i w z", "out y", "out z"}, 0, 0},
	    /* Three in a row are two pairs. */
	    {{TWO, "init u 2 5 1 1", "node Conv d a,v b", "node Conv e b,u y", "out y"}, 2, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct qs_equalized equalized = equalize(rows[i].lines);

		if (equalized.n_pairs != rows[i].n_pairs ||
		    equalized.n_clipped != rows[i].n_clipped)
			fail_msg("row %zu: %zu pairs, %zu passed over", i, equalized.n_pairs,
			    equalized.n_clipped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pairs_have_nothing_but_relu_and_pools_between_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
