/* SPDX-License-Identifier: Apache-2.0 */
/* Sensitivities from the inside. */
#ifndef ANALYSIS_SENSITIVITY_H
#define ANALYSIS_SENSITIVITY_H

#include "analysis/metric.h"
#include "analysis/sensitivity_rows.h"
#include "base/table.h"
#include "qstrata/sensitivity.h"

struct qs_sensitivity {
	struct qs_sensitive_rows rows;
	double *values;       /* by row and metric */
	double *shares;       /* by row: of the data that it was measured on, 1 for all */
	size_t *together;     /* by row: how many were measured as one, 1 for it alone */
	struct qs_macs *macs; /* by layer, for one sample */
	struct qs_sensitivity_cost cost;
};

/* What a metric says about a row. */
double qs_sensitivity_value(
    const struct qs_sensitivity *sensitivity, size_t row, enum qs_metric metric);

/* The rows, the most sensitive first; malloc'ed, NULL when memory ran out. */
size_t *qs_sensitivity_order(const struct qs_sensitivity *sensitivity, enum qs_metric metric);

#endif
