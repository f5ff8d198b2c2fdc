/* SPDX-License-Identifier: Apache-2.0 */
/* What a job did: formats, sizes, what stayed as it is and why, and what ONNX cannot say. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_document.h"
#include "engine/calibrate.h"
#include "engine/job.h"

/* ---- what there is to tell ------------------------------------------------------------------- */

/* Sites of one kind and format. */
struct format_row {
	enum qs_tensor kind;
	char format[40];
	size_t count;
};

/* Kept tensors of one kind and reason. */
struct kept_row {
	enum qs_tensor kind;
	const char *reason;
	const struct qs_kept *first;
	size_t count;
};

/* There are a few formats and reasons, however many tensors there are. */
#define ROWS 64

struct summary {
	struct format_row formats[ROWS];
	size_t n_formats;
	struct kept_row kept[ROWS];
	size_t n_kept;
};

static void format_of(const struct qs_site *site, char format[40])
{
	if (site->spec.datatype == QS_DATATYPE_INT)
		snprintf(format, 40, "%sint%d%s", site->qparams.quant_min < 0 ? "" : "u",
		    site->spec.bit_width, site->qparams.n > 1 ? " per channel" : "");
	else
		snprintf(format, 40, "%s", qs_datatype_word((enum qs_datatype)site->spec.datatype));
}

static void add_site(struct summary *summary, const struct qs_site *site)
{
	char format[40];
	size_t i = 0;

	format_of(site, format);
	while (i < summary->n_formats && (summary->formats[i].kind != site->kind ||
					     strcmp(summary->formats[i].format, format) != 0))
		i++;
	if (i == ROWS)
		return;
	if (i == summary->n_formats) {
		summary->formats[i].kind = site->kind;
		memcpy(summary->formats[i].format, format, sizeof(format));
		summary->formats[summary->n_formats++].count = 0;
	}
	summary->formats[i].count++;
}

static void add_kept(struct summary *summary, const struct qs_kept *kept)
{
	size_t i = 0;

	while (i < summary->n_kept &&
	       (summary->kept[i].kind != kept->kind || summary->kept[i].reason != kept->reason))
		i++;
	if (i == ROWS)
		return;
	if (i == summary->n_kept)
		summary->kept[summary->n_kept++] =
		    (struct kept_row){kept->kind, kept->reason, kept, 0};
	summary->kept[i].count++;
}

static void summarize(const struct qs_job *job, struct summary *summary)
{
	memset(summary, 0, sizeof(*summary));
	for (size_t i = 0; i < job->plan->n_sites; i++)
		add_site(summary, &job->plan->sites[i]);
	for (size_t i = 0; i < job->plan->n_kept; i++)
		add_kept(summary, &job->plan->kept[i]);
}

/* Switches that the config turns on and that this version does not carry out. */
static const struct {
	enum qs_switch which;
	const char *key;
} not_done[] = {
    {QS_SWITCH_CONVERT_SILU_TO_HSWISH, "convert_silu_to_hswish"},
};
#define N_NOT_DONE (sizeof(not_done) / sizeof(*not_done))

/* ---- text ------------------------------------------------------------------------------------ */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* The label of the first row of a group, blanks before the others. */
static void begin_row(struct qs_text *text, const char *label, bool first)
{
	qs_text_addf(text, "%-12s", first ? label : "");
}

static void write_sizes(struct qs_text *text, const char *label, uint64_t before, uint64_t after)
{
	begin_row(text, label, true);
	qs_text_addf(text, "%" PRIu64 " -> %" PRIu64 " bytes", before, after);
	if (before)
		qs_text_addf(text, " (%.0f %%)", 100.0 * (double)after / (double)before);
	qs_text_adds(text, "\n");
}

/* A row of a form, unless nothing has it; `*first` says whether one was written. */
static void write_form(struct qs_text *text, bool *first, size_t n, const char *format, ...)
    QS_PRINTF(4, 5);

static void write_form(struct qs_text *text, bool *first, size_t n, const char *format, ...)
{
	va_list arguments;

	if (!n)
		return;
	begin_row(text, "written as", *first);
	va_start(arguments, format);
	qs_text_addv(text, format, arguments);
	va_end(arguments);
	qs_text_addf(text, ": %zu tensor%s\n", n, plural(n));
	*first = false;
}

static void write_forms(const struct qs_job *job, struct qs_text *text)
{
	const struct qs_applied *applied = &job->applied;
	bool first = true;

	write_form(text, &first, applied->n_standard,
	    "QuantizeLinear/DequantizeLinear of opset %" PRId64, job->opset);
	write_form(text, &first, applied->n_microsoft,
	    "QuantizeLinear/DequantizeLinear of com.microsoft, as opset %" PRId64
	    " lacks their form",
	    job->opset);
	write_form(text, &first, applied->n_casts, "Cast");
	write_form(text, &first, applied->n_plain,
	    "float32 values of their codes, as no integers of ONNX mean the same");
	write_form(
	    text, &first, applied->n_clips, "with a Clip to a range narrower than the type's");
	write_form(
	    text, &first, applied->n_shifts, "with a shift to a zero point inside the range");
}

static const char *mode_word(int mode)
{
	return mode < QS_ROUND_MODE__COUNT ? qs_round_mode_word((enum qs_round_mode)mode)
	                                   : "a plug-in's mode";
}

static void write_rounding(const struct qs_job *job, struct qs_text *text)
{
	bool first = true;

	for (int mode = 0; mode <= QS_ROUND_MODE__COUNT; mode++) {
		const size_t n = job->applied.n_unexpressed[mode];

		if (!n)
			continue;
		begin_row(text, "rounding", first);
		qs_text_addf(text,
		    "%s of %zu tensor%s: QuantizeLinear can only round half to even\n",
		    mode_word(mode), n, plural(n));
		first = false;
	}
}

static void write_kept(const struct summary *summary, struct qs_text *text)
{
	static const char *const plurals[] = {[QS_TENSOR_WEIGHTS] = "",
	    [QS_TENSOR_BIAS] = "es",
	    [QS_TENSOR_ACTIVATION] = "s",
	    [QS_TENSOR_INPUT] = "s"};

	for (size_t i = 0; i < summary->n_kept; i++) {
		const struct kept_row *row = &summary->kept[i];

		begin_row(text, "kept float", i == 0);
		qs_text_addf(text, "%zu %s%s (%s%s%s): %s\n", row->count, qs_tensor_word(row->kind),
		    row->count == 1 ? "" : plurals[row->kind], row->first->layer,
		    row->first->layer[0] ? ", " : "", row->count > 1 ? "..." : row->first->type,
		    row->reason);
	}
}

static void write_not_done(const struct qs_job *job, struct qs_text *text)
{
	bool first = true;

	for (size_t i = 0; i < N_NOT_DONE; i++) {
		if (!qs_policy_switch(job->policy, not_done[i].which))
			continue;
		begin_row(text, "not done", first);
		qs_text_addf(
		    text, "%s: on, but not carried out by this version\n", not_done[i].key);
		first = false;
	}
}

/* The largest of a bias's corrections; 0 for a site without. */
static double largest_correction(const struct qs_site *site)
{
	double most = 0;

	for (size_t i = 0; i < site->n_correction; i++)
		most = fmax(most, fabs((double)site->correction[i]));
	return most;
}

static void write_corrections(const struct qs_job *job, struct qs_text *text)
{
	const struct qs_site *most = NULL;
	size_t n = 0;

	if (!job->plan->corrects_biases)
		return;
	for (size_t i = 0; i < job->plan->n_sites; i++) {
		const struct qs_site *site = &job->plan->sites[i];

		if (!site->correction)
			continue;
		n++;
		if (!most || largest_correction(site) > largest_correction(most))
			most = site;
	}
	begin_row(text, "corrected", true);
	qs_text_addf(text, "%zu bias%s", n, n == 1 ? "" : "es");
	if (most)
		qs_text_addf(text, ", by %.6g at most (%s)", largest_correction(most), most->name);
	qs_text_adds(text, "\n");
}

/* What was done to the float model, other than folding. */
static void write_changes(const struct qs_job *job, struct qs_text *text)
{
	const struct qs_equalized *equalized = &job->equalized;

	if (job->n_relu6) {
		begin_row(text, "converted", true);
		qs_text_addf(text, "%zu ReLU6 to ReLU\n", job->n_relu6);
	}
	if (qs_policy_switch(job->policy, QS_SWITCH_INCLUDE_CLE)) {
		begin_row(text, "equalized", true);
		qs_text_addf(text, "%zu pair%s of convolutions\n", equalized->n_pairs,
		    plural(equalized->n_pairs));
	}
	if (equalized->n_clipped) {
		begin_row(text, "equalized", false);
		qs_text_addf(text,
		    "not %zu pair%s with a ReLU6 between; convert_relu6_to_relu would allow it\n",
		    equalized->n_clipped, plural(equalized->n_clipped));
	}
	if (job->n_approximated) {
		begin_row(text, "arithmetic", true);
		qs_text_addf(text, "of the DPU in %zu layer%s: average pools, leaky ReLU\n",
		    job->n_approximated, plural(job->n_approximated));
	}
}

/* What calibration was told rather than found. */
static void write_given(const struct qs_plan *plan, struct qs_text *text)
{
	bool first = true;

	if (plan->scale_law != QS_SCALE_LAW_QMAX) {
		begin_row(text, "scale law", true);
		qs_text_addf(text, "%s\n", qs_scale_law_word(plan->scale_law));
	}
	for (size_t i = 0; i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];

		if (!(site->fixed_scale > 0))
			continue;
		begin_row(text, "fixed", first);
		qs_text_addf(text, "%s %s: scale %.6g\n", qs_tensor_word(site->kind), site->name,
		    site->fixed_scale);
		first = false;
	}
}

static void write_adjustments(const struct qs_plan *plan, struct qs_text *text)
{
	for (size_t i = 0; i < plan->n_adjustments; i++) {
		const struct qs_adjustment *adjustment = &plan->adjustments[i];

		begin_row(text, "adjusted", i == 0);
		qs_text_addf(text, "%s %s: scale %.6g -> %.6g, as it %s\n",
		    qs_tensor_word(adjustment->kind), adjustment->name, adjustment->before,
		    adjustment->after, adjustment->reason);
	}
}

enum qs_status qs_job_write_report(const struct qs_job *job, struct qs_text *text)
{
	struct summary summary;

	summarize(job, &summary);
	qs_text_addf(text, "%s -> %s\n", job->model_path,
	    job->output_path ? job->output_path : "(not saved)");
	for (size_t i = 0; i < summary.n_formats; i++) {
		begin_row(text, "quantized", i == 0);
		qs_text_addf(text, "%-11s %4zu  %s\n", qs_tensor_word(summary.formats[i].kind),
		    summary.formats[i].count, summary.formats[i].format);
	}
	if (job->n_folded) {
		begin_row(text, "folded", true);
		qs_text_addf(text, "%zu batch normalization%s into the layer before\n",
		    job->n_folded, plural(job->n_folded));
	}
	write_changes(job, text);
	write_corrections(job, text);
	write_given(job->plan, text);
	write_adjustments(job->plan, text);
	write_sizes(text, "parameters", job->applied.bytes_before, job->applied.bytes_after);
	if (job->stage == QS_JOB_SAVED)
		write_sizes(text, "file", job->bytes_before, job->bytes_after);
	if (job->opset != job->opset_before) {
		begin_row(text, "opset", true);
		qs_text_addf(text, "%" PRId64 " -> %" PRId64 ", by the version converter of ONNX\n",
		    job->opset_before, job->opset);
	}
	write_forms(job, text);
	write_rounding(job, text);
	write_kept(&summary, text);
	write_not_done(job, text);
	return qs_text_status(text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json_object *count(uint64_t n)
{
	return json_object_new_uint64(n);
}

static struct json_object *formats_json(const struct summary *summary)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < summary->n_formats; i++) {
		struct json_object *row = json_object_new_object();

		qs_json_put(
		    row, "kind", json_object_new_string(qs_tensor_word(summary->formats[i].kind)));
		qs_json_put(row, "format", json_object_new_string(summary->formats[i].format));
		qs_json_put(row, "tensors", count(summary->formats[i].count));
		json_object_array_add(list, row);
	}
	return list;
}

/* Every kept tensor, since a program can filter. */
static struct json_object *kept_json(const struct qs_plan *plan)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < plan->n_kept; i++) {
		struct json_object *row = json_object_new_object();

		qs_json_put(row, "layer", json_object_new_string(plan->kept[i].layer));
		qs_json_put(row, "type", json_object_new_string(plan->kept[i].type));
		qs_json_put(
		    row, "kind", json_object_new_string(qs_tensor_word(plan->kept[i].kind)));
		qs_json_put(row, "reason", json_object_new_string(plan->kept[i].reason));
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *bytes_json(uint64_t before, uint64_t after)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "before", count(before));
	qs_json_put(object, "after", count(after));
	return object;
}

static struct json_object *written_json(const struct qs_job *job)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "opset_before", json_object_new_int64(job->opset_before));
	qs_json_put(object, "opset", json_object_new_int64(job->opset));
	qs_json_put(object, "standard", count(job->applied.n_standard));
	qs_json_put(object, "com.microsoft", count(job->applied.n_microsoft));
	qs_json_put(object, "cast", count(job->applied.n_casts));
	qs_json_put(object, "float32", count(job->applied.n_plain));
	qs_json_put(object, "clip", count(job->applied.n_clips));
	return object;
}

static struct json_object *rounding_json(const struct qs_job *job)
{
	struct json_object *object = json_object_new_object();

	for (int mode = 0; mode <= QS_ROUND_MODE__COUNT; mode++) {
		if (job->applied.n_unexpressed[mode])
			qs_json_put(
			    object, mode_word(mode), count(job->applied.n_unexpressed[mode]));
	}
	return object;
}

static struct json_object *not_done_json(const struct qs_job *job)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < N_NOT_DONE; i++) {
		if (qs_policy_switch(job->policy, not_done[i].which))
			json_object_array_add(list, json_object_new_string(not_done[i].key));
	}
	return list;
}

static struct json_object *fixed_json(const struct qs_plan *plan)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];
		struct json_object *row;

		if (!(site->fixed_scale > 0))
			continue;
		row = json_object_new_object();
		qs_json_put(row, "kind", json_object_new_string(qs_tensor_word(site->kind)));
		qs_json_put(row, "tensor", json_object_new_string(site->name));
		qs_json_put(row, "scale", qs_json_number(site->fixed_scale));
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *adjustments_json(const struct qs_plan *plan)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < plan->n_adjustments; i++) {
		const struct qs_adjustment *adjustment = &plan->adjustments[i];
		struct json_object *row = json_object_new_object();

		qs_json_put(row, "kind", json_object_new_string(qs_tensor_word(adjustment->kind)));
		qs_json_put(row, "tensor", json_object_new_string(adjustment->name));
		qs_json_put(row, "before", qs_json_number(adjustment->before));
		qs_json_put(row, "after", qs_json_number(adjustment->after));
		qs_json_put(row, "reason", json_object_new_string(adjustment->reason));
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *corrections_json(const struct qs_plan *plan)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];
		struct json_object *row;

		if (!site->correction)
			continue;
		row = json_object_new_object();
		qs_json_put(row, "layer", json_object_new_string(site->layer));
		qs_json_put(row, "tensor", json_object_new_string(site->name));
		qs_json_put(row, "at_most", qs_json_number(largest_correction(site)));
		json_object_array_add(list, row);
	}
	return list;
}

enum qs_status qs_job_write_report_json(const struct qs_job *job, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct summary summary;

	summarize(job, &summary);
	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "model", json_object_new_string(job->model_path));
	qs_json_put(
	    document, "output", json_object_new_string(job->output_path ? job->output_path : ""));
	qs_json_put(document, "formats", formats_json(&summary));
	qs_json_put(document, "folded_batch_normalizations", count(job->n_folded));
	qs_json_put(document, "converted_relu6", count(job->n_relu6));
	qs_json_put(document, "equalized_pairs", count(job->equalized.n_pairs));
	qs_json_put(document, "equalized_not_for_relu6", count(job->equalized.n_clipped));
	qs_json_put(document, "dpu_arithmetic_layers", count(job->n_approximated));
	qs_json_put(document, "corrected_biases", corrections_json(job->plan));
	qs_json_put(
	    document, "scale_law", json_object_new_string(qs_scale_law_word(job->plan->scale_law)));
	qs_json_put(document, "fixed", fixed_json(job->plan));
	qs_json_put(document, "adjusted", adjustments_json(job->plan));
	qs_json_put(document, "parameter_bytes",
	    bytes_json(job->applied.bytes_before, job->applied.bytes_after));
	qs_json_put(document, "file_bytes", bytes_json(job->bytes_before, job->bytes_after));
	qs_json_put(document, "written_as", written_json(job));
	qs_json_put(document, "rounding_not_expressed", rounding_json(job));
	qs_json_put(document, "kept_float", kept_json(job->plan));
	qs_json_put(document, "not_done", not_done_json(job));
	return qs_json_write(document, text);
}
