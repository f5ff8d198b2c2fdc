/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a batch again with some of the sites in their formats. */
#include <stdlib.h>
#include <string.h>

#include "analysis/replay_internal.h"
#include "engine/site.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* ---- one run --------------------------------------------------------------------------------- */

enum qs_status qs_replay_copy(const struct qs_blob *blob, struct qs_blob *ret_blob)
{
	int64_t *dims = malloc((blob->n_dims + 1) * sizeof(*dims));
	void *data = malloc(blob->size + 1);

	if (!dims || !data) {
		free(dims);
		free(data);
		return QS_NOMEM;
	}
	if (blob->n_dims)
		memcpy(dims, blob->dims, blob->n_dims * sizeof(*dims));
	if (blob->size)
		memcpy(data, blob->data, blob->size);
	*ret_blob = *blob;
	ret_blob->dims = dims;
	ret_blob->data = data;
	return QS_OK;
}

static bool are_equal(const struct qs_blob *a, const struct qs_blob *b)
{
	return a->n_dims == b->n_dims && a->size == b->size &&
	       (!a->n_dims || memcmp(a->dims, b->dims, a->n_dims * sizeof(*a->dims)) == 0) &&
	       (!a->size || memcmp(a->data, b->data, a->size) == 0);
}

/* A tensor as it is at the moment. */
static const struct qs_blob *current(const struct qs_replay_course *course, size_t value)
{
	return course->of_value[value].data ? &course->of_value[value]
	                                    : &course->replay->runner->of_value[value];
}

/* What a site makes of a tensor. */
static enum qs_status quantize(const struct qs_replay_course *course, size_t site,
    const struct qs_blob *in, struct qs_blob *ret_out)
{
	const struct qs_replay *replay = course->replay;
	const size_t n = in->size / sizeof(float);
	struct qs_blob out;
	enum qs_status status;

	if (in->element_type != FLOAT)
		return QS_BUG;
	status = qs_replay_copy(in, &out);
	if (status == QS_OK && n)
		status =
		    qs_site_fake(course->plan, replay->runner->registry, &course->plan->sites[site],
			(struct qs_layout){1, 1, n}, course->findings, in->data, (float *)out.data);
	if (status == QS_OK)
		*ret_out = out;
	else
		qs_blob_done(&out);
	return status;
}

/* Forgets a tensor that has become what it was in the float run. */
static void compare(struct qs_replay_course *course, size_t value)
{
	struct qs_blob *blob = &course->of_value[value];

	if (blob->data && are_equal(blob, &course->replay->runner->of_value[value]))
		qs_blob_done(blob);
}

/* Does with a tensor what its sites ask for: that of all readers first. */
static enum qs_status settle(struct qs_replay_course *course, size_t value)
{
	const struct qs_plan *plan = course->replay->plan;
	const size_t all = plan->site_of_value[value];
	enum qs_status status = QS_OK;
	struct qs_blob made;

	compare(course, value);
	if (all != QS_NONE && course->is_on[all]) {
		status = quantize(course, all, current(course, value), &made);
		if (status == QS_OK) {
			qs_blob_done(&course->of_value[value]);
			course->of_value[value] = made;
			compare(course, value);
		}
	}
	for (size_t i = plan->reading_of_value[value]; i != QS_NONE && status == QS_OK;
	     i = plan->sites[i].next) {
		if (plan->sites[i].is_constant || !course->is_on[i])
			continue;
		status = quantize(course, i, current(course, value), &course->of_site[i]);
		if (status == QS_OK)
			course->site_differs[i] = !are_equal(
			    &course->of_site[i], &course->replay->runner->of_value[value]);
	}
	return status;
}

/* Whether a site of a tensor is on. */
static bool is_touched(const struct qs_replay_course *course, size_t value)
{
	const struct qs_plan *plan = course->replay->plan;

	if (plan->site_of_value[value] != QS_NONE && course->is_on[plan->site_of_value[value]])
		return true;
	for (size_t i = plan->reading_of_value[value]; i != QS_NONE; i = plan->sites[i].next) {
		if (course->is_on[i])
			return true;
	}
	return false;
}

static bool differs(const struct qs_replay_course *course, const struct qs_source_of *source)
{
	if (source->site != QS_NONE && course->of_site[source->site].data)
		return course->site_differs[source->site];
	return course->of_value[source->value].data;
}

/* Whether a piece gives anything else than in the float run. */
static bool is_reached(const struct qs_replay_course *course, const struct qs_piece *piece)
{
	for (size_t i = 0; i < piece->n_constants; i++) {
		if (course->is_on[piece->constants[i]])
			return true;
	}
	for (size_t i = 0; i < piece->n_sources; i++) {
		if (differs(course, &piece->sources[i]))
			return true;
	}
	return false;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static const struct qs_blob *read_source(
    const struct qs_replay_course *course, const struct qs_source_of *source)
{
	if (source->site != QS_NONE && course->of_site[source->site].data)
		return &course->of_site[source->site];
	return current(course, source->value);
}

/* What a value is multiplied by where it is computed. */
static void multiply(const struct qs_plan *plan, size_t value, const struct qs_blob *blob)
{
	const float gain = plan->gain_of_value[value];
	float *values = (float *)blob->data;

	for (size_t i = 0; (gain < 1 || gain > 1) && i < blob->size / sizeof(*values); i++)
		values[i] *= gain;
}

enum qs_status qs_replay_compute(
    const struct qs_replay_course *course, const struct qs_piece *piece, struct qs_blob *of_value)
{
	struct qs_blob *inputs = calloc(piece->n_sources + 1, sizeof(*inputs));
	struct qs_blob *outputs = calloc(piece->n_results + 1, sizeof(*outputs));
	enum qs_status status = inputs && outputs ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < piece->n_sources && status == QS_OK; i++) {
		inputs[i] = *read_source(course, &piece->sources[i]);
		inputs[i].name = piece->sources[i].name;
	}
	if (status == QS_OK)
		status = qs_session_run(piece->session, inputs, piece->n_sources,
		    piece->result_names, piece->n_results, course->findings, outputs);
	for (size_t i = 0; i < piece->n_results && status == QS_OK; i++) {
		struct qs_blob *blob = &of_value[piece->results[i]];

		multiply(course->replay->plan, piece->results[i], &outputs[i]);
		qs_blob_done(blob);
		*blob = outputs[i];
	}
	free(inputs);
	free(outputs);
	return status;
}

static enum qs_status run_piece(struct qs_replay_course *course, size_t index)
{
	const struct qs_piece *piece = &course->replay->runner->items[index];
	const bool reached = piece->n_results && is_reached(course, piece);
	const struct qs_piece *chosen;
	enum qs_status status = QS_OK;

	if (reached) {
		course->cost.pieces++;
		course->cost.macs += course->replay->macs[index];
		status = qs_replay_choose(course, index, &chosen);
		if (status == QS_OK)
			status = qs_replay_compute(course, chosen, course->of_value);
	}
	for (size_t i = 0; i < piece->n_results && status == QS_OK; i++) {
		if (reached || is_touched(course, piece->results[i]))
			status = settle(course, piece->results[i]);
	}
	return status;
}

/* Lets go of what only pieces up to this one read. */
static void forget_read(struct qs_replay_course *course, size_t piece)
{
	const struct qs_runner *runner = course->replay->runner;

	for (size_t v = runner->ends[piece]; v != QS_NONE; v = runner->next_end[v]) {
		qs_blob_done(&course->of_value[v]);
		for (size_t i = course->replay->plan->reading_of_value[v]; i != QS_NONE;
		     i = course->replay->plan->sites[i].next)
			qs_blob_done(&course->of_site[i]);
	}
}

static enum qs_status run_pieces(struct qs_replay_course *course)
{
	const struct qs_replay *replay = course->replay;
	enum qs_status status = QS_OK;

	for (size_t v = 0; v < replay->graph->n_values && status == QS_OK; v++) {
		if (replay->graph->values[v].is_input && replay->runner->of_value[v].data &&
		    is_touched(course, v))
			status = settle(course, v);
	}
	for (size_t p = 0; p < replay->runner->pieces.n && status == QS_OK; p++) {
		status = run_piece(course, p);
		forget_read(course, p);
	}
	return status;
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* What the graph gives in place of a value, when that differs from the float run. */
static struct qs_blob *find_output(struct qs_replay_course *course, size_t value)
{
	const struct qs_plan *plan = course->replay->plan;

	for (size_t i = plan->reading_of_value[value]; i != QS_NONE; i = plan->sites[i].next) {
		if (plan->sites[i].uses[0].node == QS_NONE && course->of_site[i].data)
			return course->site_differs[i] ? &course->of_site[i] : NULL;
	}
	return course->of_value[value].data ? &course->of_value[value] : NULL;
}

static enum qs_status take_outputs(
    struct qs_replay_course *course, struct qs_replayed *ret_replayed)
{
	const struct qs_replay *replay = course->replay;
	struct qs_replayed replayed = {
	    .outputs = calloc(replay->n_outputs + 1, sizeof(*replayed.outputs)),
	    .n_outputs = replay->n_outputs,
	    .cost = course->cost};

	if (!replayed.outputs)
		return QS_NOMEM;
	for (size_t i = 0; i < replay->n_outputs; i++) {
		struct qs_blob *blob =
		    replay->outputs[i] == QS_NONE ? NULL : find_output(course, replay->outputs[i]);

		if (!blob)
			continue;
		replayed.outputs[i] = *blob;
		*blob = (struct qs_blob){.data = NULL};
	}
	*ret_replayed = replayed;
	return QS_OK;
}

void qs_replayed_done(struct qs_replayed *replayed)
{
	for (size_t i = 0; replayed->outputs && i < replayed->n_outputs; i++)
		qs_blob_done(&replayed->outputs[i]);
	free(replayed->outputs);
	*replayed = (struct qs_replayed){.outputs = NULL};
}

enum qs_status qs_replay_run(struct qs_replay *replay, const struct qs_plan *plan,
    const bool *is_on, struct qs_findings *findings, struct qs_replayed *ret_replayed)
{
	const size_t n_values = replay->graph->n_values, n_sites = replay->plan->n_sites;
	struct qs_replay_course course = {.replay = replay,
	    .plan = plan,
	    .is_on = is_on,
	    .findings = findings,
	    .of_value = calloc(n_values + 1, sizeof(*course.of_value)),
	    .of_site = calloc(n_sites + 1, sizeof(*course.of_site)),
	    .site_differs = calloc(n_sites + 1, sizeof(*course.site_differs))};
	enum qs_status status = QS_NOMEM;

	if (course.of_value && course.of_site && course.site_differs)
		status = run_pieces(&course);
	if (status == QS_OK)
		status = take_outputs(&course, ret_replayed);
	for (size_t i = 0; course.of_value && i < n_values; i++)
		qs_blob_done(&course.of_value[i]);
	for (size_t i = 0; course.of_site && i < n_sites; i++)
		qs_blob_done(&course.of_site[i]);
	free(course.of_value);
	free(course.of_site);
	free(course.site_differs);
	return status;
}
