/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what tensors hold against the integers they are to become. */
#include <inttypes.h>
#include <math.h>

#include "analysis/doctor.h"
#include "engine/calibrate.h"
#include "engine/scales.h"

/* These shares of the values may be cut off, the second one by methods that do so on purpose, and
 * this part of the reach: a few values always lie a little beyond, as the layers before them were
 * quantized otherwise while they were observed. The limits are ours. */
#define SHARE_CUT 0.001
#define SHARE_CUT_ON_PURPOSE 0.01
#define PART_BEYOND 0.05

/* Goes through the tensors that flow and have a format of integers with a scale. */
static const struct qs_site *integers_of(
    const struct qs_doctor *doctor, const struct qs_doctor_tensor *tensor)
{
	const struct qs_site *site = qs_doctor_site(doctor, tensor);

	return site && qs_site_has_scales(site) && tensor->moments.n ? site : NULL;
}

/* ---- numbers that are none ------------------------------------------------------------------- */

static void tell_not_finite(struct qs_doctor *doctor, const struct qs_doctor_row *row,
    const struct qs_doctor_tensor *tensor, size_t n_more)
{
	const struct qs_moments *moments = &tensor->moments;
	const bool is_input = doctor->graph->values[tensor->value].is_entry;
	struct qs_finding *finding;

	finding = qs_doctor_add(doctor, row, tensor->value,
	    "\"%s\" holds %" PRIu64 " NaN and %" PRIu64 " infinities in float32%s",
	    qs_doctor_name(doctor, tensor->value), moments->nan, moments->infinite,
	    n_more ? ", and tensors behind it do as well" : "");
	qs_finding_hint(doctor->findings, finding, "%s; what needs scales is not checked",
	    is_input ? "correct the data"
		     : "look at the operator that computes it: a division by 0, the logarithm or "
		       "root of a negative number, or an overflow");
}

/* The first tensor has it from nowhere else; those behind it inherit it. */
void qs_doctor_check_not_finite(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	const struct qs_doctor_tensor *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < doctor->n_tensors; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];
		const bool is_bad = tensor->moments.nan || tensor->moments.infinite;

		/* A constant that is bad is the cause of what flows. */
		if (is_bad && i >= doctor->n_flowing)
			tell_not_finite(doctor, row, tensor, 0);
		n += is_bad;
		if (is_bad && !first)
			first = tensor;
	}
	if (first && first < doctor->tensors + doctor->n_flowing)
		tell_not_finite(doctor, row, first, n - 1);
}

/* ---- scales ---------------------------------------------------------------------------------- */

void qs_doctor_check_never_observed(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	size_t n = 0, n_initial = 0, index = 0;

	for (size_t i = 0; i < doctor->plan->n_sites; i++) {
		const struct qs_site *site = &doctor->plan->sites[i];

		if (qs_site_is_constant(site) || !qs_site_has_scales(site))
			continue;
		n++;
		if (site->qparams.scale[0] < row->limit || site->qparams.scale[0] > row->limit)
			continue;
		index = n_initial++ ? index : i;
	}
	if (n < 2 || n_initial < n)
		return;
	qs_finding_hint(doctor->findings,
	    qs_doctor_add(doctor, row, doctor->plan->sites[index].value,
		"all %zu scales of inputs and activations are 1: nothing was observed", n),
	    "calibrate again: a model in evaluation observes nothing until its fake quantization "
	    "is set to calibration, and setting it to evaluation afterwards stops that again");
}

/* How far data lies beyond the integers, in units of the data: below 0 when it does not. */
static double beyond(const struct qs_site *site, const struct qs_moments *moments)
{
	const double scale = site->qparams.scale[0];
	const double zero = (double)site->qparams.zero_point[0];
	const double low = ((double)site->qparams.quant_min - zero) * scale;
	const double high = ((double)site->qparams.quant_max - zero) * scale;

	return fmax(low - (double)moments->least, (double)moments->most - high);
}

/* A scale that covers a reach: for pictures, which lie in [-1, 1], that of their 8 bits. */
static void write_scale(
    const struct qs_doctor *doctor, const struct qs_site *site, double reach, struct qs_text *text)
{
	const struct qs_int_range range = qs_spec_int_range(&site->spec);
	const bool is_half_span =
	    qs_site_scale_law(doctor->plan, site) == QS_SCALE_LAW_HALF_SPAN && range.min < 0;

	if (doctor->graph->values[site->value].is_input && range.min == -128 && reach <= 1 &&
	    reach > 0.5)
		qs_text_adds(text, "1/128");
	else
		qs_text_addf(text, "%.9g/%g", reach,
		    is_half_span ? (double)(range.max - range.min) / 2 : (double)range.max);
}

/* Says what to do about a scale that misses data: a scale that covers it, or a parameter. */
static void advise_cover(struct qs_doctor *doctor, struct qs_finding *finding,
    const struct qs_site *site, const struct qs_moments *reached, bool is_on_purpose)
{
	struct qs_text scale = QS_TEXT_INIT, words = QS_TEXT_INIT;

	write_scale(doctor, site, qs_doctor_reach(reached), &scale);
	qs_text_adds(&words, "calibrate with data like this, or let the scale cover all of it");
	if (qs_text_status(&scale) == QS_OK && !qs_doctor_fix_scale(doctor, site, scale.data))
		qs_text_addf(&words, ", as %s does; " QS_DOCTOR_HOW_TO_FIX, scale.data);
	qs_doctor_advise(doctor, finding, site,
	    is_on_purpose ? QS_PARAM_METHOD : QS_PARAM_STATISTIC,
	    is_on_purpose ? "\"maxmin\"" : "\"max\"", words.data);
	qs_findings_end_text(doctor->findings, &words);
	qs_text_done(&scale);
}

static void check_cover(struct qs_doctor *doctor, const struct qs_doctor_row *row,
    const struct qs_doctor_tensor *tensor, const struct qs_site *site)
{
	const double scale = site->qparams.scale[0];
	const struct qs_moments *reached = &tensor->reached;
	const double over = reached->n ? beyond(site, reached) : 0;
	const double share =
	    tensor->cut.total ? (double)tensor->cut.saturated / (double)tensor->cut.total : 0;
	const bool is_on_purpose = site->spec.method != QS_METHOD_MAXMIN;
	struct qs_finding *finding;

	if (!(over > row->limit * scale) || over < PART_BEYOND * qs_doctor_reach(reached) ||
	    share <= (is_on_purpose ? SHARE_CUT_ON_PURPOSE : SHARE_CUT))
		return;
	finding = qs_doctor_add(doctor, row, tensor->value,
	    "\"%s\" lies in [%.6g, %.6g], but its scale %.6g covers [%.6g, %.6g]: %.3g %% of the "
	    "values are cut off",
	    site->name, (double)reached->least, (double)reached->most, scale,
	    (double)(site->qparams.quant_min - site->qparams.zero_point[0]) * scale,
	    (double)(site->qparams.quant_max - site->qparams.zero_point[0]) * scale, 100 * share);
	advise_cover(doctor, finding, site, reached, is_on_purpose);
}

/* Whether a scale is fixed for what a sigmoid can tell apart: what it cuts off is not missed. */
static bool is_for_sigmoid(const struct qs_site *site, const struct qs_doctor_tensor *tensor)
{
	return site->fixed_scale > 0 && tensor->gates != QS_NONE;
}

void qs_doctor_check_misses_data(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->n_flowing; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];
		const struct qs_site *site = integers_of(doctor, tensor);

		if (site && !is_for_sigmoid(site, tensor))
			check_cover(doctor, row, tensor, site);
	}
}

/* ---- ranges ---------------------------------------------------------------------------------- */

void qs_doctor_check_wide(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->n_flowing; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];
		const double reach = qs_doctor_reach(&tensor->moments);
		struct qs_finding *finding;

		if (!integers_of(doctor, tensor) || reach <= row->limit)
			continue;
		finding = qs_doctor_add(doctor, row, tensor->value,
		    "\"%s\" reaches %.6g: no width of integers has steps for that and for small "
		    "values as well",
		    qs_doctor_name(doctor, tensor->value), reach);
		qs_finding_hint(doctor->findings, finding,
		    "limit the range in the model: a norm behind the layer, a clip, or a data "
		    "scaling of the input");
	}
}

void qs_doctor_check_wide_for_8_bits(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	const double too_wide = qs_doctor_rows[QS_DOCTOR_RANGE_TOO_WIDE].limit;

	for (size_t i = 0; i < doctor->n_flowing; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];
		const struct qs_site *site = integers_of(doctor, tensor);
		const double reach = qs_doctor_reach(&tensor->moments);
		struct qs_finding *finding;

		if (!site || !qs_doctor_is_narrow(site, 8) || reach <= row->limit ||
		    reach > too_wide)
			continue;
		finding = qs_doctor_add(doctor, row, tensor->value,
		    "\"%s\" reaches %.6g: a range of %.6g leaves steps of %.3g at %d bits",
		    site->name, reach, 2 * reach, 2 * reach / exp2(site->spec.bit_width),
		    site->spec.bit_width);
		qs_doctor_advise(doctor, finding, site, QS_PARAM_BIT_WIDTH, "16",
		    "put a batch norm behind the layer, or give it 16 bits");
	}
}

/* What enters the graph; the inputs of layers may have formats as well. */
static bool is_graph_input(const struct qs_doctor *doctor, const struct qs_doctor_tensor *tensor)
{
	return doctor->graph->values[tensor->value].is_entry;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

void qs_doctor_check_one_sided(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->n_flowing; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];
		const struct qs_site *site = integers_of(doctor, tensor);
		const double least = (double)tensor->moments.least;
		const double most = (double)tensor->moments.most;
		struct qs_finding *finding;

		/* A mask of 0 and 1 is not to be shifted. */
		if (!site || !is_graph_input(doctor, tensor) || tensor->is_binary ||
		    qs_spec_int_range(&site->spec).min >= 0 ||
		    (least < row->limit && most > row->limit))
			continue;
		finding = qs_doctor_add(doctor, row, tensor->value,
		    "input \"%s\" lies in [%.6g, %.6g], on one side of 0: half of the signed "
		    "integers are never used",
		    site->tensor, least, most);
		qs_finding_hint(doctor->findings, finding,
		    "shift the data so that it lies around 0, as a normalization by mean and "
		    "deviation does, in training as well");
	}
}

void qs_doctor_check_large_input(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->n_flowing; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];
		const struct qs_site *site = integers_of(doctor, tensor);
		const double range = (double)tensor->moments.most - (double)tensor->moments.least;
		struct qs_finding *finding;

		if (!site || !is_graph_input(doctor, tensor) || !qs_doctor_is_narrow(site, 8) ||
		    range < row->limit)
			continue;
		finding = qs_doctor_add(doctor, row, tensor->value,
		    "input \"%s\" has a range of %.6g at %d bits", site->tensor, range,
		    site->spec.bit_width);
		qs_doctor_advise(doctor, finding, site, QS_PARAM_BIT_WIDTH, "16",
		    "divide the data, as pixels by 255, or give inputs 16 bits");
	}
}

/* ---- concatenations -------------------------------------------------------------------------- */

/* The operands with the largest and the smallest reach; false when there are no two. */
static bool find_extremes(const struct qs_doctor *doctor, size_t node,
    const struct qs_doctor_tensor **ret_wide, const struct qs_doctor_tensor **ret_narrow)
{
	*ret_wide = *ret_narrow = NULL;
	for (size_t i = 0; i < doctor->graph->nodes[node].proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(doctor->graph, node, i);
		const size_t index =
		    value ? doctor->of_value[value - doctor->graph->values] : QS_NONE;
		const struct qs_doctor_tensor *tensor =
		    index == QS_NONE ? NULL : &doctor->tensors[index];
		const double reach = tensor ? qs_doctor_reach(&tensor->moments) : 0;

		if (!(reach > 0))
			continue;
		if (!*ret_wide || reach > qs_doctor_reach(&(*ret_wide)->moments))
			*ret_wide = tensor;
		if (!*ret_narrow || reach < qs_doctor_reach(&(*ret_narrow)->moments))
			*ret_narrow = tensor;
	}
	return *ret_wide != *ret_narrow;
}

static void check_concat(struct qs_doctor *doctor, const struct qs_doctor_row *row, size_t node)
{
	const struct qs_value *output = qs_graph_output(doctor->graph, node, 0);
	const size_t index =
	    output ? doctor->plan->site_of_value[output - doctor->graph->values] : QS_NONE;
	const struct qs_doctor_tensor *wide, *narrow;
	const struct qs_site *site;
	struct qs_finding *finding;
	double ratio;

	if (index == QS_NONE || !qs_site_has_scales(&doctor->plan->sites[index]) ||
	    !find_extremes(doctor, node, &wide, &narrow))
		return;
	site = &doctor->plan->sites[index];
	ratio = qs_doctor_reach(&wide->moments) / qs_doctor_reach(&narrow->moments);
	if (ratio <= row->limit)
		return;
	finding = qs_doctor_add(doctor, row, (size_t)(output - doctor->graph->values),
	    "operands of \"%s\" ask for scales that differ by %.6g times: \"%s\" reaches %.6g, "
	    "\"%s\" %.6g; with one scale the latter has about %.3g of %.6g codes",
	    qs_doctor_label(doctor, node), ratio, qs_doctor_name(doctor, wide->value),
	    qs_doctor_reach(&wide->moments), qs_doctor_name(doctor, narrow->value),
	    qs_doctor_reach(&narrow->moments), fmax(1, exp2(site->spec.bit_width) / ratio),
	    exp2(site->spec.bit_width));
	if (qs_doctor_is_narrow(site, 8))
		qs_doctor_advise(doctor, finding, site, QS_PARAM_BIT_WIDTH, "16",
		    "bring the ranges together in training, or give the concatenation 16 bits");
	else
		qs_finding_hint(doctor->findings, finding,
		    "bring the ranges together in training, or leave the operands apart");
}

void qs_doctor_check_concat_scales(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->graph->n_nodes; i++) {
		if (qs_node_is(doctor->graph->nodes[i].proto, "Concat"))
			check_concat(doctor, row, i);
	}
}

/* ---- memory ---------------------------------------------------------------------------------- */

void qs_doctor_check_not_compared(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	if (!doctor->n_uncompared)
		return;
	qs_finding_hint(doctor->findings,
	    qs_doctor_add(doctor, row, QS_NONE,
		"%zu of %zu tensors are not compared with the float32 model, as a batch of them "
		"does not fit in memory",
		doctor->n_uncompared, doctor->n_flowing),
	    "give smaller batches");
}
