/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are measured together: what the limit allows is spent on the worst of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/metric.h"
#include "analysis/sensitivity_groups.h"

#define ROWS_MOST 100

/* Rows of one site each, and how much each harms; a trial costs `cost` runs. */
struct setting {
	struct qs_sensitive_rows rows;
	struct qs_row_groups groups;
	struct qs_trials trials;
	double harm[ROWS_MOST];
	size_t n_measured;
};

static struct setting *start(size_t n, double cost, double limit)
{
	struct setting *setting = calloc(1, sizeof(*setting));
	size_t n_nodes;

	assert_non_null(setting);
	setting->rows.n = n;
	setting->rows.items = calloc(n + 1, sizeof(*setting->rows.items));
	for (size_t i = 0; i < n; i++) {
		setting->rows.items[i].sites[0] = i;
		setting->rows.items[i].n_sites = 1;
	}
	assert_int_equal(qs_row_groups_init(&setting->groups, &setting->rows), QS_OK);
	n_nodes = qs_row_groups_n(&setting->groups);
	setting->trials = (struct qs_trials){.n = n_nodes,
	    .n_outputs = 1,
	    .limit = limit,
	    .items = calloc(n_nodes + 1, sizeof(struct qs_trial)),
	    .agreements = calloc(n_nodes + 1, sizeof(struct qs_agreement))};
	for (size_t i = 0; i < n_nodes; i++) {
		setting->trials.items[i].outputs = &setting->trials.agreements[i];
		setting->groups.costs[i] = cost;
	}
	qs_row_groups_lead(&setting->groups, &setting->trials);
	return setting;
}

static void end(struct setting *setting)
{
	qs_row_groups_done(&setting->groups);
	free(setting->rows.items);
	free(setting->trials.items);
	free(setting->trials.agreements);
	free(setting);
}

/* Every site adds what it harms, at right angles to what is expected. */
static void measure(struct setting *setting, struct qs_trial *trial)
{
	const float expected[] = {1.0F, 0.0F};
	float found[] = {1.0F, 0.0F};

	for (size_t i = 0; i < trial->n_sites; i++)
		found[1] += (float)setting->harm[trial->sites[i]];
	qs_agreement_add(trial->outputs, expected, found, 2, 2);
	trial->n_batches = 1;
	setting->n_measured++;
}

static void run(struct setting *setting)
{
	bool any = true;

	while (any) {
		any = false;
		assert_int_equal(qs_row_groups_settle(&setting->groups, &setting->trials), QS_OK);
		for (size_t i = 0; i < setting->trials.n; i++) {
			struct qs_trial *trial = &setting->trials.items[i];

			if (trial->n_wanted == 0 || trial->n_batches)
				continue;
			measure(setting, trial);
			any = true;
		}
	}
}

/* Every row belongs to one trial that was measured and has its site. */
static void expect_whole(const struct setting *setting)
{
	size_t trials[ROWS_MOST], n_rows[ROWS_MOST];

	qs_row_groups_spread(&setting->groups, trials, n_rows);
	for (size_t i = 0; i < setting->rows.n; i++) {
		const struct qs_trial *trial = &setting->trials.items[trials[i]];

		assert_int_equal(trial->n_batches, 1);
		assert_int_equal(trial->n_sites, n_rows[i]);
		assert_true(trial->sites[0] <= i && i < trial->sites[0] + n_rows[i]);
	}
}

static size_t rows_with(const struct setting *setting, size_t row)
{
	size_t trials[ROWS_MOST], n_rows[ROWS_MOST];

	qs_row_groups_spread(&setting->groups, trials, n_rows);
	return n_rows[row];
}

static void all_are_alone_where_the_limit_allows_it(void **state)
{
	struct setting *setting = start(21, 0.5, 0.5 * 21 + 1);

	(void)state;
	run(setting);
	expect_whole(setting);
	assert_int_equal(setting->n_measured, 21);
	end(setting);
}

static void the_limit_holds_and_every_row_is_told(void **state)
{
	(void)state;
	for (size_t n = 1; n <= ROWS_MOST; n += 3) {
		struct setting *setting = start(n, 1.0, 0.5 * (double)n);

		for (size_t i = 0; i < n; i++)
			setting->harm[i] = 1.0 / (double)(1 + i * 7 % n);
		run(setting);
		expect_whole(setting);
		/* One for the float run; one trial there is in any case. */
		assert_true(setting->n_measured == 1 ||
			    (double)setting->n_measured + 1 <= setting->trials.limit);
		end(setting);
	}
}

static void the_worst_are_alone_in_the_end(void **state)
{
	struct setting *setting = start(100, 1.0, 50.0);

	(void)state;
	setting->harm[3] = 0.5;
	setting->harm[64] = 0.4;
	setting->harm[99] = 0.3;
	run(setting);
	assert_int_equal(rows_with(setting, 3), 1);
	assert_int_equal(rows_with(setting, 64), 1);
	assert_int_equal(rows_with(setting, 99), 1);
	assert_true(rows_with(setting, 50) > 1);
	end(setting);
}

static void what_was_measured_before_is_not_measured_again(void **state)
{
	struct setting *first = start(77, 1.0, 40.0), *again = start(77, 1.0, 40.0);

	(void)state;
	for (size_t i = 0; i < 77; i++)
		first->harm[i] = again->harm[i] = 1.0 / (double)(1 + i * 31 % 77);
	run(first);
	for (size_t i = 0; i < first->trials.n; i++) {
		again->trials.items[i].n_batches = first->trials.items[i].n_batches;
		again->trials.agreements[i] = first->trials.agreements[i];
	}
	run(again);
	assert_int_equal(again->n_measured, 0);
	assert_int_equal(again->groups.n_frontier, first->groups.n_frontier);
	for (size_t i = 0; i < first->groups.n_frontier; i++)
		assert_int_equal(again->groups.frontier[i], first->groups.frontier[i]);
	end(first);
	end(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_are_alone_where_the_limit_allows_it),
	    cmocka_unit_test(the_limit_holds_and_every_row_is_told),
	    cmocka_unit_test(the_worst_are_alone_in_the_end),
	    cmocka_unit_test(what_was_measured_before_is_not_measured_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
