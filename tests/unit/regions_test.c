/* SPDX-License-Identifier: Apache-2.0 */
/* Branches of If, bodies of Loop and Scan: opened, closed, planned, calibrated and written. */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/npz_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/opset.h"
#include "model/regions.h"
#include "tests/unit/data.h"

#define MODEL "tests/out/regions_test.onnx"
#define OUTPUT "tests/out/regions_test_out.onnx"
#define CALIB "tests/out/regions_test.json"
#define DATA "tests/out/regions_test.d"
#define INT8 ENGINE_CONFIG(ENGINE_INT8, "")
#define HALF ENGINE_CONFIG("\"datatype\": \"float16\"", "")

enum {
	N = 8 /* values of the input, 2x4 */
};

/* What decides is whether the input sums up to more than nothing. */
#define DECIDE "opset 13", DECIDED
#define DECIDED                                                                                    \
	"in x 2 4", "full zero 0 1", "node ReduceSum s x sum", "int keepdims 0",                   \
	    "node Greater c sum,zero more", "node Squeeze q more cond"

/* Both branches call what they have by the same names, one of which the main graph has as well. */
static const char *const two_branches[] = {DECIDE, "init w 4 4", "init b 4", "node Gemm g x,w,b h",
    "node If f cond y", "body then_branch", "init w 4 3", "node MatMul m h,w a", "node Relu r a o",
    "out o 2 3", "end", "body else_branch", "init w 4 3", "init b 3", "node Gemm m h,w,b a",
    "node Relu r a o", "out o 2 3", "end", "node Neg n y z", "out z 2 3", NULL};

/* A branch within a branch, and branches that pass on a constant or what is outside. */
static const char *const nested[] = {DECIDE, "init w 4 3", "init k 2 3", "node MatMul m x,w h",
    "node If f cond y,z", "body then_branch", "node If inner cond p", "body then_branch",
    "init v 3 3", "node MatMul m h,v p", "out p 2 3", "end", "body else_branch", "init p 2 3",
    "out p 2 3", "end", "node Relu r p q", "node Neg n p u", "out q 2 3", "out u 2 3", "end",
    "body else_branch", "node Identity i k o", "node Identity j h u", "out o 2 3", "out u 2 3",
    "end", "node Add a y,z sum2", "out sum2 2 3", NULL};

/* Too old for QuantizeLinear with an axis; the condition is known after the branch could begin. */
static const char *const old[] = {"opset 11", DECIDED, "node If f cond y", "body then_branch",
    "init w 4 3", "node MatMul m x,w a", "out a 2 3", "end", "body else_branch", "init w 4 3",
    "node MatMul m x,w a", "node Relu r a o", "out o 2 3", "end", "node Neg n y z", "out z 2 3",
    NULL};

#define COUNTED "in it -", "type it int64", "in c -", "type c bool", "in s 2 4"
#define GOES_ON "node Identity ci c co", "out co -", "type co bool"
#define THRICE "full n 3", "type n int64", "full yes 1", "type yes bool"

/* A recurrent layer: it reads what is outside, and gives its state and all of its steps. */
static const char *const scan[] = {"opset 13", "in x 2 4", "full h0 0 3", "init r 3 3",
    "node Scan l h0,x h,steps", "int num_scan_inputs 1", "body body", "in s 3", "in t 4",
    "init w 4 3", "init b 3", "node MatMul - t,w u", "node MatMul - s,r v", "node Add - u,v p",
    "node Add - p,b q", "node Tanh - q g", "node Identity - g o", "out g 3", "out o 3", "end",
    "init w 3 2", "node MatMul m steps,w y", "out y 2 2", "out h 3", NULL};

/* A loop within a loop, with a branch behind the inner one that reads what is outside of all. */
static const char *const loops[] = {"opset 13", "in x 2 4", THRICE, "full zero 0 1", "init w 4 4",
    "init t 4", "node Loop l n,yes,x y", "body body", COUNTED, "node Loop - n,c,s r", "body body",
    COUNTED, "node MatMul m s,w a", "node Tanh t a so", GOES_ON, "out so 2 4", "end",
    "node ReduceSum sum r sum", "int keepdims 0", "node Greater g sum,zero more",
    "node Squeeze q more cond", "node If f cond b", "body then_branch", "init w 4 4",
    "node MatMul m r,w o", "out o 2 4", "end", "body else_branch", "node Add m r,t o", "out o 2 4",
    "end", "node Softsign soft b u", "out c -", "type c bool", "out u 2 4", "end", "out y 2 4",
    NULL};

/* Too old for axes that are an input: what is in the body is converted as well. */
static const char *const old_loop[] = {"opset 11", "in x 2 4", THRICE, "node Loop l n,yes,x y",
    "body body", COUNTED, "init w 4 4", "node MatMul m s,w a", "node ReduceSum sum a b",
    "ints axes 1", "node Sub sub a,b d", "node Tanh t d so", GOES_ON, "out so 2 4", "end",
    "out y 2 4", NULL};

/* A loop within a branch. */
static const char *const branch[] = {DECIDE, THRICE, "node If f cond y", "body then_branch",
    "node Loop l n,yes,x z", "body body", COUNTED, "init w 4 4", "node MatMul m s,w so", GOES_ON,
    "out so 2 4", "end", "node Relu r z o", "out o 2 4", "end", "body else_branch",
    "node Identity i x o", "out o 2 4", "end", "init w 4 3", "node MatMul m y,w z", "out z 2 3",
    NULL};

struct bench {
	struct qs_findings *findings;
	struct engine_job work;
	struct qs_runtime *runtime;
};

static int make_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	bench->findings = qs_findings_new();
	fixture_output("");
	mkdir(DATA, 0777);
	*state = bench;
	return 0;
}

static int free_bench(void **state)
{
	struct bench *bench = *state;

	engine_job_close(&bench->work);
	qs_findings_free(bench->findings);
	qs_runtime_close(bench->runtime);
	free(bench);
	remove(MODEL);
	remove(OUTPUT);
	remove(CALIB);
	remove(DATA "/0.npy");
	remove(DATA "/1.npy");
	rmdir(DATA);
	return 0;
}

/* An input that sums up to more than nothing, or not. */
static void make_input(bool more, float values[N])
{
	for (int i = 0; i < N; i++)
		values[i] = (float)(i * 5 % 7 - 3) / 4.0F + (more ? 0.5F : -0.5F);
}

/* Batches that take the first branch, the second one, or both. */
static void write_data(bool first, bool second)
{
	static const int64_t dims[] = {2, 4};
	float values[N];

	remove(DATA "/0.npy");
	remove(DATA "/1.npy");
	make_input(true, values);
	if (first)
		write_npy(DATA "/0.npy", npy_make("<f4", dims, 2, values, sizeof(*values)));
	make_input(false, values);
	if (second)
		write_npy(DATA "/1.npy", npy_make("<f4", dims, 2, values, sizeof(*values)));
}

static struct qs_model *open_model(struct bench *bench, const char *path)
{
	struct qs_model *model = NULL;

	if (qs_model_open(path, bench->findings, &model) != QS_OK)
		show_findings(bench->findings);
	assert_non_null(model);
	return model;
}

static void plan(struct bench *bench, const char *config)
{
	engine_job_close(&bench->work);
	bench->work = engine_job_open(config, MODEL);
}

static void calibrate(struct bench *bench, enum qs_observe observe)
{
	const struct qs_calibrate_options options = {.data = DATA, .observe = observe};
	const enum qs_status status = qs_job_calibrate(bench->work.job, &options, bench->findings);

	if (status != QS_OK)
		show_findings(bench->findings);
	assert_int_equal(status, QS_OK);
}

static void write_output(struct bench *bench)
{
	assert_int_equal(qs_job_apply(bench->work.job, bench->findings), QS_OK);
	assert_int_equal(qs_job_save(bench->work.job, OUTPUT, bench->findings), QS_OK);
}

/* What a model in a file gives. */
static float *run_file(struct bench *bench, const char *path, bool more, size_t *ret_n)
{
	struct npy_bytes bytes = read_bytes(path);
	const struct qs_session_options options = {1, false};
	struct qs_session *session = NULL;
	float input[N], *values;

	if (qs_session_new(bench->runtime, path, bytes.data, bytes.size, &options, bench->findings,
		&session) != QS_OK)
		show_findings(bench->findings);
	assert_non_null(session);
	make_input(more, input);
	values = engine_run(session, input, session->outputs[0].name, ret_n);
	qs_session_free(session);
	free(bytes.data);
	return values;
}

/* The largest difference between what two files give, by the largest value. */
static double distance(struct bench *bench, const char *a, const char *b, bool more)
{
	size_t n, m;
	float *x = run_file(bench, a, more, &n), *y = run_file(bench, b, more, &m);
	double most = 0, difference = 0;

	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++) {
		most = fmax(most, fabs((double)x[i]));
		difference = fmax(difference, fabs((double)x[i] - (double)y[i]));
	}
	free(x);
	free(y);
	return difference / most;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void branches_are_nodes_with_names_of_their_own(void **state)
{
	struct bench *bench = *state;
	struct qs_graph *graph = NULL;
	struct qs_model *model;
	size_t n_in_branches = 0;

	engine_save(MODEL, two_branches);
	model = open_model(bench, MODEL);
	assert_int_equal(qs_graph_new(model, bench->findings, &graph), QS_OK);
	assert_int_equal(graph->n_nodes, 10);
	for (size_t i = 0; i < graph->n_nodes; i++)
		n_in_branches += graph->nodes[i].region != 0;
	assert_int_equal(n_in_branches, 4);
	assert_int_not_equal(qs_graph_find(graph, "w_1"), QS_NONE);
	assert_int_not_equal(qs_graph_find(graph, "w_2"), QS_NONE);
	assert_int_not_equal(qs_graph_find(graph, "b_1"), QS_NONE);
	assert_int_not_equal(qs_graph_find(graph, "o_1"), QS_NONE);
	qs_graph_free(graph);
	qs_model_free(model);
}

static void a_closed_model_gives_what_it_gave(void **state)
{
	static const char *const *const models[] = {two_branches, nested, scan, loops, branch};
	struct bench *bench = *state;

	bench->runtime = engine_runtime();
	for (size_t i = 0; i < sizeof(models) / sizeof(*models); i++) {
		struct qs_model *model;

		engine_save(MODEL, models[i]);
		model = open_model(bench, MODEL);
		assert_non_null(model->regions);
		assert_int_equal(qs_model_save(model, OUTPUT, bench->findings), QS_OK);
		qs_model_free(model);
		for (int more = 0; more < 2; more++)
			assert_true(distance(bench, MODEL, OUTPUT, more) <= 0);
	}
}

static void expect_same_when_opened_again(struct bench *bench, const char *const *lines)
{
	struct qs_model *model;
	struct npy_bytes once, twice;

	engine_save(MODEL, lines);
	model = open_model(bench, MODEL);
	assert_int_equal(qs_model_save(model, OUTPUT, bench->findings), QS_OK);
	qs_model_free(model);
	once = read_bytes(OUTPUT);
	model = open_model(bench, OUTPUT);
	assert_int_equal(qs_model_save(model, OUTPUT, bench->findings), QS_OK);
	qs_model_free(model);
	twice = read_bytes(OUTPUT);
	assert_int_equal(once.size, twice.size);
	assert_memory_equal(once.data, twice.data, once.size);
	free(once.data);
	free(twice.data);
}

static void what_is_closed_opens_to_the_same(void **state)
{
	expect_same_when_opened_again(*state, nested);
	expect_same_when_opened_again(*state, loops);
}

/* The labels of what a model does with data, in order. */
static void expect_layers(struct bench *bench, const char *const *lines, const char *expected)
{
	struct qs_model *model;
	struct qs_layers *layers = NULL;
	struct qs_text text = QS_TEXT_INIT;

	engine_save(MODEL, lines);
	model = open_model(bench, MODEL);
	assert_int_equal(qs_layers_new(model, bench->findings, &layers), QS_OK);
	for (size_t i = 0; i < layers->n_items; i++)
		qs_text_addf(&text, "%s ", layers->items[i].name);
	engine_expect(&text, expected);
	qs_layers_free(layers);
	qs_model_free(model);
}

/* Nodes without names are counted in each body; a name that is taken stands behind the path. */
static void layers_of_bodies_have_their_paths(void **state)
{
	expect_layers(
	    *state, scan, "l/MatMul#0 l/MatMul#1 l/Add#0 l/Add#1 l/Tanh#0 l/Identity#0 l m ");
	expect_layers(*state, loops, "l/Loop#0/m t ci l/Loop#0 sum g q m l/m f soft l ");
}

static void a_scan_with_batches_of_its_own_stays(void **state)
{
	static const char *const lines[] = {"opset 8", "in x 1 2 4", "init h 1 4",
	    "node Scan l -,h,x z,y", "int num_scan_inputs 1", "body body", "in s 4", "in t 4",
	    "node Add a s,t u", "node Neg n u o", "out u 4", "out o 4", "end", "out z 1 4",
	    "out y 1 2 4", NULL};

	struct bench *bench = *state;
	struct qs_model *model;

	expect_layers(bench, lines, "l ");
	model = open_model(bench, MODEL);
	assert_int_equal(qs_opset_raise(model, 13, bench->findings), QS_UNSUPPORTED);
	assert_int_equal(qs_model_opset(model), 8);
	qs_model_free(model);
}

/* The inputs of the nodes in the subgraph of the node of another domain, one after the other. */
static void describe_foreign(const struct qs_model *model, struct qs_text *text)
{
	const Onnx__GraphProto *graph = model->proto->graph;

	for (size_t i = 0; i < graph->n_node; i++) {
		const Onnx__NodeProto *node = graph->node[i];

		if (strcmp(node->op_type, "Foreign") != 0)
			continue;
		for (size_t j = 0; j < node->attribute[0]->g->n_node; j++)
			qs_text_addf(text, "%s\n", node->attribute[0]->g->node[j]->input[0]);
		qs_text_addf(text, "out %s\n", node->attribute[0]->g->output[0]->name);
	}
}

/*
 * In the branch t becomes t_1, as t is taken outside, and t_1 becomes t_1_2, as t_1_1 is what the
 * subgraph calls its own.
 */
static void a_subgraph_that_stays_reads_by_the_new_names(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = FIXTURE_MODEL(findings, DECIDE, "node Neg n x t",
	    "node If f cond y", "body then_branch", "node Abs - x t", "node Neg - t t_1",
	    "node Foreign - t o", "domain a.b", "body within", "node Neg - t a", "node Neg - t_1 b",
	    "node Neg - x t_1_1", "node Neg - t_1_1 c", "out t 2 4", "end", "out o 2 4", "end",
	    "body else_branch", "node Neg - t o", "out o 2 4", "end", "out y 2 4", "out t 2 4");
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	assert_int_equal(qs_regions_open(model), QS_OK);
	describe_foreign(model, &text);
	engine_expect(&text, "t_1\nt_1_2\nx\nt_1_1\nout t_1\n");
	qs_model_free(model);
	qs_findings_free(findings);
}

static void what_is_in_a_body_is_brought_to_a_later_opset(void **state)
{
	struct bench *bench = *state;
	struct qs_model *model;
	size_t n_inputs = 0;

	engine_save(MODEL, old_loop);
	model = open_model(bench, MODEL);
	if (qs_opset_raise(model, 13, bench->findings) != QS_OK) {
		qs_model_free(model);
		assert_string_equal(fixture_only_code(bench->findings), "QS617");
		skip();
	}
	for (size_t i = 0; i < model->proto->graph->n_node; i++) {
		if (strcmp(model->proto->graph->node[i]->op_type, "ReduceSum") == 0)
			n_inputs = model->proto->graph->node[i]->n_input;
	}
	assert_int_equal(n_inputs, 2);
	qs_model_free(model);
}

static void a_body_of_a_loop_within_follows_new_names(void **state)
{
	static const char *const lines[] = {DECIDE, "init t 1", "node If f cond y",
	    "body then_branch", "node Neg n x t", "node Loop l n,cond o", "body body",
	    "node Add a t,t u", "out u", "end", "out o 2 4", "end", "body else_branch",
	    "node Identity i x o", "out o 2 4", "end", "node Add a y,t z", "out z 2 4", NULL};
	struct bench *bench = *state;
	const Onnx__NodeProto *loop = NULL;
	struct qs_model *model;

	engine_save(MODEL, lines);
	model = open_model(bench, MODEL);
	for (size_t i = 0; i < model->proto->graph->n_node; i++) {
		if (strcmp(model->proto->graph->node[i]->op_type, "Loop") == 0)
			loop = model->proto->graph->node[i];
	}
	assert_non_null(loop);
	assert_string_equal(loop->attribute[0]->g->node[0]->input[0], "t_1");
	qs_model_free(model);
}

/* ---- quantizing ------------------------------------------------------------------------------ */

static void branches_and_bodies_are_quantized(void **state)
{
	static const struct {
		const char *config;
		enum qs_observe observe;
		double least, most;
	} rows[] = {{INT8, QS_OBSERVE_QUANTIZED, 1e-6, 0.05}, {INT8, QS_OBSERVE_FLOAT, 1e-6, 0.05},
	    {HALF, QS_OBSERVE_QUANTIZED, -1, 2e-3}};
	static const char *const *const models[] = {
	    two_branches, nested, old, scan, loops, branch, old_loop};
	enum {
		N_MODELS = sizeof(models) / sizeof(*models)
	};
	struct bench *bench = *state;

	bench->runtime = engine_runtime();
	write_data(true, true);
	for (size_t i = 0; i < 3 * N_MODELS; i++) {
		double worst = 0;

		engine_save(MODEL, models[i % N_MODELS]);
		plan(bench, rows[i / N_MODELS].config);
		calibrate(bench, rows[i / N_MODELS].observe);
		write_output(bench);
		for (int more = 0; more < 2; more++) {
			const double found = distance(bench, MODEL, OUTPUT, more);

			assert_true(found < rows[i / N_MODELS].most);
			worst = fmax(worst, found);
		}
		assert_true(worst > rows[i / N_MODELS].least);
	}
}

static bool is_planned(const struct bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->work.job->plan->n_sites; i++) {
		if (strcmp(bench->work.job->plan->sites[i].name, name) == 0)
			return true;
	}
	return false;
}

static void a_branch_that_no_batch_takes_stays_float(void **state)
{
	struct bench *bench = *state;
	struct npy_bytes direct, again;
	struct qs_text report = QS_TEXT_INIT;

	bench->runtime = engine_runtime();
	write_data(true, false);
	engine_save(MODEL, two_branches);
	plan(bench, INT8);
	assert_true(is_planned(bench, "o") && is_planned(bench, "o_1"));
	calibrate(bench, QS_OBSERVE_QUANTIZED);
	assert_true(is_planned(bench, "o"));
	assert_false(is_planned(bench, "o_1"));
	/* Weights need no data. */
	assert_true(is_planned(bench, "w_2"));
	assert_int_equal(qs_job_write_calibration(bench->work.job, CALIB, bench->findings), QS_OK);
	write_output(bench);
	assert_int_equal(qs_job_write_report(bench->work.job, &report), QS_OK);
	assert_non_null(strstr(report.data, "no batch of the calibration data takes its branch"));
	qs_text_done(&report);
	for (int more = 0; more < 2; more++)
		assert_true(distance(bench, MODEL, OUTPUT, more) < 0.05);
	direct = read_bytes(OUTPUT);
	plan(bench, INT8);
	assert_int_equal(qs_job_read_calibration(bench->work.job, CALIB, bench->findings), QS_OK);
	write_output(bench);
	again = read_bytes(OUTPUT);
	assert_int_equal(direct.size, again.size);
	assert_memory_equal(direct.data, again.data, direct.size);
	free(direct.data);
	free(again.data);
}

static void new_nodes_stand_in_the_branch_that_reads_them(void **state)
{
	struct bench *bench = *state;
	struct qs_model *model;
	struct qs_graph *graph = NULL;

	bench->runtime = engine_runtime();
	write_data(true, true);
	engine_save(MODEL, two_branches);
	plan(bench, INT8);
	calibrate(bench, QS_OBSERVE_QUANTIZED);
	write_output(bench);
	model = open_model(bench, OUTPUT);
	assert_int_equal(qs_graph_new(model, bench->findings, &graph), QS_OK);
	for (size_t i = 0; i < graph->n_values; i++) {
		const struct qs_value *value = &graph->values[i];

		if (strcmp(value->name, "w_1_dequantized") == 0 ||
		    strcmp(value->name, "o_quantized") == 0)
			assert_int_equal(graph->nodes[value->producer].region, 1);
		if (strcmp(value->name, "w_dequantized") == 0)
			assert_int_equal(graph->nodes[value->producer].region, 0);
	}
	assert_int_not_equal(qs_graph_find(graph, "w_1_dequantized"), QS_NONE);
	assert_int_not_equal(qs_graph_find(graph, "o_quantized"), QS_NONE);
	assert_int_not_equal(qs_graph_find(graph, "w_dequantized"), QS_NONE);
	qs_graph_free(graph);
	qs_model_free(model);
}

/* The region of what gives a tensor in the written model. */
static size_t region_in(struct bench *bench, const char *name)
{
	struct qs_model *model = open_model(bench, OUTPUT);
	struct qs_graph *graph = NULL;
	size_t value, region;

	assert_int_equal(qs_graph_new(model, bench->findings, &graph), QS_OK);
	value = qs_graph_find(graph, name);
	assert_int_not_equal(value, QS_NONE);
	region = graph->nodes[graph->values[value].producer].region;
	qs_graph_free(graph);
	qs_model_free(model);
	return region;
}

static bool is_kept_as(const struct bench *bench, const char *layer, const char *reason)
{
	for (size_t i = 0; i < bench->work.job->plan->n_kept; i++) {
		if (strcmp(bench->work.job->plan->kept[i].layer, layer) == 0)
			return strcmp(bench->work.job->plan->kept[i].reason, reason) == 0;
	}
	return false;
}

/* What runs many times reads weights that were made floats once. */
static void weights_of_bodies_are_quantized_outside_of_them(void **state)
{
	static const char reason[] = "it is in the body of a Loop or Scan, which runs as a whole";
	struct bench *bench = *state;

	bench->runtime = engine_runtime();
	write_data(true, true);
	engine_save(MODEL, scan);
	plan(bench, INT8);
	assert_true(is_planned(bench, "w") && is_planned(bench, "w_1") && is_planned(bench, "r"));
	assert_true(is_kept_as(bench, "l/MatMul#0", reason));
	assert_true(is_kept_as(bench, "l/Add#1", reason));
	calibrate(bench, QS_OBSERVE_QUANTIZED);
	write_output(bench);
	assert_int_equal(region_in(bench, "w_1_dequantized"), 0);
	assert_int_equal(region_in(bench, "r_dequantized"), 0);
	assert_int_not_equal(region_in(bench, "u"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bench, free_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(branches_are_nodes_with_names_of_their_own),
	    TEST(a_closed_model_gives_what_it_gave),
	    TEST(what_is_closed_opens_to_the_same),
	    TEST(a_body_of_a_loop_within_follows_new_names),
	    TEST(layers_of_bodies_have_their_paths),
	    TEST(a_scan_with_batches_of_its_own_stays),
	    TEST(a_subgraph_that_stays_reads_by_the_new_names),
	    TEST(what_is_in_a_body_is_brought_to_a_later_opset),
	    TEST(branches_and_bodies_are_quantized),
	    TEST(weights_of_bodies_are_quantized_outside_of_them),
	    TEST(a_branch_that_no_batch_takes_stays_float),
	    TEST(new_nodes_stand_in_the_branch_that_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
