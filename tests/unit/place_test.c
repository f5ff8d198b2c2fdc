/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where nodes run: units, segments, what splits them, limits, booleans; by profiles of the test's
 * own and by those that are built in.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/place.h"
#include "tests/unit/model_fixture.h"

#define SOURCE "\"source\": \"s\", \"date\": \"2026-01-01\""
#define BPU(names) "{\"operators\": [" names "], \"on\": \"bpu\", " SOURCE "}"
#define CPU(names) "{\"operators\": [" names "], \"on\": \"cpu\", " SOURCE "}"
#define PROFILE(operators)                                                                         \
	"{\"format\": \"qstrata-profile\", \"version\": 1, \"name\": \"mine\", \"title\": \"t\", " \
	"\"operators\": [" operators "], " SOURCE "}"

struct fixture {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_rulebook *rules;
	struct qs_placement *placement;
	enum qs_status status;
};

/* Places a model of lines on a device of a profile, or on a built-in device of that name. */
static struct fixture place(const char *profile, const char *const *lines)
{
	struct fixture fixture = {.findings = qs_findings_new()};
	struct qs_place_options options = {
	    .model = fixture_output("place.onnx"), .front_end = QS_FRONT_END_ONNX};
	struct qs_model *model = fixture_model(fixture.findings, lines);

	assert_int_equal(qs_model_save(model, options.model, fixture.findings), QS_OK);
	qs_model_free(model);
	assert_int_equal(qs_rulebook_new(&fixture.rules), QS_OK);
	if (profile[0] == '{') {
		assert_int_equal(
		    qs_source_new("mine", profile, strlen(profile), &fixture.source), QS_OK);
		assert_int_equal(qs_rulebook_add_profile(fixture.rules, fixture.source,
				     fixture.findings, &options.device),
		    QS_OK);
	} else {
		assert_int_equal(qs_rulebook_find_device(fixture.rules, profile, strlen(profile),
				     fixture.findings, &options.device),
		    QS_OK);
	}
	options.rules = fixture.rules;
	fixture.status = qs_place_model(&options, fixture.findings, &fixture.placement);
	assert_non_null(fixture.placement);
	return fixture;
}

#define PLACE(profile, ...) place(profile, (const char *const[]){__VA_ARGS__, NULL})

static void end(struct fixture *fixture)
{
	qs_placement_free(fixture->placement);
	qs_rulebook_free(fixture->rules);
	qs_source_free(fixture->source);
	qs_findings_free(fixture->findings);
}

static void expect_segments(const struct fixture *fixture, size_t if_bpu, size_t if_cpu)
{
	const struct qs_segments segments = qs_placement_segments(fixture->placement);

	assert_int_equal(segments.if_bpu, if_bpu);
	assert_int_equal(segments.if_cpu, if_cpu);
}

static size_t count_code(const struct fixture *fixture, const char *code)
{
	size_t n = 0;

	for (size_t i = 0; i < qs_findings_count(fixture->findings); i++)
		n += strcmp(qs_findings_at(fixture->findings, i)->code, code) == 0;
	return n;
}

static const struct qs_placed *placed(const struct fixture *fixture, const char *label)
{
	const struct qs_placement *placement = fixture->placement;

	for (size_t i = 0; i < placement->n_nodes; i++) {
		const struct qs_placed *node = &placement->nodes[i];

		if (strcmp(placement->layers->graph->nodes[node->node].label, label) == 0)
			return node;
	}
	fail_msg("there is no node %s", label);
	return NULL;
}

/* ---- segments -------------------------------------------------------------------------------- */

#define R(name, from, to) "node Relu " name " " from " " to
#define N(name, from, to) "node Neg " name " " from " " to
#define RELU_NEG PROFILE(BPU("\"Relu\", \"Add\"") ", " CPU("\"Neg\""))

static void nodes_in_a_row_are_one_segment(void **state)
{
	struct fixture f = PLACE(RELU_NEG, "in x 1", R("a", "x", "b"), R("b", "b", "y"), "out y");

	(void)state;
	expect_segments(&f, 1, 1);
	assert_int_equal(f.status, QS_OK);
	assert_int_equal(qs_findings_count(f.findings), 0);
	end(&f);
}

static void a_node_of_the_cpu_between_them_splits_them(void **state)
{
	struct fixture f = PLACE(
	    RELU_NEG, "in x 1", R("a", "x", "a"), N("n", "a", "n"), R("b", "n", "y"), "out y");

	(void)state;
	expect_segments(&f, 2, 2);
	assert_true(placed(&f, "n")->splits);
	assert_int_equal(placed(&f, "n")->segment, 0);
	assert_int_equal(placed(&f, "a")->segment, 1);
	assert_int_equal(placed(&f, "b")->segment, 2);
	assert_int_equal(count_code(&f, "QS883"), 1);
	end(&f);
}

static void a_node_of_the_cpu_at_an_end_splits_nothing(void **state)
{
	struct fixture f = PLACE(RELU_NEG, "in x 1", N("m", "x", "m"), R("a", "m", "a"),
	    R("b", "a", "b"), N("n", "b", "y"), "out y");

	(void)state;
	expect_segments(&f, 1, 1);
	assert_false(placed(&f, "m")->splits);
	assert_false(placed(&f, "n")->splits);
	end(&f);
}

/* x - a - n - s and a - s: what waits for n is of the second stage, also by the way past n. */
static void a_way_past_the_cpu_does_not_join_what_it_splits(void **state)
{
	struct fixture f = PLACE(
	    RELU_NEG, "in x 1", R("a", "x", "a"), N("n", "a", "n"), "node Add s a,n y", "out y");

	(void)state;
	expect_segments(&f, 2, 2);
	end(&f);
}

static void branches_that_never_meet_are_segments_of_their_own(void **state)
{
	struct fixture f =
	    PLACE(RELU_NEG, "in x 1", R("a", "x", "y"), R("b", "x", "z"), "out y", "out z");

	(void)state;
	expect_segments(&f, 2, 2);
	end(&f);
}

static void branches_that_meet_are_one_segment(void **state)
{
	struct fixture f = PLACE(
	    RELU_NEG, "in x 1", R("a", "x", "a"), R("b", "x", "b"), "node Add s a,b y", "out y");

	(void)state;
	expect_segments(&f, 1, 1);
	end(&f);
}

static void unknown_nodes_are_counted_both_ways(void **state)
{
	struct fixture f = PLACE(
	    RELU_NEG, "in x 1", R("a", "x", "a"), "node Tanh t a t", R("b", "t", "y"), "out y");

	(void)state;
	expect_segments(&f, 1, 2);
	assert_int_equal(qs_placement_unit(f.placement, "t"), QS_UNIT_UNKNOWN);
	assert_int_equal(count_code(&f, "QS885"), 1);
	end(&f);
}

static void a_model_without_the_bpu_has_no_segment(void **state)
{
	struct fixture f = PLACE(RELU_NEG, "in x 1", N("n", "x", "y"), "out y");

	(void)state;
	expect_segments(&f, 0, 0);
	end(&f);
}

/* ---- limits ---------------------------------------------------------------------------------- */

#define LIMITED(name, limits)                                                                      \
	PROFILE(BPU("\"" name "\"") ", {\"operators\": [\"" name "\"], \"limits\": {" limits       \
				    "}, " SOURCE "}")

static void expect_limit(const char *profile, const char *const *lines, const char *label,
    enum qs_limit limit, uint64_t measured)
{
	struct fixture f = place(profile, lines);

	assert_non_null(placed(&f, label)->passed);
	assert_int_equal(placed(&f, label)->limit, limit);
	assert_int_equal(placed(&f, label)->measured, measured);
	assert_int_equal(placed(&f, label)->on, QS_UNIT_UNKNOWN);
	assert_int_equal(count_code(&f, "QS884"), 1);
	end(&f);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CONV                                                                                       \
	LINES("in x 1 3 20 20", "init w 8 3 5 7", "node Conv c x,w y", "ints strides 4 2",         \
	    "ints dilations 1 3", "ints pads 1 2 6 4", "out y")

static void limits_are_measured_where_onnx_says_them(void **state)
{
	(void)state;
	expect_limit(LIMITED("Conv", "\"kernel\": 6"), CONV, "c", QS_LIMIT_KERNEL, 7);
	expect_limit(LIMITED("Conv", "\"stride\": 3"), CONV, "c", QS_LIMIT_STRIDE, 4);
	expect_limit(LIMITED("Conv", "\"dilation\": 2"), CONV, "c", QS_LIMIT_DILATION, 3);
	expect_limit(LIMITED("Conv", "\"pad\": 5"), CONV, "c", QS_LIMIT_PAD, 6);
	expect_limit(LIMITED("Conv", "\"channels\": 7"), CONV, "c", QS_LIMIT_CHANNELS, 8);
	expect_limit(LIMITED("Conv", "\"volume\": 104"), CONV, "c", QS_LIMIT_VOLUME, 105);
	expect_limit(LIMITED("Conv", "\"rank\": 3"), CONV, "c", QS_LIMIT_RANK, 4);
	expect_limit(LIMITED("Conv", "\"batch\": 0"), CONV, "c", QS_LIMIT_BATCH, 1);
	expect_limit(LIMITED("Conv", "\"side\": 19"), CONV, "c", QS_LIMIT_SIDE, 20);
	expect_limit(LIMITED("Add", "\"constants\": 0"),
	    LINES("in x 2", "init w 2", "node Add a x,w y", "out y"), "a", QS_LIMIT_CONSTANTS, 1);
	expect_limit(LIMITED("ReduceMean", "\"reduced\": 8"),
	    LINES("in x 2 5 9", "node ReduceMean r x y", "ints axes 0 -1", "out y"), "r",
	    QS_LIMIT_REDUCED, 9);
	expect_limit(LIMITED("ReduceMean", "\"axes\": 1"),
	    LINES("in x 2 5 9", "node ReduceMean r x y", "ints axes 0 -1", "out y"), "r",
	    QS_LIMIT_AXES, 2);
	expect_limit(LIMITED("DepthToSpace", "\"block\": 2"),
	    LINES("in x 1 9 2 2", "node DepthToSpace d x y", "int blocksize 3", "out y"), "d",
	    QS_LIMIT_BLOCK, 3);
}

#define TRANSPOSED                                                                                 \
	LINES("in x 1 3 4 4", "init w 3 8 1 1", "node ConvTranspose c x,w y", "ints strides 1 1",  \
	    "ints output_padding 0 2", "out y")

static void limits_of_axes_are_measured_from_the_first_or_the_last(void **state)
{
	(void)state;
	expect_limit(LIMITED("Concat", "\"joined_samples\": 1"),
	    LINES("in x 2 5 9", "node Concat k x,x,x y", "int axis -3", "out y"), "k",
	    QS_LIMIT_JOINED_SAMPLES, 3);
	expect_limit(LIMITED("Mul", "\"repeated_samples\": 0"),
	    LINES("in x 2 5", "in b 1 5", "node Mul m x,b y", "out y"), "m",
	    QS_LIMIT_REPEATED_SAMPLES, 1);
	expect_limit(LIMITED("Mul", "\"repeated_samples\": 0"),
	    LINES("in x 2 5", "in b 5", "node Mul m x,b y", "out y"), "m",
	    QS_LIMIT_REPEATED_SAMPLES, 1);
	expect_limit(LIMITED("ArgMax", "\"off_channels\": 0"),
	    LINES("in x 2 5 9", "node ArgMax a x y", "int axis -1", "out y"), "a",
	    QS_LIMIT_OFF_CHANNELS, 1);
	expect_limit(LIMITED("ReduceSum", "\"dropped_axes\": 0"),
	    LINES("opset 11", "in x 2 5 9", "node ReduceSum r x y", "ints axes 1 2",
		"int keepdims 0", "out y"),
	    "r", QS_LIMIT_DROPPED_AXES, 2);
	expect_limit(LIMITED("Pow", "\"exponents\": 1"),
	    LINES("in x 2 5", "init e 5", "node Pow p x,e y", "out y"), "p", QS_LIMIT_EXPONENTS, 5);
	expect_limit(
	    LIMITED("Conv", "\"dilated_stride\": 1"), CONV, "c", QS_LIMIT_DILATED_STRIDE, 4);
	expect_limit(
	    LIMITED("ConvTranspose", "\"points\": 0"), TRANSPOSED, "c", QS_LIMIT_POINTS, 1);
	expect_limit(LIMITED("ConvTranspose", "\"unit_strides\": 0"), TRANSPOSED, "c",
	    QS_LIMIT_UNIT_STRIDES, 1);
	expect_limit(
	    LIMITED("ConvTranspose", "\"output_pad\": 1"), TRANSPOSED, "c", QS_LIMIT_OUTPUT_PAD, 2);
}

/* What the published lists of Journey 5 take and do not take, one node each. */
static void axes_are_taken_or_not_as_the_lists_of_journey_5_have_it(void **state)
{
	static const struct {
		const char *const lines[8];
		int limit; /* or -1 */
	} rows[] = {
	    {{"in x 2 5 9", "node Concat n x,x y", "int axis 1", "out y"}, -1},
	    {{"in x 2 5 9", "node Concat n x,x y", "int axis 0", "out y"}, QS_LIMIT_JOINED_SAMPLES},
	    {{"in x 1 5 9 9", "node ArgMax n x y", "int axis 1", "out y"}, -1},
	    {{"in x 1 5 9 9", "node ArgMax n x y", "int axis 2", "out y"}, QS_LIMIT_OFF_CHANNELS},
	    {{"in x 1 65 9 9", "node ArgMin n x y", "int axis 1", "out y"}, QS_LIMIT_REDUCED},
	    {{"in x 2 5", "in z 2 1", "node Add n x,z y", "out y"}, -1},
	    {{"in x 2 5", "in z 1 5", "node Add n x,z y", "out y"}, QS_LIMIT_REPEATED_SAMPLES},
	    {{"in x 2 5", "init w 5", "node Add n x,w y", "out y"}, -1},
	    {{"opset 11", "in x 2 5 9", "node ReduceSum n x y", "ints axes 1", "out y"}, -1},
	    {{"opset 11", "in x 2 5 9", "node ReduceSum n x y", "ints axes 1", "int keepdims 0",
		 "out y"},
		QS_LIMIT_DROPPED_AXES},
	    {{"in x 2 5", "full e 2", "node Pow n x,e y", "out y"}, -1},
	    {{"in x 1 3 4 4", "init w 3 8 2 2", "node ConvTranspose n x,w y", "ints strides 2 2",
		 "out y"},
		-1},
	    {{"in x 1 3 4 4", "init w 3 8 2 2", "node ConvTranspose n x,w y", "out y"},
		QS_LIMIT_UNIT_STRIDES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture f = place("j5", rows[i].lines);
		const struct qs_placed *found = placed(&f, "n");

		if ((found->passed ? (int)found->limit : -1) != rows[i].limit)
			fail_msg("row %zu", i);
		if (found->passed)
			assert_string_equal(found->passed->date, "2024-05-13");
		end(&f);
	}
}

static void what_is_as_large_as_a_limit_is_within(void **state)
{
	struct fixture f =
	    place(LIMITED("Conv", "\"kernel\": 7, \"channels\": 8, \"volume\": 105"), CONV);

	(void)state;
	assert_null(placed(&f, "c")->passed);
	assert_int_equal(placed(&f, "c")->on, QS_UNIT_BPU);
	end(&f);
}

/* ---- devices that are built in --------------------------------------------------------------- */

static void constants_and_shapes_run_nowhere(void **state)
{
	struct fixture f = PLACE("j5", "in x 2 3", "init w 3", "node Neg n w v", "node Add a x,v y",
	    "node Shape s x s", "out y", "out s");

	(void)state;
	assert_int_equal(f.placement->n_nodes, 1);
	end(&f);
}

static void a_converted_boolean_without_a_scale_sends_a_product_to_the_cpu(void **state)
{
	static const char *const devices[] = {"j6e", "j6m"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture f = PLACE(devices[i], "in x 1 4", "full z 0 1", "node Equal e x,z e",
		    "node Not n e n", "node Cast c n c", "int to 1", "node Identity i c i",
		    "node Mul m x,i y", "out y");

		assert_int_equal(qs_placement_unit(f.placement, "m"), QS_UNIT_CPU);
		assert_int_equal(qs_placement_unit(f.placement, "n"), QS_UNIT_BPU);
		assert_string_equal(placed(&f, "m")->boolean->name, "i");
		assert_int_equal(count_code(&f, "QS866"), 1);
		end(&f);
	}
}

static void a_number_that_was_converted_is_no_boolean(void **state)
{
	struct fixture f =
	    PLACE("j6m", "in x 1 4", "node Cast c x c", "int to 1", "node Mul m x,c y", "out y");

	(void)state;
	assert_int_equal(qs_placement_unit(f.placement, "m"), QS_UNIT_BPU);
	assert_int_equal(count_code(&f, "QS866"), 0);
	end(&f);
}

static void front_ends_place_an_operator_differently(void **state)
{
	struct fixture f = PLACE("j5", "in x 1 4", "node Erf e x y", "out y");
	const struct qs_place_options options = {.model = fixture_output("place.onnx"),
	    .rules = f.rules,
	    .device = f.placement->options.device,
	    .front_end = QS_FRONT_END_PYTORCH};

	(void)state;
	assert_int_equal(qs_placement_unit(f.placement, "e"), QS_UNIT_CPU);
	qs_placement_free(f.placement);
	assert_int_equal(qs_place_model(&options, f.findings, &f.placement), QS_OK);
	assert_int_equal(qs_placement_unit(f.placement, "e"), QS_UNIT_BPU);
	assert_int_equal(qs_placement_unit(f.placement, "none"), QS_UNIT__COUNT);
	end(&f);
}

static void groups_decide_where_convolutions_run_on_the_dpu(void **state)
{
	static const struct {
		const char *lines[4];
		enum qs_unit on;
	} cases[] = {
	    {{"in x 1 4 6 6", "init w 4 4 3 3", "node Conv c x,w y"}, QS_UNIT_DPU},
	    {{"in x 1 4 6 6", "init w 4 1 3 3", "node Conv c x,w y", "int group 4"}, QS_UNIT_DPU},
	    {{"in x 1 4 6 6", "init w 4 2 3 3", "node Conv c x,w y", "int group 2"}, QS_UNIT_CPU},
	    {{"in x 1 4 6 6", "init w 4 4 3 3", "node ConvTranspose c x,w y"}, QS_UNIT_DPU},
	    {{"in x 1 4 6 6", "init w 4 1 3 3", "node ConvTranspose c x,w y", "int group 4"},
		QS_UNIT_DPU},
	    {{"in x 1 4 6 6", "init w 4 2 3 3", "node ConvTranspose c x,w y", "int group 2"},
		QS_UNIT_CPU},
	    {{"in x 1 4 6 6 6", "init w 4 4 3 3 3", "node Conv c x,w y"}, QS_UNIT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const *l = cases[i].lines;
		struct fixture f = l[3] ? PLACE("DPU", l[0], l[1], l[2], l[3], "out y")
		                        : PLACE("DPU", l[0], l[1], l[2], "out y");

		assert_int_equal(qs_placement_unit(f.placement, "c"), cases[i].on);
		end(&f);
	}
}

static void what_is_beyond_a_limit_runs_where_the_source_says(void **state)
{
	struct fixture f = PLACE("DPU", "in x 1 4 20 20", "init w 4 4 1 1", "node Conv c x,w y",
	    "ints strides 9 9", "out y");

	(void)state;
	assert_int_equal(qs_placement_unit(f.placement, "c"), QS_UNIT_CPU);
	assert_int_equal(count_code(&f, "QS884"), 1);
	end(&f);
}

static void within_a_layer_an_operator_is_not_a_layer(void **state)
{
	struct fixture f = PLACE("DPU", "in x 2 8", "node ReduceMean m x a", "ints axes -1",
	    "node Sub s x,a b", "full two 2", "node Pow p b,two c", "node ReduceMean v c d",
	    "ints axes -1", "full e 0.00001", "node Add q d,e f", "node Sqrt r f g",
	    "node Div z b,g y", "out y");

	(void)state;
	assert_int_equal(qs_placement_unit(f.placement, "q"), QS_UNIT_UNKNOWN);
	end(&f);
}

static void a_processor_runs_everything(void **state)
{
	struct fixture f = PLACE("CPU", "in x 1 4", "node Erf e x y", "out y");

	(void)state;
	assert_int_equal(qs_placement_unit(f.placement, "e"), QS_UNIT_CPU);
	assert_int_equal(qs_findings_count(f.findings), 0);
	end(&f);
}

/* The list of the source has 159 operators, each once: 38, 28, 3 and 2 of the BPU, 88 of the
 * processor. */
static void every_operator_of_bayes_is_placed_once(void **state)
{
	size_t n[QS_UNIT__COUNT] = {0}, n_sixteen = 0, device;
	const struct qs_operator_fact *fact;
	struct qs_rulebook *rules;
	struct qs_map seen = QS_MAP_INIT;

	(void)state;
	assert_int_equal(qs_rulebook_new(&rules), QS_OK);
	assert_int_equal(qs_rulebook_find_device(rules, "j5", 2, NULL, &device), QS_OK);
	for (size_t i = 0; (fact = qs_rulebook_operator(rules, device, i)) != NULL; i++) {
		if (fact->front_end != QS_FRONT_END_ONNX || fact->on == QS_UNIT_UNKNOWN)
			continue;
		for (size_t k = 0; k < fact->n_operators; k++) {
			assert_int_equal(qs_map_get(&seen, fact->operators[k]), QS_MAP_NONE);
			assert_true(qs_map_set(&seen, fact->operators[k], i));
		}
		n[fact->on] += fact->n_operators;
		if (fact->numbers[QS_TENSOR_INPUT] >> QS_NUMBER_INT16 & 1)
			n_sixteen += fact->n_operators;
	}
	assert_int_equal(n[QS_UNIT_BPU], 38 + 28 + 3 + 2);
	assert_int_equal(n[QS_UNIT_CPU], 88);
	assert_int_equal(n_sixteen, 38 + 3 + 2);
	qs_map_done(&seen);
	qs_rulebook_free(rules);
}

static void horizon_scales_by_half_spans_and_vitis_by_the_largest_code(void **state)
{
	static const struct {
		const char *name;
		enum qs_scale_law law;
	} rows[] = {{"j5", QS_SCALE_LAW_HALF_SPAN}, {"j6e", QS_SCALE_LAW_HALF_SPAN},
	    {"j6m", QS_SCALE_LAW_HALF_SPAN}, {"DPU", QS_SCALE_LAW_QMAX}, {"CPU", QS_SCALE_LAW_QMAX},
	    {"GPU", QS_SCALE_LAW_QMAX}, {"FLEXML", QS_SCALE_LAW_QMAX}};
	struct qs_rulebook *rules;
	size_t n, device;

	(void)state;
	assert_int_equal(qs_rulebook_new(&rules), QS_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(qs_rulebook_find_device(
				     rules, rows[i].name, strlen(rows[i].name), NULL, &device),
		    QS_OK);
		assert_int_equal(qs_rulebook_profiles(rules, &n)[device].scale_law, rows[i].law);
	}
	qs_rulebook_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nodes_in_a_row_are_one_segment),
	    cmocka_unit_test(a_node_of_the_cpu_between_them_splits_them),
	    cmocka_unit_test(a_node_of_the_cpu_at_an_end_splits_nothing),
	    cmocka_unit_test(a_way_past_the_cpu_does_not_join_what_it_splits),
	    cmocka_unit_test(branches_that_never_meet_are_segments_of_their_own),
	    cmocka_unit_test(branches_that_meet_are_one_segment),
	    cmocka_unit_test(unknown_nodes_are_counted_both_ways),
	    cmocka_unit_test(a_model_without_the_bpu_has_no_segment),
	    cmocka_unit_test(limits_are_measured_where_onnx_says_them),
	    cmocka_unit_test(limits_of_axes_are_measured_from_the_first_or_the_last),
	    cmocka_unit_test(axes_are_taken_or_not_as_the_lists_of_journey_5_have_it),
	    cmocka_unit_test(what_is_as_large_as_a_limit_is_within),
	    cmocka_unit_test(constants_and_shapes_run_nowhere),
	    cmocka_unit_test(a_converted_boolean_without_a_scale_sends_a_product_to_the_cpu),
	    cmocka_unit_test(a_number_that_was_converted_is_no_boolean),
	    cmocka_unit_test(front_ends_place_an_operator_differently),
	    cmocka_unit_test(groups_decide_where_convolutions_run_on_the_dpu),
	    cmocka_unit_test(what_is_beyond_a_limit_runs_where_the_source_says),
	    cmocka_unit_test(within_a_layer_an_operator_is_not_a_layer),
	    cmocka_unit_test(a_processor_runs_everything),
	    cmocka_unit_test(every_operator_of_bayes_is_placed_once),
	    cmocka_unit_test(horizon_scales_by_half_spans_and_vitis_by_the_largest_code)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
