/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a plan with its scales into the model. */
#include "engine/apply.h"

#include <stdlib.h>
#include <string.h>

#include "engine/apply_internal.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

bool qs_site_is_return(const struct qs_site *site)
{
	return site->n_uses && site->uses[0].node == QS_NONE;
}

/* What the graph gives in a format of its own keeps its name for that; all who read the tensor get
 * another one. */
static void split_return(struct qs_writer *writer, const struct qs_site *site)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];
	const char *inner = qs_edit_name(writer->edit, "%s_inner", site->tensor);

	writer->inner[site->value] = inner;
	qs_edit_reroute(writer->edit, value, inner);
	if (writer->plan->site_of_value[site->value] == QS_NONE)
		qs_edit_rename(writer->edit, value, inner);
}

/* What computes a tensor computes it under another name, and a factor gives it. */
static void write_gains(struct qs_writer *writer)
{
	const struct qs_graph *graph = writer->plan->layers->graph;

	for (size_t i = 0; i < graph->n_values; i++) {
		const float gain = writer->plan->gain_of_value[i];
		const struct qs_value *value = &graph->values[i];
		struct qs_operands operands;
		const char *output;

		if (!(gain < 1) && !(gain > 1))
			continue;
		output = graph->nodes[value->producer].proto->output[value->output];
		operands.of[0] = qs_edit_name(writer->edit, "%s_mean", value->name);
		operands.of[1] = qs_edit_name(writer->edit, "%s_gain", value->name);
		qs_edit_rename(writer->edit, value, operands.of[0]);
		qs_edit_add_tensor(writer->edit, operands.of[1], FLOAT, NULL, 0, &gain);
		qs_writer_node(writer, "Mul", &operands, 2, output);
	}
}

static enum qs_status write_sites(struct qs_writer *writer)
{
	const struct qs_plan *plan = writer->plan;
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < plan->n_sites; i++) {
		if (qs_site_is_return(&plan->sites[i]))
			split_return(writer, &plan->sites[i]);
	}
	for (size_t i = 0; i < plan->n_sites && status == QS_OK; i++)
		status = plan->sites[i].is_constant ? qs_writer_constant(writer, &plan->sites[i])
		                                    : qs_writer_flow(writer, &plan->sites[i]);
	write_gains(writer);
	if (status == QS_OK && writer->applied->n_microsoft)
		status = qs_model_import(writer->model, QS_MICROSOFT, 1);
	return status;
}

enum qs_status qs_apply(const struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_apply_options *options, struct qs_findings *findings,
    struct qs_applied *ret_applied)
{
	struct qs_graph *graph = plan->layers->graph;
	struct qs_writer writer = {.plan = plan,
	    .registry = registry,
	    .findings = findings,
	    .options = *options,
	    .model = graph->model,
	    .opset = qs_model_opset(graph->model),
	    .applied = ret_applied};
	enum qs_status status;

	memset(ret_applied, 0, sizeof(*ret_applied));
	writer.inner = calloc(graph->n_values + 1, sizeof(*writer.inner));
	status = writer.inner ? qs_edit_new(graph, &writer.edit) : QS_NOMEM;
	if (status == QS_OK)
		status = write_sites(&writer);
	if (status == QS_OK)
		status = qs_edit_apply(writer.edit, findings);
	qs_edit_free(writer.edit);
	free(writer.inner);
	return status;
}
