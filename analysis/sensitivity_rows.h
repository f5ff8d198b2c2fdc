/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a model can be sensitive: the sites of a plan as rows that people know by layer.
 */
#ifndef ANALYSIS_SENSITIVITY_ROWS_H
#define ANALYSIS_SENSITIVITY_ROWS_H

#include "analysis/replay_macs.h"
#include "base/arena.h"
#include "engine/plan.h"
#include "qstrata/plugin.h"

/* A site, or the weights of a layer with its bias: both are its parameters, and corrections of the
 * bias belong to the weights. */
struct qs_sensitive {
	const char *op_name, *op_type;
	const char *type; /* "weight", "activation", "input" or "bias" */
	const char *dtype;
	enum qs_tensor kind;
	size_t layer;        /* whose tensor it is; QS_NONE: the model's */
	size_t format;       /* the layer whose config gives the format; QS_NONE: the model's */
	struct qs_macs macs; /* of the layer, for the samples of a run that the model fixes */
	size_t sites[2];
	size_t n_sites;
};

struct qs_sensitive_rows {
	struct qs_sensitive *items; /* in the order of the model */
	size_t n;
	uint64_t macs;  /* of all layers */
	uint64_t batch; /* samples of a run, where the model fixes them; or 1 */
	struct qs_arena arena;
};

/* The rows of a plan; what they say is copied. To be ended in any case; QS_NOMEM. */
enum qs_status qs_sensitive_rows_init(
    struct qs_sensitive_rows *rows, const struct qs_plan *plan, const struct qs_registry *registry);
/* Says what layers multiply for one sample. */
void qs_sensitive_rows_count(
    struct qs_sensitive_rows *rows, const struct qs_macs *macs, size_t n_layers);

void qs_sensitive_rows_done(struct qs_sensitive_rows *rows);

#endif
