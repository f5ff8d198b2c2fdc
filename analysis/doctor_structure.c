/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of how layers are put together: fusion, sharing, outputs, sums, constants. */
#include "analysis/boolean.h"
#include "analysis/doctor.h"
#include "engine/calibrate.h"

/* ---- layers that could be one ---------------------------------------------------------------- */

/* What may be fused with a convolution, in this order: six patterns in all. */
static const struct {
	const char *word;
	const char *operators[3];
} links[] = {
    {"bn", {"BatchNormalization"}},
    {"add", {"Add", "Sum"}},
    {"relu", {"Relu"}},
};
#define N_LINKS (sizeof(links) / sizeof(*links))

static bool is_link(const Onnx__NodeProto *node, size_t link)
{
	for (size_t i = 0; i < 3 && links[link].operators[i]; i++) {
		if (qs_node_is(node, links[link].operators[i]))
			return true;
	}
	return false;
}

static bool is_convolution(const Onnx__NodeProto *node)
{
	return qs_node_is(node, "Conv") || qs_node_is(node, "ConvTranspose");
}

/* Links in order: a batch norm is folded, and a sum fused where the device adds in 32 bits. */
enum {
	LINK_NORM,
	LINK_SUM
};

/* The reader of a value that continues a pattern from a link on, and which link it is. */
static size_t next_in_pattern(
    const struct qs_doctor *doctor, const struct qs_value *value, size_t from, size_t *ret_link)
{
	for (size_t u = 0; u < value->n_uses; u++) {
		const Onnx__NodeProto *node = doctor->graph->nodes[value->uses[u].node].proto;

		for (size_t link = from; link < N_LINKS; link++) {
			if (!is_link(node, link) || (link == LINK_SUM && !doctor->is_precise))
				continue;
			*ret_link = link;
			return value->uses[u].node;
		}
	}
	return QS_NONE;
}

/* Why two nodes with a value between them are not one; NULL when they are. */
static const char *obstacle(const struct qs_value *value, size_t link)
{
	if (value->is_output)
		return "is also an output of the model";
	if (value->n_uses > 1)
		return "is also read by others";
	/* Batch norms that can be folded are gone by now. */
	return link == LINK_NORM ? "goes into a batch norm that cannot be folded" : NULL;
}

/* A pattern that is broken: the value that it breaks at, the node behind it, and why. */
struct broken {
	const struct qs_value *value;
	size_t next;
	const char *why;
};

/* Follows a pattern as far as it goes; whether it breaks. */
static bool follow_pattern(
    const struct qs_doctor *doctor, size_t node, struct qs_text *pattern, struct broken *ret_broken)
{
	const struct qs_value *value = qs_graph_output(doctor->graph, node, 0);
	size_t link, from = 0;

	qs_text_adds(pattern, "conv");
	while (value) {
		const size_t next = next_in_pattern(doctor, value, from, &link);

		if (next == QS_NONE)
			return false;
		qs_text_addf(pattern, "+%s", links[link].word);
		*ret_broken = (struct broken){value, next, obstacle(value, link)};
		if (ret_broken->why)
			return true;
		from = link + 1;
		value = qs_graph_output(doctor->graph, next, 0);
	}
	return false;
}

static void check_pattern(struct qs_doctor *doctor, const struct qs_doctor_row *row, size_t node)
{
	struct qs_text pattern = QS_TEXT_INIT;
	struct broken broken;

	if (follow_pattern(doctor, node, &pattern, &broken)) {
		const bool is_shared = broken.value->n_uses > 1 || broken.value->is_output;

		qs_finding_hint(doctor->findings,
		    qs_doctor_add(doctor, row, (size_t)(broken.value - doctor->graph->values),
			"%s of \"%s\" and \"%s\" is not fused: \"%s\" %s, so that it is "
			"quantized on its own",
			pattern.data, qs_doctor_label(doctor, node),
			qs_doctor_label(doctor, broken.next), broken.value->name, broken.why),
		    is_shared ? "give the other readers a convolution of their own, or let them "
				"read what comes behind \"%s\""
			      : "export the model for inference, with the parameters of \"%s\" "
				"and of its convolution as constants",
		    qs_doctor_label(doctor, broken.next));
	}
	qs_text_done(&pattern);
}

void qs_doctor_check_unfused(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->graph->n_nodes; i++) {
		if (is_convolution(doctor->graph->nodes[i].proto))
			check_pattern(doctor, row, i);
	}
}

/* ---- what is shared -------------------------------------------------------------------------- */

/* The first layers that read the constant of a site, in words. */
static void add_readers(
    const struct qs_doctor *doctor, const struct qs_site *site, struct qs_text *text)
{
	const struct qs_value *value = &doctor->graph->values[site->value];

	for (size_t u = 0; u < value->n_uses && u < 3; u++)
		qs_text_addf(
		    text, "%s\"%s\"", u ? ", " : "", qs_doctor_label(doctor, value->uses[u].node));
	if (value->n_uses > 3)
		qs_text_adds(text, ", ...");
}

void qs_doctor_check_shared_weights(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->plan->n_sites; i++) {
		const struct qs_site *site = &doctor->plan->sites[i];
		struct qs_text readers = QS_TEXT_INIT;
		struct qs_finding *finding;

		if (site->kind != QS_TENSOR_WEIGHTS || (double)site->n_layers <= row->limit)
			continue;
		add_readers(doctor, site, &readers);
		finding = qs_doctor_add(doctor, row, site->value,
		    "weights \"%s\" are read by %zu layers (%s): one format has to suit them all",
		    site->tensor, site->n_layers, readers.data);
		qs_finding_hint(doctor->findings, finding,
		    "when one of them loses accuracy, give it an entry of its own: the constant is "
		    "then quantized for it apart");
		qs_text_done(&readers);
	}
}

void qs_doctor_check_shared_scale(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->plan->n_adjustments; i++) {
		const struct qs_adjustment *change = &doctor->plan->adjustments[i];
		struct qs_finding *finding;

		if (!(change->after > row->limit * change->before))
			continue;
		finding = qs_doctor_add(doctor, row, qs_graph_find(doctor->graph, change->name),
		    "%s \"%s\" has the scale %.6g in place of %.6g, as it %s: its steps are %.3g "
		    "times as large as its data asks for",
		    qs_tensor_word(change->kind), change->name, change->after, change->before,
		    change->reason, change->after / change->before);
		qs_finding_hint(doctor->findings, finding,
		    "\"change_concat_input_fix\": false and \"change_pool_input_fix\": false leave "
		    "scales apart, where the device can do with that; else bring the ranges "
		    "together in the model");
	}
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* A product with its bias is one layer, of several nodes. */
static bool gives_32_bits(const struct qs_doctor *doctor, size_t index)
{
	const size_t layer = doctor->plan->layers->of_node[index];
	const size_t main = layer == QS_NONE ? index : doctor->plan->layers->items[layer].node;
	const Onnx__NodeProto *node = doctor->graph->nodes[main].proto;

	return is_convolution(node) || qs_node_is(node, "Gemm") || qs_node_is(node, "MatMul");
}

/* The node whose result a value is, behind what only moves it. */
static size_t giver_of(const struct qs_doctor *doctor, const struct qs_value *value)
{
	while (value && value->producer != QS_NONE &&
	       qs_doctor_moves(doctor->graph->nodes[value->producer].proto))
		value = qs_graph_input(doctor->graph, value->producer, 0);
	return value ? value->producer : QS_NONE;
}

/* The format of what a node gives: of its output, or of what that is moved to. */
static size_t site_of_output(const struct qs_doctor *doctor, const struct qs_value *value)
{
	while (value) {
		const size_t site = doctor->plan->site_of_value[value - doctor->graph->values];

		if (site != QS_NONE || value->producer == QS_NONE ||
		    !qs_doctor_moves(doctor->graph->nodes[value->producer].proto))
			return site;
		value = qs_graph_input(doctor->graph, value->producer, 0);
	}
	return QS_NONE;
}

void qs_doctor_check_not_precise(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->graph->n_values; i++) {
		const struct qs_value *value = &doctor->graph->values[i];
		const size_t giver = value->is_output ? giver_of(doctor, value) : QS_NONE;
		const size_t index = giver == QS_NONE ? QS_NONE : site_of_output(doctor, value);
		struct qs_text format = QS_TEXT_INIT;
		struct qs_finding *finding;

		if (index == QS_NONE || !gives_32_bits(doctor, giver) ||
		    !qs_site_has_scales(&doctor->plan->sites[index]))
			continue;
		qs_doctor_format(&doctor->plan->sites[index], &format);
		finding = qs_doctor_add(doctor, row, i,
		    "output \"%s\" is rounded to %s, although \"%s\" can give it in 32 bits",
		    value->name, format.data, qs_doctor_label(doctor, giver));
		qs_doctor_advise(doctor, finding, &doctor->plan->sites[index], QS_PARAM_DATATYPE,
		    "\"float32\"", "leave it as it is computed");
		qs_text_done(&format);
	}
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Whether an operand of a sum is a convolution's that fuses with it. */
static bool is_fused_operand(const struct qs_doctor *doctor, size_t node, size_t input)
{
	const struct qs_value *value = qs_graph_input(doctor->graph, node, input);

	return value && value->producer != QS_NONE &&
	       is_convolution(doctor->graph->nodes[value->producer].proto) &&
	       qs_doctor_only_reader(doctor, value) == node;
}

static void check_sum(struct qs_doctor *doctor, const struct qs_doctor_row *row, size_t node)
{
	for (size_t i = 0; i < 2; i++) {
		const size_t index = qs_doctor_read_site(doctor, node, 1 - i);
		const struct qs_site *site;
		struct qs_finding *finding;
		const char *name;

		if (!is_fused_operand(doctor, node, i) || index == QS_NONE)
			continue;
		site = &doctor->plan->sites[index];
		if (!qs_site_has_scales(site) || site->spec.bit_width <= (int)row->limit)
			continue;
		name = qs_graph_input(doctor->graph, node, 1 - i)->name;
		finding = qs_doctor_add(doctor, row, site->value,
		    "\"%s\" is asked for in %d bits, but the sum \"%s\" fuses with the convolution "
		    "of its other operand, and may take it in 8 bits without a word",
		    name, site->spec.bit_width, qs_doctor_label(doctor, node));
		qs_finding_hint(doctor->findings, finding,
		    "put an Identity between the convolution and \"%s\", so that they stay apart, "
		    "or accept 8 bits and say so in the config",
		    qs_doctor_label(doctor, node));
		return;
	}
}

void qs_doctor_check_silent_8_bits(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->graph->n_nodes; i++) {
		if (qs_node_is(doctor->graph->nodes[i].proto, "Add"))
			check_sum(doctor, row, i);
	}
}

/* ---- constants and booleans among operands --------------------------------------------------- */

static bool is_arithmetic(const Onnx__NodeProto *node)
{
	return qs_node_is(node, "Add") || qs_node_is(node, "Sub") || qs_node_is(node, "Mul") ||
	       qs_node_is(node, "Div");
}

static bool has_format(const struct qs_doctor *doctor, size_t node)
{
	const struct qs_value *output = qs_graph_output(doctor->graph, node, 0);
	const size_t site =
	    output ? doctor->plan->site_of_value[output - doctor->graph->values] : QS_NONE;

	return site != QS_NONE && qs_site_has_scales(&doctor->plan->sites[site]);
}

void qs_doctor_check_float_constant(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->graph->n_nodes; i++) {
		if (!is_arithmetic(doctor->graph->nodes[i].proto) || !has_format(doctor, i) ||
		    doctor->plan->layers->of_node[i] == QS_NONE ||
		    doctor->plan->layers->items[doctor->plan->layers->of_node[i]].n_nodes > 1)
			continue;
		for (size_t k = 0; k < 2; k++) {
			const struct qs_value *value = qs_graph_input(doctor->graph, i, k);
			struct qs_finding *finding;

			if (!value || !value->is_static ||
			    qs_doctor_read_site(doctor, i, k) != QS_NONE)
				continue;
			finding = qs_doctor_add(doctor, row, QS_NONE,
			    "constant \"%s\" stays float32, but \"%s\" computes in integers with "
			    "it",
			    value->name, qs_doctor_label(doctor, i));
			qs_finding_hint(doctor->findings, finding,
			    "list \"activation\" in quantizable_data_type of the model and give "
			    "activations a datatype of integers there: constants have the model's "
			    "format");
		}
	}
}

/* Tells of an operand that is a boolean beside quantized data and has no scale for a device. */
static void check_boolean(
    struct qs_doctor *doctor, const struct qs_doctor_row *row, size_t node, size_t input)
{
	const struct qs_value *value = qs_graph_input(doctor->graph, node, input);
	const struct qs_value *made = qs_boolean_before(doctor->graph, value, NULL, NULL);

	/* What is planned here gives it a scale; a device's own tool looks for one in the model. */
	if (!made || qs_doctor_read_site(doctor, node, 1 - input) == QS_NONE ||
	    (!doctor->is_precise && qs_doctor_read_site(doctor, node, input) != QS_NONE))
		return;
	qs_boolean_tell(doctor->findings, qs_model_place(doctor->graph->model, doctor->findings),
	    qs_doctor_label(doctor, node), made, doctor->target ? doctor->target->name : NULL,
	    row->source);
	doctor->n_found[row - qs_doctor_rows]++;
}

void qs_doctor_check_boolean_operand(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->graph->n_nodes; i++) {
		for (size_t k = 0; is_arithmetic(doctor->graph->nodes[i].proto) && k < 2; k++)
			check_boolean(doctor, row, i, k);
	}
}
