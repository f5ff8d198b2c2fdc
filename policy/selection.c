/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the winning entry of every layer.
 *
 * Names, paths and types of the layers are sorted once, so that an entry finds its layers by
 * bisection; only patterns are tried on every layer. Entries are taken from the weakest selector to
 * the strongest, each in file order, and the last to take a layer wins it.
 */
#include "policy/selection.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "policy/pattern.h"

/* Near names are looked for only so often, since each look goes over all layers. */
#define SUGGESTION_LIMIT 20

#define NOT_KNOWN SIZE_MAX

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
	struct qs_selection *selection;
	struct qs_findings *findings;
	struct sorted names, paths, types, op_types;
	size_t *n_taken; /* by entry; NOT_KNOWN: a pattern gave up, which is said */
	size_t n_suggestions, n_errors;
	bool allow_unmatched;
	enum qs_status status;
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

static void take_layer(struct selector_run *run, const struct qs_entry *entry, size_t layer)
{
	run->selection->winners[layer] = entry;
	run->n_taken[entry - run->selection->policy->entries]++;
}

static size_t take_equal(struct selector_run *run, const struct qs_entry *entry,
    const struct sorted *sorted, const char *text)
{
	size_t taken = 0;

	if (!text[0])
		return 0;
	for (size_t i = lower_bound(sorted->items, sorted->n_items, text);
	     i < sorted->n_items && strcmp(sorted->items[i].text, text) == 0; i++) {
		take_layer(run, entry, sorted->items[i].layer);
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
	qs_findings_end_text(run->findings, &path);
}

/* Adds a finding about the selector of an entry. */
static struct qs_finding *say(struct selector_run *run, const struct qs_entry *entry,
    enum qs_finding_id id, const char *format, ...) QS_PRINTF(4, 5);

static struct qs_finding *say(struct selector_run *run, const struct qs_entry *entry,
    enum qs_finding_id id, const char *format, ...)
{
	const struct qs_json *value = entry->selector.value;
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	finding = qs_finding_add(run->findings, id,
	    qs_policy_value_place(run->selection->policy, value), "%s", text.data);
	qs_findings_end_text(run->findings, &text);
	qs_policy_point(run->findings, finding, value);
	run->n_errors += qs_finding_kind(id)->severity == QS_SEVERITY_ERROR;
	return finding;
}

static void take_by_type(struct selector_run *run, const struct qs_entry *entry, const char *text)
{
	if (take_equal(run, entry, &run->types, text) ||
	    !take_equal(run, entry, &run->op_types, text))
		return;
	say(run, entry, QS_FINDING_ONNX_TYPE,
	    "\"%s\" is an ONNX operator; vai_q_pytorch knows layers by their PyTorch types", text);
}

static void take_by_pattern(struct selector_run *run, const struct qs_entry *entry)
{
	const struct qs_selector *selector = &entry->selector;
	const struct qs_selection *selection = run->selection;
	struct qs_pattern *pattern;
	enum qs_status status = QS_OK;
	char message[160];
	size_t offset;

	if (qs_pattern_new(selector->text.bytes, selector->text.size, &pattern, message, &offset) !=
	    QS_OK) {
		run->status = QS_NOMEM; /* it was compiled once, when the config was read */
		return;
	}
	for (size_t i = 0; i < selection->n_layers && status == QS_OK; i++) {
		bool matches = false;

		status = qs_pattern_match(pattern, selection->layers[i].name, &matches);
		if (status == QS_OK && !matches && selection->layers[i].path[0])
			status = qs_pattern_match(pattern, selection->layers[i].path, &matches);
		if (matches)
			take_layer(run, entry, i);
	}
	if (status != QS_OK) {
		say(run, entry, QS_FINDING_PATTERN_LIMIT,
		    "the pattern takes too many steps on the name of a layer");
		run->n_taken[entry - selection->policy->entries] = NOT_KNOWN;
	}
	qs_pattern_free(pattern);
}

static void take(struct selector_run *run, const struct qs_entry *entry)
{
	const struct qs_selector *selector = &entry->selector;
	struct qs_text text = QS_TEXT_INIT;

	qs_text_add(&text, selector->text.bytes, selector->text.size);
	if (text.failed)
		run->status = QS_NOMEM;
	else if (strlen(text.data) != text.size)
		; /* a NUL is in no name */
	else if (selector->kind == QS_SELECT_TYPE)
		take_by_type(run, entry, text.data);
	else if (selector->kind == QS_SELECT_NAME)
		take_by_name(run, entry, text.data);
	else
		take_by_pattern(run, entry);
	qs_text_done(&text);
}

/* The layer text that is nearest to what a selector says. */
static const char *nearest_layer(struct selector_run *run, const struct qs_selector *selector)
{
	const struct qs_selection *selection = run->selection;
	struct qs_nearest nearest = qs_nearest_to(selector->text.bytes, selector->text.size);
	struct qs_text path = QS_TEXT_INIT;

	if (selector->kind == QS_SELECT_NAME) {
		qs_selector_path(selector->text, &path);
		nearest = qs_nearest_to(path.data, path.size);
	}
	for (size_t i = 0; i < selection->n_layers; i++) {
		const struct qs_layer *layer = &selection->layers[i];

		if (selector->kind == QS_SELECT_TYPE) {
			qs_nearest_offer(&nearest, layer->type);
			continue;
		}
		qs_nearest_offer(&nearest, layer->name);
		qs_nearest_offer(&nearest, layer->path);
	}
	qs_findings_end_text(run->findings, &path);
	return nearest.best;
}

/* Offers a name with the wildcards of a shell as the pattern that it stands for; false when it has
 * none. */
static bool offer_pattern(
    struct selector_run *run, struct qs_finding *finding, const struct qs_selector *selector)
{
	const struct qs_json_string name = selector->text;
	struct qs_text pattern = QS_TEXT_INIT;

	if (selector->kind != QS_SELECT_NAME ||
	    !(memchr(name.bytes, '*', name.size) || memchr(name.bytes, '?', name.size)))
		return false;
	for (uint32_t i = 0; i < name.size; i++) {
		if ((unsigned char)name.bytes[i] < ' ')
			return false; /* no name has these, and a fix would have to escape them */
	}
	qs_text_adds(&pattern, "\"re:");
	for (uint32_t i = 0; i < name.size; i++) {
		const char c = name.bytes[i];

		if (c == '*' || c == '?')
			qs_text_adds(&pattern, c == '*' ? ".*" : ".");
		else if (strchr(".^$|()[]{}+\\\"", c))
			qs_text_addf(&pattern, c == '\\' || c == '"' ? "\\\\\\%c" : "\\\\%c", c);
		else
			qs_text_add(&pattern, &c, 1);
	}
	qs_text_adds(&pattern, "\"");
	qs_finding_fix(run->findings, finding, false,
	    qs_policy_value_place(run->selection->policy, selector->value), pattern.data,
	    "a name is exact; a pattern is written %s", pattern.data);
	qs_findings_end_text(run->findings, &pattern);
	return true;
}

static void report_unmatched(struct selector_run *run, const struct qs_entry *entry)
{
	const struct qs_json *value = entry->selector.value;
	struct qs_finding *finding;
	const char *best = NULL;

	finding = say(run, entry,
	    run->allow_unmatched ? QS_FINDING_UNMATCHED_ENTRY_ALLOWED : QS_FINDING_UNMATCHED_ENTRY,
	    "%.*s \"%.*s\" selects no layer of the model", (int)value->key.size, value->key.bytes,
	    qs_json_shown(value->string, 160), value->string.bytes);
	if (offer_pattern(run, finding, &entry->selector))
		return;
	if (entry->selector.kind != QS_SELECT_PATTERN && run->n_suggestions++ < SUGGESTION_LIMIT)
		best = nearest_layer(run, &entry->selector);
	if (best && best[0])
		qs_finding_hint(run->findings, finding, "did you mean \"%s\"?", best);
	else
		qs_finding_hint(
		    run->findings, finding, "see the layers with: qstrata layers MODEL.onnx");
}

/* Says which entries took nothing, and which lost all that they took. */
static void report_losers(struct selector_run *run)
{
	const struct qs_selection *selection = run->selection;
	const struct qs_policy *policy = selection->policy;
	bool *wins = calloc(policy->n_entries + 1, sizeof(*wins));

	if (!wins) {
		run->status = QS_NOMEM;
		return;
	}
	for (size_t i = 0; i < selection->n_layers; i++) {
		if (selection->winners[i])
			wins[selection->winners[i] - policy->entries] = true;
	}
	for (size_t i = 0; i < policy->n_entries; i++) {
		const struct qs_entry *entry = &policy->entries[i];

		if (entry->later || wins[i] || run->n_taken[i] == NOT_KNOWN)
			continue;
		if (run->n_taken[i] == 0)
			report_unmatched(run, entry);
		else
			say(run, entry, QS_FINDING_HIDDEN_ENTRY,
			    "the entry has no effect: stronger entries take every layer that it "
			    "selects (%zu)",
			    run->n_taken[i]);
	}
	free(wins);
}

static void run_selectors(struct selector_run *run)
{
	const struct qs_policy *policy = run->selection->policy;

	for (int kind = QS_SELECT_TYPE; kind <= QS_SELECT_NAME; kind++) {
		for (size_t i = 0; i < policy->n_entries && run->status == QS_OK; i++) {
			const struct qs_entry *entry = &policy->entries[i];

			if ((int)entry->selector.kind == kind && !entry->later)
				take(run, entry);
		}
	}
	if (run->status == QS_OK)
		report_losers(run);
}

enum qs_status qs_policy_select(const struct qs_policy *policy, const struct qs_layer *layers,
    size_t n_layers, bool allow_unmatched, struct qs_findings *findings,
    struct qs_selection **ret_selection)
{
	struct qs_selection *selection = calloc(1, sizeof(*selection));
	struct selector_run run = {
	    .selection = selection, .findings = findings, .allow_unmatched = allow_unmatched};

	if (!selection)
		return QS_NOMEM;
	*selection = (struct qs_selection){
	    policy, layers, n_layers, calloc(n_layers + 1, sizeof(*selection->winners))};
	run.n_taken = calloc(policy->n_entries + 1, sizeof(*run.n_taken));
	if (selection->winners && run.n_taken && sort_by_name(selection, &run.names) &&
	    sort_by_field(selection, offsetof(struct qs_layer, path), &run.paths) &&
	    sort_by_field(selection, offsetof(struct qs_layer, type), &run.types) &&
	    sort_by_field(selection, offsetof(struct qs_layer, op_type), &run.op_types))
		run_selectors(&run);
	else
		run.status = QS_NOMEM;
	free(run.names.items);
	free(run.paths.items);
	free(run.types.items);
	free(run.op_types.items);
	free(run.n_taken);
	if (qs_findings_status(findings) != QS_OK)
		run.status = QS_NOMEM;
	if (run.status != QS_OK) {
		qs_selection_free(selection);
		return run.status;
	}
	*ret_selection = selection;
	return run.n_errors ? QS_INVALID : QS_OK;
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
