/* SPDX-License-Identifier: Apache-2.0 */
/* Quantizes some layers at a time. */
#include <stdlib.h>
#include <string.h>

#include "analysis/sensitivity.h"
#include "analysis/sensitivity_trials.h"
#include "base/finding.h"
#include "base/nearest.h"

/* What is on at one time, and what it is called: the first sites of the order, or all others. */
struct step {
	const char *name;
	size_t n_sites;
	bool all_but;
};

struct steps {
	const struct qs_job *job;
	struct qs_sensitive_rows rows;
	size_t *sites; /* of the rows, in order */
	size_t n_sites;
	struct step *items;
	size_t n;
	struct qs_arena arena;
};

/* ---- which layers ---------------------------------------------------------------------------- */

static bool is_meant(const struct qs_layer *layer, const char *word)
{
	return strcmp(layer->name, word) == 0 || strcmp(layer->type, word) == 0 ||
	       (layer->path[0] && strcmp(layer->path, word) == 0);
}

static void say_no_layer(
    const struct qs_layers *layers, const char *word, struct qs_findings *findings)
{
	struct qs_nearest nearest = qs_nearest_to(word, strlen(word));
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_NO_SUCH_LAYER,
	    qs_model_place(layers->graph->model, findings), "the model has no layer \"%s\"", word);

	for (size_t i = 0; i < layers->n_items; i++) {
		qs_nearest_offer(&nearest, layers->items[i].name);
		qs_nearest_offer(&nearest, layers->items[i].path);
		qs_nearest_offer(&nearest, layers->items[i].type);
	}
	if (nearest.best)
		qs_finding_hint(findings, finding, "did you mean \"%s\"?", nearest.best);
}

/* Adds the sites of the layers that a word means. */
static enum qs_status add_meant(
    struct steps *steps, const char *word, bool *is_taken, struct qs_findings *findings)
{
	const struct qs_layers *layers = steps->job->plan->layers;
	bool found = false;

	for (size_t i = 0; i < layers->n_items && !found; i++)
		found = is_meant(&layers->items[i], word);
	for (size_t i = 0; i < steps->rows.n; i++) {
		const struct qs_sensitive *row = &steps->rows.items[i];

		if (row->layer == QS_NONE ? strcmp(row->op_name, word) != 0
					  : !is_meant(&layers->items[row->layer], word))
			continue;
		found = true;
		for (size_t s = 0; s < row->n_sites && !is_taken[row->sites[s]]; s++) {
			is_taken[row->sites[s]] = true;
			steps->sites[steps->n_sites++] = row->sites[s];
		}
	}
	if (found)
		return QS_OK;
	say_no_layer(layers, word, findings);
	return QS_INVALID;
}

static void add_step(struct steps *steps, const char *name, bool all_but)
{
	steps->items[steps->n++] = (struct step){name, steps->n_sites, all_but};
}

static const char *name_given(
    struct steps *steps, bool except, const char *const *words, size_t n_words)
{
	struct qs_text text = QS_TEXT_INIT;
	const char *name;

	qs_text_adds(&text, except ? "all but" : "only");
	for (size_t i = 0; i < n_words; i++)
		qs_text_addf(&text, "%s%s", i ? ", " : " ", words[i]);
	name = text.failed ? NULL : qs_arena_strdup(&steps->arena, text.data);
	qs_text_done(&text);
	return name;
}

/* The given layers, or all others, and all for comparison. */
static enum qs_status list_given(struct steps *steps, bool except, const char *const *words,
    size_t n_words, struct qs_findings *findings)
{
	const char *name = name_given(steps, except, words, n_words);
	bool *is_taken = calloc(steps->job->plan->n_sites + 1, sizeof(*is_taken));
	enum qs_status status = name && is_taken ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < n_words && status != QS_NOMEM; i++) {
		const enum qs_status one = add_meant(steps, words[i], is_taken, findings);

		status = one == QS_OK ? status : one;
	}
	free(is_taken);
	if (status != QS_OK)
		return status;
	add_step(steps, name, except);
	steps->items[steps->n++] = (struct step){"all", 0, true};
	return QS_OK;
}

/* More and more layers, in the order of the model or against it. */
static void list_cumulative(struct steps *steps, bool from_output)
{
	const struct qs_sensitive_rows *rows = &steps->rows;

	for (size_t i = 0; i < rows->n; i++) {
		const struct qs_sensitive *row = &rows->items[from_output ? rows->n - 1 - i : i];
		const size_t next = from_output ? rows->n - 2 - i : i + 1;

		for (size_t s = 0; s < row->n_sites; s++)
			steps->sites[steps->n_sites++] = row->sites[s];
		if (i + 1 < rows->n && row->layer != QS_NONE &&
		    rows->items[next].layer == row->layer)
			continue;
		add_step(steps, row->op_name, false);
	}
}

static enum qs_status list_steps(struct steps *steps, enum qs_steps_kind kind,
    const char *const *words, size_t n_words, struct qs_findings *findings)
{
	enum qs_status status =
	    qs_sensitive_rows_init(&steps->rows, steps->job->plan, steps->job->registry);

	if (status != QS_OK)
		return status;
	steps->sites = calloc(steps->job->plan->n_sites + 1, sizeof(*steps->sites));
	steps->items = calloc(steps->rows.n + 2, sizeof(*steps->items));
	if (!steps->sites || !steps->items)
		return QS_NOMEM;
	if (kind == QS_STEPS_ONLY || kind == QS_STEPS_EXCEPT)
		return list_given(steps, kind == QS_STEPS_EXCEPT, words, n_words, findings);
	list_cumulative(steps, kind == QS_STEPS_FROM_OUTPUT);
	return QS_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

enum column {
	QUANTIZED,
	TENSORS,
	FIRST_METRIC,
	N_COLUMNS = FIRST_METRIC + QS_METRIC__COUNT
};

static const struct qs_column columns[N_COLUMNS] = {
    [QUANTIZED] = {"quantized", "quantized", QS_COLUMN_TEXT, true, "what is quantized"},
    [TENSORS] = {"tensors", "tensors", QS_COLUMN_COUNT, true, "how many tensors that are"},
#define METRIC(id, word, better, what_it_is)                                                       \
	[FIRST_METRIC + QS_METRIC_##id] = {#word, #word, QS_COLUMN_NUMBER, true, what_it_is},
#include "qstrata/metrics.def"
};

struct writing {
	const struct steps *steps;
	const struct qs_trials *trials;
};

static struct qs_cell make_cell(const void *context, size_t row, size_t column)
{
	const struct writing *writing = context;
	const struct step *step = &writing->steps->items[row];
	const size_t n_all = writing->trials->plan->n_sites;

	if (column == QUANTIZED)
		return (struct qs_cell){.text = step->name};
	if (column == TENSORS)
		return (struct qs_cell){
		    .count = step->all_but ? n_all - step->n_sites : step->n_sites};
	return (struct qs_cell){
	    .number = qs_trial_value(writing->trials, &writing->trials->items[row],
		(enum qs_metric)(column - FIRST_METRIC))};
}

static enum qs_status write_steps(const struct steps *steps, const struct qs_trials *trials,
    enum qs_table_format format, struct qs_text *text)
{
	const struct writing writing = {steps, trials};
	const struct qs_table table = {
	    columns, N_COLUMNS, NULL, 0, steps->n, NULL, make_cell, &writing};
	struct json_object *document;

	if (format == QS_TABLE_CSV)
		return qs_table_write_csv(&table, text);
	if (format == QS_TABLE_TEXT)
		return qs_table_write_text(&table, text);
	document = json_object_new_object();
	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "batches", json_object_new_uint64(trials->feed.dataset.n_batches));
	qs_json_put(document, "steps", qs_table_json(&table));
	return qs_json_write(document, text);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool pause_trials(void *context, size_t n_done, size_t n_all)
{
	const struct qs_calibrate_options *options = context;

	return !options->progress || options->progress(options->context, n_done, n_all);
}

static enum qs_status measure(const struct steps *steps, const struct qs_calibrate_options *options,
    struct qs_trials *trials, struct qs_findings *findings)
{
	enum qs_status status =
	    qs_trials_open(trials, steps->job, options, steps->n, 0.0, findings);

	for (size_t i = 0; i < steps->n && status == QS_OK; i++) {
		const struct step *step = &steps->items[i];

		trials->items[i].sites = steps->sites;
		trials->items[i].n_sites = step->n_sites;
		trials->items[i].all_but = step->all_but;
	}
	return status == QS_OK ? qs_trials_run(trials, pause_trials, (void *)options, findings)
	                       : status;
}

enum qs_status qs_steps_write(const struct qs_job *job, const struct qs_calibrate_options *options,
    enum qs_steps_kind kind, const char *const *layers, size_t n_layers,
    enum qs_table_format format, struct qs_findings *findings, struct qs_text *text)
{
	struct steps steps = {.job = job};
	struct qs_trials trials = {.plan = NULL};
	enum qs_status status = list_steps(&steps, kind, layers, n_layers, findings);

	if (status == QS_OK)
		status = measure(&steps, options, &trials, findings);
	if (status == QS_OK)
		status = write_steps(&steps, &trials, format, text);
	qs_trials_done(&trials);
	qs_sensitive_rows_done(&steps.rows);
	free(steps.sites);
	free(steps.items);
	qs_arena_done(&steps.arena);
	return status;
}
