/* SPDX-License-Identifier: Apache-2.0 */
/* Writes entries into a config, in the formatting that it has. */
#include <stdlib.h>
#include <string.h>

#include "analysis/suggest.h"
#include "base/json_document.h"
#include "policy/policy.h"

/* ---- formatting ------------------------------------------------------------------------------ */

/* How a text is laid out. */
struct layout {
	const char *line; /* what ends a line; "" when all is on one */
	char unit[16];    /* one step of indentation */
};

/* The blanks before a place, when nothing else stands before it on its line. */
static size_t indentation_at(const char *text, size_t at)
{
	size_t n = 0;

	while (n < at && (text[at - n - 1] == ' ' || text[at - n - 1] == '\t'))
		n++;
	return at == n || text[at - n - 1] == '\n' ? n : 0;
}

static struct layout find_layout(const char *text, const struct qs_json *root)
{
	const struct qs_json *first = root->children.first;
	struct layout layout = {"\n", "  "};
	size_t n;

	if (!memchr(text + root->begin, '\n', root->end - root->begin)) {
		layout.line = first ? "" : "\n";
		layout.unit[0] = first ? '\0' : ' ';
		return layout;
	}
	if (strstr(text, "\r\n"))
		layout.line = "\r\n";
	n = first ? indentation_at(text, first->key_begin) : 0;
	if (n && n < sizeof(layout.unit)) {
		memcpy(layout.unit, text + first->key_begin - n, n);
		layout.unit[n] = '\0';
	}
	return layout;
}

static void add_line(struct qs_text *text, const struct layout *layout, size_t depth)
{
	qs_text_adds(text, layout->line[0] ? layout->line : " ");
	for (size_t i = 0; i < depth; i++)
		qs_text_adds(text, layout->unit);
}

/* A string of JSON, or null. */
static void add_string(struct qs_text *text, const char *string)
{
	struct json_object *object = qs_json_text(string);
	const char *json = !string  ? "null"
	                   : object ? json_object_to_json_string_ext(object,
					  JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
	                            : NULL;

	if (json)
		qs_text_adds(text, json);
	else
		text->failed = true;
	json_object_put(object);
}

/* ---- an entry -------------------------------------------------------------------------------- */

/* The kind whose parameters are those of the whole entry. */
static enum qs_tensor main_kind(unsigned kinds)
{
	int kind = QS_TENSOR_ACTIVATION;

	while (kind > 0 && !(kinds >> kind & 1))
		kind--;
	return (enum qs_tensor)kind;
}

static void add_value(struct qs_text *text, const struct qs_settings *settings, enum qs_param param)
{
	if (param == QS_PARAM_BIT_WIDTH)
		qs_text_adds(text, "16");
	else
		qs_setting_write(settings->param[param], param, text);
}

/* Whether a parameter is written: a format is only where it is not the usual one. */
static bool is_written(const struct qs_settings *settings, enum qs_param param)
{
	if (param == QS_PARAM_DATATYPE)
		return false;
	return param != QS_PARAM_PERCENTAGE ||
	       qs_settings_show(settings, param, QS_TENSOR_ACTIVATION);
}

static void add_overall(struct qs_text *text, const struct layout *layout,
    const struct qs_settings *settings, enum qs_promotion promotion)
{
	bool first = true;

	qs_text_adds(text, "\"overall_quantize_config\": {");
	if (promotion == QS_PROMOTION_FLOAT16) {
		qs_text_adds(text, "\"datatype\": \"float16\"}");
		return;
	}
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (!is_written(settings, (enum qs_param)p))
			continue;
		qs_text_adds(text, first ? "" : ",");
		add_line(text, layout, 4);
		qs_text_addf(text, "\"%s\": ", qs_param_info((enum qs_param)p)->key);
		add_value(text, settings, (enum qs_param)p);
		first = false;
	}
	add_line(text, layout, 3);
	qs_text_adds(text, "}");
}

/* What a kind has otherwise than the whole entry. */
static size_t add_difference(struct qs_text *text, const struct qs_settings *settings,
    const struct qs_settings *overall, enum qs_tensor kind)
{
	size_t n = 0;

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (p == QS_PARAM_BIT_WIDTH || !is_written(settings, (enum qs_param)p) ||
		    !qs_param_applies((enum qs_param)p, kind) ||
		    qs_param_same(
			(enum qs_param)p, settings->param[p]->value, overall->param[p]->value))
			continue;
		qs_text_addf(
		    text, "%s\"%s\": ", n++ ? ", " : "", qs_param_info((enum qs_param)p)->key);
		add_value(text, settings, (enum qs_param)p);
	}
	return n;
}

static void add_tensors(struct qs_text *text, const struct layout *layout,
    const struct qs_policy *policy, unsigned kinds)
{
	const enum qs_tensor main = main_kind(kinds);
	size_t n = 0;

	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		struct qs_text block = QS_TEXT_INIT;

		if (kind != (int)main && kinds >> kind & 1 &&
		    add_difference(
			&block, &policy->model[kind], &policy->model[main], (enum qs_tensor)kind)) {
			if (n++ == 0) {
				qs_text_adds(text, ",");
				add_line(text, layout, 3);
				qs_text_adds(text, "\"tensor_quantize_config\": {");
			} else {
				qs_text_adds(text, ",");
			}
			add_line(text, layout, 4);
			qs_text_addf(
			    text, "\"%s\": {%s}", qs_tensor_word((enum qs_tensor)kind), block.data);
		}
		text->failed = text->failed || block.failed;
		qs_text_done(&block);
	}
	if (!n)
		return;
	add_line(text, layout, 3);
	qs_text_adds(text, "}");
}

static void add_entry(struct qs_text *text, const struct layout *layout,
    const struct qs_suggestion *suggestion, const struct qs_suggested *entry,
    enum qs_promotion promotion)
{
	const struct qs_candidate_layer *unit = &suggestion->units[entry->unit];
	const struct qs_policy *policy = suggestion->policy;
	size_t n = 0;

	qs_text_adds(text, "{");
	add_line(text, layout, 3);
	qs_text_adds(text, "\"layer_type\": ");
	add_string(text, entry->is_type ? unit->type : NULL);
	qs_text_adds(text, ",");
	add_line(text, layout, 3);
	qs_text_adds(text, "\"layer_name\": ");
	add_string(text, entry->is_type ? NULL : unit->name);
	qs_text_adds(text, ",");
	add_line(text, layout, 3);
	qs_text_adds(text, "\"quantizable_data_type\": [");
	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		if (entry->kinds >> kind & 1)
			qs_text_addf(text, "%s\"%s\"", n++ ? ", " : "",
			    qs_tensor_word((enum qs_tensor)kind));
	}
	qs_text_adds(text, "],");
	add_line(text, layout, 3);
	add_overall(text, layout, &policy->model[main_kind(entry->kinds)], promotion);
	if (promotion == QS_PROMOTION_INT16)
		add_tensors(text, layout, policy, entry->kinds);
	add_line(text, layout, 2);
	qs_text_adds(text, "}");
}

/* ---- the config ------------------------------------------------------------------------------ */

static const struct qs_json *find_list(const struct qs_json *root)
{
	for (const struct qs_json *member = root->children.first; member; member = member->next) {
		if (!member->hidden && qs_json_string_is(member->key, "layer_quantize_config"))
			return member;
	}
	return NULL;
}

static const struct qs_json *last_child(const struct qs_json *container)
{
	const struct qs_json *child = container->children.first;

	while (child && child->next)
		child = child->next;
	return child;
}

/* Where the entries go, and what stands around them. */
struct gap {
	size_t begin, end; /* of what is replaced */
	const char *key;   /* of a list that is not there yet; or NULL */
	bool has_list, follows;
};

static struct gap find_gap(const struct qs_json *root)
{
	const struct qs_json *list = find_list(root);
	const struct qs_json *last = list && list->type == QS_JSON_ARRAY ? last_child(list) : NULL;

	if (last)
		return (struct gap){last->end, last->end, NULL, true, true};
	if (list)
		return (struct gap){list->begin, list->end, NULL, false, false};
	last = last_child(root);
	return last ? (struct gap){last->end, last->end, "layer_quantize_config", false, true}
	            : (struct gap){
			  root->begin + 1, root->begin + 1, "layer_quantize_config", false, false};
}

static void add_entries(struct qs_text *text, const struct layout *layout, const struct gap *gap,
    const struct qs_suggestion *suggestion, const struct qs_candidate *candidate,
    const struct qs_suggested *entries, size_t n)
{
	if (gap->key) {
		qs_text_adds(text, gap->follows ? "," : "");
		add_line(text, layout, 1);
		qs_text_addf(text, "\"%s\": ", gap->key);
	}
	qs_text_adds(text, gap->has_list ? "" : "[");
	for (size_t i = 0; i < n; i++) {
		qs_text_adds(text, i || gap->has_list ? "," : "");
		add_line(text, layout, 2);
		add_entry(text, layout, suggestion, &entries[i], candidate->promotion);
	}
	if (gap->has_list)
		return;
	add_line(text, layout, 1);
	qs_text_adds(text, "]");
	if (gap->key && !gap->follows)
		qs_text_adds(text, layout->line);
}

enum qs_status qs_suggest_text(const struct qs_suggestion *suggestion,
    const struct qs_candidate *candidate, struct qs_text *text, size_t *ret_n_entries)
{
	const struct qs_json *root = suggestion->policy->document.root;
	size_t size;
	const char *old = qs_source_text(suggestion->source, &size);
	const struct layout layout = find_layout(old, root);
	const struct gap gap = find_gap(root);
	struct qs_suggested *entries = calloc(suggestion->n_units + 1, sizeof(*entries));
	const size_t n =
	    entries ? qs_suggest_entries(suggestion, candidate, entries) : QS_SUGGEST_NONE;

	if (n == QS_SUGGEST_NONE) {
		free(entries);
		return QS_NOMEM;
	}
	qs_text_add(text, old, n ? gap.begin : size);
	if (n) {
		add_entries(text, &layout, &gap, suggestion, candidate, entries, n);
		qs_text_add(text, old + gap.end, size - gap.end);
	}
	free(entries);
	*ret_n_entries = n;
	return qs_text_status(text);
}
