/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tensors of a model in the order that people look at them: what enters the graph, then of each
 * layer what it reads, its weights, its bias and what it gives.
 */
#ifndef ANALYSIS_ROWS_H
#define ANALYSIS_ROWS_H

#include "engine/plan.h"

/* What a tensor is to a layer. */
enum qs_attr {
	QS_ATTR_INPUT,
	QS_ATTR_WEIGHT,
	QS_ATTR_BIAS,
	QS_ATTR_OUTPUT
};

/* "input", "weight", "bias" or "output". */
const char *qs_attr_word(enum qs_attr attr);

struct qs_row {
	const struct qs_layer *layer; /* NULL: of the graph */
	enum qs_attr attr;
	const char *tensor;
	size_t value; /* in the graph */
	size_t site;  /* of the tensor as it stands here, or QS_NONE */
	bool is_own;  /* the row is where the site was placed; else it is told in another row */
};

struct qs_rows {
	struct qs_row *items;
	size_t n;
};

/* Lists the tensors of a plan's model; to be ended in any case. May return QS_NOMEM. */
enum qs_status qs_rows_init(struct qs_rows *rows, const struct qs_plan *plan);
void qs_rows_done(struct qs_rows *rows);

/* The type of a row's layer as people say it, "Linear" or else "Softmax"; "graph" without layer. */
const char *qs_row_type(const struct qs_row *row);
/* The name of a row's layer; that of the tensor for one of the graph. */
const char *qs_row_layer(const struct qs_row *row);

/* The number format of a site as a word, "int8", "uint4", "bfloat16"; "float32" for none. */
#define QS_DTYPE_WORD 32
void qs_row_dtype(const struct qs_site *site, char word[QS_DTYPE_WORD]);
/* The largest scale of a site; NaN when there is none. */
double qs_row_scale(const struct qs_site *site);

#endif
