/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of what is meant exactly: comparisons, and masks of 0 and 1.
 *
 * Source: Horizon, on mul and bool on Journey 6E/M (2025-06-10). A comparison with c is safe when c
 * is 0, or a code stands for exactly c; a mask needs a code other than 0 for its 1.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/doctor.h"

/* ---- comparisons ----------------------------------------------------------------------------- */

/* Constants of a comparison are looked at one by one when they are at most so many. */
#define CONSTANT_LIMIT 65536

static bool is_same(float a, float b)
{
	return !(a < b) && !(a > b);
}

/* The first of n constants that no code of a site stands for, or n. */
static size_t find_inexact(
    const struct qs_doctor *doctor, const struct qs_site *site, const float *values, size_t n)
{
	size_t i = 0;

	while (i < n && (is_same(values[i], 0) ||
			    is_same(values[i], qs_doctor_fake(doctor, site, values[i]))))
		i++;
	return i;
}

/* So many scales are tried, from the finest that covers the data on. */
#define TRIES 16
#define SCALE_TEXT 64

/*
 * Finds a scale of which a constant is a multiple, and all others are as well; false when there is
 * none that covers the data.
 */
static bool find_scale(const struct qs_doctor *doctor, const struct qs_site *site,
    const float *values, size_t n, size_t inexact, char text[SCALE_TEXT])
{
	const struct qs_doctor_tensor *tensor = &doctor->tensors[doctor->of_value[site->value]];
	const struct qs_int_range range = qs_spec_int_range(&site->spec);
	const double constant = fabs((double)values[inexact]);
	const double reach = fmax(qs_doctor_reach(&tensor->moments), constant);
	int64_t code = (int64_t)floor((double)range.max * constant / reach);
	struct qs_site trial = *site;

	for (int i = 0; i < TRIES && code > 0; i++, code--) {
		double scale = constant / (double)code, float_max = scale * (double)range.max;
		int64_t zero_point = 0;

		trial.qparams =
		    (struct qs_qparams){1, &scale, &zero_point, &float_max, range.min, range.max};
		if (find_inexact(doctor, &trial, values, n) < n)
			continue;
		snprintf(text, SCALE_TEXT, "%.9g/%" PRId64, constant, code);
		return true;
	}
	return false;
}

/* How the data proves it: results that differ, and how often each model's comparison holds. */
static void add_results(const struct qs_doctor_tensor *result, struct qs_text *text)
{
	if (result->is_compared)
		qs_text_addf(text,
		    "; in the data it holds %" PRIu64 " times in float32, %" PRIu64
		    " times quantized, and differs %" PRIu64 " times",
		    result->n_held, result->n_held_quantized, result->n_different);
}

#define COMPARE_WITH_0                                                                             \
	"compare with 0, which is always exact: Not(Equal(x, 0)) for a mask of 0 and 1, as "       \
	"qstrata rewrite --nonzero writes it; or compare before the data is quantized"

/* Says what to do, with a scale of which the constants are multiples if there is one. */
static void advise(struct qs_doctor *doctor, struct qs_finding *finding, const struct qs_site *site,
    const float *values, size_t n, size_t inexact)
{
	char scale[SCALE_TEXT];

	if (find_scale(doctor, site, values, n, inexact, scale) &&
	    !qs_doctor_fix_scale(doctor, site, scale))
		qs_finding_hint(doctor->findings, finding,
		    COMPARE_WITH_0 "; or fix the scale of \"%s\" to %s, so that %.9g is a "
		                   "code; " QS_DOCTOR_HOW_TO_FIX,
		    site->tensor, scale, (double)values[inexact]);
	else
		qs_finding_hint(doctor->findings, finding, COMPARE_WITH_0);
}

/* Tells of a comparison with n constants when one of them is no code. */
static void check_comparison(struct qs_doctor *doctor, const struct qs_doctor_row *row,
    const struct qs_doctor_comparison *comparison, const float *values, size_t n)
{
	const struct qs_site *site = &doctor->plan->sites[comparison->site];
	const size_t inexact = find_inexact(doctor, site, values, n);
	struct qs_text proof = QS_TEXT_INIT;
	struct qs_finding *finding;

	if (inexact == n)
		return;
	add_results(&doctor->tensors[comparison->tensor], &proof);
	finding = qs_doctor_add(doctor, row, site->value,
	    "\"%s\" compares quantized \"%s\" with %.9g, which at scale %.9g has the code %" PRId64
	    ", and that is %.9g%s",
	    qs_doctor_label(doctor, comparison->node), site->tensor, (double)values[inexact],
	    site->qparams.scale[0], qs_doctor_code(doctor, site, values[inexact]),
	    (double)qs_doctor_fake(doctor, site, values[inexact]), proof.data);
	qs_text_done(&proof);
	advise(doctor, finding, site, values, n, inexact);
}

static void check_comparisons(
    struct qs_doctor *doctor, const struct qs_doctor_row *row, bool is_lost)
{
	for (size_t i = 0; i < doctor->n_comparisons; i++) {
		const struct qs_doctor_comparison *comparison = &doctor->comparisons[i];
		const Onnx__TensorProto *constant =
		    doctor->graph->values[comparison->constant].constant;
		float *values;
		size_t n;

		if ((doctor->tensors[comparison->tensor].n_different > 0) != is_lost ||
		    qs_tensor_read(doctor->graph->model, constant, doctor->findings, &values, &n) !=
			QS_OK)
			continue;
		check_comparison(
		    doctor, row, comparison, values, n < CONSTANT_LIMIT ? n : CONSTANT_LIMIT);
		free(values);
	}
}

void qs_doctor_check_comparison_lost(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	check_comparisons(doctor, row, true);
}

void qs_doctor_check_comparison_at_risk(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	check_comparisons(doctor, row, false);
}

/* ---- masks ----------------------------------------------------------------------------------- */

/* A part that is a mask: nothing but 0 and 1, and both of them, in a tensor with other values. */
static bool is_mask(const struct qs_doctor *doctor, const struct qs_doctor_part *part)
{
	const struct qs_doctor_tensor *taken = &doctor->tensors[part->tensor];
	const size_t whole = doctor->channels[part->channels].tensor;

	return taken->is_binary && taken->moments.n && taken->moments.least <= 0 &&
	       taken->moments.most >= 1 && !doctor->tensors[whole].is_binary &&
	       doctor->channels[part->channels].n;
}

/* The channel of the largest magnitude. */
static size_t loudest(const struct qs_doctor_channels *channels)
{
	size_t best = 0;

	for (size_t c = 1; c < channels->n; c++) {
		if (fmaxf(-channels->least[c], channels->most[c]) >
		    fmaxf(-channels->least[best], channels->most[best]))
			best = c;
	}
	return best;
}

/* The mask with a code of 0 for 1. */
void qs_doctor_check_mask_lost(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->n_parts; i++) {
		const struct qs_doctor_part *part = &doctor->parts[i];
		const struct qs_site *site = &doctor->plan->sites[part->site];
		const struct qs_doctor_channels *channels = &doctor->channels[part->channels];
		size_t c;

		if (!is_mask(doctor, part) || !is_same(qs_doctor_fake(doctor, site, 1), 0))
			continue;
		c = loudest(channels);
		qs_finding_hint(doctor->findings,
		    qs_doctor_add(doctor, row, site->value,
			"\"%s\" takes a mask of 0 and 1 from \"%s\", whose channel %zu reaches "
			"%.6g: at scale %.6g the code of 1 is round(1 / %.6g) = %" PRId64
			", so that the mask is all 0",
			qs_doctor_label(doctor, part->node), site->tensor, c,
			(double)fmaxf(-channels->least[c], channels->most[c]),
			site->qparams.scale[0], site->qparams.scale[0],
			qs_doctor_code(doctor, site, 1) - site->qparams.zero_point[0]),
		    "quantize data and mask apart: take the mask before anything is quantized and "
		    "give it a format of its own, or make it an input of the model, as qstrata "
		    "rewrite --split does; each costs one more input to be quantized, which cannot "
		    "be removed");
	}
}

/* Channels that stay below a code, though something is in them; the first one and how many. */
static size_t count_quiet(
    const struct qs_doctor_channels *channels, double below, size_t *ret_first)
{
	size_t n = 0;

	for (size_t c = 0; c < channels->n; c++) {
		const double reach = (double)fmaxf(-channels->least[c], channels->most[c]);

		if (channels->is_mask[c] || !(reach > 0) || reach >= below)
			continue;
		*ret_first = n++ ? *ret_first : c;
	}
	return n;
}

void qs_doctor_check_mask_sets_scale(struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->n_parts; i++) {
		const struct qs_doctor_part *part = &doctor->parts[i];
		const struct qs_site *site = &doctor->plan->sites[part->site];
		const struct qs_doctor_channels *channels = &doctor->channels[part->channels];
		const double scale = site->qparams.scale[0];
		size_t c = 0, n;
		float reach;

		if (!is_mask(doctor, part) ||
		    qs_doctor_reach(&doctor->tensors[channels->tensor].moments) > 1)
			continue;
		n = count_quiet(channels, row->limit * scale, &c);
		if (!n)
			continue;
		reach = fmaxf(-channels->least[c], channels->most[c]);
		qs_finding_hint(doctor->findings,
		    qs_doctor_add(doctor, row, site->value,
			"the mask that \"%s\" takes sets the scale %.6g of \"%s\": %zu of %zu "
			"channels stay below the code %g, as channel %zu, whose %.6g is the code "
			"%" PRId64,
			qs_doctor_label(doctor, part->node), scale, site->tensor, n, channels->n,
			row->limit, c, (double)reach, qs_doctor_code(doctor, site, reach)),
		    "quantize data and mask apart: take the mask before anything is quantized and "
		    "give it a format of its own, or make it an input of the model");
	}
}
