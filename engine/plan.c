/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as a list: roles of layers, sites, and what is kept. */
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "qstrata/numbers.h"

static const struct row {
	const char *type;
	enum qs_role role;
	enum qs_role_parameters parameters;
	enum interior {
		INTEGERS,
		FLOATS
	} interior;
} roles[] = {
#define ROLE(type, role, parameters, interior)                                                     \
	{type, QS_ROLE_##role, QS_PARAMETERS_##parameters, interior},
#include "engine/roles.def"
#undef ROLE
};

/* The row of a layer's type, or NULL. */
static const struct row *row_of(const struct qs_layer *layer)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
		if (strcmp(roles[i].type, layer->type) == 0)
			return &roles[i];
	}
	return NULL;
}

enum qs_role qs_role_of(const struct qs_layer *layer, enum qs_role_parameters *ret_parameters)
{
	const struct row *row = row_of(layer);

	*ret_parameters = row ? row->parameters : QS_PARAMETERS_WITHOUT;
	return row ? row->role : QS_ROLE_FLOAT;
}

bool qs_role_is_of_floats(const struct qs_layer *layer)
{
	const struct row *row = row_of(layer);

	return !row || row->interior == FLOATS;
}

bool qs_role_quantizes(enum qs_role role)
{
	return role == QS_ROLE_COMPUTE || role == QS_ROLE_COMBINE || role == QS_ROLE_CONCAT;
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
	site->format = layer ? (size_t)(layer - plan->layers->items) : QS_NONE;
	site->spec = *spec;
	site->value = value;
	site->axis = -1;
	site->scale_law = -1;
	site->is_constant = plan->layers->graph->values[value].constant != NULL;
	site->next = site->input_site = site->weights_site = QS_NONE;
	return site;
}

void qs_plan_keep(
    struct qs_plan *plan, const struct qs_layer *layer, enum qs_tensor kind, const char *reason)
{
	void *items = plan->kept;

	if (!grow(plan, &items, plan->n_kept, &plan->kept_capacity, sizeof(*plan->kept)))
		return;
	plan->kept = items;
	plan->kept[plan->n_kept++] = (struct qs_kept){(size_t)(layer - plan->layers->items),
	    layer->name, layer->type[0] ? layer->type : layer->op_type, kind, reason};
}

void qs_plan_note_adjustment(struct qs_plan *plan, const struct qs_adjustment *adjustment)
{
	void *items = plan->adjustments;

	if (!grow(plan, &items, plan->n_adjustments, &plan->adjustments_capacity,
		sizeof(*plan->adjustments)))
		return;
	plan->adjustments = items;
	plan->adjustments[plan->n_adjustments++] = *adjustment;
}

static const char unlisted[] = "quantizable_data_type of the config does not list the kind";
static const char says_float32[] = "the config says float32";
static const char other_than_weights[] = "only weights of integers are asked for";

const char *qs_plan_refuses(
    const struct qs_spec_source *specs, const struct qs_spec *spec, enum qs_tensor kind)
{
	if (!specs->quantizes(specs->context, kind))
		return unlisted;
	if (spec->datatype == QS_DATATYPE_FLOAT32)
		return says_float32;
	if (specs->only_weights && (kind != QS_TENSOR_WEIGHTS || spec->datatype != QS_DATATYPE_INT))
		return other_than_weights;
	return NULL;
}

/* Why a value of a type cannot have a format. */
static const char *obstacle_of_type(int element_type)
{
	switch (element_type) {
	case 0:
		return "the type of the tensor is not known";
	case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
		return "the tensor is float64, and formats are for float32 and less";
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
		return "the tensor is float16, where a subgraph or an unknown operator keeps it so";
	case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
		return "the tensor is bfloat16, where a subgraph or an unknown operator keeps it "
		       "so";
	default:
		return "the tensor is not float32";
	}
}

const char *qs_plan_obstacle(const struct qs_spec_source *specs, const struct qs_spec *spec,
    enum qs_tensor kind, const struct qs_value *value)
{
	const char *reason = qs_plan_refuses(specs, spec, kind);

	if (reason)
		return reason;
	if (spec->datatype == QS_DATATYPE_INT && spec->per_channel)
		return "only parameters have channels with scales";
	if (value->unit)
		return "it is in the body of a Loop or Scan, which runs as a whole";
	return value->element_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
	           ? NULL
	           : obstacle_of_type(value->element_type);
}

void qs_plan_add_reading(struct qs_plan *plan, struct qs_site *site)
{
	site->next = plan->reading_of_value[site->value];
	plan->reading_of_value[site->value] = (size_t)(site - plan->sites);
}

void qs_plan_add_use(struct qs_plan *plan, struct qs_site *site, struct qs_use use)
{
	/* Room doubles whenever the number of uses is a power of two. */
	if ((site->n_uses & (site->n_uses - 1)) == 0) {
		const size_t capacity = site->n_uses ? site->n_uses * 2 : 1;
		struct qs_use *uses = qs_arena_array(&plan->arena, capacity, sizeof(*uses));

		if (!uses) {
			plan->nomem = true;
			return;
		}
		if (site->n_uses)
			memcpy(uses, site->uses, site->n_uses * sizeof(*uses));
		site->uses = uses;
	}
	site->uses[site->n_uses++] = use;
	if (use.node != QS_NONE)
		plan->site_of_read[plan->first_read[use.node] + use.input] =
		    (size_t)(site - plan->sites);
}

const struct qs_layer *qs_plan_layer_of(const struct qs_plan *plan, size_t node, size_t *ret_index)
{
	*ret_index = node == QS_NONE ? QS_NONE : plan->layers->of_node[node];
	return *ret_index == QS_NONE ? NULL : &plan->layers->items[*ret_index];
}

bool qs_plan_is_border(const struct qs_plan *plan, const struct qs_layer *layer)
{
	const struct qs_graph *graph = plan->layers->graph;
	const struct qs_value *input = qs_graph_input(graph, layer->node, 0);
	const struct qs_value *output = qs_graph_output(graph, layer->node, 0);

	if (!qs_node_is(graph->nodes[layer->node].proto, "Cast") || !input || !output)
		return false;
	return output->is_entry ||
	       (output->is_output && input->element_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
		   qs_element_bits(output->element_type) == 16);
}

/* Whether every format that the config asks for is one of integers. */
static bool is_all_integers(const struct qs_plan *plan, const struct qs_spec_source *specs)
{
	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		const enum qs_tensor tensor = (enum qs_tensor)kind;

		if (specs->layer(specs->context, QS_NONE, tensor).datatype != QS_DATATYPE_INT)
			return false;
		for (size_t i = 0; i < plan->layers->n_items; i++) {
			if (specs->layer(specs->context, i, tensor).datatype != QS_DATATYPE_INT)
				return false;
		}
	}
	return true;
}

/* Says who is to blame that nothing at all is quantized. */
static enum qs_status complain_of_nothing(const struct qs_plan *plan, struct qs_findings *findings)
{
	const struct qs_place place = qs_model_place(plan->layers->graph->model, findings);

	for (size_t i = 0; i < plan->n_kept; i++) {
		const struct qs_kept *kept = &plan->kept[i];

		if (kept->reason == unlisted || kept->reason == says_float32 ||
		    kept->reason == other_than_weights)
			continue;
		qs_finding_add(findings, QS_FINDING_NO_QUANTIZABLE_LAYER, place,
		    "the model has no tensor that can be quantized; layer \"%s\": %s", kept->layer,
		    kept->reason);
		return QS_INVALID;
	}
	if (plan->n_kept)
		qs_finding_add(findings, QS_FINDING_NOTHING_TO_QUANTIZE, place,
		    plan->only_weights ? "the config has no weights of integers for the model, and "
					 "all else is to stay in float32"
				       : "the config leaves every tensor of the model in float32");
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

/* Where the inputs of each node begin among those of all, those of its subgraphs with them; behind
 * the last node, how many there are. */
static size_t *number_reads(const struct qs_graph *graph)
{
	size_t *first = malloc((graph->n_nodes + 1) * sizeof(*first));
	size_t n = 0;

	for (size_t i = 0; first && i <= graph->n_nodes; i++) {
		first[i] = n;
		if (i < graph->n_nodes)
			n += graph->nodes[i].proto->n_input + graph->nodes[i].n_inner;
	}
	return first;
}

enum qs_status qs_plan_new_empty(const struct qs_layers *layers, struct qs_plan **ret_plan)
{
	struct qs_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return QS_NOMEM;
	plan->layers = layers;
	plan->site_of_value = qs_plan_none(layers->graph->n_values);
	plan->reading_of_value = qs_plan_none(layers->graph->n_values);
	plan->first_read = number_reads(layers->graph);
	if (plan->first_read)
		plan->site_of_read = qs_plan_none(plan->first_read[layers->graph->n_nodes]);
	plan->gain_of_value = malloc((layers->graph->n_values + 1) * sizeof(*plan->gain_of_value));
	for (size_t i = 0; plan->gain_of_value && i < layers->graph->n_values; i++)
		plan->gain_of_value[i] = 1;
	plan->weights_site = qs_plan_none(layers->n_items);
	plan->bias_site = qs_plan_none(layers->n_items);
	if (!plan->site_of_value || !plan->reading_of_value || !plan->site_of_read ||
	    !plan->gain_of_value || !plan->weights_site || !plan->bias_site) {
		qs_plan_free(plan);
		return QS_NOMEM;
	}
	*ret_plan = plan;
	return QS_OK;
}

enum qs_status qs_plan_new(const struct qs_layers *layers, const struct qs_spec_source *specs,
    struct qs_findings *findings, struct qs_plan **ret_plan)
{
	struct qs_plan *plan;
	enum qs_status status = qs_plan_new_empty(layers, &plan);

	if (status != QS_OK)
		return status;
	plan->device = specs->device;
	plan->only_weights = specs->only_weights;
	qs_plan_parameters(plan, specs);
	if (is_all_integers(plan, specs))
		qs_plan_groups(plan, specs);
	else
		qs_plan_nodes(plan, specs);
	qs_plan_biases(plan);
	if (plan->nomem) {
		qs_plan_free(plan);
		return QS_NOMEM;
	}
	if (plan->n_sites == 0) {
		status = complain_of_nothing(plan, findings);
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
	for (size_t i = 0; i < plan->n_sites; i++) {
		qs_qparams_done(&plan->sites[i].qparams);
		free(plan->sites[i].correction);
	}
	free(plan->sites);
	free(plan->kept);
	free(plan->site_of_value);
	free(plan->reading_of_value);
	free(plan->first_read);
	free(plan->site_of_read);
	free(plan->gain_of_value);
	free(plan->adjustments);
	free(plan->weights_site);
	free(plan->bias_site);
	qs_arena_done(&plan->arena);
	free(plan);
}
