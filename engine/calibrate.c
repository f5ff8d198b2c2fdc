/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the scales of a plan's sites. */
#include "engine/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/constant.h"
#include "model/tensor.h"
#include "numbers/array.h"
#include "numbers/pool.h"
#include "numbers/registry.h"
#include "engine/scales.h"
#include "qstrata/numbers.h"

bool qs_site_has_scales(const struct qs_site *site)
{
	return site->spec.datatype == QS_DATATYPE_INT;
}

bool qs_site_is_constant(const struct qs_site *site)
{
	return site->is_constant;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static enum qs_status calibrate_constant(const struct qs_plan *plan, struct qs_site *site,
    const struct qs_registry *registry, struct qs_findings *findings)
{
	const struct qs_graph *graph = plan->layers->graph;
	const Onnx__TensorProto *constant = graph->values[site->value].constant;
	struct qs_observation observation = {.channels = 1,
	    .scale_law = qs_site_scale_law(plan, site),
	    .subject = {site->name, qs_model_place(graph->model, findings), findings}};
	struct qs_layout layout;
	enum qs_status status;
	float *values;
	size_t n;

	if (site->fixed_scale > 0)
		return qs_site_fix(site);
	status = qs_tensor_read(graph->model, constant, findings, &values, &n);
	if (status != QS_OK)
		return status;
	qs_qparams_done(&site->qparams);
	if (!qs_layout_of(constant->dims, constant->n_dims, site->axis, &layout)) {
		status = QS_BUG;
	} else {
		observation.channels = layout.channels;
		status = qs_observer_calibrate(
		    registry, &site->spec, &observation, layout, values, &site->qparams);
	}
	free(values);
	return status;
}

/* Constants that threads calibrate, each with findings of its own: those are told in order. */
struct constants {
	struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_findings *findings;
	struct qs_findings **apart; /* of every site */
	enum qs_status *statuses;
};

static void calibrate_site(void *context, size_t index)
{
	const struct constants *constants = context;
	struct qs_site *site = &constants->plan->sites[index];
	struct qs_findings *apart;

	if (!qs_site_is_constant(site) || !qs_site_has_scales(site) || site->is_given ||
	    site->input_site != QS_NONE)
		return;
	apart = constants->apart[index] = qs_findings_new_beside(constants->findings);
	constants->statuses[index] =
	    apart ? calibrate_constant(constants->plan, site, constants->registry, apart)
		  : QS_NOMEM;
}

/* Every constant that cannot be calibrated is told in one run. */
static enum qs_status conclude(const struct constants *constants)
{
	enum qs_status worst = QS_OK;

	for (size_t i = 0; i < constants->plan->n_sites; i++) {
		const enum qs_status status = constants->statuses[i];

		if (constants->apart[i])
			qs_findings_join(constants->findings, constants->apart[i]);
		if (status != QS_OK && worst != QS_NOMEM && worst != QS_BUG)
			worst = status;
	}
	return worst;
}

enum qs_status qs_calibrate_parameters(
    struct qs_plan *plan, const struct qs_registry *registry, struct qs_findings *findings)
{
	const size_t n = plan->n_sites;
	struct constants constants = {
	    .plan = plan,
	    .registry = registry,
	    .findings = findings,
	    .apart = calloc(n + 1, sizeof(*constants.apart)),
	    .statuses = calloc(n + 1, sizeof(*constants.statuses)),
	};
	enum qs_status status = QS_NOMEM;

	if (constants.apart && constants.statuses) {
		qs_pool_run(qs_registry_pool(registry), n, calibrate_site, &constants);
		status = conclude(&constants);
	}
	free(constants.apart);
	free(constants.statuses);
	return status;
}

/* Integer arithmetic adds a bias to products of codes, whose unit is the product of both scales. */
static enum qs_status derive_scales(const struct qs_plan *plan, struct qs_site *site)
{
	const struct qs_qparams *input = &plan->sites[site->input_site].qparams;
	const struct qs_qparams *weights = &plan->sites[site->weights_site].qparams;
	enum qs_status status;

	qs_qparams_done(&site->qparams);
	status = qs_qparams_init(&site->qparams, weights->n);
	if (status != QS_OK)
		return status;
	site->qparams.quant_min = INT32_MIN;
	site->qparams.quant_max = INT32_MAX;
	for (size_t i = 0; i < weights->n; i++) {
		/* In float32, as whoever multiplies the scales in the model does it. */
		site->qparams.scale[i] = (float)input->scale[0] * (float)weights->scale[i];
		site->qparams.float_max[i] = site->qparams.scale[i] * INT32_MAX;
	}
	return QS_OK;
}

enum qs_status qs_calibrate_biases(struct qs_plan *plan)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < plan->n_sites && status == QS_OK; i++) {
		if (plan->sites[i].input_site != QS_NONE)
			status = derive_scales(plan, &plan->sites[i]);
	}
	return status;
}

/* ---- biases beyond 32 bits ------------------------------------------------------------------- */

/* What of a bias its integers do not hold. */
struct excess {
	size_t n;
	double value, limit, scale; /* the first one */
};

static struct excess find_excess(const struct qs_site *site, const float *values, size_t n)
{
	const struct qs_qparams *qparams = &site->qparams;
	struct excess excess = {.n = 0};

	for (size_t i = 0; i < n; i++) {
		const double scale = qparams->scale[qparams->n == n ? i : 0];
		const double limit = scale * (double)qparams->quant_max;
		const double value = fabs((double)values[i]);

		if (value <= limit)
			continue;
		if (!excess.n++)
			excess = (struct excess){1, value, limit, scale};
	}
	return excess;
}

static void check_bias(
    const struct qs_plan *plan, const struct qs_site *site, struct qs_findings *findings)
{
	const struct qs_graph *graph = plan->layers->graph;
	struct excess excess;
	float *values;
	size_t n;

	if (qs_constant_read(graph->model, graph->values[site->value].constant, site, findings,
		&values, &n) != QS_OK)
		return;
	excess = find_excess(site, values, n);
	free(values);
	if (excess.n)
		qs_finding_hint(findings,
		    qs_finding_add(findings, QS_FINDING_BIAS_SATURATES,
			qs_model_place(graph->model, findings),
			"%zu of %zu values of bias \"%s\" of \"%s\" are beyond 32 bits, as its "
		        "scale "
			"is that of input times weights: %.6g, which holds up to %.6g, found %.6g",
			excess.n, n, site->tensor, site->layer, excess.scale, excess.limit,
			excess.value),
		    "give the layer's bias the datatype float32, or its input or weights 8 bits, "
		    "which have larger scales");
}

void qs_calibrate_check_biases(const struct qs_plan *plan, struct qs_findings *findings)
{
	for (size_t i = 0; i < plan->n_sites; i++) {
		if (plan->sites[i].input_site != QS_NONE)
			check_bias(plan, &plan->sites[i], findings);
	}
}
