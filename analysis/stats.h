/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of a model's tensors from the inside: gathered here, written elsewhere. */
#ifndef ANALYSIS_STATS_H
#define ANALYSIS_STATS_H

#include "analysis/plain.h"
#include "analysis/rows.h"
#include "analysis/seen.h"
#include "analysis/watch.h"
#include "qstrata/analysis.h"

struct qs_stats {
	const struct qs_job *job; /* NULL: the float model alone */
	char *model_path;
	struct qs_registry *registry; /* of the float model alone */
	struct qs_plain plain;        /* the float model */
	struct qs_watch watch;        /* the quantized one */
	struct qs_rows rows;          /* of the plan that is told of */
	bool per_channel;
	size_t n_batches;
	struct qs_seen *floats;    /* by value of the float model */
	struct qs_seen *quantized; /* by value of the plan */
	struct qs_seen *at_site;   /* by site of the plan */
	int *channel_axis;         /* by value of the plan */
	size_t *of_plan;           /* by value of the plan: that of the float model, or QS_NONE */
	int *float_axis;           /* by value of the float model */
	struct qs_findings *findings;
};

/* What was seen of a row's tensor in float and quantized; NULL when it was not. */
const struct qs_seen *qs_stats_float(const struct qs_stats *stats, const struct qs_row *row);
const struct qs_seen *qs_stats_quantized(const struct qs_stats *stats, const struct qs_row *row);

/* The site of a row, or NULL. */
const struct qs_site *qs_stats_site(const struct qs_stats *stats, const struct qs_row *row);

#endif
