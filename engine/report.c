/* SPDX-License-Identifier: Apache-2.0 */
/* What a job did, for people: formats, sizes, what stayed as it is and why, and what ONNX cannot
 * say. */
#include <inttypes.h>

#include "engine/report_internal.h"

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
	write_form(text, &first, applied->n_plain, "float32 values of their codes%s",
	    job->written.written == QS_WRITTEN_FAKE ? ""
						    : ", as no integers of ONNX mean the same");
	write_form(text, &first, applied->n_exact,
	    "plain operators that compute what the config says, bit for bit");
	write_form(
	    text, &first, applied->n_clips, "with a Clip to a range narrower than the type's");
	write_form(
	    text, &first, applied->n_shifts, "with a shift to a zero point inside the range");
}

static void write_ties(const struct qs_job *job, struct qs_text *text)
{
	const struct qs_tie_summary ties = qs_report_ties(job);

	if (!ties.n_values)
		return;
	begin_row(text, "ties", true);
	qs_text_addf(text, "%" PRIu64 " of %" PRIu64 " calibration values (%.3g %%)", ties.n_ties,
	    ties.n_values, 100.0 * (double)ties.n_ties / (double)ties.n_values);
	if (ties.most)
		qs_text_addf(text, ", most of \"%s\": %" PRIu64 " of %" PRIu64, ties.most->name,
		    ties.most->n_ties, ties.most->n_rounded);
	qs_text_adds(
	    text, ties.n_ties ? "; --rounding exact rounds them as the config says\n" : "\n");
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
		    qs_report_mode(mode), n, plural(n));
		first = false;
	}
	write_ties(job, text);
}

static void write_kept(const struct qs_summary *summary, struct qs_text *text)
{
	static const char *const plurals[] = {[QS_TENSOR_WEIGHTS] = "",
	    [QS_TENSOR_BIAS] = "es",
	    [QS_TENSOR_ACTIVATION] = "s",
	    [QS_TENSOR_INPUT] = "s"};

	for (size_t i = 0; i < summary->n_kept; i++) {
		const struct qs_kept_row *row = &summary->kept[i];

		begin_row(text, "kept float", i == 0);
		qs_text_addf(text, "%zu %s%s (%s%s%s): %s\n", row->count, qs_tensor_word(row->kind),
		    row->count == 1 ? "" : plurals[row->kind], row->first->layer,
		    row->first->layer[0] ? ", " : "", row->count > 1 ? "..." : row->first->type,
		    row->reason);
	}
}

static void write_reserved(const struct qs_job *job, struct qs_text *text)
{
	bool first = true;

	for (size_t i = 0; i < QS_N_RESERVED; i++) {
		if (!qs_policy_switch(job->policy, qs_reserved_switches[i].which))
			continue;
		begin_row(text, "no effect", first);
		qs_text_addf(
		    text, "%s: on, but reserved in vai_q_pytorch\n", qs_reserved_switches[i].key);
		first = false;
	}
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
		if (!most ||
		    qs_report_largest_correction(site) > qs_report_largest_correction(most))
			most = site;
	}
	begin_row(text, "corrected", true);
	qs_text_addf(text, "%zu bias%s", n, n == 1 ? "" : "es");
	if (most)
		qs_text_addf(
		    text, ", by %.6g at most (%s)", qs_report_largest_correction(most), most->name);
	qs_text_adds(text, "\n");
}

static void write_widened(const struct qs_widened *widened, struct qs_text *text)
{
	const struct {
		size_t n;
		const char *what;
	} rows[] = {
	    {widened->n_constants, "constant"},
	    {widened->n_inputs, "input"},
	    {widened->n_outputs, "output"},
	    {widened->n_casts, "conversion"},
	};
	const char *between = "";

	if (!widened->element_type)
		return;
	begin_row(text, "widened", true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!rows[i].n)
			continue;
		qs_text_addf(
		    text, "%s%zu %s%s", between, rows[i].n, rows[i].what, plural(rows[i].n));
		between = ", ";
	}
	qs_text_addf(text, " of %s, which computes in float32 now\n",
	    qs_element_name(widened->element_type));
}

/* What was done to the float model, other than folding. */
static void write_changes(const struct qs_job *job, struct qs_text *text)
{
	const struct qs_equalized *equalized = &job->equalized;

	if (job->model->n_calls) {
		begin_row(text, "expanded", true);
		qs_text_addf(text, "%zu call%s of functions of the model\n", job->model->n_calls,
		    plural(job->model->n_calls));
	}
	write_widened(&job->widened, text);
	if (job->n_relu6) {
		begin_row(text, "converted", true);
		qs_text_addf(text, "%zu ReLU6 to ReLU\n", job->n_relu6);
	}
	if (job->n_silu) {
		begin_row(text, "converted", !job->n_relu6);
		qs_text_addf(text, "%zu SiLU to hard swish\n", job->n_silu);
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
		qs_text_addf(text,
		    "of the DPU in %zu layer%s: average pools, leaky ReLU, hard sigmoid, "
		    "hard swish\n",
		    job->n_approximated, plural(job->n_approximated));
	}
}

/* How far an item agrees with something. */
static void write_accord(struct qs_text *text, const struct qs_accord *accord, const char *with)
{
	qs_text_addf(text, "%.4g %% %s", 100 * qs_accord_share(accord), with);
	if (accord->most > 0)
		qs_text_addf(text, " (at most %.3g steps off, %.2g on average)", accord->most,
		    qs_accord_mean(accord));
}

static void write_verified(const char *word, const struct qs_verified *item, struct qs_text *text)
{
	begin_row(text, "", false);
	qs_text_addf(text, "%s \"%s\": ", word, item->name);
	write_accord(text, &item->configured, "of the codes as configured");
	qs_text_adds(text, "; by itself ");
	write_accord(text, &item->explained, "as written");
	qs_text_adds(text, "\n");
}

static void write_verification(const struct qs_verification *verification, struct qs_text *text)
{
	const struct qs_verified *least = NULL;

	if (!verification->n_batches)
		return;
	for (size_t i = 0; i < verification->n_items; i++) {
		const struct qs_verified *item = &verification->items[i];

		if (!item->is_output && (!least || qs_accord_mean(&item->explained) >
						       qs_accord_mean(&least->explained)))
			least = item;
	}
	begin_row(text, "verified", true);
	qs_text_addf(text, "over %zu batch%s in %s\n", verification->n_batches,
	    verification->n_batches == 1 ? "" : "es", verification->runtime);
	for (size_t i = 0; i < verification->n_items; i++) {
		if (verification->items[i].is_output)
			write_verified("output", &verification->items[i], text);
	}
	if (least)
		write_verified("least of the tensors", least, text);
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
	struct qs_summary summary;

	qs_report_summarize(job, &summary);
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
	write_verification(&job->verification, text);
	write_kept(&summary, text);
	write_reserved(job, text);
	return qs_text_status(text);
}
