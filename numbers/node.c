/* SPDX-License-Identifier: Apache-2.0 */
/* Fake-quantize nodes: an observer and a quantizer at one tensor. */
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "numbers/array.h"
#include "qstrata/numbers.h"

struct qs_node {
	const struct qs_registry *registry;
	struct qs_spec spec;
	struct qs_subject subject;
	struct qs_observer *observer; /* NULL for a format without scales */
	struct qs_qparams qparams;    /* n is 0 until there are some */
	enum qs_node_state state;
	bool is_fixed, is_stale; /* batches have come since the scales were found */
};

enum qs_status qs_node_new(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_node **ret_node)
{
	struct qs_node *node = calloc(1, sizeof(*node));
	enum qs_status status = QS_OK;

	if (!node)
		return QS_NOMEM;
	node->registry = registry;
	node->spec = *spec;
	node->subject = observation->subject;
	if (qs_observer_needed(registry, spec))
		status = qs_observer_new(registry, spec, observation, &node->observer);
	if (status == QS_OK)
		*ret_node = node;
	else
		free(node);
	return status;
}

void qs_node_free(struct qs_node *node)
{
	if (!node)
		return;
	qs_observer_free(node->observer);
	qs_qparams_done(&node->qparams);
	free(node);
}

void qs_node_set_state(struct qs_node *node, enum qs_node_state state)
{
	node->state = state;
}

enum qs_status qs_node_fix(
    struct qs_node *node, size_t n, const double *scales, const int64_t *zero_points)
{
	const struct qs_int_range range = qs_spec_int_range(&node->spec);
	struct qs_qparams qparams;
	enum qs_status status;

	if (!node->observer || !n)
		return QS_BUG;
	status = qs_qparams_init(&qparams, n);
	if (status != QS_OK)
		return status;
	memcpy(qparams.scale, scales, n * sizeof(*scales));
	if (zero_points)
		memcpy(qparams.zero_point, zero_points, n * sizeof(*zero_points));
	for (size_t c = 0; c < n; c++)
		qparams.float_max[c] = scales[c] * (double)range.max;
	qparams.quant_min = range.min;
	qparams.quant_max = range.max;
	qs_qparams_done(&node->qparams);
	node->qparams = qparams;
	node->is_fixed = true;
	return QS_OK;
}

/* Brings the scales up to the batches. */
static enum qs_status refresh(struct qs_node *node)
{
	struct qs_qparams qparams;
	enum qs_status status;

	if (!node->observer || node->is_fixed || (node->qparams.n && !node->is_stale))
		return QS_OK;
	status = qs_observer_result(node->observer, &qparams);
	if (status != QS_OK)
		return status;
	qs_qparams_done(&node->qparams);
	node->qparams = qparams;
	node->is_stale = false;
	return QS_OK;
}

static enum qs_status observe(struct qs_node *node, struct qs_layout layout, const float *in)
{
	enum qs_status status;

	if (!node->observer || node->is_fixed || node->state == QS_NODE_VALIDATION)
		return QS_OK;
	if (!node->spec.per_channel)
		layout = (struct qs_layout){1, 1, qs_layout_count(layout)};
	status = qs_observer_feed(node->observer, layout, in);
	node->is_stale |= status == QS_OK;
	return status;
}

static enum qs_status quantize(struct qs_node *node, struct qs_layout layout, const float *in,
    float *out, struct qs_counts *ret_counts)
{
	struct qs_quantization how;
	enum qs_status status = refresh(node);

	if (status == QS_OK)
		status = qs_quantizer_bind(
		    node->registry, &node->spec, &node->qparams, &node->subject, &how);
	return status == QS_OK ? qs_quantizer_fake(&how, layout, in, out, ret_counts) : status;
}

enum qs_status qs_node_run(struct qs_node *node, struct qs_layout layout, const float *in,
    float *out, struct qs_counts *ret_counts)
{
	const size_t n = qs_layout_count(layout);
	enum qs_status status = observe(node, layout, in);

	if (status != QS_OK)
		return status;
	if (node->state != QS_NODE_CALIBRATION)
		return quantize(node, layout, in, out, ret_counts);
	memcpy(out, in, n * sizeof(*out));
	*ret_counts = (struct qs_counts){.total = n};
	return QS_OK;
}

const struct qs_qparams *qs_node_qparams(struct qs_node *node)
{
	if (node->observer && !node->is_fixed && !qs_observer_n_batches(node->observer))
		return NULL;
	return refresh(node) == QS_OK && node->qparams.n ? &node->qparams : NULL;
}
