/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the winning entry of every layer.
 *
 * Names, paths and types of the layers are sorted once, so that an entry finds its layers by
 * bisection; for patterns see selection_patterns.c. Entries are taken from the weakest selector to
 * the strongest, each in file order, and the last to take a layer wins it.
 */
#include "policy/selection.h"

#include <stdlib.h>
#include <string.h>

#include "policy/pattern.h"
#include "policy/selection_run.h"

/* Layers by one of their texts. */
struct index {
	const char *text;
	size_t layer;
};

struct sorted {
	struct index *items;
	size_t n_items;
};

struct selector_run {
	struct qs_selector_run common;
	struct sorted names, paths, types, op_types;
};

void qs_selector_path(struct qs_json_string name, struct qs_text *ret_path)
{
	uint32_t open = 0;
	bool inside = false;

	for (uint32_t i = 0; i < name.size; i++) {
		if (name.bytes[i] == '[') {
			open = i + 1;
			inside = true;
		} else if (name.bytes[i] == ']' && inside) {
			qs_text_adds(ret_path, ret_path->size ? "." : "");
			qs_text_add(ret_path, name.bytes + open, i - open);
			inside = false;
		}
	}
	if (ret_path->size == 0)
		qs_text_add(ret_path, name.bytes, name.size);
}

static int compare_index(const void *a, const void *b)
{
	const struct index *x = a, *y = b;
	const int order = strcmp(x->text, y->text);

	return order ? order : x->layer < y->layer ? -1 : x->layer > y->layer;
}

/* Sorts the layers by the text at an offset of struct qs_layer. */
static bool sort_by_field(
    const struct qs_selection *selection, size_t offset, struct sorted *ret_sorted)
{
	ret_sorted->items = malloc((selection->n_layers + 1) * sizeof(*ret_sorted->items));
	if (!ret_sorted->items)
		return false;
	for (size_t i = 0; i < selection->n_layers; i++) {
		const char *const *text =
		    (const char *const *)((const char *)&selection->layers[i] + offset);

		ret_sorted->items[i] = (struct index){*text, i};
	}
	ret_sorted->n_items = selection->n_layers;
	qsort(ret_sorted->items, ret_sorted->n_items, sizeof(struct index), compare_index);
	return true;
}

/* Sorts the layers by the names of all their nodes. */
static bool sort_by_name(const struct qs_selection *selection, struct sorted *ret_sorted)
{
	size_t n = 0;

	for (size_t i = 0; i < selection->n_layers; i++)
		n += selection->layers[i].n_nodes;
	ret_sorted->items = malloc((n + 1) * sizeof(*ret_sorted->items));
	if (!ret_sorted->items)
		return false;
	for (size_t i = 0; i < selection->n_layers; i++) {
		for (size_t j = 0; j < selection->layers[i].n_nodes; j++)
			ret_sorted->items[ret_sorted->n_items++] =
			    (struct index){selection->layers[i].names[j], i};
	}
	qsort(ret_sorted->items, n, sizeof(struct index), compare_index);
	return true;
}

/* The first of the sorted layers that is not below a text. */
static size_t lower_bound(const struct index *index, size_t n, const char *text)
{
	size_t low = 0;

	while (n > 0) {
		const size_t half = n / 2;

		if (strcmp(index[low + half].text, text) < 0) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

void qs_selector_take(struct qs_selector_run *run, const struct qs_entry *entry, size_t layer)
{
	const struct qs_entry **winner = &run->selection->winners[layer];

	if (*winner == entry)
		return; /* by another of its names */
	run->losers[layer] = *winner;
	if (*winner)
		run->lost[*winner - run->selection->policy->entries] = layer;
	*winner = entry;
	run->n_taken[entry - run->selection->policy->entries]++;
}

struct qs_finding *qs_selector_say(struct qs_selector_run *run, const struct qs_entry *entry,
    enum qs_finding_id id, const char *format, ...)
{
	const struct qs_json *value = entry->selector.value;
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	finding = qs_policy_tell(run->findings, id,
	    qs_policy_value_place(run->selection->policy, value), value, format, arguments);
	va_end(arguments);
	run->n_errors += qs_finding_kind(id)->severity == QS_SEVERITY_ERROR;
	return finding;
}

static size_t take_equal(struct selector_run *run, const struct qs_entry *entry,
    const struct sorted *sorted, const char *text)
{
	size_t taken = 0;

	if (!text[0])
		return 0;
	for (size_t i = lower_bound(sorted->items, sorted->n_items, text);
	     i < sorted->n_items && strcmp(sorted->items[i].text, text) == 0; i++) {
		qs_selector_take(&run->common, entry, sorted->items[i].layer);
		taken++;
	}
	return taken;
}

static void take_by_name(struct selector_run *run, const struct qs_entry *entry, const char *text)
{
	struct qs_text path = QS_TEXT_INIT;

	if (take_equal(run, entry, &run->names, text) == 0) {
		qs_selector_path(entry->selector.text, &path);
		take_equal(run, entry, &run->paths, path.data);
	}
	qs_findings_end_text(run->common.findings, &path);
}

static void take_by_type(struct selector_run *run, const struct qs_entry *entry, const char *text)
{
	if (take_equal(run, entry, &run->types, text) ||
	    !take_equal(run, entry, &run->op_types, text))
		return;
	qs_selector_say(&run->common, entry, QS_FINDING_ONNX_TYPE,
	    "\"%s\" is an ONNX operator; vai_q_pytorch knows layers by their PyTorch types", text);
}

static void take(struct selector_run *run, const struct qs_entry *entry)
{
	const struct qs_selector *selector = &entry->selector;
	struct qs_text text = QS_TEXT_INIT;

	qs_text_add(&text, selector->text.bytes, selector->text.size);
	if (text.failed)
		run->common.status = QS_NOMEM;
	else if (strlen(text.data) != text.size)
		; /* a NUL is in no name */
	else if (selector->kind == QS_SELECT_TYPE)
		take_by_type(run, entry, text.data);
	else
		take_by_name(run, entry, text.data);
	qs_text_done(&text);
}

static void take_all(struct selector_run *run, enum qs_selector_kind kind)
{
	const struct qs_policy *policy = run->common.selection->policy;

	for (size_t i = 0; i < policy->n_entries && run->common.status == QS_OK; i++) {
		if (policy->entries[i].selector.kind == kind && !policy->entries[i].later)
			take(run, &policy->entries[i]);
	}
}

static void run_selectors(struct selector_run *run)
{
	take_all(run, QS_SELECT_TYPE);
	if (run->common.status == QS_OK)
		qs_selector_run_patterns(&run->common);
	take_all(run, QS_SELECT_NAME);
	if (run->common.status == QS_OK)
		qs_selector_report(&run->common);
	if (run->common.status == QS_OK)
		qs_selector_judge(&run->common);
}

/* False when memory ran out; end_run() is due all the same. */
static bool start_run(struct selector_run *run)
{
	const struct qs_selection *selection = run->common.selection;

	run->common.n_taken =
	    calloc(selection->policy->n_entries + 1, sizeof(*run->common.n_taken));
	run->common.lost = calloc(selection->policy->n_entries + 1, sizeof(*run->common.lost));
	run->common.losers = calloc(selection->n_layers + 1, sizeof(*run->common.losers));
	return run->common.n_taken && run->common.lost && run->common.losers &&
	       sort_by_name(selection, &run->names) &&
	       sort_by_field(selection, offsetof(struct qs_layer, path), &run->paths) &&
	       sort_by_field(selection, offsetof(struct qs_layer, type), &run->types) &&
	       sort_by_field(selection, offsetof(struct qs_layer, op_type), &run->op_types);
}

static void end_run(struct selector_run *run)
{
	free(run->names.items);
	free(run->paths.items);
	free(run->types.items);
	free(run->op_types.items);
	free(run->common.n_taken);
	free(run->common.lost);
	free(run->common.losers);
}

enum qs_status qs_policy_select(const struct qs_policy *policy, const struct qs_layer *layers,
    size_t n_layers, bool allow_unmatched, struct qs_findings *findings,
    struct qs_selection **ret_selection)
{
	struct qs_selection *selection = calloc(1, sizeof(*selection));
	struct selector_run run = {
	    .common = {
		.selection = selection, .findings = findings, .allow_unmatched = allow_unmatched}};

	if (!selection)
		return QS_NOMEM;
	*selection = (struct qs_selection){
	    policy, layers, n_layers, calloc(n_layers + 1, sizeof(*selection->winners))};
	if (!selection->winners || !start_run(&run))
		run.common.status = QS_NOMEM;
	else
		run_selectors(&run);
	end_run(&run);
	if (qs_findings_status(findings) != QS_OK)
		run.common.status = QS_NOMEM;
	if (run.common.status != QS_OK) {
		qs_selection_free(selection);
		return run.common.status;
	}
	*ret_selection = selection;
	return run.common.n_errors ? QS_INVALID : QS_OK;
}

void qs_selection_free(struct qs_selection *selection)
{
	if (!selection)
		return;
	free(selection->winners);
	free(selection);
}

const struct qs_settings *qs_selection_settings(
    const struct qs_selection *selection, size_t layer, enum qs_tensor tensor)
{
	const struct qs_entry *winner = selection->winners[layer];

	if (winner && (winner->tensors >> tensor & 1))
		return &winner->settings[tensor];
	return &selection->policy->model[tensor];
}

bool qs_selection_is_chosen(const struct qs_selection *selection, size_t layer)
{
	return selection->winners[layer];
}

struct qs_spec qs_selection_spec(
    const struct qs_selection *selection, size_t layer, enum qs_tensor tensor)
{
	return qs_settings_spec(qs_selection_settings(selection, layer, tensor));
}

static enum qs_status name_takes(
    struct qs_json_string name, const struct qs_layer *layer, bool *ret_takes)
{
	struct qs_text path = QS_TEXT_INIT;
	enum qs_status status;

	qs_selector_path(name, &path);
	status = qs_text_status(&path);
	*ret_takes = path.size && strcmp(path.data, layer->path) == 0;
	for (size_t i = 0; i < layer->n_nodes && !*ret_takes; i++)
		*ret_takes = qs_json_string_is(name, layer->names[i]);
	qs_text_done(&path);
	return status;
}

static enum qs_status pattern_takes(
    struct qs_json_string text, const struct qs_layer *layer, bool *ret_takes)
{
	struct qs_pattern *pattern;
	char message[160];
	size_t offset;

	if (qs_pattern_new(text.bytes, text.size, &pattern, message, &offset) != QS_OK)
		return QS_NOMEM; /* it was compiled once, when the config was read */
	*ret_takes = false;
	if (qs_pattern_match(pattern, layer->name, ret_takes) == QS_OK && !*ret_takes)
		(void)qs_pattern_match(pattern, layer->path, ret_takes);
	qs_pattern_free(pattern);
	return QS_OK;
}

enum qs_status qs_selector_takes(
    const struct qs_selector *selector, const struct qs_layer *layer, bool *ret_takes)
{
	if (selector->kind == QS_SELECT_NAME)
		return name_takes(selector->text, layer, ret_takes);
	if (selector->kind == QS_SELECT_PATTERN)
		return pattern_takes(selector->text, layer, ret_takes);
	*ret_takes = qs_json_string_is(selector->text, layer->type) ||
	             qs_json_string_is(selector->text, layer->op_type);
	return QS_OK;
}
