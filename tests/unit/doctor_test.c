/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doctor: each check finds its trap in a small model, and nothing in one that avoids it; numbers in
 * messages are those that were published.
 */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/npz_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job.h"
#include "qstrata/doctor.h"
#include "tests/unit/data.h"

#define MODEL "tests/out/doctor_test.onnx"
#define DATA "tests/out/doctor_test.npy"
#define CALIB "tests/out/doctor_test.json"

#define INT8 ENGINE_CONFIG(ENGINE_INT8, "")
#define INT16 ENGINE_CONFIG(ENGINE_INT8 ", \"bit_width\": 16", "")

#define DPU_LIKE ENGINE_CONFIG("\"method\": \"maxmin\"", ", \"change_concat_input_fix\": true")

/* A model with one input, values for it, and the codes of what is found, in order. */
struct row {
	const char *law, *config, *target;
	const char *lines[16];
	int64_t dims[4];
	size_t rank;
	float values[24]; /* the first ones; from these to the last two a line is drawn */
	size_t n_values;
	const char *codes;
};

struct clinic {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_rulebook *rulebook;
	struct qs_job *job;
	struct qs_doctor *doctor;
};

/* ---- making ---------------------------------------------------------------------------------- */

/* Given values, and evenly spaced ones between the last two behind them. */
static void write_data(const struct row *row)
{
	const float *last = row->values + row->n_values - 1;
	struct npy_bytes bytes;
	size_t n = 1;
	float *all;

	for (size_t i = 0; i < row->rank; i++)
		n *= (size_t)row->dims[i];
	all = calloc(n, sizeof(*all));
	assert_non_null(all);
	assert_true(row->n_values <= n);
	for (size_t i = 0; i < n; i++)
		all[i] = i < row->n_values
		             ? row->values[i]
		             : last[-1] + (last[0] - last[-1]) * (float)(i - row->n_values) /
		                              (float)(n - row->n_values);
	bytes = npy_make("<f4", row->dims, row->rank, all, sizeof(*all));
	write_npy(DATA, bytes);
	free(all);
}

static void open_clinic(struct clinic *clinic, const struct row *row)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, row->lines);

	*clinic = (struct clinic){.findings = qs_findings_new()};
	fixture_output("");
	assert_int_equal(qs_model_save(model, MODEL, findings), QS_OK);
	write_data(row);
	assert_int_equal(
	    qs_source_new("config.json", row->config, strlen(row->config), &clinic->source), QS_OK);
	if (qs_policy_read(clinic->source, findings, &clinic->policy) != QS_OK)
		show_findings(findings);
	assert_non_null(clinic->policy);
	assert_int_equal(qs_rulebook_new(&clinic->rulebook), QS_OK);
	if (qs_job_new(clinic->policy, MODEL, false, findings, &clinic->job) != QS_OK)
		show_findings(findings);
	assert_non_null(clinic->job);
	qs_model_free(model);
	qs_findings_free(findings);
}

static void close_clinic(struct clinic *clinic)
{
	qs_doctor_free(clinic->doctor);
	qs_job_free(clinic->job);
	qs_policy_free(clinic->policy);
	qs_rulebook_free(clinic->rulebook);
	qs_source_free(clinic->source);
	qs_findings_free(clinic->findings);
	remove(MODEL);
	remove(DATA);
	remove(CALIB);
}

static const struct qs_profile *profile(const struct clinic *clinic, const char *name)
{
	size_t n, device;
	const struct qs_profile *profiles = qs_rulebook_profiles(clinic->rulebook, &n);

	if (!name)
		return NULL;
	assert_int_equal(qs_rulebook_find_device(
			     clinic->rulebook, name, strlen(name), clinic->findings, &device),
	    QS_OK);
	return &profiles[device];
}

static enum qs_status examine(
    struct clinic *clinic, const struct row *row, const struct qs_doctor_options *more)
{
	struct qs_doctor_options options = *more;

	options.run.data = DATA;
	options.target = profile(clinic, row->target);
	return qs_doctor_new(clinic->job, &options, clinic->findings, &clinic->doctor);
}

/* Whether the codes of all findings in order, each once, are those of a row; says so when not. */
static bool has_codes(const struct clinic *clinic, const struct row *row)
{
	struct qs_text codes = QS_TEXT_INIT;
	bool same;

	for (size_t i = 0; i < qs_findings_count(clinic->findings); i++) {
		const char *code = qs_findings_at(clinic->findings, i)->code;

		if (!strstr(codes.data, code))
			qs_text_addf(&codes, "%s%s", codes.size ? " " : "", code);
	}
	same = strcmp(codes.data, row->codes) == 0;
	if (!same) {
		print_error(
		    "%s: expected \"%s\", found \"%s\"\n", row->law, row->codes, codes.data);
		show_findings(clinic->findings);
	}
	qs_text_done(&codes);
	return same;
}

static bool check_row(const struct row *row)
{
	const struct qs_doctor_options options = {.memory = 0};
	struct clinic clinic;
	bool good;

	open_clinic(&clinic, row);
	good = examine(&clinic, row, &options) == QS_OK;
	if (!good)
		print_error("%s: it was not examined\n", row->law);
	good = has_codes(&clinic, row) && good;
	close_clinic(&clinic);
	return good;
}

/* ---- the rows -------------------------------------------------------------------------------- */

#define IMAGE {1, 3, 6, 6}, 4
#define AROUND_0 {-1, 1}, 2
#define CONV "in x 1 3 6 6", "init w 4 3 3 3", "node Conv c x,w y"

static const struct row rows[] = {
    {"a convolution, batch norm and ReLU that fold are healthy", INT8, NULL,
	{"in x 1 3 6 6", "init w 4 3 3 3", "full s 1 4", "full z 0 4", "node Conv c x,w y",
	    "node BatchNormalization b y,s,z,z,s v", "node Relu r v u", "out u"},
	IMAGE, AROUND_0, ""},
    {"a convolution and ReLU with another reader between are not fused", INT8, NULL,
	{CONV, "node Relu r y v", "out y", "out v"}, IMAGE, AROUND_0, "QS850"},
    {"whoever else reads it", INT8, NULL,
	{CONV, "node Add a y,y s", "node Relu r y v", "node Add b s,v u", "out u"}, IMAGE, AROUND_0,
	"QS850"},
    {"a batch norm that does not fold is not fused", INT8, NULL,
	{CONV, "full s 1 4", "full z 0 4", "node BatchNormalization b y,s,z,z,s v",
	    "node Sigmoid g y u", "out v", "out u"},
	IMAGE, AROUND_0, "QS850"},
    {"a sum that another reader keeps apart matters where sums are fused", INT8, "j6e",
	{CONV, "init w2 4 3 3 3", "node Conv c2 x,w2 y2", "node Add a y,y2 s", "node Sigmoid g y u",
	    "out s", "out u"},
	IMAGE, AROUND_0, "QS850"},
    {"and not elsewhere", INT8, NULL,
	{CONV, "init w2 4 3 3 3", "node Conv c2 x,w2 y2", "node Add a y,y2 s", "node Sigmoid g y u",
	    "out s", "out u"},
	IMAGE, AROUND_0, ""},
    {"weights that two layers read are shared", INT8, NULL,
	{CONV, "node Conv c2 x,w y2", "out y", "out y2"}, IMAGE, AROUND_0, "QS851"},
    {"a scale that a concatenation imposes is coarser than the data", DPU_LIKE, NULL,
	{"in x 2 8", "full h 0.01 1", "node Mul m x,h y", "node Add a y,y q", "node Concat k x,y z",
	    "int axis 1", "out z", "out q"},
	{2, 8}, 2, AROUND_0, "QS852 QS860"},
    {"an output of a convolution can be precise where the device has it", INT8, "j6e",
	{CONV, "node Flatten f y v", "out v"}, IMAGE, AROUND_0, "QS853"},
    {"and one of a product with its bias", INT8, "j6e",
	{"in x 2 8", "init w 8 4", "init b 4", "node MatMul m x,w p", "node Add a p,b y", "out y"},
	{2, 8}, 2, AROUND_0, "QS853"},
    {"and is integers elsewhere", INT8, NULL, {CONV, "out y"}, IMAGE, AROUND_0, ""},
    {"a magnitude of more than 128 is too wide for 8 bits", INT8, NULL,
	{"in x 2 8", "node Mul m x,x y", "out y"}, {2, 8}, 2, {-12, 12}, 2, "QS854"},
    {"and not for 16", INT16, NULL, {"in x 2 8", "node Mul m x,x y", "out y"}, {2, 8}, 2, {-12, 12},
	2, ""},
    {"a magnitude of more than 32768 is too wide for all", INT16, NULL,
	{"in x 2 8", "node Mul m x,x y", "out y"}, {2, 8}, 2, {-200, 200}, 2, "QS855"},
    {"a scale that cuts off much misses the data",
	ENGINE_CONFIG(
	    "\"method\": \"percentile\", \"percentage\": 50.0, \"scale_type\": \"float\", "
	    "\"round_mode\": \"half_even\", \"calib_statistic_method\": \"max\"",
	    ""),
	NULL, {"in x 2 8", "node Add a x,x y", "out y"}, {2, 8}, 2, AROUND_0, "QS856"},
    {"an input on one side of 0 wastes half of the codes", INT8, NULL,
	{"in x 2 8", "node Add a x,x y", "out y"}, {2, 8}, 2, {0, 1, 0.5F, 0.75F}, 4, "QS858"},
    {"and not in integers with a zero point",
	ENGINE_CONFIG(ENGINE_INT8 ", \"symmetry\": false", ""), NULL,
	{"in x 2 8", "node Add a x,x y", "out y"}, {2, 8}, 2, {0, 1, 0.5F, 0.75F}, 4, ""},
    {"an input with a range of 128 is large for 8 bits", INT8, NULL,
	{"in x 2 8", "full h 0.5 1", "node Mul m x,h y", "out y"}, {2, 8}, 2, {-64, 64}, 2,
	"QS859"},
    {"operands of a concatenation that differ by more than 2 times", INT8, NULL,
	{"in x 2 8", "full h 0.25 1", "node Mul m x,h y", "node Concat k x,y z", "int axis 1",
	    "out z"},
	{2, 8}, 2, AROUND_0, "QS860"},
    {"and by less", INT8, NULL,
	{"in x 2 8", "full h 0.75 1", "node Mul m x,h y", "node Concat k x,y z", "int axis 1",
	    "out z"},
	{2, 8}, 2, AROUND_0, ""},
    {"16 bits for what is added behind a convolution may not be had", INT16, "j6e",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv c x,w y", "node Add a y,x s",
	    "node Sigmoid g s u", "out u"},
	{1, 4, 6, 6}, 4, AROUND_0, "QS861"},
    {"and 8 bits can", INT8, "j6e",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv c x,w y", "node Add a y,x s",
	    "node Sigmoid g s u", "out u"},
	{1, 4, 6, 6}, 4, AROUND_0, ""},
    {"a constant in float32 among integers",
	ENGINE_CONFIG("\"datatype\": \"float32\"",
	    ", \"layer_quantize_config\": [{\"layer_type\": null, \"layer_name\": \"m\", "
	    "\"quantizable_data_type\": [\"activation\"], \"overall_quantize_config\": "
	    "{\"datatype\": \"int\", \"bit_width\": 8, " ENGINE_INT8 "}}]"),
	NULL, {"in x 2 8", "init h 8", "node Mul m x,h y", "out y"}, {2, 8}, 2, AROUND_0, "QS862"},
    {"a logarithm of negative numbers is not finite", INT8, NULL,
	{"in x 2 8", "node Log l x y", "node Add a y,y z", "out z"}, {2, 8}, 2, AROUND_0, "QS863"},
    {"a comparison with what is no code loses its results", INT16, NULL,
	{"in x 2 4", "full c 1", "node Equal e x,c b", "node Cast k b f", "int to 1",
	    "node Mul m x,f y", "out y"},
	{2, 4}, 2, {0.2465F, -0.4717F, 60.5F, 1, -0.2124F, 0.566F, -1.6637F, 0}, 8, "QS864"},
    {"a comparison with 0 loses none", INT16, NULL,
	{"in x 2 4", "full c 0", "node Equal e x,c b", "node Cast k b f", "int to 1",
	    "node Mul m x,f y", "out y"},
	{2, 4}, 2, {0.2465F, -0.4717F, 60.5F, 1, -0.2124F, 0.566F, -1.6637F, 0}, 8, ""},
    {"a comparison far from the data is only at risk", INT16, NULL,
	{"in x 2 4", "full c 0.3", "node Greater e x,c b", "node Cast k b f", "int to 1",
	    "node Mul m x,f y", "out y"},
	{2, 4}, 2, {-1, 1, -1, 1, 1, -1, 0.9F, -0.9F}, 8, "QS865"},
    {"a boolean that is multiplied has no format in the model", INT16, "j6e",
	{"in x 2 4", "full c 0", "node Equal e x,c b", "node Cast k b f", "int to 1",
	    "node Mul m x,f y", "out y"},
	{2, 4}, 2, {0.2465F, -0.4717F, 60.5F, 1, -0.2124F, 0.566F, -1.6637F, 0}, 8, "QS866"},
    {"a mask beside 65535 is lost at 16 bits", INT16, "j6e",
	{"opset 11", "in x 2 4", "node Split s x d,k", "int axis 1", "ints split 3 1",
	    "node Mul m d,k y", "out y"},
	{2, 4}, 2, {1, 2, 65535, 1, -3, 4, 5, 0}, 8, "QS855 QS867"},
    {"and one beside 65534 is not", INT16, "j6e",
	{"opset 11", "in x 2 4", "node Split s x d,k", "int axis 1", "ints split 3 1",
	    "node Mul m d,k y", "out y"},
	{2, 4}, 2, {1, 2, 65534, 1, -3, 4, 5, 0}, 8, "QS855"},
    {"a mask beside 255 is lost at 8 bits", INT8, "j6e",
	{"opset 11", "in x 2 4", "node Split s x d,k", "int axis 1", "ints split 3 1",
	    "node Mul m d,k y", "out y"},
	{2, 4}, 2, {1, 2, 255, 1, -3, 4, 5, 0}, 8, "QS854 QS859 QS867"},
    {"and one beside 254 is not", INT8, "j6e",
	{"opset 11", "in x 2 4", "node Split s x d,k", "int axis 1", "ints split 3 1",
	    "node Mul m d,k y", "out y"},
	{2, 4}, 2, {1, 2, 254, 1, -3, 4, 5, 0}, 8, "QS854 QS859"},
    {"a mask that sets the scale leaves few codes to small data", INT8, "j6e",
	{"opset 11", "in x 2 4", "node Split s x d,k", "int axis 1", "ints split 3 1",
	    "node Mul m d,k y", "out y"},
	{2, 4}, 2, {0.01F, -0.02F, 0.5F, 1, -0.03F, 0.04F, -0.5F, 0}, 8, "QS868"},
    {"and many to data of its size", INT8, "j6e",
	{"opset 11", "in x 2 4", "node Split s x d,k", "int axis 1", "ints split 3 1",
	    "node Mul m d,k y", "out y"},
	{2, 4}, 2, {0.3F, -0.4F, 0.5F, 1, -0.3F, 0.4F, -0.5F, 0}, 8, ""},
    {"outliers before a sigmoid leave nothing of small products", INT8, NULL,
	{"opset 11", "in x 2 12", "full h 0.5 1", "node Mul m x,h p", "node ReduceSum s p q",
	    "ints axes 1", "node Sigmoid g q u", "out u"},
	{2, 12}, 2, {-60, 60, 0.05F, -0.05F, 0.1F, 0.05F, -0.06F, 0.02F}, 8, "QS869"},
    {"and products of one size are healthy", INT8, NULL,
	{"opset 11", "in x 2 12", "full h 0.5 1", "node Mul m x,h p", "node ReduceSum s p q",
	    "ints axes 1", "node Sigmoid g q u", "out u"},
	{2, 12}, 2, {-6, 6}, 2, ""},
};

static void checks_find_their_traps_and_no_others(void **state)
{
	size_t n_bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		n_bad += !check_row(&rows[i]);
	assert_int_equal(n_bad, 0);
}

/* ---- what rows do not have ------------------------------------------------------------------- */

/* The message of the first finding of a code. */
static const char *message_of(const struct clinic *clinic, const char *code)
{
	for (size_t i = 0; i < qs_findings_count(clinic->findings); i++) {
		const struct qs_finding *finding = qs_findings_at(clinic->findings, i);

		if (strcmp(finding->code, code) == 0)
			return finding->message;
	}
	fail_msg("nothing has %s", code);
	return "";
}

/* The mask beside 70000 on Journey 6: scale 2.1363, and round(0.468) is 0. */
static void the_code_of_a_mask_is_told(void **state)
{
	static const struct row row = {"70000", INT16, "j6e",
	    {"opset 11", "in x 2 4", "node Split s x d,k", "int axis 1", "ints split 3 1",
		"node Mul m d,k y", "out y"},
	    {2, 4}, 2, {0.2465F, -0.4717F, 70000, 1, -0.2124F, 0.566F, -1.6637F, 0}, 8, ""};
	const struct qs_doctor_options options = {.memory = 0};
	struct clinic clinic;

	(void)state;
	open_clinic(&clinic, &row);
	assert_int_equal(examine(&clinic, &row, &options), QS_OK);
	assert_string_equal(message_of(&clinic, "QS867"),
	    "\"s\" takes a mask of 0 and 1 from \"x\", whose channel 2 reaches 70000: at scale "
	    "2.13626 the code of 1 is round(1 / 2.13626) = 0, so that the mask is all 0");
	close_clinic(&clinic);
}

/* 60.5 on Journey 6: the code of 1 is 542, which is 1.0007. */
static void the_code_of_a_comparison_is_told(void **state)
{
	static const struct row row = {"60.5", INT16, "j6e",
	    {"in x 2 4", "full c 1", "node Equal e x,c b", "node Cast k b f", "int to 1",
		"node Mul m x,f y", "out y"},
	    {2, 4}, 2, {0.2465F, -0.4717F, 60.5F, 1, -0.2124F, 0.566F, -1.6637F, 0}, 8, ""};
	const struct qs_doctor_options options = {.memory = 0};
	struct clinic clinic;

	(void)state;
	open_clinic(&clinic, &row);
	assert_int_equal(examine(&clinic, &row, &options), QS_OK);
	assert_string_equal(message_of(&clinic, "QS864"),
	    "\"e\" compares quantized \"x\" with 1, which at scale 0.00184634165 has the code 542, "
	    "and that is 1.00071716; in the data it holds 1 times in float32, 0 times quantized, "
	    "and differs 1 times");
	close_clinic(&clinic);
}

/* Examines the model of a clinic again with a scales file. */
static enum qs_status examine_with(
    struct clinic *clinic, const struct row *row, const struct qs_text *scales)
{
	const struct qs_doctor_options options = {.memory = 0};
	struct qs_source *source;
	enum qs_status status;

	qs_doctor_free(clinic->doctor);
	qs_job_free(clinic->job);
	qs_findings_free(clinic->findings);
	clinic->doctor = NULL;
	clinic->findings = qs_findings_new();
	assert_int_equal(qs_source_new("scales.json", scales->data, scales->size, &source), QS_OK);
	assert_int_equal(
	    qs_job_new(clinic->policy, MODEL, false, clinic->findings, &clinic->job), QS_OK);
	assert_int_equal(qs_job_read_scales(clinic->job, source, clinic->findings), QS_OK);
	status = examine(clinic, row, &options);
	qs_source_free(source);
	return status;
}

/* A trap, the scale that is advised, and what is found with it. */
static const struct {
	struct row row;
	const char *scale, *left;
} cures[] = {
    {{"a mask among larger data", INT16, "j6e",
	 {"in x 2 4", "full c 1", "node Equal e x,c b", "node Cast k b f", "int to 1",
	     "node Mul m x,f y", "out y"},
	 {2, 4}, 2, {0.2465F, -0.4717F, 60.5F, 1, -0.2124F, 0.566F, -1.6637F, 0}, 8, "QS864 QS866"},
	"\"1/541\"", "QS866"},
    {{"a mask alone, by the law of devices that miss 1", INT16, "j6e",
	 {"in x 2 4", "full c 1", "node Equal e x,c b", "node Cast k b f", "int to 1",
	     "node Mul m x,f y", "out y"},
	 {2, 4}, 2, {0, 1, 1, 0, 1, 0, 0, 0}, 8, "QS864 QS866"},
	"\"1/32767\"", "QS866"},
    {{"8 bits", INT8, "j6e",
	 {"in x 2 4", "full c 1", "node Equal e x,c b", "node Cast k b f", "int to 1",
	     "node Mul m x,f y", "out y"},
	 {2, 4}, 2, {0, 1, 1, 0, 1, 0, 0, 0}, 8, "QS864 QS866"},
	"\"1/127\"", "QS866"},
    {{"a comparison at risk", INT16, NULL,
	 {"in x 2 4", "full c 0.3", "node Greater e x,c b", "node Cast k b f", "int to 1",
	     "node Mul m x,f y", "out y"},
	 {2, 4}, 2, {-1, 1, -1, 1, 1, -1, 0.9F, -0.9F}, 8, "QS865"},
	"\"0.300000012/9830\"", ""},
    {{"outliers before a sigmoid", INT16, NULL,
	 {"opset 11", "in x 2 12", "full h 0.5 1", "node Mul m x,h p", "node ReduceSum s p q",
	     "ints axes 1", "node Sigmoid g q u", "out u"},
	 {2, 12}, 2, {-30000, 30000, 0.05F, -0.05F, 0.1F, 0.05F, -0.06F, 0.02F}, 8, "QS869"},
	"\"7/32767\"", ""},
    {{"an input in [-1, 1] whose scale cuts it off",
	 ENGINE_CONFIG("\"method\": \"percentile\", \"percentage\": 50.0, \"scale_type\": "
		       "\"float\", \"round_mode\": \"half_even\", "
		       "\"calib_statistic_method\": \"max\"",
	     ", \"quantizable_data_type\": [\"input\"]"),
	 NULL, {"in x 2 8", "node Add a x,x y", "out y"}, {2, 8}, 2, AROUND_0, "QS856"},
	"\"1/128\"", ""},
};

static void a_scale_that_is_advised_cures(void **state)
{
	const struct qs_doctor_options options = {.memory = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(cures) / sizeof(*cures); i++) {
		struct row row = cures[i].row;
		struct qs_text scales = QS_TEXT_INIT;
		struct clinic clinic;

		open_clinic(&clinic, &row);
		assert_int_equal(examine(&clinic, &row, &options), QS_OK);
		assert_true(has_codes(&clinic, &row));
		assert_int_equal(qs_doctor_write_scales(clinic.doctor, &scales), QS_OK);
		if (!strstr(scales.data, cures[i].scale))
			fail_msg("%s: %s", row.law, scales.data);
		assert_int_equal(examine_with(&clinic, &row, &scales), QS_OK);
		row.codes = cures[i].left;
		assert_true(has_codes(&clinic, &row));
		qs_text_done(&scales);
		close_clinic(&clinic);
	}
}

/* The hint of a finding has an entry; a config with it is one that is read without a finding. */
static void the_entry_of_a_hint_can_be_written(void **state)
{
	static const struct row row = {"wide", INT8, NULL,
	    {"in x 2 8", "node Mul m x,x y", "out y"}, {2, 8}, 2, {-12, 12}, 2, "QS854"};
	const struct qs_doctor_options options = {.memory = 0};
	struct qs_text config = QS_TEXT_INIT;
	struct qs_findings *findings = qs_findings_new();
	struct qs_policy *policy = NULL;
	struct qs_source *source;
	struct clinic clinic;
	const char *hint;

	(void)state;
	open_clinic(&clinic, &row);
	assert_int_equal(examine(&clinic, &row, &options), QS_OK);
	hint = strchr(qs_findings_at(clinic.findings, 0)->hint, '{');
	assert_non_null(hint);
	assert_non_null(strstr(hint, "\"layer_name\": \"m\""));
	assert_non_null(strstr(hint, "\"bit_width\": 16"));
	qs_text_addf(&config,
	    "{\"target_device\": \"FLEXML\", \"overall_quantize_config\": {" ENGINE_INT8
	    "}, \"layer_quantize_config\": [%s]}",
	    hint);
	assert_int_equal(qs_source_new("config.json", config.data, config.size, &source), QS_OK);
	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	for (size_t i = 0; i < qs_findings_count(findings); i++)
		assert_int_equal(qs_findings_at(findings, i)->severity, QS_SEVERITY_INFO);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
	qs_text_done(&config);
	close_clinic(&clinic);
}

static const struct row plain = {
    "plain", INT8, NULL, {"in x 2 8", "node Add a x,x y", "out y"}, {2, 8}, 2, AROUND_0, ""};

/* Replaces every scale of a calibration file by 1. */
static void forget_scales(void)
{
	struct json_object *document = json_object_from_file(CALIB), *tensors;

	assert_non_null(document);
	assert_true(json_object_object_get_ex(document, "tensors", &tensors));
	json_object_object_foreach(tensors, name, tensor)
	{
		(void)name;
		json_object_object_add(tensor, "scale", json_object_new_double(1));
	}
	assert_int_equal(json_object_to_file(CALIB, document), 0);
	json_object_put(document);
}

static void scales_that_were_never_observed_are_found(void **state)
{
	const struct qs_doctor_options options = {.calibration = CALIB};
	struct row row = plain;
	struct clinic clinic;
	struct qs_calibrate_options run = {.data = DATA};

	(void)state;
	row.codes = "QS857";
	open_clinic(&clinic, &row);
	assert_int_equal(qs_job_calibrate(clinic.job, &run, clinic.findings), QS_OK);
	assert_int_equal(qs_job_write_calibration(clinic.job, CALIB, clinic.findings), QS_OK);
	forget_scales();
	qs_job_free(clinic.job);
	assert_int_equal(
	    qs_job_new(clinic.policy, MODEL, false, clinic.findings, &clinic.job), QS_OK);
	assert_int_equal(examine(&clinic, &row, &options), QS_OK);
	assert_true(has_codes(&clinic, &row));
	close_clinic(&clinic);
}

static void a_calibration_of_something_else_is_refused(void **state)
{
	const struct qs_doctor_options options = {.calibration = DATA};
	struct clinic clinic;

	(void)state;
	open_clinic(&clinic, &plain);
	assert_int_equal(examine(&clinic, &plain, &options), QS_INVALID);
	assert_null(clinic.doctor);
	assert_int_not_equal(qs_findings_count(clinic.findings), 0);
	close_clinic(&clinic);
}

static void what_does_not_fit_in_memory_is_told(void **state)
{
	const struct qs_doctor_options options = {.memory = 1};
	struct row row = plain;
	struct clinic clinic;

	(void)state;
	row.codes = "QS870";
	open_clinic(&clinic, &row);
	assert_int_equal(examine(&clinic, &row, &options), QS_OK);
	assert_true(has_codes(&clinic, &row));
	close_clinic(&clinic);
}

static bool stop(void *context, size_t n_done, size_t n_batches)
{
	(void)n_done;
	(void)n_batches;
	return ++*(int *)context < 2;
}

static void progress_stops_it(void **state)
{
	int n = 0;
	const struct qs_doctor_options options = {.run = {.progress = stop, .context = &n}};
	struct clinic clinic;

	(void)state;
	open_clinic(&clinic, &plain);
	assert_int_equal(examine(&clinic, &plain, &options), QS_INVALID);
	assert_int_equal(n, 2);
	close_clinic(&clinic);
}

/* ---- documents ------------------------------------------------------------------------------- */

static size_t count(const struct qs_text *text, const char *word)
{
	size_t n = 0;

	for (const char *at = strstr(text->data, word); at; at = strstr(at + 1, word))
		n++;
	return n;
}

/* Names are the writer's own, and a page is not to be taken over by them. */
static void a_page_is_whole_and_harmless(void **state)
{
	static const struct row row = {"names", INT8, NULL,
	    {"in <script>alert(1)</script> 2 8",
		"node Add a <script>alert(1)</script>,<script>alert(1)</script> \"'&y",
		"out \"'&y"},
	    {2, 8}, 2, AROUND_0, ""};
	const struct qs_doctor_options options = {.memory = 0};
	struct qs_text page = QS_TEXT_INIT;
	struct clinic clinic;

	(void)state;
	open_clinic(&clinic, &row);
	assert_int_equal(examine(&clinic, &row, &options), QS_OK);
	assert_int_equal(qs_doctor_write_html(clinic.doctor, clinic.findings, &page), QS_OK);
	assert_int_equal(count(&page, "<script>"), 1);
	assert_true(count(&page, "&lt;script&gt;alert(1)&lt;/script&gt;") > 2);
	assert_int_equal(count(&page, "<section"), count(&page, "</section>"));
	assert_int_equal(count(&page, "<svg"), count(&page, "</svg>"));
	assert_int_equal(count(&page, "<td"), count(&page, "</td>"));
	assert_int_equal(count(&page, "http"), count(&page, "http-equiv"));
	assert_int_equal(count(&page, "nan"), 0);
	qs_text_done(&page);
	close_clinic(&clinic);
}

/* The entry of a hint stands on lines of its own, as it would in a config. */
static void a_page_shows_entries_to_write(void **state)
{
	static const struct row row = {"wide", INT8, NULL,
	    {"in x 2 8", "node Mul m x,x y", "out y"}, {2, 8}, 2, {-12, 12}, 2, "QS854"};
	const struct qs_doctor_options options = {.memory = 0};
	struct qs_text page = QS_TEXT_INIT;
	struct clinic clinic;

	(void)state;
	open_clinic(&clinic, &row);
	assert_int_equal(examine(&clinic, &row, &options), QS_OK);
	assert_int_equal(qs_doctor_write_html(clinic.doctor, clinic.findings, &page), QS_OK);
	assert_int_equal(count(&page, "\n  &quot;layer_name&quot;: &quot;m&quot;,\n"), 1);
	assert_int_equal(count(&page, "in layer_quantize_config:</p><pre>{\n"), 1);
	qs_text_done(&page);
	close_clinic(&clinic);
}

static void measurements_are_json(void **state)
{
	const struct qs_doctor_options options = {.memory = 0};
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document, *list;
	struct clinic clinic;

	(void)state;
	open_clinic(&clinic, &plain);
	assert_int_equal(examine(&clinic, &plain, &options), QS_OK);
	assert_int_equal(qs_doctor_write_json(clinic.doctor, &text), QS_OK);
	document = json_tokener_parse(text.data);
	assert_non_null(document);
	assert_true(json_object_object_get_ex(document, "tensors", &list));
	assert_int_equal(json_object_array_length(list), 2);
	assert_true(json_object_object_get_ex(document, "checks", &list));
	assert_int_equal(json_object_array_length(list), 21);
	json_object_put(document);
	qs_text_done(&text);
	close_clinic(&clinic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(checks_find_their_traps_and_no_others),
	    cmocka_unit_test(the_code_of_a_mask_is_told),
	    cmocka_unit_test(the_code_of_a_comparison_is_told),
	    cmocka_unit_test(a_scale_that_is_advised_cures),
	    cmocka_unit_test(the_entry_of_a_hint_can_be_written),
	    cmocka_unit_test(scales_that_were_never_observed_are_found),
	    cmocka_unit_test(a_calibration_of_something_else_is_refused),
	    cmocka_unit_test(what_does_not_fit_in_memory_is_told),
	    cmocka_unit_test(progress_stops_it),
	    cmocka_unit_test(a_page_is_whole_and_harmless),
	    cmocka_unit_test(a_page_shows_entries_to_write),
	    cmocka_unit_test(measurements_are_json),
	};

	if (!engine_has_runtime())
		return ENGINE_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
