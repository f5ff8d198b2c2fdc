/* SPDX-License-Identifier: Apache-2.0 */
/* Sensitivities for people and programs. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/sensitivity.h"
#include "analysis/sensitivity_table.h"
#include "base/json_document.h"

const char *qs_metric_word(size_t index)
{
	return index < QS_METRIC__COUNT ? qs_metric_info((enum qs_metric)index)->name : NULL;
}

void qs_metric_write(enum qs_metric metric, double value, struct qs_text *text)
{
	if (isnan(value))
		qs_text_adds(text, "nan");
	else if (metric == QS_METRIC_COSINE)
		qs_text_addf(text, "%.8f", value);
	else
		qs_text_addf(text, "%.6g", value);
}

/* Multiply-accumulates and their share, as in 3072000(18.18%); nothing is 0(0%). */
static void add_flops(
    const struct qs_sensitivity *sensitivity, const struct qs_sensitive *row, struct qs_text *text)
{
	const double share =
	    100.0 * (double)row->macs.n / (double)(sensitivity->rows.macs ? sensitivity->rows.macs : 1);

	if (!row->macs.known)
		qs_text_adds(text, "unknown");
	else if (!row->macs.n)
		qs_text_adds(text, "0(0%)");
	else
		qs_text_addf(text, "%" PRIu64 "(%.2f%%)", row->macs.n, share);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void add_row(struct qs_table *table, const struct qs_sensitivity *sensitivity, size_t index,
    enum qs_metric metric)
{
	const struct qs_sensitive *row = &sensitivity->rows.items[index];
	struct qs_text text = QS_TEXT_INIT;

	qs_table_add(table, "%s", row->op_name);
	qs_table_add(table, "%s", row->type);
	qs_table_add(table, "%s", row->op_type);
	qs_metric_write(metric, qs_sensitivity_value(sensitivity, index, metric), &text);
	qs_table_add(table, "%s", text.data);
	qs_table_add(table, "%s", row->dtype);
	qs_text_clear(&text);
	add_flops(sensitivity, row, &text);
	qs_table_add(table, "%s", text.data);
	table->nomem = table->nomem || text.failed;
	qs_text_done(&text);
}

static void add_cost(const struct qs_sensitivity *sensitivity, size_t n_shown, struct qs_text *text)
{
	const struct qs_sensitivity_cost *cost = &sensitivity->cost;

	qs_text_addf(text, "\n%zu of %zu rows, %zu layers, %zu batch%s", n_shown, cost->n_rows,
	    cost->n_layers, cost->n_batches, cost->n_batches == 1 ? "" : "es");
	if (cost->n_full_rows < cost->n_rows)
		qs_text_addf(text, " (all of them for the %zu most sensitive rows)",
		    cost->n_full_rows);
	if (cost->runs > 0.0)
		qs_text_addf(text, "; computed as much as %.1f runs of the model, %.2f a layer\n",
		    cost->runs, cost->runs / (double)cost->n_layers);
	else
		qs_text_adds(text, "; everything was in the cache\n");
}

static enum qs_status write_table(const struct qs_sensitivity *sensitivity, const size_t *order,
    size_t n, enum qs_metric metric, enum qs_table_format format, struct qs_text *text)
{
	const struct qs_table_column columns[] = {{"op_name", false}, {"sensitive_type", false},
	    {"op_type", false}, {qs_metric_info(metric)->name, true}, {"quant_dtype", false},
	    {"flops", true}};
	struct qs_table table = QS_TABLE_INIT(columns, sizeof(columns) / sizeof(*columns));
	enum qs_status status;

	for (size_t i = 0; i < n; i++)
		add_row(&table, sensitivity, order[i], metric);
	status = format == QS_TABLE_CSV ? qs_table_write_csv(&table, text)
	                                : qs_table_write_text(&table, text);
	qs_table_done(&table);
	if (format == QS_TABLE_TEXT)
		add_cost(sensitivity, n, text);
	return status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json_object *number_json(double value)
{
	return isfinite(value) ? qs_json_number(value) : NULL;
}

static struct json_object *row_json(
    const struct qs_sensitivity *sensitivity, size_t index, enum qs_metric metric)
{
	const struct qs_sensitive *row = &sensitivity->rows.items[index];
	struct json_object *object = json_object_new_object();
	struct json_object *metrics = json_object_new_object();
	struct qs_text flops = QS_TEXT_INIT;

	add_flops(sensitivity, row, &flops);
	qs_json_put(object, "op_name", qs_json_text(row->op_name));
	qs_json_put(object, "sensitive_type", json_object_new_string(row->type));
	qs_json_put(object, "op_type", qs_json_text(row->op_type));
	qs_json_put(object, qs_metric_info(metric)->name,
	    number_json(qs_sensitivity_value(sensitivity, index, metric)));
	qs_json_put(object, "quant_dtype", json_object_new_string(row->dtype));
	qs_json_put(object, "flops", qs_json_end_text(&flops));
	qs_json_put(object, "macs", row->macs.known ? json_object_new_uint64(row->macs.n) : NULL);
	for (int m = 0; m < QS_METRIC__COUNT; m++)
		qs_json_put(metrics, qs_metric_info((enum qs_metric)m)->name,
		    number_json(qs_sensitivity_value(sensitivity, index, (enum qs_metric)m)));
	qs_json_put(object, "data_share", qs_json_number(sensitivity->shares[index]));
	qs_json_put(object, "metrics", metrics);
	return object;
}

static enum qs_status write_json(const struct qs_sensitivity *sensitivity, const size_t *order,
    size_t n, enum qs_metric metric, struct qs_text *text)
{
	const struct qs_sensitivity_cost *cost = &sensitivity->cost;
	struct json_object *document = json_object_new_object();
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(rows, row_json(sensitivity, order[i], metric));
	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "metric", json_object_new_string(qs_metric_info(metric)->name));
	qs_json_put(document, "layers", json_object_new_uint64(cost->n_layers));
	qs_json_put(document, "batches", json_object_new_uint64(cost->n_batches));
	qs_json_put(document, "runs", qs_json_number(cost->runs));
	qs_json_put(document, "rows_in_all", json_object_new_uint64(cost->n_rows));
	qs_json_put(document, "rows", rows);
	return qs_json_write(document, text);
}

enum qs_status qs_sensitivity_write(const struct qs_sensitivity *sensitivity, const char *metric,
    size_t top, enum qs_table_format format, struct qs_text *text)
{
	const enum qs_metric which = qs_metric_of(metric);
	const size_t n = top && top < sensitivity->rows.n ? top : sensitivity->rows.n;
	size_t *order;
	enum qs_status status;

	if (which == QS_METRIC__COUNT)
		return QS_BUG;
	order = qs_sensitivity_order(sensitivity, which);
	if (!order)
		return QS_NOMEM;
	status = format == QS_TABLE_JSON ? write_json(sensitivity, order, n, which, text)
	                                 : write_table(sensitivity, order, n, which, format, text);
	free(order);
	return status;
}
