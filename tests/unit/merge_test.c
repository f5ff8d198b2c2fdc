/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Observers of parts, saved, read back and merged in any order, give the bits that one observer of
 * all batches gives; and what is no state, or not one of the same law, is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qstrata/numbers.h"
#include "tests/unit/expect.h"
#include "tests/unit/golden.h"

#define N_BATCHES 32
#define MAX_SHARDS 7

static struct qs_registry *registry;
static struct qs_findings *findings;
static struct qs_array batches[N_BATCHES];

static struct qs_spec maxmin(void)
{
	struct qs_spec spec = qs_spec_default(QS_TENSOR_ACTIVATION);

	spec.method = QS_METHOD_MAXMIN;
	spec.scale_type = QS_SCALE_TYPE_FLOAT;
	spec.statistic = QS_STATISTIC_MEAN;
	return spec;
}

static struct qs_observer *observer_of(const struct qs_spec *spec, double averaging)
{
	const struct qs_observation observation = {
	    .channels = 1, .subject = {"tensor", {NULL, 0, 0}, findings}, .averaging = averaging};
	struct qs_observer *observer;

	assert_int_equal(qs_observer_new(registry, spec, &observation, &observer), QS_OK);
	return observer;
}

static enum qs_status point_to(void *context, size_t at, size_t n, const float **ret_values)
{
	(void)n;
	*ret_values = (const float *)((struct qs_array *)context)->data + at;
	return QS_OK;
}

static void feed(struct qs_observer *observer, size_t number)
{
	const struct qs_batch batch = {
	    {1, 1, batches[number].n_values}, point_to, NULL, &batches[number]};

	assert_int_equal(qs_observer_feed_batch(observer, number, &batch), QS_OK);
}

static struct qs_text state_of(const struct qs_observer *observer)
{
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(qs_observer_write(observer, &text), QS_OK);
	return text;
}

static enum qs_status read_state(struct qs_observer *observer, const char *text, size_t size)
{
	struct qs_source *source;
	enum qs_status status;

	assert_int_equal(qs_source_new("state", text, size, &source), QS_OK);
	status = qs_observer_read(observer, source);
	qs_source_free(source);
	return status;
}

static void expect_same_bits(struct qs_observer *a, struct qs_observer *b)
{
	struct qs_qparams x, y;

	assert_int_equal(qs_observer_result(a, &x), QS_OK);
	assert_int_equal(qs_observer_result(b, &y), QS_OK);
	assert_memory_equal(x.scale, y.scale, sizeof(double));
	assert_memory_equal(x.float_max, y.float_max, sizeof(double));
	assert_int_equal(x.zero_point[0], y.zero_point[0]);
	assert_int_equal(x.quant_min, y.quant_min);
	qs_qparams_done(&x);
	qs_qparams_done(&y);
}

/* Shard s of n takes the batches s, s + n, ...; the merge begins with shard `first`. */
static void merge_shards(
    const struct qs_spec *spec, double averaging, size_t n, size_t first, struct qs_observer *whole)
{
	struct qs_observer *merged = observer_of(spec, averaging);
	struct qs_text expected = state_of(whole), found;

	for (size_t s = 0; s < n; s++) {
		const size_t shard = (first + s) % n;
		struct qs_observer *part = observer_of(spec, averaging);
		struct qs_text text;

		for (size_t number = shard; number < N_BATCHES; number += n)
			feed(part, number);
		text = state_of(part);
		/* By way of a file, and without. */
		if (s % 2)
			assert_int_equal(qs_observer_merge(merged, part), QS_OK);
		else
			assert_int_equal(read_state(merged, text.data, text.size), QS_OK);
		qs_text_done(&text);
		qs_observer_free(part);
	}
	expect_same_bits(merged, whole);
	found = state_of(merged);
	assert_string_equal(found.data, expected.data);
	qs_text_done(&found);
	qs_text_done(&expected);
	qs_observer_free(merged);
}

static void check_law(const struct qs_spec *spec, double averaging)
{
	static const size_t counts[] = {1, 2, MAX_SHARDS};
	struct qs_observer *whole = observer_of(spec, averaging);

	for (size_t number = 0; number < N_BATCHES; number++)
		feed(whole, number);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		merge_shards(spec, averaging, counts[i], 0, whole);
		merge_shards(spec, averaging, counts[i], counts[i] / 2, whole);
	}
	qs_observer_free(whole);
}

static void shards_of_every_method_merge_to_the_same_bits(void **state)
{
	(void)state;
	for (int method = 0; method < QS_METHOD__COUNT; method++) {
		struct qs_spec spec = maxmin();

		spec.method = method;
		if (method == QS_METHOD_DIFFS)
			spec.scale_type = QS_SCALE_TYPE_POWEROFTWO;
		check_law(&spec, 0.0);
	}
}

static void shards_of_every_statistic_merge_to_the_same_bits(void **state)
{
	(void)state;
	for (int statistic = 0; statistic < QS_STATISTIC__COUNT; statistic++) {
		struct qs_spec spec = maxmin();

		spec.statistic = statistic;
		spec.symmetry = false;
		check_law(&spec, 0.0);
	}
}

/* Moving averages go by the order of the batches, which their numbers keep. */
static void shards_of_moving_averages_merge_to_the_same_bits(void **state)
{
	const struct qs_spec spec = maxmin();

	(void)state;
	check_law(&spec, 0.01);
	check_law(&spec, 1.0);
}

/* Rows of channels, the negative ones of which put the range of unsigned integers off. */
static void channels_that_fall_back_merge_to_the_same_bits(void **state)
{
	static const float rows[3][4] = {
	    {1.0F, 2.0F, 3.0F, 4.0F}, {-1.0F, 2.0F, 0.5F, 8.0F}, {5.0F, 1.0F, 1.0F, 1.0F}};
	const struct qs_observation observation = {
	    .channels = 2, .subject = {"tensor", {NULL, 0, 0}, findings}};
	const struct qs_layout layout = {1, 2, 2};
	struct qs_spec spec = maxmin();
	struct qs_observer *whole, *late, *early;
	struct qs_qparams a, b;

	(void)state;
	spec.per_channel = true;
	spec.is_signed = false;
	assert_int_equal(qs_observer_new(registry, &spec, &observation, &whole), QS_OK);
	assert_int_equal(qs_observer_new(registry, &spec, &observation, &late), QS_OK);
	assert_int_equal(qs_observer_new(registry, &spec, &observation, &early), QS_OK);
	for (size_t r = 0; r < 3; r++) {
		struct qs_array array = {.data = (void *)rows[r]};
		const struct qs_batch batch = {layout, point_to, NULL, &array};

		assert_int_equal(qs_observer_feed_batch(whole, r, &batch), QS_OK);
		assert_int_equal(qs_observer_feed_batch(r ? late : early, r, &batch), QS_OK);
	}
	assert_int_equal(qs_observer_merge(late, early), QS_OK);
	assert_int_equal(qs_observer_result(whole, &a), QS_OK);
	assert_int_equal(qs_observer_result(late, &b), QS_OK);
	assert_memory_equal(a.scale, b.scale, 2 * sizeof(double));
	assert_int_equal(a.quant_min, -128);
	assert_true(
	    a.scale[0] ==
	    ((double)(2.0F / 127.0F) + (double)(2.0F / 127.0F) + (double)(5.0F / 127.0F)) / 3.0);
	qs_qparams_done(&a);
	qs_qparams_done(&b);
	qs_observer_free(whole);
	qs_observer_free(late);
	qs_observer_free(early);
}

static void expect_refusal(enum qs_status status, const char *code, const char *part)
{
	const size_t n = qs_findings_count(findings);

	assert_int_equal(status, QS_INVALID);
	assert_true(n > 0);
	assert_string_equal(qs_findings_at(findings, n - 1)->code, code);
	assert_non_null(strstr(qs_findings_at(findings, n - 1)->message, part));
}

static void observers_that_calibrate_otherwise_do_not_merge(void **state)
{
	struct qs_spec spec = maxmin(), other = spec;
	struct qs_observer *a = observer_of(&spec, 0.0), *b, *c = observer_of(&spec, 0.01);

	(void)state;
	other.bit_width = 4;
	b = observer_of(&other, 0.0);
	feed(a, 0);
	feed(b, 1);
	expect_refusal(qs_observer_merge(a, b), "QS726", "\"bit_width\" 4; expected 8");
	expect_refusal(qs_observer_merge(a, c), "QS726", "\"averaging\" 0.01; expected 0");
	assert_int_equal(qs_observer_n_batches(a), 1);
	qs_observer_free(a);
	qs_observer_free(b);
	qs_observer_free(c);
}

static void a_batch_counts_once(void **state)
{
	struct qs_spec spec = maxmin();
	struct qs_observer *a = observer_of(&spec, 0.0), *b = observer_of(&spec, 0.0);

	(void)state;
	feed(a, 3);
	feed(a, 1);
	feed(b, 0);
	feed(b, 3);
	expect_refusal(qs_observer_merge(a, b), "QS722", "batch 3 is there twice");
	assert_int_equal(qs_observer_n_batches(a), 2);
	assert_int_equal(qs_observer_batch_number(a, 0), 1);
	qs_observer_free(a);
	qs_observer_free(b);
}

/* A state of two batches, with one of its parts replaced. */
static void expect_state_refused(
    const char *from, const char *to, const char *code, const char *part)
{
	struct qs_spec spec = maxmin();
	struct qs_observer *a = observer_of(&spec, 0.0), *b = observer_of(&spec, 0.0);
	struct qs_text text, changed = QS_TEXT_INIT;
	const char *at;
	const size_t n = qs_findings_count(findings);

	feed(a, 0);
	feed(a, 1);
	text = state_of(a);
	at = strstr(text.data, from);
	assert_non_null(at);
	qs_text_add(&changed, text.data, (size_t)(at - text.data));
	qs_text_adds(&changed, to);
	qs_text_adds(&changed, at + strlen(from));
	expect_refusal(read_state(b, changed.data, changed.size), code, part);
	assert_int_equal(qs_findings_count(findings), n + 1);
	assert_int_equal(qs_observer_n_batches(b), 0);
	qs_text_done(&text);
	qs_text_done(&changed);
	qs_observer_free(a);
	qs_observer_free(b);
}

static void what_is_no_state_is_refused_with_one_finding(void **state)
{
	static const struct {
		const char *from, *to, *code, *part;
	} rows[] = {
	    {"qstrata-observer", "qstrata-calibration", "QS725", "its \"format\" is not"},
	    {"\"version\": 1", "\"version\": 2", "QS725", "another version"},
	    {"\"version\": 1", "\"version\": \"1\"", "QS725", "another version"},
	    {"\"qmax\"", "\"half-span\"", "QS726",
		"\"scale_law\" \"half-span\"; expected \"qmax\""},
	    {"\"channels\": 1", "\"channels\": 99999999999", "QS726", "\"channels\""},
	    {"{ \"batch\": 0", "{ \"batch\": 1", "QS725", "above that of the line before"},
	    {"{ \"batch\": 0", "{ \"batch\": -1", "QS725", "above that of the line before"},
	    {"{ \"batch\": 0", "{ \"batch\": 1e3", "QS725", "above that of the line before"},
	    {"\"fell_back\": false", "\"fell_back\": true", "QS725", "only for unsigned"},
	    {"\"fell_back\": false", "\"fell_back\": 0", "QS725", "must be a boolean"},
	    {"\"channels\": [ [", "\"channels\": [ [ 1,", "QS725", "five numbers"},
	    {"\"channels\": [ [", "\"channels\": [ [ ], [", "QS725", "five numbers"},
	    {"\"channels\": [ [ -", "\"channels\": [ [ 1e30, -", "QS725", "five numbers"},
	    {"\"channels\": [ [ ", "\"channels\": [ [ NaN, ", "QS725", "five numbers"},
	    {"\"channels\": [ [ ", "\"channels\": [ [ [ [ [ ", "QS725", "no JSON"},
	    {"{ \"batch\": 1", "[ \"batch\": 1", "QS725", "no JSON"},
	    {"{ \"batches\": 2 }\n", "", "QS725", "ends too early"},
	    {"{ \"batches\": 2 }\n", "{ \"batches\": 2 }", "QS725", "cut off inside a line"},
	    {"\"batches\": 2", "\"batches\": 3", "QS725", "not the number of batches"},
	    {"\"batches\": 2 }\n", "\"batches\": 2 }\n{}\n", "QS725", "goes on behind its end"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect_state_refused(rows[i].from, rows[i].to, rows[i].code, rows[i].part);
}

static void a_state_that_is_cut_off_anywhere_is_refused(void **state)
{
	struct qs_spec spec = maxmin();
	struct qs_observer *a = observer_of(&spec, 0.0), *b = observer_of(&spec, 0.0);
	struct qs_text text;

	(void)state;
	feed(a, 0);
	text = state_of(a);
	for (size_t size = 0; size < text.size; size++)
		assert_int_equal(read_state(b, text.data, size), QS_INVALID);
	assert_int_equal(qs_observer_n_batches(b), 0);
	assert_int_equal(read_state(b, text.data, text.size), QS_OK);
	qs_text_done(&text);
	qs_observer_free(a);
	qs_observer_free(b);
}

static int set_up(void **state)
{
	static const char *const kinds[] = {
	    "normal", "laplace", "relu", "uniform", "outlier", "tiny", "big", "sigmoid"};

	(void)state;
	registry = qs_registry_new();
	findings = qs_findings_new();
	for (size_t i = 0; i < N_BATCHES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "golden/calib/act_%s_%zu.npy", kinds[i % 8], i / 8);
		batches[i] = golden_array(name);
		assert_int_equal(batches[i].element, QS_ELEMENT_FLOAT32);
	}
	return !registry || !findings;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_BATCHES; i++)
		qs_array_done(&batches[i]);
	qs_registry_free(registry);
	qs_findings_free(findings);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shards_of_every_method_merge_to_the_same_bits),
	    cmocka_unit_test(shards_of_every_statistic_merge_to_the_same_bits),
	    cmocka_unit_test(shards_of_moving_averages_merge_to_the_same_bits),
	    cmocka_unit_test(channels_that_fall_back_merge_to_the_same_bits),
	    cmocka_unit_test(observers_that_calibrate_otherwise_do_not_merge),
	    cmocka_unit_test(a_batch_counts_once),
	    cmocka_unit_test(what_is_no_state_is_refused_with_one_finding),
	    cmocka_unit_test(a_state_that_is_cut_off_anywhere_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
