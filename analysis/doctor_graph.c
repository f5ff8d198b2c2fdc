/* SPDX-License-Identifier: Apache-2.0 */
/* What checks ask of the graph and of formats. */
#include <math.h>
#include <string.h>

#include "analysis/doctor.h"
#include "engine/calibrate.h"
#include "qstrata/numbers.h"

const char *qs_doctor_name(const struct qs_doctor *doctor, size_t value)
{
	return doctor->graph->values[value].name;
}

const char *qs_doctor_label(const struct qs_doctor *doctor, size_t node)
{
	return doctor->graph->nodes[node].label;
}

/* Operators whose first output holds values of the first input and no others. */
static const char *const moves[] = {"DepthToSpace", "Dropout", "Expand", "Flatten", "Gather",
    "Identity", "Reshape", "Slice", "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose",
    "Unsqueeze"};

bool qs_doctor_moves(const Onnx__NodeProto *node)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		if (qs_node_is(node, moves[i]))
			return true;
	}
	return false;
}

/* The site that a node alone, or with some others, reads an input from; QS_NONE: the tensor. */
static size_t own_site(const struct qs_doctor *doctor, size_t node, size_t input, size_t value)
{
	const struct qs_plan *plan = doctor->plan;

	for (size_t i = plan->reading_of_value[value]; i != QS_NONE; i = plan->sites[i].next) {
		const struct qs_site *site = &plan->sites[i];

		for (size_t u = 0; u < site->n_uses; u++) {
			if (site->uses[u].node == node && site->uses[u].input == input)
				return i;
		}
	}
	return plan->site_of_value[value];
}

size_t qs_doctor_read_site(const struct qs_doctor *doctor, size_t node, size_t input)
{
	for (;;) {
		const struct qs_value *value = qs_graph_input(doctor->graph, node, input);
		size_t site;

		if (!value)
			return QS_NONE;
		site = own_site(doctor, node, input, (size_t)(value - doctor->graph->values));
		if (site != QS_NONE || value->producer == QS_NONE ||
		    !qs_doctor_moves(doctor->graph->nodes[value->producer].proto))
			return site;
		node = value->producer;
		input = 0;
	}
}

size_t qs_doctor_only_reader(const struct qs_doctor *doctor, const struct qs_value *value)
{
	const struct qs_use *use = value->uses;

	if (value->n_uses != 1 || value->is_output ||
	    use->input >= doctor->graph->nodes[use->node].proto->n_input)
		return QS_NONE;
	return use->node;
}

bool qs_doctor_is_narrow(const struct qs_site *site, int bits)
{
	return qs_site_has_scales(site) && site->spec.bit_width <= bits;
}

void qs_doctor_format(const struct qs_site *site, struct qs_text *text)
{
	if (!qs_site_has_scales(site)) {
		const char *word = site->spec.datatype < QS_DATATYPE__COUNT
		                       ? qs_datatype_word((enum qs_datatype)site->spec.datatype)
		                       : "a plug-in's";

		qs_text_adds(text, word);
		return;
	}
	qs_text_addf(text, "%sint%d%s", qs_spec_int_range(&site->spec).min < 0 ? "" : "u",
	    site->spec.bit_width, site->axis >= 0 ? " per channel" : "");
}

double qs_doctor_reach(const struct qs_moments *moments)
{
	return moments->n ? fmax(fabs((double)moments->least), fabs((double)moments->most)) : 0;
}

const struct qs_site *qs_doctor_site(
    const struct qs_doctor *doctor, const struct qs_doctor_tensor *tensor)
{
	return tensor->site == QS_NONE ? NULL : &doctor->plan->sites[tensor->site];
}

float qs_doctor_fake(const struct qs_doctor *doctor, const struct qs_site *site, float value)
{
	const struct qs_subject subject = {
	    site->name, qs_model_place(doctor->graph->model, doctor->findings), doctor->findings};
	struct qs_quantization how;
	struct qs_counts counts;
	float result = value;

	if (qs_quantizer_bind(doctor->job->registry, &site->spec,
		qs_site_has_scales(site) ? &site->qparams : NULL, &subject, &how) != QS_OK ||
	    qs_quantizer_fake(&how, (struct qs_layout){1, 1, 1}, &value, &result, &counts) != QS_OK)
		return value;
	return result;
}

int64_t qs_doctor_code(const struct qs_doctor *doctor, const struct qs_site *site, float value)
{
	const double steps = (double)qs_doctor_fake(doctor, site, value) / site->qparams.scale[0];

	return llround(steps) + site->qparams.zero_point[0];
}

const char *qs_doctor_law(const struct qs_doctor *doctor)
{
	return doctor->plan->scale_law == QS_SCALE_LAW_HALF_SPAN ? "half-span" : "qmax";
}
