/* SPDX-License-Identifier: Apache-2.0 */
/* Threads do every task once, and change no bit of what is computed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pool.h"
#include "qstrata/numbers.h"
#include "engine/quantizer.h"
#include "tests/unit/random.h"

#define TASKS 1000

/* How often each task was done, and the pool that they run in. */
struct marks {
	struct qs_pool *pool;
	atomic_int n_done[TASKS];
};

static void mark(void *context, size_t index)
{
	struct marks *marks = context;

	atomic_fetch_add(&marks->n_done[index], 1);
}

/* A task that has its own tasks done. */
static void mark_all(void *context, size_t index)
{
	struct marks *marks = context;

	(void)index;
	qs_pool_run(marks->pool, TASKS, mark, marks);
}

static void check_marks(struct marks *marks, size_t n, int expected)
{
	for (size_t i = 0; i < TASKS; i++)
		assert_int_equal(marks->n_done[i], i < n ? expected : 0);
	memset(marks->n_done, 0, sizeof(marks->n_done));
}

static void every_task_is_done_once(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 17, TASKS};
	static struct marks marks;

	(void)state;
	for (size_t n_threads = 0; n_threads <= 5; n_threads++) {
		marks.pool = NULL;
		if (n_threads)
			assert_int_equal(qs_pool_new(n_threads, &marks.pool), QS_OK);
		for (size_t round = 0; round < 50; round++) {
			const size_t n = sizes[round % (sizeof(sizes) / sizeof(*sizes))];

			qs_pool_run(marks.pool, n, mark, &marks);
			check_marks(&marks, n, 1);
		}
		qs_pool_run(marks.pool, 7, mark_all, &marks);
		check_marks(&marks, TASKS, 7);
		qs_pool_free(marks.pool);
	}
	qs_pool_free(NULL);
}

static void shares_follow_each_other(void **state)
{
	static const size_t sizes[] = {0, 1, 63, (1 << 20) - 1, 1 << 21, (3 << 20) + 12345,
	    ((size_t)100 << 20) + 1, ((size_t)1 << 40) + 7};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		const size_t n = sizes[s], n_shares = qs_shares(n);
		size_t at = 0;

		assert_in_range(n_shares, 1, QS_SHARES_LIMIT);
		for (size_t i = 0; i < n_shares; i++) {
			const struct qs_share share = qs_share_of(n, i);

			assert_int_equal(share.begin, at);
			assert_true(share.begin % 64 == 0 && share.end >= share.begin);
			at = share.end;
		}
		assert_int_equal(at, n);
	}
}

/* ---- the same bits --------------------------------------------------------------------------- */

/* Several shares, some of which begin within a channel. */
#define CHANNELS ((size_t)7)
#define INNER (((size_t)1 << 19) + 333)
#define MANY (CHANNELS * INNER)

struct outcome {
	float *faked;
	unsigned char *codes;
	struct qs_counts faked_counts, counts;
};

static void convert(const struct qs_spec *spec, struct qs_qparams *qparams, const float *in,
    size_t n_threads, struct outcome *outcome)
{
	const struct qs_layout layout = {1, CHANNELS, INNER};
	struct qs_findings *findings = qs_findings_new();
	struct qs_registry *registry = qs_registry_new();
	const struct qs_subject subject = {"tensor \"x\"", {NULL, 0, 0}, findings};
	struct qs_quantization how;

	assert_int_equal(qs_registry_use_threads(registry, n_threads), QS_OK);
	assert_int_equal(qs_quantizer_bind(registry, spec, qparams, &subject, &how), QS_OK);
	assert_int_equal(
	    qs_quantizer_fake(&how, layout, in, outcome->faked, &outcome->faked_counts), QS_OK);
	qs_quantizer_encode(&how, layout, in, qs_quantizer_storage(&how), outcome->codes, &subject,
	    &outcome->counts);
	qs_registry_free(registry);
	qs_findings_free(findings);
}

static void check_format(int datatype, int bit_width, const float *in)
{
	struct outcome one = {calloc(MANY, 4), calloc(MANY, 4), {0}, {0}};
	struct outcome many = {calloc(MANY, 4), calloc(MANY, 4), {0}, {0}};
	struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);
	struct qs_qparams qparams;

	spec.datatype = datatype;
	spec.bit_width = bit_width;
	assert_int_equal(qs_qparams_init(&qparams, CHANNELS), QS_OK);
	for (size_t c = 0; c < CHANNELS; c++)
		qparams.scale[c] = 0.1 * (double)(c + 1);
	qparams.quant_min = qs_spec_int_range(&spec).min;
	qparams.quant_max = qs_spec_int_range(&spec).max;
	convert(&spec, &qparams, in, 1, &one);
	convert(&spec, &qparams, in, 3, &many);
	assert_memory_equal(one.faked, many.faked, MANY * 4);
	assert_memory_equal(one.codes, many.codes, MANY * 4);
	assert_memory_equal(&one.faked_counts, &many.faked_counts, sizeof(one.faked_counts));
	assert_memory_equal(&one.counts, &many.counts, sizeof(one.counts));
	assert_true(one.counts.nan > 0 && one.counts.infinite > 0);
	qs_qparams_done(&qparams);
	free(one.faked);
	free(one.codes);
	free(many.faked);
	free(many.codes);
}

static void quantized_bits_do_not_depend_on_threads(void **state)
{
	float *in = malloc(MANY * sizeof(*in));
	uint64_t seed = 4;

	(void)state;
	assert_non_null(in);
	for (size_t i = 0; i < MANY; i++)
		in[i] = i % 1000 ? random_between(&seed, -30.0F, 30.0F) : random_any(&seed);
	in[MANY - 1] = NAN;
	in[5] = INFINITY;
	check_format(QS_DATATYPE_INT, 8, in);
	check_format(QS_DATATYPE_INT, 16, in);
	check_format(QS_DATATYPE_INT, 32, in);
	check_format(QS_DATATYPE_BFLOAT16, 8, in);
	check_format(QS_DATATYPE_FLOAT16, 8, in);
	check_format(QS_DATATYPE_FLOAT32, 8, in);
	free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_task_is_done_once),
	    cmocka_unit_test(shares_follow_each_other),
	    cmocka_unit_test(quantized_bits_do_not_depend_on_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
