/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of products before sigmoids, whose small values a scale for outliers rounds to 0.
 *
 * Source: Horizon, on linear layers with int16 on both sides on Journey 6E/M (2025-05-21): a
 * sigmoid needs no large input, so that a fixed scale of 7/32767 serves its sum better.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor.h"
#include "analysis/doctor_measure.h"
#include "engine/calibrate.h"
#include "model/shape_internal.h"
#include "qstrata/numbers.h"

#define FIXED_SCALE (7.0 / 32767)
#define FIX                                                                                        \
	"fix the scale of the product to 7/32767 = 0.00021363, as a sigmoid tells larger values "  \
	"hardly apart"

/* The places of a product seen from its sums: a stride by axis, 0 along those that are summed. */
struct folding {
	size_t n_sums;
	size_t strides[QS_RANK_LIMIT];
};

/* Which axes a ReduceSum sums: all of them when it names none. */
static bool find_summed(
    const struct qs_doctor *doctor, const struct qs_doctor_gate *gate, int rank, bool *ret_summed)
{
	const Onnx__NodeProto *proto = doctor->graph->nodes[gate->sum].proto;
	const struct qs_shape_infer infer = {
	    (struct qs_graph *)doctor->graph, gate->sum, proto, doctor->findings};
	const struct qs_numbers axes = qs_numbers_of(&infer, "axes", 1);

	for (int i = 0; i < rank; i++)
		ret_summed[i] = axes.n < 0;
	for (int i = 0; i < axes.n; i++) {
		int axis;

		if (!qs_shape_axis(axes.at[i], rank, &axis))
			return false;
		ret_summed[axis] = true;
	}
	return true;
}

static bool fold_axes(const struct qs_doctor *doctor, const struct qs_doctor_gate *gate,
    const int64_t *dims, size_t rank, struct folding *ret_folding)
{
	bool summed[QS_RANK_LIMIT] = {false};

	if (rank > QS_RANK_LIMIT ||
	    (gate->sum != QS_NONE && !find_summed(doctor, gate, (int)rank, summed)))
		return false;
	ret_folding->n_sums = 1;
	for (size_t i = rank; i-- > 0;) {
		ret_folding->strides[i] = summed[i] ? 0 : ret_folding->n_sums;
		ret_folding->n_sums *= summed[i] ? 1 : (size_t)dims[i];
	}
	return true;
}

/* Sums values in double, in the order of the data. */
static void sum_up(const struct folding *folding, const int64_t *dims, size_t rank,
    const float *values, size_t n, double *sums)
{
	int64_t at[QS_RANK_LIMIT] = {0};
	size_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sums[sum] += (double)values[i];
		for (size_t axis = rank; axis-- > 0;) {
			sum += folding->strides[axis];
			if (++at[axis] < dims[axis])
				break;
			sum -= folding->strides[axis] * (size_t)dims[axis];
			at[axis] = 0;
		}
	}
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* Adds the squares of what sums, and their sigmoids, are off by in a format. */
static enum qs_status measure_in(const struct qs_quantization *how, const struct folding *folding,
    const struct qs_blob *blob, const float *values, size_t n, const double *sums,
    struct qs_doctor_off *off)
{
	double *found = calloc(folding->n_sums + 1, sizeof(*found));
	float *out = malloc(n * sizeof(*out) + 1);
	enum qs_status status = found && out ? QS_OK : QS_NOMEM;
	struct qs_counts counts;

	if (status == QS_OK)
		status = qs_quantizer_fake(how, (struct qs_layout){1, 1, n}, values, out, &counts);
	if (status == QS_OK)
		sum_up(folding, blob->dims, blob->n_dims, out, n, found);
	for (size_t i = 0; i < folding->n_sums && status == QS_OK; i++) {
		const double difference = sigmoid(found[i]) - sigmoid(sums[i]);

		off->sums += (found[i] - sums[i]) * (found[i] - sums[i]);
		off->sigmoids += difference * difference;
	}
	free(found);
	free(out);
	return status;
}

/* The format that is advised: 16 bits, and a scale for what a sigmoid can tell apart. */
static struct qs_spec fixed_spec(const struct qs_site *site)
{
	struct qs_spec spec = site->spec;

	spec.bit_width = 16;
	spec.is_signed = spec.symmetry = true;
	spec.narrow_range = false;
	return spec;
}

static enum qs_status measure_both(const struct qs_doctor *doctor, struct qs_doctor_gate *gate,
    const struct folding *folding, const struct qs_blob *blob, const float *values, size_t n,
    const double *sums)
{
	const struct qs_site *site = qs_doctor_site(doctor, &doctor->tensors[gate->tensor]);
	double scale = FIXED_SCALE, float_max = 7;
	int64_t zero_point = 0;
	const struct qs_qparams fixed = {1, &scale, &zero_point, &float_max, INT16_MIN, INT16_MAX};
	const struct qs_spec spec = fixed_spec(site);
	const struct qs_subject subject = {
	    site->name, qs_model_place(doctor->graph->model, doctor->findings), doctor->findings};
	const struct qs_registry *registry = doctor->job->registry;
	struct qs_quantization how;
	enum qs_status status =
	    qs_quantizer_bind(registry, &site->spec, &site->qparams, &subject, &how);

	if (status == QS_OK)
		status = measure_in(&how, folding, blob, values, n, sums, &gate->with_scale);
	if (status == QS_OK)
		status = qs_quantizer_bind(registry, &spec, &fixed, &subject, &how);
	if (status == QS_OK)
		status = measure_in(&how, folding, blob, values, n, sums, &gate->with_fixed);
	gate->n_sums += folding->n_sums;
	return status;
}

enum qs_status qs_doctor_measure_gate(struct qs_doctor *doctor, struct qs_doctor_gate *gate,
    const struct qs_blob *blob, const float *values, size_t n)
{
	const struct qs_site *site = qs_doctor_site(doctor, &doctor->tensors[gate->tensor]);
	struct folding folding;
	enum qs_status status;
	double *sums;

	if (!site || !qs_site_has_scales(site) || !n ||
	    !fold_axes(doctor, gate, blob->dims, blob->n_dims, &folding))
		return QS_OK;
	for (size_t i = 0; i < n; i++) {
		const double magnitude = fabs((double)values[i]);

		gate->n_some += magnitude > 0;
		gate->n_lost += magnitude > 0 && magnitude < site->qparams.scale[0] / 2;
	}
	sums = calloc(folding.n_sums + 1, sizeof(*sums));
	if (!sums)
		return QS_NOMEM;
	sum_up(&folding, blob->dims, blob->n_dims, values, n, sums);
	status = measure_both(doctor, gate, &folding, blob, values, n, sums);
	free(sums);
	return status;
}

/* ---- the check ------------------------------------------------------------------------------- */

static double root_mean(double squares, uint64_t n)
{
	return n ? sqrt(squares / (double)n) : 0;
}

static void tell_gate(struct qs_doctor *doctor, const struct qs_doctor_row *row,
    const struct qs_doctor_gate *gate, double share)
{
	const struct qs_doctor_tensor *tensor = &doctor->tensors[gate->tensor];
	const struct qs_site *site = qs_doctor_site(doctor, tensor);
	const char *what = gate->sum == QS_NONE ? "products" : "sums";
	struct qs_finding *finding;
	const char *obstacle;

	finding = qs_doctor_add(doctor, row, tensor->value,
	    "%.3g %% of the values other than 0 of \"%s\", which goes into the sigmoid \"%s\", "
	    "become 0, as its largest of %.6g sets the scale %.6g: %s are off by %.3g and their "
	    "sigmoid by %.3g (root mean square), with a fixed scale of 7/32767 by %.3g and %.3g",
	    100 * share, site->name, qs_doctor_label(doctor, gate->sigmoid),
	    qs_doctor_reach(&tensor->moments), site->qparams.scale[0], what,
	    root_mean(gate->with_scale.sums, gate->n_sums),
	    root_mean(gate->with_scale.sigmoids, gate->n_sums),
	    root_mean(gate->with_fixed.sums, gate->n_sums),
	    root_mean(gate->with_fixed.sigmoids, gate->n_sums));
	if (qs_doctor_is_narrow(site, 15)) {
		qs_doctor_advise(doctor, finding, site, QS_PARAM_BIT_WIDTH, "16",
		    FIX
		    ", at 16 bits; give it the bits first, and examine the model again for a file "
		    "with the scale");
		return;
	}
	obstacle = qs_doctor_fix_scale(doctor, site, "7/32767");
	if (obstacle)
		qs_finding_hint(
		    doctor->findings, finding, FIX ", which cannot be as it is: %s", obstacle);
	else
		qs_finding_hint(doctor->findings, finding, FIX "; " QS_DOCTOR_HOW_TO_FIX);
}

void qs_doctor_check_outliers_before_sigmoid(
    struct qs_doctor *doctor, const struct qs_doctor_row *row)
{
	for (size_t i = 0; i < doctor->n_gates; i++) {
		const struct qs_doctor_gate *gate = &doctor->gates[i];
		const double share = gate->n_some ? (double)gate->n_lost / (double)gate->n_some : 0;

		if (share > row->limit)
			tell_gate(doctor, row, gate, share);
	}
}
