/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole networks quantized by vai_q_pytorch 3.5 (tests/data/golden/networks): the same tensors get
 * formats and no others, with the same scales and zero points, and the quantized network gives the
 * same outputs.
 *
 * Scales agree within 1e-6, zero points are equal, outputs differ by one step at most. What differs
 * stands in networks_exceptions.def, with the reason, and has to differ: an exception that is not
 * needed fails the test.
 */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job.h"
#include "data/npz.h"
#include "engine/runner.h"
#include "qstrata/numbers.h"

static const char *const networks[] = {
    "attn", "concat", "conv_bn_relu", "dw_relu6", "mlp", "res_add", "shift_edge"};
#define N_NETWORKS (sizeof(networks) / sizeof(*networks))

/* ---- what differs ---------------------------------------------------------------------------- */

/* What may differ in a run, as bits. */
enum {
	MISSING = 1, /* tensors that the tool quantizes */
	SCALES = 2,
	FORMATS = 4,
	OUTPUTS = 8
};

static const struct exception {
	const char *network; /* NULL: all */
	const char *run;     /* "*" at its end: what begins so */
	const char *tensor;  /* NULL: all */
	unsigned what;
	const char *reason;
} exceptions[] = {
#include "tests/unit/networks_exceptions.def"
};
#define N_EXCEPTIONS (sizeof(exceptions) / sizeof(*exceptions))

static bool used[N_EXCEPTIONS];

static bool is_like(const char *name, const char *pattern)
{
	const size_t size = strlen(pattern);

	return size && pattern[size - 1] == '*' ? strncmp(name, pattern, size - 1) == 0
	                                        : strcmp(name, pattern) == 0;
}

/* One network under one config. */
struct trial {
	const char *network, *run;
	struct json_object *line;
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_job *job;
	bool *expected; /* by site */
	size_t n_complaints;
};

/* Complains unless that is expected to differ. */
static void complain(
    struct trial *trial, unsigned what, const char *name, double found, double expected)
{
	for (size_t i = 0; i < N_EXCEPTIONS; i++) {
		if ((!exceptions[i].network ||
			strcmp(exceptions[i].network, trial->network) == 0) &&
		    is_like(trial->run, exceptions[i].run) && (exceptions[i].what & what) &&
		    (!exceptions[i].tensor || strcmp(exceptions[i].tensor, name) == 0)) {
			used[i] = true;
			return;
		}
	}
	trial->n_complaints++;
	print_error("%s %s: %s: %s %.9g, expected %.9g\n", trial->network, trial->run, name,
	    what == MISSING   ? "not quantized"
	    : what == SCALES  ? "scale"
	    : what == OUTPUTS ? "steps of the output"
			      : "format",
	    found, expected);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The layer that computes a tensor, or QS_NONE. */
static size_t layer_of(const struct qs_layers *layers, const char *output)
{
	const size_t value = qs_graph_find(layers->graph, output);
	const size_t producer = value == QS_NONE ? QS_NONE : layers->graph->values[value].producer;

	return producer == QS_NONE ? QS_NONE : layers->of_node[producer];
}

/* The site that a node reads as an input, or QS_NONE. */
static size_t site_of_read(const struct qs_plan *plan, size_t node, size_t input)
{
	const struct qs_graph *graph = plan->layers->graph;
	const struct qs_value *value = qs_graph_input(graph, node, input);
	const size_t index = (size_t)(value - graph->values);

	for (size_t i = plan->reading_of_value[index]; i != QS_NONE; i = plan->sites[i].next) {
		for (size_t u = 0; u < plan->sites[i].n_uses; u++) {
			if (plan->sites[i].uses[u].node == node &&
			    plan->sites[i].uses[u].input == input)
				return i;
		}
	}
	return plan->site_of_value[index];
}

/* The site that an operand of a layer has, as the tool counts operands. */
static size_t site_of_operand(const struct qs_plan *plan, const char *output, size_t operand)
{
	const struct qs_layers *layers = plan->layers;
	const size_t index = layer_of(layers, output);
	const struct qs_layer *layer = index == QS_NONE ? NULL : &layers->items[index];

	for (size_t n = 0; layer && n < layer->n_nodes; n++) {
		const Onnx__NodeProto *proto = layers->graph->nodes[layer->nodes[n]].proto;

		for (size_t i = 0; i < proto->n_input; i++) {
			const struct qs_value *value =
			    qs_graph_input(layers->graph, layer->nodes[n], i);

			if (!value || (value->is_static && strcmp(layer->type, "Mul") != 0) ||
			    (value->producer != QS_NONE &&
				layers->of_node[value->producer] == index))
				continue;
			if (operand-- == 0)
				return site_of_read(plan, layer->nodes[n], i);
		}
	}
	return QS_NONE;
}

static size_t site_of_name(const struct qs_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_sites; i++) {
		if (strcmp(plan->sites[i].name, name) == 0)
			return i;
	}
	return QS_NONE;
}

/* Element i of a list, or the number itself. */
static double number(struct json_object *value, size_t i)
{
	return json_object_get_double(json_object_is_type(value, json_type_array)
					  ? json_object_array_get_idx(value, i)
					  : value);
}

static void compare_scales(
    struct trial *trial, struct json_object *row, const struct qs_site *site, const char *name)
{
	struct json_object *scale = golden_get(row, "scale"), *zero = NULL, *range = NULL;

	json_object_object_get_ex(row, "zero_point", &zero);
	for (size_t i = 0; i < site->qparams.n; i++) {
		const double expected = number(scale, i);
		const double zero_point = zero ? number(zero, i) : 0;

		if (!(fabs(site->qparams.scale[i] - expected) <= 1e-6 * expected)) {
			complain(trial, SCALES, name, site->qparams.scale[i], expected);
			break;
		}
		if ((double)site->qparams.zero_point[i] < zero_point ||
		    (double)site->qparams.zero_point[i] > zero_point)
			complain(
			    trial, SCALES, name, (double)site->qparams.zero_point[i], zero_point);
	}
	if (json_object_object_get_ex(row, "range", &range) &&
	    json_object_get_int64(json_object_array_get_idx(range, 0)) != site->qparams.quant_min)
		complain(trial, FORMATS, name, (double)site->qparams.quant_min, number(range, 0));
}

static void compare_row(struct trial *trial, struct json_object *row)
{
	const struct qs_plan *plan = trial->job->plan;
	const char *datatype = golden_string(row, "datatype");
	struct json_object *tensor = NULL;
	const struct qs_site *site;
	char name[160];
	size_t index;

	if (json_object_object_get_ex(row, "tensor", &tensor)) {
		snprintf(name, sizeof(name), "%s", json_object_get_string(tensor));
		index = site_of_name(plan, name);
	} else {
		const char *of = golden_string(row, "of");

		/* Outputs have been rounded to the format of the model already. */
		if (strcmp(of, "return") == 0)
			return;
		snprintf(
		    name, sizeof(name), "input %d of %s", (int)golden_integer(row, "index"), of);
		index = site_of_operand(plan, of, (size_t)golden_integer(row, "index"));
	}
	if (index == QS_NONE) {
		complain(trial, MISSING, name, 0, 1);
		return;
	}
	trial->expected[index] = true;
	site = &plan->sites[index];
	if (strcmp(qs_datatype_word((enum qs_datatype)site->spec.datatype), datatype) != 0 ||
	    (site->qparams.n && site->spec.bit_width != golden_integer(row, "bit_width")))
		complain(trial, FORMATS, name, site->spec.bit_width, 0);
	else if (site->qparams.n)
		compare_scales(trial, row, site, name);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static bool is_off(struct json_object *line, const char *option)
{
	struct json_object *options = NULL, *value = NULL;

	return json_object_object_get_ex(line, "options", &options) &&
	       json_object_object_get_ex(options, option, &value) &&
	       !json_object_get_boolean(value);
}

/* Parameters in half formats stay as they are: the tool forgets to cast them. */
static void leave_parameters(struct json_object *block)
{
	static const char *const kinds[] = {"weights", "bias"};
	struct json_object *overall = NULL, *tensors;

	if (!json_object_object_get_ex(block, "overall_quantize_config", &overall) ||
	    strcmp(golden_string(overall, "datatype"), "int") == 0)
		return;
	tensors = json_object_new_object();
	for (size_t i = 0; i < 2; i++) {
		struct json_object *kind = json_object_new_object();

		json_object_object_add(kind, "datatype", json_object_new_string("float32"));
		json_object_object_add(tensors, kinds[i], kind);
	}
	json_object_object_del(block, "tensor_quantize_config");
	json_object_object_add(block, "tensor_quantize_config", tensors);
}

/* "Conv2d" takes the kind of convolution that comes first in the tool: not those by channel. */
static void leave_depthwise(struct json_object *config, struct json_object *layers)
{
	struct json_object *entry = json_object_new_object();

	json_object_object_add(entry, "layer_type", NULL);
	json_object_object_add(entry, "layer_name", json_object_new_string("/dw/dw.0/Conv"));
	json_object_object_add(entry, "quantizable_data_type",
	    json_object_get(golden_get(config, "quantizable_data_type")));
	json_object_object_add(entry, "overall_quantize_config",
	    json_object_get(golden_get(config, "overall_quantize_config")));
	json_object_array_add(layers, entry);
}

static const char *config_of(struct trial *trial, bool is_calibrated)
{
	struct json_object *config = golden_get(trial->line, "config"), *layers = NULL;

	/* Equalization makes every ReLU6 a ReLU in the tool. */
	json_object_object_del(config, "convert_relu6_to_relu");
	json_object_object_add(
	    config, "convert_relu6_to_relu", json_object_get(golden_get(config, "include_cle")));
	json_object_object_get_ex(config, "layer_quantize_config", &layers);
	if (layers && strcmp(trial->network, "dw_relu6") == 0)
		leave_depthwise(config, layers);
	if (is_calibrated)
		leave_parameters(config);
	for (size_t i = 0; is_calibrated && layers && i < json_object_array_length(layers); i++)
		leave_parameters(json_object_array_get_idx(layers, i));
	return json_object_to_json_string(config);
}

static void open_job(struct trial *trial, bool is_calibrated)
{
	const char *config = config_of(trial, is_calibrated);
	char name[96], model[512];

	snprintf(name, sizeof(name), "golden/networks/%s/model.onnx", trial->network);
	trial->findings = qs_findings_new();
	if (qs_source_new("config.json", config, strlen(config), &trial->source) != QS_OK ||
	    qs_policy_read(trial->source, trial->findings, &trial->policy) != QS_OK ||
	    qs_job_new(trial->policy, data_path(model, name), false, trial->findings,
		&trial->job) != QS_OK) {
		show_findings(trial->findings);
		fail();
	}
}

static void close_job(struct trial *trial)
{
	qs_job_free(trial->job);
	qs_policy_free(trial->policy);
	qs_source_free(trial->source);
	qs_findings_free(trial->findings);
	free(trial->expected);
}

/* The arithmetic of the DPU is on in the tool, whatever the device. */
static void calibrate(struct trial *trial)
{
	char name[96], data[512];
	const struct qs_calibrate_options options = {.data = data,
	    .observe = is_off(trial->line, "nndct_calibration_local") ? QS_OBSERVE_FLOAT
	                                                              : QS_OBSERVE_QUANTIZED};

	snprintf(name, sizeof(name), "golden/networks/%s/calib", trial->network);
	data_path(data, name);
	assert_int_equal(qs_job_use_threads(trial->job, 1), QS_OK);
	assert_int_equal(qs_job_set_arithmetic(trial->job,
			     is_off(trial->line, "nndct_avg_pool_approximate") ? QS_ARITHMETIC_OFF
									       : QS_ARITHMETIC_ON),
	    QS_OK);
	if (qs_job_calibrate(trial->job, &options, trial->findings) != QS_OK) {
		show_findings(trial->findings);
		fail();
	}
}

/* ---- outputs --------------------------------------------------------------------------------- */

static enum qs_status quantize(void *context, size_t site, const float *in, size_t n, float *out)
{
	const struct trial *trial = context;
	const struct qs_site *item = &trial->job->plan->sites[site];
	const struct qs_subject subject = {item->name, {NULL, 0, 0}, trial->findings};
	struct qs_quantization how;
	struct qs_counts counts;

	if (qs_quantizer_bind(trial->job->registry, &item->spec,
		item->qparams.n ? &item->qparams : NULL, &subject, &how) != QS_OK)
		return QS_BUG;
	return qs_quantizer_fake(&how, (struct qs_layout){1, 1, n}, in, out, &counts);
}

/* What the tool's quantized network gave; false when there is nothing. */
static bool read_expected(const struct trial *trial, struct qs_array *ret_array)
{
	char name[96], path[512];
	struct qs_npz *npz;
	bool found = false;

	snprintf(name, sizeof(name), "golden/networks/%s/outputs.npz", trial->network);
	assert_int_equal(qs_npz_open(data_path(path, name), trial->findings, &npz), QS_OK);
	for (size_t i = 0; i < qs_npz_count(npz) && !found; i++) {
		found = strcmp(qs_npz_name(npz, i), trial->run) == 0;
		if (found)
			assert_int_equal(qs_npz_read(npz, i, ret_array), QS_OK);
	}
	qs_npz_free(npz);
	return found;
}

/* One step of an output: of its own format, or of the last tensor before it that has one. */
static double step_of(const struct trial *trial, size_t output, const float *values, size_t n)
{
	const struct qs_plan *plan = trial->job->plan;
	const struct qs_site *site = NULL;
	double most = 0;

	for (size_t i = 0; i < plan->n_sites; i++) {
		if (!plan->sites[i].is_constant && plan->sites[i].kind == QS_TENSOR_ACTIVATION &&
		    (!site || site->value != output))
			site = &plan->sites[i];
	}
	if (site && site->qparams.n)
		return site->qparams.scale[0];
	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs((double)values[i]));
	/* Neighbours of bfloat16, with its 8 bits, are the farthest from each other. */
	return most / 128;
}

static void compare_values(struct trial *trial, const struct qs_blob *output, size_t value,
    const struct qs_array *expected)
{
	const float *wanted = expected->data;
	double step, worst = 0;
	size_t n;
	float *found = qs_blob_floats(output, &n);

	assert_non_null(found);
	assert_int_equal(expected->element, QS_ELEMENT_FLOAT32);
	assert_int_equal(n, expected->n_values);
	step = step_of(trial, value, wanted, n);
	for (size_t i = 0; i < n; i++)
		worst = fmax(worst, fabs((double)found[i] - (double)wanted[i]));
	if (!(worst <= step * (1 + 1e-5)))
		complain(trial, OUTPUTS, output->name, worst / step, 1);
	free(found);
}

static void compare_outputs(struct trial *trial, struct qs_runtime *runtime)
{
	const struct qs_runner_options options = {.cuts = true};
	const struct qs_graph *graph = trial->job->layers->graph;
	const char *output = graph->proto->output[0]->name;
	struct qs_runner *runner;
	struct qs_array expected, input;
	struct qs_blob blob;
	char name[96];

	if (!read_expected(trial, &expected))
		return;
	snprintf(name, sizeof(name), "golden/networks/%s/test.npy", trial->network);
	input = golden_array(name);
	blob = (struct qs_blob){graph->proto->input[0]->name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
	    input.rank, input.dims, input.data, input.n_values * sizeof(float)};
	assert_int_equal(qs_runner_new(trial->job->plan, trial->job->registry, runtime, &options,
			     trial->findings, &runner),
	    QS_OK);
	assert_int_equal(qs_runner_run(runner, &blob, 1, quantize, trial, trial->findings), QS_OK);
	assert_non_null(qs_runner_output(runner, output));
	compare_values(
	    trial, qs_runner_output(runner, output), qs_graph_find(graph, output), &expected);
	qs_runner_free(runner);
	qs_array_done(&input);
	qs_array_done(&expected);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Rows against sites, and sites without a row. */
static void compare_rows(struct trial *trial, bool is_complete)
{
	struct json_object *rows = golden_get(trial->line, "tensors");
	const struct qs_plan *plan = trial->job->plan;

	trial->expected = calloc(plan->n_sites + 1, sizeof(*trial->expected));
	assert_non_null(trial->expected);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *datatype = golden_string(row, "datatype");

		/* Parameters in half formats are only planned; gamma is no weight. */
		if (is_complete || strcmp(datatype, "int") == 0 ||
		    strcmp(golden_string(row, "kind"), "param") != 0)
			compare_row(trial, row);
		else if (site_of_name(plan, golden_string(row, "tensor")) != QS_NONE)
			trial->expected[site_of_name(plan, golden_string(row, "tensor"))] = true;
	}
	for (size_t i = 0; i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];

		if (!trial->expected[i] && !(site->n_uses && site->uses[0].node == QS_NONE))
			complain(trial, MISSING, site->name, 1, 0);
	}
}

static struct trial start(struct json_object *line, const char *network)
{
	return (struct trial){.network = network, .run = golden_string(line, "run"), .line = line};
}

struct tally {
	const char *network;
	size_t n_complaints;
	struct qs_runtime *runtime; /* NULL: only plan */
};

static void check_run(struct json_object *line, void *context)
{
	struct tally *tally = context;
	struct trial trial = start(line, tally->network);
	struct json_object *error;

	/* What the tool fails on is not to be agreed with. */
	if (json_object_object_get_ex(line, "error", &error))
		return;
	open_job(&trial, tally->runtime);
	if (tally->runtime)
		calibrate(&trial);
	compare_rows(&trial, !tally->runtime);
	if (tally->runtime)
		compare_outputs(&trial, tally->runtime);
	tally->n_complaints += trial.n_complaints;
	close_job(&trial);
}

/* All runs of all networks. */
static void check_all(struct qs_runtime *runtime)
{
	struct tally tally = {NULL, 0, runtime};

	for (size_t i = 0; i < N_NETWORKS; i++) {
		char name[96];

		tally.network = networks[i];
		snprintf(name, sizeof(name), "golden/networks/%s/runs.jsonl", networks[i]);
		assert_int_equal(each_line(name, check_run, &tally), 29);
	}
	assert_int_equal(tally.n_complaints, 0);
}

static void the_same_tensors_get_formats(void **state)
{
	(void)state;
	check_all(NULL);
}

static void scales_and_outputs_are_the_same(void **state)
{
	struct qs_runtime *runtime = engine_runtime();

	(void)state;
	check_all(runtime);
	qs_runtime_close(runtime);
	for (size_t i = 0; i < N_EXCEPTIONS; i++) {
		if (!used[i])
			fail_msg("exception %zu is not needed: %s", i, exceptions[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_tensors_get_formats),
	    cmocka_unit_test(scales_and_outputs_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
