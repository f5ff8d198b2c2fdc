/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: the order of steps, opsets, calibrations on files and on data, and reports. */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/npz_fixture.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/job.h"
#include "model/opset.h"

#define MODEL "tests/out/job_test.onnx"
#define OUTPUT "tests/out/job_test_out.onnx"
#define CALIB "tests/out/job_test.json"
#define DATA "tests/out/job_test.npy"
#define WEIGHTS_FILE "tests/out/job_test.bin"

#define HALF ENGINE_CONFIG("\"datatype\": \"bfloat16\"", "")
#define INT8 ENGINE_CONFIG(ENGINE_INT8, "")
/* Weights need no data. */
#define WEIGHTS(more) ENGINE_CONFIG(ENGINE_INT8, more ", \"quantizable_data_type\": [\"weights\"]")

struct bench {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_job *job;
};

static int make_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	bench->findings = qs_findings_new();
	*state = bench;
	return 0;
}

static void read_config(struct bench *bench, const char *config)
{
	qs_job_free(bench->job);
	bench->job = NULL;
	qs_policy_free(bench->policy);
	qs_source_free(bench->source);
	assert_int_equal(
	    qs_source_new("config.json", config, strlen(config), &bench->source), QS_OK);
	assert_int_equal(qs_policy_read(bench->source, bench->findings, &bench->policy), QS_OK);
	qs_findings_free(bench->findings);
	bench->findings = qs_findings_new();
}

static int free_bench(void **state)
{
	struct bench *bench = *state;

	qs_job_free(bench->job);
	qs_policy_free(bench->policy);
	qs_source_free(bench->source);
	qs_findings_free(bench->findings);
	free(bench);
	remove(MODEL);
	remove(OUTPUT);
	remove(CALIB);
	remove(DATA);
	return 0;
}

static void save_model(struct bench *bench, const char *const *lines)
{
	struct qs_model *model = fixture_model(bench->findings, lines);

	fixture_output("");
	model->folder = qs_arena_strdup(&model->arena, "tests/out");
	assert_int_equal(qs_model_save(model, MODEL, bench->findings), QS_OK);
	qs_model_free(model);
}

static const char *const linear13[] = {
    "opset 13", "in x 2 4", "init w 4 3", "init b 3", "node Gemm g x,w,b y", "out y", NULL};
static const char *const linear9[] = {
    "opset 9", "in x 2 4", "init w 4 3", "init b 3", "node Gemm g x,w,b y", "out y", NULL};

static enum qs_status new_job(struct bench *bench, const char *config)
{
	read_config(bench, config);
	return qs_job_new(bench->policy, MODEL, false, bench->findings, &bench->job);
}

static void start(struct bench *bench, const char *config, const char *const *lines)
{
	save_model(bench, lines);
	assert_int_equal(new_job(bench, config), QS_OK);
}

static enum qs_status calibrate(struct bench *bench, const char *data)
{
	const struct qs_calibrate_options options = {.data = data};

	return qs_job_calibrate(bench->job, &options, bench->findings);
}

static void finish(struct bench *bench)
{
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_OK);
	assert_int_equal(qs_job_save(bench->job, OUTPUT, bench->findings), QS_OK);
}

static const struct qs_finding *last_finding(const struct bench *bench)
{
	assert_int_not_equal(qs_findings_count(bench->findings), 0);
	return qs_findings_at(bench->findings, qs_findings_count(bench->findings) - 1);
}

/* The calibration that was refused last was made for another model or config, as it says. */
static void expect_made_for_another(const struct bench *bench, const char *what)
{
	char start[64];

	snprintf(start, sizeof(start), "the calibration was made for another %s: \"", what);
	assert_string_equal(last_finding(bench)->code, "QS716");
	assert_memory_equal(last_finding(bench)->message, start, strlen(start));
}

static void steps_have_an_order(void **state)
{
	struct bench *bench = *state;

	start(bench, WEIGHTS(""), linear13);
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_BUG);
	assert_int_equal(qs_job_save(bench->job, OUTPUT, bench->findings), QS_BUG);
	assert_int_equal(qs_job_write_calibration(bench->job, CALIB, bench->findings), QS_BUG);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(calibrate(bench, NULL), QS_BUG);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_BUG);
	finish(bench);
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_BUG);
	assert_int_equal(qs_findings_count(bench->findings), 0);
}

/* The bytes of an initializer, malloc'ed. */
static unsigned char *find_codes(const struct qs_model *model, const char *name, size_t size)
{
	const Onnx__GraphProto *graph = model->proto->graph;
	unsigned char *bytes = malloc(size);

	for (size_t i = 0; i < graph->n_initializer; i++) {
		const Onnx__TensorProto *tensor = graph->initializer[i];

		if (strcmp(qs_tensor_name(tensor), name) != 0)
			continue;
		assert_int_equal(tensor->raw_data.len, size);
		memcpy(bytes, tensor->raw_data.data, size);
		return bytes;
	}
	fail_msg("there is no \"%s\"", name);
	return NULL;
}

/* Weights in another file, large enough to be encoded when they are written. */
static void large_weights_in_other_files_give_the_same_codes(void **state)
{
	static const char *const inside[] = {
	    "opset 13", "in x 1 256", "init w 256 256", "node MatMul m x,w y", "out y", NULL};
	static const char *const outside[] = {"opset 13", "in x 1 256",
	    "external w job_test.bin 256 256", "node MatMul m x,w y", "out y", NULL};
	const char *const *const models[] = {inside, outside};
	unsigned char *codes[2];
	struct bench *bench = *state;
	static float weights[256 * 256];

	for (size_t i = 0; i < 256 * 256; i++)
		weights[i] = (float)((int)(i * 7 % 11) - 5) / 8;
	fixture_write(fixture_output("job_test.bin"), weights, sizeof(weights));
	for (size_t i = 0; i < 2; i++) {
		struct qs_model *written;
		size_t size;

		start(bench, WEIGHTS(""), models[i]);
		assert_int_equal(calibrate(bench, NULL), QS_OK);
		finish(bench);
		assert_int_equal(bench->job->applied.counts.total, 256 * 256);
		assert_int_equal(qs_model_open(OUTPUT, bench->findings, &written), QS_OK);
		assert_int_equal(qs_model_external_size(written) > 0, i == 1);
		assert_int_equal(
		    qs_model_pack(written, true, bench->findings, &codes[i], &size), QS_OK);
		qs_model_free(written);
		assert_int_equal(
		    qs_model_parse("whole", codes[i], size, bench->findings, &written), QS_OK);
		free(codes[i]);
		codes[i] = find_codes(written, "w_quantized", 256 * 256);
		qs_model_free(written);
	}
	assert_memory_equal(codes[0], codes[1], 256 * 256);
	free(codes[0]);
	free(codes[1]);
	remove(OUTPUT ".data");
	remove(fixture_output("job_test.bin"));
}

static void activations_of_integers_need_data(void **state)
{
	struct bench *bench = *state;

	start(bench, INT8, linear13);
	assert_int_equal(calibrate(bench, NULL), QS_INVALID);
	assert_string_equal(last_finding(bench)->message,
	    "2 activations need calibration data; give --data or --calib");
}

static void half_floats_need_neither_data_nor_runtime(void **state)
{
	struct bench *bench = *state;

	start(bench, HALF, linear13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	finish(bench);
}

static void an_old_model_is_brought_to_the_opset_that_channels_need(void **state)
{
	struct bench *bench = *state;

	fixture_need_opset_module();
	start(bench, WEIGHTS(""), linear9);
	assert_int_equal(bench->job->opset_before, 9);
	assert_int_equal(bench->job->opset, 13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	finish(bench);
	assert_int_equal(bench->job->applied.n_standard, 1);
	assert_int_equal(bench->job->applied.n_microsoft, 0);
}

static void the_opset_of_the_config_is_had(void **state)
{
	struct bench *bench = *state;

	fixture_need_opset_module();
	start(bench, WEIGHTS(", \"onnx_opset_version\": 15"), linear13);
	assert_int_equal(bench->job->opset, 15);
	/* A later one is fine as it is. */
	start(bench, WEIGHTS(", \"onnx_opset_version\": 11"), linear13);
	assert_int_equal(bench->job->opset, 13);
}

static void without_the_module_old_models_take_other_forms(void **state)
{
	struct bench *bench = *state;
	const char *folder = getenv("QSTRATA_MODULE_DIR");
	char *kept = folder ? strdup(folder) : NULL;

	setenv("QSTRATA_MODULE_DIR", "/nonexistent", 1);
	start(bench, WEIGHTS(""), linear9);
	assert_int_equal(bench->job->opset, 9);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	finish(bench);
	assert_int_equal(bench->job->applied.n_microsoft, 1);
	/* bfloat16 is not known to them. */
	assert_int_equal(new_job(bench, HALF), QS_UNSUPPORTED);
	assert_string_equal(last_finding(bench)->code, "QS617");
	if (kept)
		setenv("QSTRATA_MODULE_DIR", kept, 1);
	else
		unsetenv("QSTRATA_MODULE_DIR");
	free(kept);
}

static void scales_go_through_a_file(void **state)
{
	struct bench *bench = *state;
	struct npy_bytes direct, from_file;

	start(bench, WEIGHTS(""), linear13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(qs_job_write_calibration(bench->job, CALIB, bench->findings), QS_OK);
	finish(bench);
	direct = read_bytes(OUTPUT);
	assert_int_equal(new_job(bench, WEIGHTS("")), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_OK);
	finish(bench);
	from_file = read_bytes(OUTPUT);
	assert_int_equal(direct.size, from_file.size);
	assert_memory_equal(direct.data, from_file.data, direct.size);
	free(direct.data);
	free(from_file.data);
}

static void a_calibration_belongs_to_its_model_and_config(void **state)
{
	static const char *const other_model[] = {"opset 13", "in x 2 4", "init w 4 3", "init b 3",
	    "node Gemm g x,w,b y", "out y", "out y2", "node Relu r y y2", NULL};
	struct bench *bench = *state;

	start(bench, WEIGHTS(""), linear13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(qs_job_write_calibration(bench->job, CALIB, bench->findings), QS_OK);
	/* Spelled another way it is the same config. */
	assert_int_equal(new_job(bench, "  " WEIGHTS("") "\n"), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_OK);
	assert_int_equal(new_job(bench, WEIGHTS(", \"onnx_opset_version\": 12")), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_OK);
	assert_int_equal(new_job(bench, ENGINE_CONFIG(ENGINE_INT8 ", \"bit_width\": 4",
					    ", \"quantizable_data_type\": [\"weights\"]")),
	    QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_INVALID);
	expect_made_for_another(bench, "config");
	start(bench, WEIGHTS(""), other_model);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_INVALID);
	expect_made_for_another(bench, "model");
}

/* The biases that were corrected by something. */
static size_t count_corrected(const struct qs_job *job)
{
	size_t n = 0;

	for (size_t i = 0; i < job->plan->n_sites; i++) {
		const struct qs_site *site = &job->plan->sites[i];
		bool differs = false;

		for (size_t c = 0; c < site->n_correction; c++)
			differs = differs || site->correction[c] < 0 || site->correction[c] > 0;
		n += differs;
	}
	return n;
}

/* Tied biases and all kinds of sites, on data: calibrating and reading the file give the same
 * bytes. */
static void calibrating_on_data_and_reading_the_scales_are_the_same(void **state)
{
	static const int64_t dims[] = {2, 4};
	static const char config[] = ENGINE_CONFIG(ENGINE_INT8,
	    ", \"tensor_quantize_config\": {\"bias\": {\"bit_width\": 32}, "
	    "\"weights\": {\"per_channel\": true}, \"activation\": {\"symmetry\": false}}");
	struct bench *bench = *state;
	struct npy_bytes direct, from_file;

	qs_runtime_close(engine_runtime());
	write_npy((fixture_output(""), DATA), npy_floats(dims, 2, -3));
	start(bench, config, linear13);
	assert_int_equal(calibrate(bench, DATA), QS_OK);
	assert_int_equal(bench->job->n_batches, 1);
	/* The correction of the bias is part of it. */
	assert_int_equal(count_corrected(bench->job), 1);
	assert_int_equal(qs_job_write_calibration(bench->job, CALIB, bench->findings), QS_OK);
	finish(bench);
	direct = read_bytes(OUTPUT);
	assert_int_equal(new_job(bench, config), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_OK);
	assert_int_equal(count_corrected(bench->job), 1);
	finish(bench);
	from_file = read_bytes(OUTPUT);
	assert_int_equal(direct.size, from_file.size);
	assert_memory_equal(direct.data, from_file.data, direct.size);
	free(direct.data);
	free(from_file.data);
}

static void a_calibration_belongs_to_the_data_beside_its_model(void **state)
{
	static const char *const lines[] = {"opset 13", "in x 2 4", "external w job_test.bin 4 3",
	    "node MatMul m x,w y", "out y", NULL};
	float weights[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	struct bench *bench = *state;

	write_bytes((fixture_output(""), WEIGHTS_FILE), weights, sizeof(weights));
	start(bench, WEIGHTS(""), lines);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(qs_job_write_calibration(bench->job, CALIB, bench->findings), QS_OK);
	assert_int_equal(new_job(bench, WEIGHTS("")), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_OK);
	weights[11] = 13;
	write_bytes(WEIGHTS_FILE, weights, sizeof(weights));
	assert_int_equal(new_job(bench, WEIGHTS("")), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_INVALID);
	expect_made_for_another(bench, "model");
	remove(WEIGHTS_FILE);
}

static void a_calibration_belongs_to_the_switches_of_its_config(void **state)
{
	struct bench *bench = *state;

	start(bench, WEIGHTS(""), linear13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(qs_job_write_calibration(bench->job, CALIB, bench->findings), QS_OK);
	assert_int_equal(new_job(bench, WEIGHTS(", \"include_bias_corr\": false")), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_INVALID);
	expect_made_for_another(bench, "config");
}

static bool stop(void *context, size_t n_done, size_t n_batches)
{
	*(size_t *)context = n_done;
	assert_int_equal(n_batches, 1);
	return n_done == 0;
}

static void whoever_watches_may_stop_calibration(void **state)
{
	static const int64_t dims[] = {2, 4};
	struct bench *bench = *state;
	size_t n_done = 0;
	const struct qs_calibrate_options options = {
	    .data = DATA, .progress = stop, .context = &n_done};

	qs_runtime_close(engine_runtime());
	write_npy((fixture_output(""), DATA), npy_floats(dims, 2, -3));
	start(bench, INT8, linear13);
	assert_int_equal(qs_job_calibrate(bench->job, &options, bench->findings), QS_INVALID);
	assert_int_equal(n_done, 1);
	assert_int_equal(qs_findings_total(bench->findings, QS_SEVERITY_ERROR), 0);
	/* The job can be calibrated again. */
	assert_int_equal(calibrate(bench, DATA), QS_OK);
}

static void the_report_tells_what_was_done(void **state)
{
	struct bench *bench = *state;
	struct qs_text text = QS_TEXT_INIT;

	start(bench, WEIGHTS(", \"include_cle\": true"), linear13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_OK);
	assert_int_equal(qs_job_write_report(bench->job, &text), QS_OK);
	engine_expect(&text,
	    MODEL " -> (not saved)\n"
		  "quantized   weights        1  int8\n"
		  "equalized   0 pairs of convolutions\n"
		  "corrected   0 biases\n"
		  "parameters  48 -> 12 bytes (25 %)\n"
		  "written as  QuantizeLinear/DequantizeLinear of opset 13: 1 tensor\n"
		  "kept float  1 bias (g, Linear): quantizable_data_type of the config does not "
		  "list the kind\n"
		  "            1 activation (g, Linear): quantizable_data_type of the config does "
		  "not list the "
		  "kind\n"
		  "            1 input (g, Linear): quantizable_data_type of the config does not "
		  "list the kind\n");
}

static void the_report_as_json_has_the_same(void **state)
{
	struct bench *bench = *state;
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document, *written;

	start(bench, WEIGHTS(""), linear13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	finish(bench);
	assert_int_equal(qs_job_write_report_json(bench->job, &text), QS_OK);
	document = json_tokener_parse(text.data);
	assert_non_null(document);
	assert_string_equal(
	    json_object_get_string(json_object_object_get(document, "format_version")), "1.0");
	assert_string_equal(
	    json_object_get_string(json_object_object_get(document, "output")), OUTPUT);
	written = json_object_object_get(document, "written_as");
	assert_int_equal(json_object_get_int(json_object_object_get(written, "standard")), 1);
	assert_int_equal(json_object_get_int(json_object_object_get(written, "opset")), 13);
	assert_int_equal(
	    json_object_array_length(json_object_object_get(document, "kept_float")), 3);
	json_object_put(document);
	qs_text_done(&text);
}

/* ---- other forms ----------------------------------------------------------------------------- */

static void set_form(struct bench *bench, enum qs_written written, enum qs_rounding_form rounding)
{
	const struct qs_apply_options options = {written, rounding};

	assert_int_equal(qs_job_set_apply(bench->job, &options, bench->findings), QS_OK);
}

static void weights_alone_need_no_data(void **state)
{
	struct bench *bench = *state;
	struct qs_text text = QS_TEXT_INIT;

	start(bench, INT8, linear13);
	set_form(bench, QS_WRITTEN_INT_WEIGHTS, QS_ROUNDING_NATIVE);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_OK);
	assert_int_equal(qs_job_write_report(bench->job, &text), QS_OK);
	engine_expect(&text,
	    MODEL " -> (not saved)\n"
		  "quantized   weights        1  int8\n"
		  "equalized   0 pairs of convolutions\n"
		  "corrected   0 biases\n"
		  "parameters  48 -> 12 bytes (25 %)\n"
		  "written as  QuantizeLinear/DequantizeLinear of opset 13: 1 tensor\n"
		  "kept float  1 bias (g, Linear): only weights of integers are asked for\n"
		  "            1 activation (g, Linear): only weights of integers are asked for\n"
		  "            1 input (g, Linear): only weights of integers are asked for\n");
}

static void weights_alone_have_to_be_integers(void **state)
{
	const struct qs_apply_options options = {QS_WRITTEN_INT_WEIGHTS, QS_ROUNDING_NATIVE};
	struct bench *bench = *state;

	start(bench, HALF, linear13);
	assert_int_equal(qs_job_set_apply(bench->job, &options, bench->findings), QS_INVALID);
	assert_string_equal(last_finding(bench)->message,
	    "the config has no weights of integers for the model, and all else is to stay in "
	    "float32");
}

static void a_form_is_chosen_before_scales_are_found(void **state)
{
	const struct qs_apply_options options = {QS_WRITTEN_FAKE, QS_ROUNDING_NATIVE};
	struct bench *bench = *state;

	start(bench, HALF, linear13);
	assert_int_equal(calibrate(bench, NULL), QS_OK);
	assert_int_equal(qs_job_set_apply(bench->job, &options, bench->findings), QS_BUG);
}

#define HALF_UP                                                                                    \
	"\"method\": \"maxmin\", \"scale_type\": \"poweroftwo\", \"round_mode\": \"half_up\", "    \
	"\"calib_statistic_method\": \"max\""

static const struct qs_site *find_site(const struct qs_job *job, const char *name)
{
	for (size_t i = 0; i < job->plan->n_sites; i++) {
		if (strcmp(job->plan->sites[i].name, name) == 0)
			return &job->plan->sites[i];
	}
	fail_msg("there is no \"%s\"", name);
	return NULL;
}

/* Inputs are -3 to 4; with 3 bits their scale is 2, so that the four odd ones are half way. */
static void calibration_counts_ties(void **state)
{
	static const int64_t dims[] = {2, 4};
	static const char config[] = ENGINE_CONFIG(HALF_UP ", \"bit_width\": 3", "");
	struct bench *bench = *state;
	struct qs_text text = QS_TEXT_INIT;

	qs_runtime_close(engine_runtime());
	write_npy((fixture_output(""), DATA), npy_floats(dims, 2, -3));
	start(bench, config, linear13);
	assert_int_equal(calibrate(bench, DATA), QS_OK);
	assert_int_equal(find_site(bench->job, "x")->n_rounded, 8);
	assert_int_equal(find_site(bench->job, "x")->n_ties, 4);
	assert_int_equal(find_site(bench->job, "w")->n_rounded, 0);
	assert_int_equal(qs_job_write_calibration(bench->job, CALIB, bench->findings), QS_OK);
	/* The file tells as well. */
	assert_int_equal(new_job(bench, config), QS_OK);
	assert_int_equal(qs_job_read_calibration(bench->job, CALIB, bench->findings), QS_OK);
	assert_int_equal(find_site(bench->job, "x")->n_ties, 4);
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_OK);
	assert_int_equal(qs_job_write_report(bench->job, &text), QS_OK);
	assert_non_null(strstr(text.data,
	    "ties        5 of 14 calibration values (35.7 %), most of \"x\": 4 of 8; --rounding "
	    "exact rounds them as the config says\n"));
	qs_text_done(&text);
}

/* ---- what was written ------------------------------------------------------------------------ */

static enum qs_status verify(struct bench *bench)
{
	const struct qs_calibrate_options options = {.data = DATA};

	return qs_job_verify(bench->job, &options, bench->findings);
}

static void write_and_save(struct bench *bench, const char *config, enum qs_rounding_form rounding)
{
	static const int64_t dims[] = {2, 4};

	qs_runtime_close(engine_runtime());
	write_npy((fixture_output(""), DATA), npy_floats(dims, 2, -3));
	start(bench, config, linear13);
	set_form(bench, QS_WRITTEN_QDQ, rounding);
	assert_int_equal(calibrate(bench, DATA), QS_OK);
	finish(bench);
}

#define TIES ENGINE_CONFIG(HALF_UP ", \"bit_width\": 3", "")

static const struct qs_verified *find_verified(const struct qs_job *job, const char *name)
{
	for (size_t i = 0; i < job->verification.n_items; i++) {
		if (strcmp(job->verification.items[i].name, name) == 0)
			return &job->verification.items[i];
	}
	fail_msg("\"%s\" was not verified", name);
	return NULL;
}

static void exact_rounding_is_verified_to_be_as_configured(void **state)
{
	struct bench *bench = *state;

	write_and_save(bench, TIES, QS_ROUNDING_EXACT);
	assert_int_equal(verify(bench), QS_OK);
	assert_int_equal(find_verified(bench->job, "x")->configured.n_values, 8);
	assert_int_equal(find_verified(bench->job, "x")->configured.n_equal, 8);
	assert_int_equal(find_verified(bench->job, "y")->configured.n_equal, 6);
}

/* Of the four ties, half up and half to even agree on -1 and 3. */
static void ties_that_round_otherwise_are_explained(void **state)
{
	struct bench *bench = *state;
	struct qs_text text = QS_TEXT_INIT;

	write_and_save(bench, TIES, QS_ROUNDING_NATIVE);
	assert_int_equal(verify(bench), QS_OK);
	assert_int_equal(find_verified(bench->job, "x")->configured.n_equal, 6);
	assert_int_equal(find_verified(bench->job, "x")->explained.n_equal, 8);
	assert_int_equal(qs_job_write_report_json(bench->job, &text), QS_OK);
	assert_non_null(strstr(text.data, "\"verification\""));
	qs_text_done(&text);
}

/* Another model in place of what was written. */
static void what_is_not_explained_is_an_error(void **state)
{
	static const char *const other[] = {"opset 13", "in x 2 4", "init w 4 3", "init b 3",
	    "node Gemm g x,w,b y_float", "full s 0.5", "node Mul m y_float,s y",
	    "node Identity i x x_dequantized", "out y", NULL};
	struct bench *bench = *state;
	struct qs_model *model;

	write_and_save(bench, INT8, QS_ROUNDING_NATIVE);
	assert_int_equal(verify(bench), QS_OK);
	model = fixture_model(bench->findings, other);
	assert_int_equal(qs_model_save(model, OUTPUT, bench->findings), QS_OK);
	qs_model_free(model);
	assert_int_equal(verify(bench), QS_INVALID);
	assert_string_equal(last_finding(bench)->code, "QS907");
	assert_non_null(strstr(last_finding(bench)->message, "tensor \"x\": "));
}

/* x * Sigmoid(x) becomes a hard swish, and that the steps of the DPU; the plan has the same
 * layers. */
static void the_dpu_has_gates_of_its_own(void **state)
{
	static const char *const lines[] = {"opset 14", "in x 1 4 4 4", "init w 4 4 1 1",
	    "node Conv c x,w a", "node Sigmoid s a g", "node Mul m a,g b", "init v 4 4 1 1",
	    "node Conv d b,v y", "out y", NULL};
	static const int64_t dims[] = {1, 4, 4, 4};
	static const char config[] =
	    "{\"target_device\": \"DPU\", \"convert_silu_to_hswish\": true}";
	struct bench *bench = *state;
	struct qs_text text = QS_TEXT_INIT;

	qs_runtime_close(engine_runtime());
	write_npy((fixture_output(""), DATA), npy_floats(dims, 4, -32));
	start(bench, config, lines);
	set_form(bench, QS_WRITTEN_QDQ, QS_ROUNDING_EXACT);
	assert_int_equal(calibrate(bench, DATA), QS_OK);
	finish(bench);
	assert_int_equal(bench->job->n_silu, 1);
	assert_int_equal(bench->job->n_approximated, 1);
	assert_int_equal(verify(bench), QS_OK);
	assert_int_equal(find_verified(bench->job, "b")->configured.n_equal, 64);
	assert_int_equal(qs_job_write_report(bench->job, &text), QS_OK);
	assert_non_null(strstr(text.data, "converted   1 SiLU to hard swish\n"));
	assert_non_null(strstr(text.data, "arithmetic  of the DPU in 1 layer: "));
	qs_text_done(&text);
}

static void what_is_verified_has_been_saved(void **state)
{
	struct bench *bench = *state;

	start(bench, HALF, linear13);
	assert_int_equal(verify(bench), QS_BUG);
}

static void an_entry_that_selects_nothing_is_an_error_unless_allowed(void **state)
{
	static const char config[] =
	    WEIGHTS(", \"layer_quantize_config\": [{\"layer_name\": \"nobody\", "
		    "\"quantizable_data_type\": [\"weights\"]}]");
	struct bench *bench = *state;

	save_model(bench, linear13);
	assert_int_equal(new_job(bench, config), QS_INVALID);
	assert_string_equal(last_finding(bench)->code, "QS501");
	assert_int_equal(
	    qs_job_new(bench->policy, MODEL, true, bench->findings, &bench->job), QS_OK);
}

/* What a batch normalization is selected by is still known when it has been folded away. */
static void an_entry_for_a_folded_layer_selects_it(void **state)
{
	static const char config[] =
	    WEIGHTS(", \"layer_quantize_config\": [{\"layer_name\": \"bn1\", "
		    "\"quantizable_data_type\": [\"weights\"]}]");
	struct bench *bench = *state;

	read_config(bench, config);
	assert_int_equal(qs_job_new(bench->policy, fixture_path("conv_bn_relu.onnx"), false,
			     bench->findings, &bench->job),
	    QS_OK);
	assert_int_equal(bench->job->n_folded, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bench, free_bench)
	const struct CMUnitTest tests[] = {
	    TEST(steps_have_an_order),
	    TEST(large_weights_in_other_files_give_the_same_codes),
	    TEST(activations_of_integers_need_data),
	    TEST(half_floats_need_neither_data_nor_runtime),
	    TEST(an_old_model_is_brought_to_the_opset_that_channels_need),
	    TEST(the_opset_of_the_config_is_had),
	    TEST(without_the_module_old_models_take_other_forms),
	    TEST(scales_go_through_a_file),
	    TEST(a_calibration_belongs_to_its_model_and_config),
	    TEST(calibrating_on_data_and_reading_the_scales_are_the_same),
	    TEST(a_calibration_belongs_to_the_switches_of_its_config),
	    TEST(a_calibration_belongs_to_the_data_beside_its_model),
	    TEST(whoever_watches_may_stop_calibration),
	    TEST(the_report_tells_what_was_done),
	    TEST(the_report_as_json_has_the_same),
	    TEST(weights_alone_need_no_data),
	    TEST(weights_alone_have_to_be_integers),
	    TEST(a_form_is_chosen_before_scales_are_found),
	    TEST(calibration_counts_ties),
	    TEST(exact_rounding_is_verified_to_be_as_configured),
	    TEST(ties_that_round_otherwise_are_explained),
	    TEST(what_is_not_explained_is_an_error),
	    TEST(the_dpu_has_gates_of_its_own),
	    TEST(what_is_verified_has_been_saved),
	    TEST(an_entry_that_selects_nothing_is_an_error_unless_allowed),
	    TEST(an_entry_for_a_folded_layer_selects_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
