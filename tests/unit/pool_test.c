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

#include "numbers/pool.h"
#include "qstrata/numbers.h"
#include "numbers/quantizer.h"
#include "numbers/registry.h"
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

/* Gives a batch as a file does that is larger than memory. */
static enum qs_status read_pieces(void *context, size_t at, size_t n, const float **ret_values)
{
	(void)n;
	*ret_values = (const float *)context + at;
	return QS_OK;
}

/* A way to observe the same values. */
struct way {
	size_t n_threads;
	bool in_pieces; /* rather than in memory */
	bool undivided; /* by a method that cannot merge what shares say */
};

/* The method of a spec under another name, without merging. */
static void use_undivided(
    struct qs_registry *registry, struct qs_calibrator *calibrator, struct qs_spec *spec)
{
	*calibrator = *qs_registry_calibrator(registry, qs_registry_method(registry, spec));
	calibrator->plugin.name = "undivided";
	calibrator->merge = NULL;
	assert_int_equal(qs_registry_add_calibrator(registry, calibrator, NULL), QS_OK);
	spec->method = QS_METHOD__COUNT;
}

/* What an observer says of values; false: it refuses them. */
static bool observe(const struct qs_spec *of, struct qs_layout layout, float *in, struct way way,
    struct qs_text *messages, struct qs_qparams *ret_qparams)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_registry *registry = qs_registry_new();
	const struct qs_observation observation = {
	    .channels = layout.channels, .subject = {"tensor \"x\"", {NULL, 0, 0}, findings}};
	const struct qs_batch batch = {layout, read_pieces, NULL, in};
	const struct qs_text_style style = {false, true, QS_SEVERITY_ERROR};
	struct qs_calibrator calibrator;
	struct qs_observer *observer = NULL;
	struct qs_spec spec = *of;
	enum qs_status status;

	if (way.undivided)
		use_undivided(registry, &calibrator, &spec);
	assert_int_equal(qs_registry_use_threads(registry, way.n_threads), QS_OK);
	assert_int_equal(qs_observer_new(registry, &spec, &observation, &observer), QS_OK);
	status = way.in_pieces ? qs_observer_feed_batch(observer, 0, &batch)
	                       : qs_observer_feed(observer, layout, in);
	if (status == QS_OK)
		assert_int_equal(qs_observer_result(observer, ret_qparams), QS_OK);
	assert_int_equal(qs_findings_write_text(findings, &style, messages), QS_OK);
	qs_observer_free(observer);
	qs_registry_free(registry);
	qs_findings_free(findings);
	return status == QS_OK;
}

static void check_observing(const struct qs_spec *spec, struct qs_layout layout, float *in)
{
	static const struct way ways[] = {{1, false, true}, {1, false, false}, {2, false, false},
	    {5, false, false}, {1, true, false}};
	struct qs_qparams first = {0};
	struct qs_text expected = QS_TEXT_INIT;
	const bool accepted = observe(spec, layout, in, ways[0], &expected, &first);

	for (size_t i = 1; i < sizeof(ways) / sizeof(*ways); i++) {
		struct qs_qparams qparams = {0};
		struct qs_text messages = QS_TEXT_INIT;

		assert_int_equal(accepted, observe(spec, layout, in, ways[i], &messages, &qparams));
		assert_string_equal(messages.data, expected.data);
		assert_int_equal(qparams.n, first.n);
		for (size_t c = 0; c < first.n; c++) {
			assert_memory_equal(&qparams.scale[c], &first.scale[c], sizeof(double));
			assert_memory_equal(
			    &qparams.float_max[c], &first.float_max[c], sizeof(double));
		}
		qs_qparams_done(&qparams);
		qs_text_done(&messages);
	}
	qs_qparams_done(&first);
	qs_text_done(&expected);
}

static void observed_bits_do_not_depend_on_threads(void **state)
{
	static const struct qs_layout layouts[] = {
	    {1, 1, MANY}, {1, CHANNELS, INNER}, {INNER / 128, CHANNELS, 128}, {INNER, CHANNELS, 1}};
	float *in = malloc(MANY * sizeof(*in));
	uint64_t seed = 5;

	(void)state;
	assert_non_null(in);
	for (size_t i = 0; i < MANY; i++)
		in[i] = random_between(&seed, -30.0F, 30.0F) * random_between(&seed, 0.0F, 1.0F);
	for (int method = 0; method < QS_METHOD__COUNT; method++) {
		struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);

		spec.method = method;
		spec.scale_type =
		    method == QS_METHOD_DIFFS ? QS_SCALE_TYPE_POWEROFTWO : QS_SCALE_TYPE_FLOAT;
		for (size_t l = 0; l < sizeof(layouts) / sizeof(*layouts); l++) {
			/* The methods with histograms keep one of 16 KiB for each channel. */
			spec.per_channel = layouts[l].channels > 1;
			check_observing(&spec, layouts[l], in);
		}
	}
	free(in);
}

static void what_is_refused_does_not_depend_on_threads(void **state)
{
	static const size_t at[] = {0, MANY / 3 + 17, MANY / 2, MANY - 1};
	const struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);
	float *in = calloc(MANY, sizeof(*in));

	(void)state;
	assert_non_null(in);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		in[at[i]] = i % 2 ? NAN : INFINITY;
		check_observing(&spec, (struct qs_layout){1, 1, MANY}, in);
		in[at[i]] = 0.0F;
	}
	in[1] = in[MANY - 2] = NAN;
	check_observing(&spec, (struct qs_layout){1, 1, MANY}, in);
	free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_task_is_done_once),
	    cmocka_unit_test(shares_follow_each_other),
	    cmocka_unit_test(quantized_bits_do_not_depend_on_threads),
	    cmocka_unit_test(observed_bits_do_not_depend_on_threads),
	    cmocka_unit_test(what_is_refused_does_not_depend_on_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
