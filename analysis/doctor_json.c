/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor measured, as one JSON document. */
#include <math.h>

#include "analysis/doctor.h"
#include "base/json_document.h"
#include "engine/calibrate.h"

/* JSON has no infinities and no NaN: null. */
static struct json_object *number(double value)
{
	return isfinite(value) ? qs_json_number(value) : NULL;
}

static struct json_object *count(uint64_t n)
{
	return json_object_new_uint64(n);
}

static struct json_object *moments_json(const struct qs_moments *moments)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "values", count(moments->n));
	qs_json_put(object, "nan", count(moments->nan));
	qs_json_put(object, "infinite", count(moments->infinite));
	if (!moments->n)
		return object;
	qs_json_put(object, "min", number((double)moments->least));
	qs_json_put(object, "max", number((double)moments->most));
	qs_json_put(object, "mean", number(moments->mean));
	qs_json_put(object, "variance", number(qs_moments_variance(moments)));
	return object;
}

static struct json_object *agreement_json(const struct qs_agreement *agreement)
{
	static const enum qs_metric metrics[] = {
	    QS_METRIC_COSINE, QS_METRIC_SQNR, QS_METRIC_MSE, QS_METRIC_L1, QS_METRIC_ATOL};
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		qs_json_put(object, qs_metric_info(metrics[i])->name,
		    number(qs_agreement_of(agreement, metrics[i])));
	return object;
}

static void put_format(struct json_object *row, const struct qs_site *site)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_doctor_format(site, &text);
	qs_json_put(row, "format", qs_json_end_text(&text));
	if (!qs_site_has_scales(site) || !site->qparams.n)
		return;
	qs_json_put(row, "scale", number(site->qparams.scale[0]));
	qs_json_put(row, "channels_with_scales", count(site->qparams.n));
	qs_json_put(row, "zero_point", json_object_new_int64(site->qparams.zero_point[0]));
	qs_json_put(row, "quant_min", json_object_new_int64(site->qparams.quant_min));
	qs_json_put(row, "quant_max", json_object_new_int64(site->qparams.quant_max));
}

static struct json_object *tensor_json(
    const struct qs_doctor *doctor, const struct qs_doctor_tensor *tensor)
{
	const struct qs_site *site = qs_doctor_site(doctor, tensor);
	struct json_object *row = json_object_new_object();

	qs_json_put(row, "tensor", qs_json_text(qs_doctor_name(doctor, tensor->value)));
	qs_json_put(row, "layer",
	    tensor->layer == QS_NONE
		? NULL
		: qs_json_text(doctor->plan->layers->items[tensor->layer].name));
	qs_json_put(row, "kind", site ? qs_json_text(qs_tensor_word(site->kind)) : NULL);
	if (site)
		put_format(row, site);
	qs_json_put(row, "float", moments_json(&tensor->moments));
	if (tensor->is_compared && tensor->is_boolean)
		qs_json_put(row, "different", count(tensor->n_different));
	else if (tensor->is_compared)
		qs_json_put(row, "error", agreement_json(&tensor->error));
	if (tensor->rounding.n) {
		qs_json_put(row, "rounding", agreement_json(&tensor->rounding));
		qs_json_put(row, "cut_off", count(tensor->cut.saturated));
		qs_json_put(row, "lost_to_zero", count(tensor->n_lost));
	}
	return row;
}

static struct json_object *tensors_json(const struct qs_doctor *doctor)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < doctor->n_tensors; i++)
		json_object_array_add(list, tensor_json(doctor, &doctor->tensors[i]));
	return list;
}

static struct json_object *checks_json(const struct qs_doctor *doctor)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < QS_DOCTOR__CHECKS; i++) {
		const struct qs_doctor_row *row = &qs_doctor_rows[i];
		const struct qs_finding_kind *kind = qs_finding_kind(row->finding);
		struct json_object *check = json_object_new_object();

		qs_json_put(check, "code", json_object_new_string(kind->code));
		qs_json_put(check, "name", json_object_new_string(kind->name));
		qs_json_put(check, "limit", number(row->limit));
		qs_json_put(check, "source", json_object_new_string(row->source));
		qs_json_put(check, "checked", json_object_new_boolean(doctor->is_judged[i]));
		qs_json_put(check, "found", count(doctor->n_found[i]));
		json_object_array_add(list, check);
	}
	return list;
}

enum qs_status qs_doctor_write_json(const struct qs_doctor *doctor, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();

	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "model", qs_json_text(doctor->job->model_path));
	qs_json_put(document, "config", qs_json_text(qs_policy_name(doctor->job->policy)));
	qs_json_put(document, "data", qs_json_text(doctor->data));
	qs_json_put(document, "batches", count(doctor->n_batches));
	qs_json_put(document, "target", doctor->target ? qs_json_text(doctor->target->name) : NULL);
	qs_json_put(document, "scale_law", qs_json_text(qs_doctor_law(doctor)));
	qs_json_put(document, "checks", checks_json(doctor));
	qs_json_put(document, "tensors", tensors_json(doctor));
	return qs_json_write(document, text);
}
