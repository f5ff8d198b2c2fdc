/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as a list: roles of layers, sites, and what is kept. */
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "qstrata/numbers.h"

#define WITH true
#define WITHOUT false

static const struct {
	const char *type;
	enum qs_role role;
	bool parameters;
} roles[] = {
#define ROLE(type, role, parameters) {type, QS_ROLE_##role, parameters},
#include "engine/roles.def"
#undef ROLE
};

enum qs_role qs_role_of(const struct qs_layer *layer, bool *ret_parameters)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
		if (strcmp(roles[i].type, layer->type) == 0) {
			*ret_parameters = roles[i].parameters;
			return roles[i].role;
		}
	}
	*ret_parameters = false;
	return QS_ROLE_FLOAT;
}

/* Room for one more element of an array that doubles. */
static bool grow(struct qs_plan *plan, void **items, size_t n, size_t *capacity, size_t size)
{
	const size_t wanted = *capacity ? *capacity * 2 : 64;
	void *larger;

	if (n < *capacity)
		return true;
	larger = realloc(*items, wanted * size);
	if (!larger) {
		plan->nomem = true;
		return false;
	}
	*items = larger;
	*capacity = wanted;
	return true;
}

struct qs_site *qs_plan_add(struct qs_plan *plan, enum qs_tensor kind, size_t value,
    const struct qs_layer *layer, const struct qs_spec *spec)
{
	const char *tensor = plan->layers->graph->values[value].name;
	void *items = plan->sites;
	struct qs_site *site;

	if (!grow(plan, &items, plan->n_sites, &plan->sites_capacity, sizeof(*plan->sites)))
		return NULL;
	plan->sites = items;
	site = &plan->sites[plan->n_sites++];
	memset(site, 0, sizeof(*site));
	site->kind = kind;
	site->name = site->tensor = tensor;
	site->layer = layer ? layer->name : "";
	site->spec = *spec;
	site->value = value;
	site->axis = -1;
	site->input_site = site->weights_site = QS_NONE;
	return site;
}

void qs_plan_keep(
    struct qs_plan *plan, const struct qs_layer *layer, enum qs_tensor kind, const char *reason)
{
	void *items = plan->kept;

	if (!grow(plan, &items, plan->n_kept, &plan->kept_capacity, sizeof(*plan->kept)))
		return;
	plan->kept = items;
	plan->kept[plan->n_kept++] = (struct qs_kept){
	    layer->name, layer->type[0] ? layer->type : layer->op_type, kind, reason};
}

static const char unlisted[] = "quantizable_data_type of the config does not list the kind";
static const char says_float32[] = "the config says float32";

const char *qs_plan_refuses(
    const struct qs_spec_source *specs, const struct qs_spec *spec, enum qs_tensor kind)
{
	if (!specs->quantizes(specs->context, kind))
		return unlisted;
	if (spec->datatype == QS_DATATYPE_FLOAT32)
		return says_float32;
	return NULL;
}

/* Says who is to blame that nothing at all is quantized. */
static enum qs_status complain_of_nothing(const struct qs_plan *plan, struct qs_findings *findings)
{
	const struct qs_place place = qs_model_place(plan->layers->graph->model, findings);

	for (size_t i = 0; i < plan->n_kept; i++) {
		const struct qs_kept *kept = &plan->kept[i];

		if (kept->reason == unlisted || kept->reason == says_float32)
			continue;
		qs_finding_add(findings, QS_FINDING_NO_QUANTIZABLE_LAYER, place,
		    "the model has no tensor that can be quantized; layer \"%s\": %s", kept->layer,
		    kept->reason);
		return QS_INVALID;
	}
	if (plan->n_kept)
		qs_finding_add(findings, QS_FINDING_NOTHING_TO_QUANTIZE, place,
		    "the config leaves every tensor of the model in float32");
	else
		qs_finding_add(findings, QS_FINDING_NO_QUANTIZABLE_LAYER, place,
		    "the model has no layer to quantize");
	return QS_INVALID;
}

size_t *qs_plan_none(size_t n)
{
	size_t *array = malloc((n + 1) * sizeof(*array));

	for (size_t i = 0; array && i < n; i++)
		array[i] = QS_NONE;
	return array;
}

enum qs_status qs_plan_new(const struct qs_layers *layers, const struct qs_spec_source *specs,
    struct qs_findings *findings, struct qs_plan **ret_plan)
{
	struct qs_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return QS_NOMEM;
	plan->layers = layers;
	plan->site_of_value = qs_plan_none(layers->graph->n_values);
	plan->weights_site = qs_plan_none(layers->n_items);
	plan->bias_site = qs_plan_none(layers->n_items);
	if (!plan->site_of_value || !plan->weights_site || !plan->bias_site) {
		qs_plan_free(plan);
		return QS_NOMEM;
	}
	qs_plan_parameters(plan, specs);
	qs_plan_activations(plan, specs);
	qs_plan_biases(plan);
	if (plan->nomem) {
		qs_plan_free(plan);
		return QS_NOMEM;
	}
	if (plan->n_sites == 0) {
		const enum qs_status status = complain_of_nothing(plan, findings);

		qs_plan_free(plan);
		return status;
	}
	*ret_plan = plan;
	return QS_OK;
}

void qs_plan_free(struct qs_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n_sites; i++)
		qs_qparams_done(&plan->sites[i].qparams);
	free(plan->sites);
	free(plan->kept);
	free(plan->site_of_value);
	free(plan->weights_site);
	free(plan->bias_site);
	qs_arena_done(&plan->arena);
	free(plan);
}
