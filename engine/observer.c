/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration of one tensor. */
#include "engine/observer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/finding.h"
#include "engine/array.h"
#include "engine/qparams.h"
#include "engine/registry.h"

struct qs_observer {
	struct qs_calibration calibration;
	const struct qs_calibrator *calibrator;
	void *state;
	size_t n_batches;
};

bool qs_observer_needed(const struct qs_registry *registry, const struct qs_spec *spec)
{
	const char *format = qs_datatype_word((enum qs_datatype)spec->datatype);
	const struct qs_quantizer *quantizer = qs_registry_quantizer(registry, format);

	return quantizer && quantizer->needs_qparams;
}

enum qs_status qs_observer_new(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_observer **ret_observer)
{
	const char *method = qs_method_word((enum qs_method)spec->method);
	const char *mode = qs_round_mode_word((enum qs_round_mode)spec->round_mode);
	struct qs_observer *observer;
	enum qs_status status;

	if (!qs_registry_calibrator(registry, method))
		return qs_registry_lack(QS_PLUGIN_CALIBRATOR, method, &observation->subject);
	if (!qs_registry_rounding(registry, mode))
		return qs_registry_lack(QS_PLUGIN_ROUNDING, mode, &observation->subject);
	observer = calloc(1, sizeof(*observer));
	if (!observer)
		return QS_NOMEM;
	observer->calibrator = qs_registry_calibrator(registry, method);
	observer->calibration = (struct qs_calibration){
	    .spec = *spec,
	    .rounding = qs_registry_rounding(registry, mode),
	    .kernels = qs_registry_kernels(registry),
	    .scale_law = observation->scale_law,
	    .channels = observation->channels,
	    .is_graph_input = observation->is_graph_input,
	    .subject = observation->subject,
	};
	status = observer->calibrator->begin(&observer->calibration, &observer->state);
	if (status != QS_OK) {
		free(observer);
		return status;
	}
	*ret_observer = observer;
	return QS_OK;
}

void qs_observer_free(struct qs_observer *observer)
{
	if (!observer)
		return;
	observer->calibrator->end(observer->state);
	free(observer);
}

/* The range is quick to find and tells whether there is anything to count. */
static enum qs_status check_finite(
    const struct qs_calibration *calibration, const float *data, size_t n)
{
	const struct qs_subject *subject = &calibration->subject;
	struct qs_census census = {0, 0, 0};
	float least, most;

	calibration->kernels->range(data, n, &least, &most);
	if (isfinite(least) && isfinite(most))
		return QS_OK;
	calibration->kernels->census(data, n, 1.0F, 0.0F, 0.0F, &census);
	qs_finding_add(subject->findings, QS_FINDING_NOT_FINITE, subject->place,
	    "%s: of %zu values, %" PRIu64 " are NaN and %" PRIu64
	    " are infinite; a scale needs finite ones",
	    subject->name, n, census.nan, census.infinite);
	return QS_INVALID;
}

enum qs_status qs_observer_feed(
    struct qs_observer *observer, struct qs_layout layout, const float *data)
{
	const size_t n = qs_layout_count(layout);
	enum qs_status status;

	if (layout.channels != observer->calibration.channels)
		return QS_BUG;
	if (!n)
		return QS_OK;
	status = check_finite(&observer->calibration, data, n);
	if (status == QS_OK)
		status = observer->calibrator->observe(observer->state, layout, data);
	if (status == QS_OK)
		observer->n_batches++;
	return status;
}

enum qs_status qs_observer_result(struct qs_observer *observer, struct qs_qparams *ret_qparams)
{
	const struct qs_subject *subject = &observer->calibration.subject;
	struct qs_qparams qparams;
	enum qs_status status;

	if (!observer->n_batches) {
		qs_finding_add(subject->findings, QS_FINDING_NO_DATA, subject->place,
		    "%s: there are no values to calibrate with", subject->name);
		return QS_INVALID;
	}
	status = qs_qparams_init(&qparams, observer->calibration.channels);
	if (status == QS_OK)
		status = observer->calibrator->result(observer->state, &qparams);
	if (status == QS_OK)
		*ret_qparams = qparams;
	else
		qs_qparams_done(&qparams);
	return status;
}

const double *qs_observer_batch_scales(const struct qs_observer *observer, size_t *ret_n_batches)
{
	*ret_n_batches = 0;
	if (!observer->calibrator->batch_scales)
		return NULL;
	return observer->calibrator->batch_scales(observer->state, ret_n_batches);
}

enum qs_status qs_observer_calibrate(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_layout layout, const float *data,
    struct qs_qparams *ret_qparams)
{
	struct qs_observation with_channels = *observation;
	struct qs_observer *observer = NULL;
	enum qs_status status;

	if (!spec->per_channel)
		layout = (struct qs_layout){1, 1, qs_layout_count(layout)};
	with_channels.channels = layout.channels;
	status = qs_observer_new(registry, spec, &with_channels, &observer);
	if (status == QS_OK)
		status = qs_observer_feed(observer, layout, data);
	if (status == QS_OK)
		status = qs_observer_result(observer, ret_qparams);
	qs_observer_free(observer);
	return status;
}
