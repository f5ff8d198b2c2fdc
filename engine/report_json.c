/* SPDX-License-Identifier: Apache-2.0 */
/* What a job did, as one JSON document. */
#include "base/json_document.h"
#include "engine/report_internal.h"

static struct json_object *count(uint64_t n)
{
	return json_object_new_uint64(n);
}

static struct json_object *formats_json(const struct qs_summary *summary)
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

/* What computes in float32 and was narrower; null when nothing was. */
static struct json_object *widened_json(const struct qs_widened *widened)
{
	struct json_object *object;

	if (!widened->element_type)
		return NULL;
	object = json_object_new_object();
	qs_json_put(
	    object, "element_type", json_object_new_string(qs_element_name(widened->element_type)));
	qs_json_put(object, "constants", count(widened->n_constants));
	qs_json_put(object, "inputs", count(widened->n_inputs));
	qs_json_put(object, "outputs", count(widened->n_outputs));
	qs_json_put(object, "conversions", count(widened->n_casts));
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
	qs_json_put(object, "exact", count(job->applied.n_exact));
	qs_json_put(object, "clip", count(job->applied.n_clips));
	return object;
}

static struct json_object *rounding_json(const struct qs_job *job)
{
	struct json_object *object = json_object_new_object();

	for (int mode = 0; mode <= QS_ROUND_MODE__COUNT; mode++) {
		if (job->applied.n_unexpressed[mode])
			qs_json_put(
			    object, qs_report_mode(mode), count(job->applied.n_unexpressed[mode]));
	}
	return object;
}

static struct json_object *reserved_json(const struct qs_job *job)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < QS_N_RESERVED; i++) {
		if (qs_policy_switch(job->policy, qs_reserved_switches[i].which))
			json_object_array_add(
			    list, json_object_new_string(qs_reserved_switches[i].key));
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

/* Every tensor with ties, and the sums. */
static struct json_object *ties_json(const struct qs_job *job)
{
	const struct qs_tie_summary ties = qs_report_ties(job);
	struct json_object *object = json_object_new_object();
	struct json_object *tensors = json_object_new_object();

	for (size_t i = 0; ties.n_values && i < job->plan->n_sites; i++) {
		const struct qs_site *site = &job->plan->sites[i];
		struct json_object *row;

		if (!site->n_rounded)
			continue;
		row = json_object_new_object();
		qs_json_put(row, "values", count(site->n_rounded));
		qs_json_put(row, "ties", count(site->n_ties));
		qs_json_put(tensors, site->name, row);
	}
	qs_json_put(object, "values", count(ties.n_values));
	qs_json_put(object, "ties", count(ties.n_ties));
	qs_json_put(object, "tensors", tensors);
	return object;
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
		qs_json_put(row, "at_most", qs_json_number(qs_report_largest_correction(site)));
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *accord_json(const struct qs_accord *accord)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "equal", count(accord->n_equal));
	qs_json_put(object, "largest_steps", qs_json_number(accord->most));
	qs_json_put(object, "mean_steps", qs_json_number(qs_accord_mean(accord)));
	return object;
}

static struct json_object *verified_json(const struct qs_verification *verification, bool outputs)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < verification->n_items; i++) {
		const struct qs_verified *item = &verification->items[i];
		struct json_object *row;

		if (item->is_output != outputs)
			continue;
		row = json_object_new_object();
		qs_json_put(row, "name", json_object_new_string(item->name));
		qs_json_put(row, "values", count(item->configured.n_values));
		qs_json_put(row, "configured", accord_json(&item->configured));
		qs_json_put(row, "as_written", accord_json(&item->explained));
		qs_json_put(
		    row, "explained", json_object_new_boolean(qs_verified_is_explained(item)));
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *verification_json(const struct qs_verification *verification)
{
	struct json_object *object;

	if (!verification->n_batches)
		return NULL;
	object = json_object_new_object();
	qs_json_put(object, "runtime", json_object_new_string(verification->runtime));
	qs_json_put(object, "batches", count(verification->n_batches));
	qs_json_put(object, "outputs", verified_json(verification, true));
	qs_json_put(object, "tensors", verified_json(verification, false));
	return object;
}

enum qs_status qs_job_write_report_json(const struct qs_job *job, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct qs_summary summary;

	qs_report_summarize(job, &summary);
	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "model", json_object_new_string(job->model_path));
	qs_json_put(
	    document, "output", json_object_new_string(job->output_path ? job->output_path : ""));
	qs_json_put(document, "formats", formats_json(&summary));
	qs_json_put(document, "folded_batch_normalizations", count(job->n_folded));
	qs_json_put(document, "expanded_calls", count(job->model->n_calls));
	qs_json_put(document, "widened", widened_json(&job->widened));
	qs_json_put(document, "converted_relu6", count(job->n_relu6));
	qs_json_put(document, "converted_silu", count(job->n_silu));
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
	qs_json_put(document, "calibration_ties", ties_json(job));
	qs_json_put(document, "verification", verification_json(&job->verification));
	qs_json_put(document, "reserved", reserved_json(job));
	return qs_json_write(document, text);
}
