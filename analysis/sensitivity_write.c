/* SPDX-License-Identifier: Apache-2.0 */
/* Sensitivities for people and programs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sensitivity.h"

/* ---- rows ------------------------------------------------------------------------------------ */

enum column {
	OP_NAME,
	SENSITIVE_TYPE,
	OP_TYPE,
	FIRST_METRIC,
	QUANT_DTYPE = FIRST_METRIC + QS_METRIC__COUNT,
	FLOPS,
	MACS,
	DATA_SHARE,
	TOGETHER,
	N_COLUMNS
};

static const struct qs_column columns[N_COLUMNS] = {
    [OP_NAME] = {"op_name", "op_name", QS_COLUMN_TEXT, true, "layer, or tensor of the model"},
    [SENSITIVE_TYPE] = {"sensitive_type", "sensitive_type", QS_COLUMN_TEXT, true,
	"weight, activation, input or bias"},
    [OP_TYPE] = {"op_type", "op_type", QS_COLUMN_TEXT, true, "type of the layer"},
#define METRIC(id, word, better, what_it_is)                                                       \
	[FIRST_METRIC + QS_METRIC_##id] = {#word, #word, QS_COLUMN_NUMBER, false, what_it_is},
#include "qstrata/metrics.def"
    [QUANT_DTYPE] = {"quant_dtype", "quant_dtype", QS_COLUMN_TEXT, true, "number format"},
    [FLOPS] = {"flops", "flops", QS_COLUMN_TEXT, true,
	"multiply-accumulates of the layer and their share"},
    [MACS] = {"macs", "macs", QS_COLUMN_COUNT, false, "multiply-accumulates of the layer"},
    [DATA_SHARE] = {"data_share", "data_share", QS_COLUMN_NUMBER, false,
	"part of the data that it was measured on"},
    [TOGETHER] = {"together", "together", QS_COLUMN_COUNT, false,
	"neighbouring rows that were quantized at the same time, this one among them"},
};

/* What the cells of a table need. */
struct writing {
	const struct qs_sensitivity *sensitivity;
	struct qs_text *flops; /* by row */
};

/* Multiply-accumulates and their share, as in 3072000(18.18%); nothing is 0(0%). */
static void add_flops(
    const struct qs_sensitivity *sensitivity, const struct qs_sensitive *row, struct qs_text *text)
{
	const double share = 100.0 * (double)row->macs.n /
	                     (double)(sensitivity->rows.macs ? sensitivity->rows.macs : 1);

	if (!row->macs.known)
		qs_text_adds(text, "unknown");
	else if (!row->macs.n)
		qs_text_adds(text, "0(0%)");
	else
		qs_text_addf(text, "%" PRIu64 "(%.2f%%)", row->macs.n, share);
}

static struct qs_cell make_cell(const void *context, size_t index, size_t column)
{
	const struct writing *writing = context;
	const struct qs_sensitive *row = &writing->sensitivity->rows.items[index];

	switch (column) {
	case OP_NAME:
		return (struct qs_cell){.text = row->op_name};
	case SENSITIVE_TYPE:
		return (struct qs_cell){.text = row->type};
	case OP_TYPE:
		return (struct qs_cell){.text = row->op_type};
	case QUANT_DTYPE:
		return (struct qs_cell){.text = row->dtype};
	case FLOPS:
		return (struct qs_cell){.text = writing->flops[index].data};
	case MACS:
		return (struct qs_cell){.is_empty = !row->macs.known, .count = row->macs.n};
	case TOGETHER:
		return (struct qs_cell){.count = writing->sensitivity->together[index]};
	case DATA_SHARE:
		return (struct qs_cell){.number = writing->sensitivity->shares[index]};
	default:
		return (struct qs_cell){.number = qs_sensitivity_value(writing->sensitivity, index,
					    (enum qs_metric)(column - FIRST_METRIC))};
	}
}

/* ---- documents ------------------------------------------------------------------------------- */

static void add_cost(const struct qs_sensitivity *sensitivity, size_t n_shown, struct qs_text *text)
{
	const struct qs_sensitivity_cost *cost = &sensitivity->cost;

	qs_text_addf(text, "\n%zu of %zu rows, %zu layers, %zu batch%s", n_shown, cost->n_rows,
	    cost->n_layers, cost->n_batches, cost->n_batches == 1 ? "" : "es");
	if (cost->n_full_rows < cost->n_rows)
		qs_text_addf(
		    text, " (all of them for the %zu most sensitive rows)", cost->n_full_rows);
	if (cost->n_lone_rows < cost->n_rows)
		qs_text_addf(text, " (%zu of them on their own, the others with neighbours)",
		    cost->n_lone_rows);
	if (cost->runs > 0.0)
		qs_text_addf(text, "; computed as much as %.1f runs of the model, %.2f a layer\n",
		    cost->runs, cost->runs / (double)cost->n_layers);
	else
		qs_text_adds(text, "; everything was in the cache\n");
}

static struct json_object *document_json(
    const struct qs_sensitivity *sensitivity, const struct qs_table *table, enum qs_metric metric)
{
	const struct qs_sensitivity_cost *cost = &sensitivity->cost;
	struct json_object *document = json_object_new_object();

	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "metric", json_object_new_string(qs_metric_info(metric)->name));
	qs_json_put(document, "layers", json_object_new_uint64(cost->n_layers));
	qs_json_put(document, "batches", json_object_new_uint64(cost->n_batches));
	qs_json_put(document, "runs", qs_json_number(cost->runs));
	qs_json_put(document, "rows_in_all", json_object_new_uint64(cost->n_rows));
	qs_json_put(document, "rows", qs_table_json(table));
	return document;
}

static enum qs_status write_table(const struct qs_sensitivity *sensitivity,
    const struct qs_table *table, enum qs_metric metric, enum qs_table_format format,
    struct qs_text *text)
{
	enum qs_status status;

	if (format == QS_TABLE_JSON)
		return qs_json_write(document_json(sensitivity, table, metric), text);
	if (format == QS_TABLE_CSV)
		return qs_table_write_csv(table, text);
	status = qs_table_write_text(table, text);
	add_cost(sensitivity, table->n_rows, text);
	return status == QS_OK ? qs_text_status(text) : status;
}

enum qs_status qs_sensitivity_write(const struct qs_sensitivity *sensitivity, enum qs_metric metric,
    size_t top, enum qs_table_format format, struct qs_text *text)
{
	const size_t n = sensitivity->rows.n;
	const size_t chosen[] = {OP_NAME, SENSITIVE_TYPE, OP_TYPE, FIRST_METRIC + (size_t)metric,
	    QUANT_DTYPE, FLOPS, TOGETHER};
	const bool alone = sensitivity->cost.n_lone_rows == n;
	size_t *order = qs_sensitivity_order(sensitivity, metric);
	struct writing writing = {sensitivity, calloc(n + 1, sizeof(struct qs_text))};
	const struct qs_table table = {columns, N_COLUMNS, chosen,
	    sizeof(chosen) / sizeof(*chosen) - alone, top && top < n ? top : n, order, make_cell,
	    &writing};
	enum qs_status status = order && writing.flops ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < n && status == QS_OK; i++) {
		writing.flops[i] = (struct qs_text)QS_TEXT_INIT;
		add_flops(sensitivity, &sensitivity->rows.items[i], &writing.flops[i]);
		status = qs_text_status(&writing.flops[i]);
	}
	if (status == QS_OK)
		status = write_table(sensitivity, &table, metric, format, text);
	for (size_t i = 0; i < n && writing.flops; i++)
		qs_text_done(&writing.flops[i]);
	free(writing.flops);
	free(order);
	return status;
}
