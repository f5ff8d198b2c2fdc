/* SPDX-License-Identifier: Apache-2.0 */
/* The observers of a plan. */
#include "engine/observers.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "engine/calibrate.h"
#include "numbers/observer.h"
#include "engine/scales.h"

struct qs_subject qs_observers_subject(
    const struct qs_observers *observers, const struct qs_site *site)
{
	return (struct qs_subject){site->name,
	    qs_model_place(observers->plan->layers->graph->model, observers->findings),
	    observers->findings};
}

enum qs_status qs_observers_init(struct qs_observers *observers, struct qs_plan *plan,
    const struct qs_registry *registry, struct qs_findings *findings)
{
	const struct qs_graph *graph = plan->layers->graph;
	enum qs_status status = QS_OK;

	*observers = (struct qs_observers){plan, registry, findings,
	    calloc(plan->n_sites + 1, sizeof(*observers->of_site)), plan->n_sites, 0};
	if (!observers->of_site)
		return QS_NOMEM;
	for (size_t i = 0; i < plan->n_sites && status == QS_OK; i++) {
		struct qs_site *site = &plan->sites[i];
		const struct qs_observation observation = {.channels = 1,
		    .scale_law = qs_site_scale_law(plan, site),
		    .is_graph_input = graph->values[site->value].is_entry,
		    .subject = qs_observers_subject(observers, site)};

		if (qs_site_is_constant(site) || !qs_site_has_scales(site) || site->is_given)
			continue;
		if (site->fixed_scale > 0) {
			status = qs_site_fix(site);
			continue;
		}
		status =
		    qs_observer_new(registry, &site->spec, &observation, &observers->of_site[i]);
		observers->n++;
	}
	return status;
}

void qs_observers_done(struct qs_observers *observers)
{
	for (size_t i = 0; observers->of_site && i < observers->n_sites; i++)
		qs_observer_free(observers->of_site[i]);
	free(observers->of_site);
	observers->of_site = NULL;
}

enum qs_status qs_observers_feed(
    struct qs_observers *observers, size_t site, uint64_t number, const float *values, size_t n)
{
	const struct qs_layout layout = {1, 1, n};

	return observers->of_site[site]
	           ? qs_observer_feed_numbered(observers->of_site[site], number, layout, values)
	           : QS_OK;
}

/* The exponents of doubles, from that of the least one. */
#define N_EXPONENTS (DBL_MAX_EXP - DBL_MIN_EXP + DBL_MANT_DIG + 2)

static size_t exponent_of(double scale)
{
	return (size_t)(ilogb(scale) - DBL_MIN_EXP + DBL_MANT_DIG + 1);
}

/* The most frequent scale of batches, the coarsest of several. */
static double coarsest_mode(const struct qs_observer *observer)
{
	/* Scales are powers of two: there are as many counts as exponents. */
	size_t counts[N_EXPONENTS] = {0}, most = 0;
	const size_t n = qs_observer_n_batches(observer);
	double best = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double scale = qs_observer_batch_scale(observer, i, 0);
		const size_t count = ++counts[exponent_of(scale)];

		if (count > most || (count == most && scale > best)) {
			most = count;
			best = scale;
		}
	}
	return best;
}

/*
 * For the DPU vai_q_pytorch counts binary points rather than scales, and of several equally
 * frequent takes the least, which is the coarsest scale.
 */
enum qs_status qs_observers_take(struct qs_observers *observers, size_t index)
{
	const struct qs_site *site = &observers->plan->sites[index];
	struct qs_qparams *qparams = &observers->plan->sites[index].qparams;
	enum qs_status status;

	qs_qparams_done(qparams);
	status = qs_observer_result(observers->of_site[index], qparams);
	if (status == QS_OK && observers->plan->device == QS_DEVICE_DPU &&
	    site->spec.scale_type == QS_SCALE_TYPE_POWEROFTWO)
		qparams->scale[0] = coarsest_mode(observers->of_site[index]);
	return status;
}

/* Whether a branch was never taken while there was data. */
static bool is_unseen(const struct qs_observers *observers, size_t site)
{
	return !qs_observer_n_batches(observers->of_site[site]) &&
	       qs_plan_is_in_branch(observers->plan, &observers->plan->sites[site]);
}

enum qs_status qs_observers_finish(struct qs_observers *observers)
{
	bool *unseen = calloc(observers->n_sites + 1, sizeof(*unseen));
	enum qs_status status = unseen ? QS_OK : QS_NOMEM;
	size_t n_unseen = 0;

	for (size_t i = 0; i < observers->n_sites && status == QS_OK; i++) {
		if (!observers->of_site[i])
			continue;
		unseen[i] = is_unseen(observers, i);
		n_unseen += unseen[i];
		if (!unseen[i])
			status = qs_observers_take(observers, i);
	}
	if (status == QS_OK && n_unseen)
		status = qs_plan_drop(observers->plan, unseen, qs_plan_unseen);
	free(unseen);
	return status;
}
