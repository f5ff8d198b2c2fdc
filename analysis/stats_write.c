/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics as tables for people, and for programs. */
#include <math.h>
#include <stdlib.h>

#include "analysis/stats.h"
#include "base/table.h"
#include "engine/job.h"

enum column {
#define COLUMN(id, name, title, kind, who, about) COLUMN_##id,
#include "analysis/stats_columns.def"
	N_COLUMNS
};

/* Who sees a column in the text. */
enum who {
	ALL,
	QUANTIZED,
	NOT_FINITE,
	NOBODY
};

static const enum who whose[] = {
#define COLUMN(id, name, title, kind, who, about) who,
#include "analysis/stats_columns.def"
};

static const struct qs_column columns[] = {
#define COLUMN(id, name, title, kind, who, about)                                                  \
	{#name, title, QS_COLUMN_##kind, (who) == ALL, about},
#include "analysis/stats_columns.def"
};

/* ---- cells ----------------------------------------------------------------------------------- */

/* What a row shows, and room for a word. */
struct writing {
	const struct qs_stats *stats;
	char dtype[QS_DTYPE_WORD];
};

/* A number about the moments of a tensor; empty without finite values. */
static struct qs_cell cell_of_moments(const struct qs_moments *moments, enum column column)
{
	struct qs_cell cell = {.is_empty = !moments || !moments->n};

	if (cell.is_empty)
		return cell;
	switch (column) {
	case COLUMN_MIN:
		cell.number = (double)moments->least;
		break;
	case COLUMN_MAX:
		cell.number = (double)moments->most;
		break;
	case COLUMN_MEAN:
		cell.number = moments->mean;
		break;
	default:
		cell.number = qs_moments_variance(moments);
		break;
	}
	return cell;
}

static struct qs_cell text_cell(const char *text)
{
	return (struct qs_cell){.text = text};
}

static struct qs_cell count_cell(const struct qs_moments *moments, uint64_t count)
{
	return (struct qs_cell){.is_empty = !moments, .count = count};
}

/* What only a quantized tensor has. */
static struct qs_cell quantized_cell(
    struct writing *writing, const struct qs_row *row, enum column column)
{
	const struct qs_seen *seen = qs_stats_quantized(writing->stats, row);
	const struct qs_site *site = qs_stats_site(writing->stats, row);
	const struct qs_moments *moments = seen ? &seen->all : NULL;

	switch (column) {
	case COLUMN_Q_MIN:
		return cell_of_moments(moments, COLUMN_MIN);
	case COLUMN_Q_MAX:
		return cell_of_moments(moments, COLUMN_MAX);
	case COLUMN_Q_MEAN:
		return cell_of_moments(moments, COLUMN_MEAN);
	case COLUMN_Q_VAR:
		return cell_of_moments(moments, COLUMN_VAR);
	case COLUMN_DTYPE:
		qs_row_dtype(site, writing->dtype);
		return (struct qs_cell){.is_empty = !writing->stats->job, .text = writing->dtype};
	default:
		return (struct qs_cell){
		    .is_empty = !site || !site->qparams.n, .number = qs_row_scale(site)};
	}
}

static struct qs_cell shape_cell(const struct qs_seen *seen)
{
	return seen ? (struct qs_cell){.dims = seen->dims, .rank = seen->rank}
	            : (struct qs_cell){.is_empty = true};
}

static struct qs_cell cell(const void *context, size_t index, size_t column)
{
	/* The word that a cell points to is read before the next cell is asked for. */
	struct writing *writing = (struct writing *)context;
	const struct qs_stats *stats = writing->stats;
	const struct qs_row *row = &stats->rows.items[index];
	const struct qs_seen *seen = qs_stats_float(stats, row);
	const struct qs_moments *moments = seen ? &seen->all : NULL;

	switch ((enum column)column) {
	case COLUMN_TYPE:
		return text_cell(qs_row_type(row));
	case COLUMN_LAYER:
		return text_cell(qs_row_layer(row));
	case COLUMN_ATTR:
		return text_cell(qs_attr_word(row->attr));
	case COLUMN_TENSOR:
		return text_cell(row->tensor);
	case COLUMN_MIN:
	case COLUMN_MAX:
	case COLUMN_MEAN:
	case COLUMN_VAR:
		return cell_of_moments(moments, (enum column)column);
	case COLUMN_VALUES:
		return count_cell(
		    moments, moments ? moments->n + moments->nan + moments->infinite : 0);
	case COLUMN_NAN:
		return count_cell(moments, moments ? moments->nan : 0);
	case COLUMN_INFINITE:
		return count_cell(moments, moments ? moments->infinite : 0);
	case COLUMN_SHAPE:
		return shape_cell(seen ? seen : qs_stats_quantized(stats, row));
	default:
		return quantized_cell(writing, row, (enum column)column);
	}
}

/* ---- which rows in which order --------------------------------------------------------------- */

static bool is_finite(const struct qs_seen *seen)
{
	return !seen || (!seen->all.nan && !seen->all.infinite);
}

/* The rows of tensors that are not finite in one of the models; the list is to be freed. */
static size_t *find_not_finite(const struct qs_stats *stats, size_t *ret_n)
{
	size_t *list = malloc((stats->rows.n + 1) * sizeof(*list));

	*ret_n = 0;
	for (size_t i = 0; list && i < stats->rows.n; i++) {
		const struct qs_row *row = &stats->rows.items[i];

		if (!is_finite(qs_stats_float(stats, row)) ||
		    !is_finite(qs_stats_quantized(stats, row)))
			list[(*ret_n)++] = i;
	}
	return list;
}

/* A row and the largest absolute value of its tensor. */
struct ranged {
	double range;
	size_t row;
};

static int compare(const void *a, const void *b)
{
	const struct ranged *x = a, *y = b;

	if (x->range > y->range || x->range < y->range)
		return x->range > y->range ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static double range_of(const struct qs_seen *seen)
{
	return seen && seen->all.n
	           ? fmax(fabs((double)seen->all.least), fabs((double)seen->all.most))
	           : -1.0;
}

/* The rows by range, the widest first; to be freed. */
static size_t *sort_by_range(const struct qs_stats *stats)
{
	const size_t n = stats->rows.n;
	struct ranged *ranged = malloc((n + 1) * sizeof(*ranged));
	size_t *order = malloc((n + 1) * sizeof(*order));

	for (size_t i = 0; ranged && i < n; i++)
		ranged[i] =
		    (struct ranged){range_of(qs_stats_float(stats, &stats->rows.items[i])), i};
	if (ranged)
		qsort(ranged, n, sizeof(*ranged), compare);
	for (size_t i = 0; order && ranged && i < n; i++)
		order[i] = ranged[i].row;
	if (!ranged) {
		free(order);
		order = NULL;
	}
	free(ranged);
	return order;
}

/* ---- channels -------------------------------------------------------------------------------- */

/* One channel of a row's tensor. */
struct channel {
	size_t row, index;
};

struct channels {
	struct writing writing;
	struct channel *items;
	size_t n;
};

enum channel_column {
	CHANNEL_LAYER,
	CHANNEL_ATTR,
	CHANNEL_INDEX,
	CHANNEL_MIN,
	CHANNEL_MAX,
	CHANNEL_MEAN,
	CHANNEL_VAR,
	N_CHANNEL_COLUMNS
};

static const struct qs_column channel_columns[] = {
    {"layer", "layer", QS_COLUMN_TEXT, true, "as above"},
    {"attr", "attr", QS_COLUMN_TEXT, true, "as above"},
    {"channel", "channel", QS_COLUMN_COUNT, true, "from 0"},
    {"min", "min", QS_COLUMN_FIXED, true, "as above, of the channel"},
    {"max", "max", QS_COLUMN_FIXED, true, "as above, of the channel"},
    {"mean", "mean", QS_COLUMN_FIXED, true, "as above, of the channel"},
    {"var", "var", QS_COLUMN_FIXED, true, "as above, of the channel"},
};

static struct qs_cell channel_cell(const void *context, size_t index, size_t column)
{
	static const enum column moments[] = {[CHANNEL_MIN] = COLUMN_MIN,
	    [CHANNEL_MAX] = COLUMN_MAX,
	    [CHANNEL_MEAN] = COLUMN_MEAN,
	    [CHANNEL_VAR] = COLUMN_VAR};
	const struct channels *channels = context;
	const struct channel *channel = &channels->items[index];
	const struct qs_row *row = &channels->writing.stats->rows.items[channel->row];

	if (column == CHANNEL_INDEX)
		return (struct qs_cell){.count = channel->index};
	if (column < CHANNEL_INDEX)
		return text_cell(
		    column == CHANNEL_LAYER ? qs_row_layer(row) : qs_attr_word(row->attr));
	return cell_of_moments(
	    &qs_stats_float(channels->writing.stats, row)->channels[channel->index],
	    moments[column]);
}

/* Whether a row's channels are told with it: a tensor that another layer gives is told there. */
static size_t count_channels(const struct qs_stats *stats, const struct qs_row *row)
{
	const struct qs_seen *seen = qs_stats_float(stats, row);

	return seen ? seen->n_channels : 0;
}

static enum qs_status write_channels(const struct qs_stats *stats, struct qs_text *text)
{
	struct channels channels = {{stats, ""}, NULL, 0};
	struct qs_table table = {.columns = channel_columns,
	    .n_columns = N_CHANNEL_COLUMNS,
	    .cell = channel_cell,
	    .context = &channels};
	enum qs_status status;
	size_t n = 0;

	for (size_t i = 0; i < stats->rows.n; i++)
		n += count_channels(stats, &stats->rows.items[i]);
	channels.items = calloc(n + 1, sizeof(*channels.items));
	if (!channels.items)
		return QS_NOMEM;
	for (size_t i = 0; i < stats->rows.n; i++) {
		n = count_channels(stats, &stats->rows.items[i]);
		for (size_t c = 0; c < n; c++)
			channels.items[channels.n++] = (struct channel){i, c};
	}
	table.n_rows = channels.n;
	qs_text_adds(text, "\nchannels, in float:\n");
	status = qs_table_write_text(&table, text);
	free(channels.items);
	return status;
}

/* ---- for people ------------------------------------------------------------------------------ */

/* The columns that a table of the text has; returns how many. */
static size_t choose(const struct qs_stats *stats, enum who who, size_t *chosen)
{
	size_t n = 0;

	for (size_t i = 0; i < N_COLUMNS; i++) {
		if (whose[i] == ALL || whose[i] == who || (whose[i] == QUANTIZED && stats->job))
			chosen[n++] = i;
	}
	return n;
}

static void write_head(const struct qs_stats *stats, struct qs_text *text)
{
	qs_text_addf(text, "%s, %zu batch%s, %zu tensors", stats->model_path, stats->n_batches,
	    stats->n_batches == 1 ? "" : "es", stats->rows.n);
	if (stats->job)
		qs_text_addf(text, ", quantized by %s", qs_policy_name(stats->job->policy));
	qs_text_adds(text, "\n");
}

/* One table of the rows in an order, under a title. */
static enum qs_status write_rows(const struct qs_stats *stats, enum who who, const char *title,
    const size_t *order, size_t n, struct qs_text *text)
{
	struct writing writing = {stats, ""};
	size_t chosen[N_COLUMNS];
	const struct qs_table table = {.columns = columns,
	    .n_columns = N_COLUMNS,
	    .chosen = chosen,
	    .n_chosen = choose(stats, who, chosen),
	    .n_rows = n,
	    .order = order,
	    .cell = cell,
	    .context = &writing};

	qs_text_addf(text, "\n%s:\n", title);
	return qs_table_write_text(&table, text);
}

static enum qs_status write_text(const struct qs_stats *stats, struct qs_text *text)
{
	size_t n_bad, *bad = find_not_finite(stats, &n_bad), *by_range = sort_by_range(stats);
	enum qs_status status = bad && by_range ? QS_OK : QS_NOMEM;

	write_head(stats, text);
	if (status == QS_OK && n_bad)
		status =
		    write_rows(stats, NOT_FINITE, "tensors with NaN or infinity", bad, n_bad, text);
	if (status == QS_OK)
		status =
		    write_rows(stats, ALL, "in the order of the model", NULL, stats->rows.n, text);
	if (status == QS_OK)
		status = write_rows(
		    stats, ALL, "by range, the widest first", by_range, stats->rows.n, text);
	if (status == QS_OK && stats->per_channel)
		status = write_channels(stats, text);
	free(bad);
	free(by_range);
	return status;
}

/* ---- for programs ---------------------------------------------------------------------------- */

static struct json_object *channels_json(const struct qs_seen *seen)
{
	static const enum column told[] = {COLUMN_MIN, COLUMN_MAX, COLUMN_MEAN, COLUMN_VAR};
	struct json_object *list = json_object_new_array();

	for (size_t c = 0; seen && c < seen->n_channels; c++) {
		struct json_object *object = json_object_new_object();

		for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
			const struct qs_cell found = cell_of_moments(&seen->channels[c], told[i]);

			qs_json_put(object, columns[told[i]].name,
			    found.is_empty ? NULL : qs_table_number_json(found.number));
		}
		json_object_array_add(list, object);
	}
	return list;
}

static enum qs_status write_json(
    const struct qs_stats *stats, const struct qs_table *table, struct qs_text *text)
{
	bool first = true;

	qs_text_adds(text, "{\n");
	qs_json_write_member("format_version", json_object_new_string("1.0"), ",\n", text);
	qs_json_write_member("model", qs_json_text(stats->model_path), ",\n", text);
	qs_json_write_member("config",
	    stats->job ? qs_json_text(qs_policy_name(stats->job->policy)) : NULL, ",\n", text);
	qs_json_write_member(
	    "batches", json_object_new_uint64(stats->n_batches), ",\n  \"tensors\": [", text);
	for (size_t i = 0; i < table->n_rows; i++) {
		struct json_object *row = qs_table_row_json(table, i);

		if (stats->per_channel)
			qs_json_put(row, "channels",
			    channels_json(qs_stats_float(stats, &stats->rows.items[i])));
		qs_json_write_item(row, &first, text);
	}
	qs_text_adds(text, "\n  ]\n}\n");
	return qs_text_status(text);
}

enum qs_status qs_stats_write(
    const struct qs_stats *stats, enum qs_table_format format, struct qs_text *text)
{
	struct writing writing = {stats, ""};
	const struct qs_table table = {.columns = columns,
	    .n_columns = N_COLUMNS,
	    .n_rows = stats->rows.n,
	    .cell = cell,
	    .context = &writing};

	if (format == QS_TABLE_TEXT)
		return write_text(stats, text);
	return format == QS_TABLE_CSV ? qs_table_write_csv(&table, text)
	                              : write_json(stats, &table, text);
}
