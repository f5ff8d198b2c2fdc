/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a model's constants as their sites have them. */
#include "engine/constant.h"

#include <stdlib.h>

#include "numbers/array.h"
#include "engine/calibrate.h"
#include "engine/site.h"
#include "model/tensor.h"

enum qs_status qs_constant_read(const struct qs_model *model, const Onnx__TensorProto *constant,
    const struct qs_site *site, struct qs_findings *findings, float **ret_values, size_t *ret_n)
{
	const enum qs_status status = qs_tensor_read(model, constant, findings, ret_values, ret_n);

	for (size_t i = 0; status == QS_OK && site->correction && i < *ret_n; i++)
		(*ret_values)[i] -= site->correction[i];
	return status;
}

/* What values become in the format of a site. */
static enum qs_status fake(const struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_site *site, struct qs_findings *findings, const float *values, float *out)
{
	const struct qs_graph *graph = plan->layers->graph;
	const Onnx__TensorProto *constant = graph->values[site->value].constant;
	struct qs_layout layout;

	if (!qs_layout_of(constant->dims, constant->n_dims, site->axis, &layout))
		return QS_BUG;
	return qs_site_fake(plan, registry, site, layout, findings, values, out);
}

enum qs_status qs_constant_fake(const struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_site *site, struct qs_findings *findings, float **ret_values, size_t *ret_n)
{
	const struct qs_graph *graph = plan->layers->graph;
	enum qs_status status = qs_constant_read(
	    graph->model, graph->values[site->value].constant, site, findings, ret_values, ret_n);
	float *values, *out;

	if (status != QS_OK || (qs_site_has_scales(site) && !site->qparams.n))
		return status;
	values = *ret_values;
	out = malloc(*ret_n * sizeof(*out) + 1);
	status = out ? fake(plan, registry, site, findings, values, out) : QS_NOMEM;
	free(values);
	if (status != QS_OK) {
		free(out);
		out = NULL;
	}
	*ret_values = out;
	return status;
}
