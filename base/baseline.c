/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines: a set of entries by file, code and identity. */
#include "qstrata/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding_list.h"
#include "base/json_document.h"
#include "base/map.h"
#include "qstrata/form.h"

struct qs_baseline {
	struct qs_form *form;
	struct qs_arena arena;
	struct qs_baseline_entry *entries;
	size_t n_entries, capacity;
	struct qs_map map;     /* of "FILE\nCODE\nIDENTITY" to indices */
	struct qs_map by_file; /* of files to the first of their entries */
	size_t *next;          /* of each entry: the next one of its file, or QS_MAP_NONE */
};

static const char format_name[] = "qstrata-baseline";

enum {
	ENTRY_FILE,
	ENTRY_CODE,
	ENTRY_IDENTITY,
	ENTRY__COUNT
};

static const struct qs_form_key entry_keys[ENTRY__COUNT] = {
    {"file", QS_FORM_TEXT, true, NULL, 0},
    {"code", QS_FORM_TEXT, true, NULL, 0},
    {"identity", QS_FORM_TEXT, true, NULL, 0},
};

enum {
	KEY_FORMAT,
	KEY_VERSION,
	KEY_FINDINGS,
	KEY__COUNT
};

static const struct qs_form_key keys[KEY__COUNT] = {
    {"format", QS_FORM_TEXT, true, NULL, 0},
    {"version", QS_FORM_COUNT, true, NULL, 0},
    {"findings", QS_FORM_GROUPS, true, entry_keys, ENTRY__COUNT},
};

struct qs_baseline *qs_baseline_new(void)
{
	return calloc(1, sizeof(struct qs_baseline));
}

void qs_baseline_free(struct qs_baseline *baseline)
{
	if (!baseline)
		return;
	qs_form_free(baseline->form);
	qs_map_done(&baseline->map);
	qs_map_done(&baseline->by_file);
	qs_arena_done(&baseline->arena);
	free(baseline->entries);
	free(baseline->next);
	free(baseline);
}

const struct qs_baseline_entry *qs_baseline_list(const struct qs_baseline *baseline, size_t *ret_n)
{
	*ret_n = baseline->n_entries;
	return baseline->entries;
}

/* ---- entries --------------------------------------------------------------------------------- */

static bool make_room(struct qs_baseline *baseline)
{
	const size_t capacity = baseline->capacity ? baseline->capacity * 2 : 64;
	struct qs_baseline_entry *entries;
	size_t *next;

	if (baseline->n_entries < baseline->capacity)
		return true;
	entries = realloc(baseline->entries, capacity * sizeof(*entries));
	if (!entries)
		return false;
	baseline->entries = entries;
	next = realloc(baseline->next, capacity * sizeof(*next));
	if (!next)
		return false;
	baseline->next = next;
	baseline->capacity = capacity;
	return true;
}

/* The key of an entry in the map. NULL: memory ran out. */
static const char *key_of(struct qs_baseline *baseline, const struct qs_baseline_entry *entry)
{
	return qs_arena_printf(
	    &baseline->arena, "%s\n%s\n%s", entry->file, entry->code, entry->identity);
}

/* Adds an entry whose texts outlive the baseline; one that is there already is enough. */
static bool add_entry(struct qs_baseline *baseline, const struct qs_baseline_entry *entry)
{
	const char *key = key_of(baseline, entry);
	const size_t index = baseline->n_entries;
	size_t first;

	if (!key || !make_room(baseline))
		return false;
	if (qs_map_get(&baseline->map, key) != QS_MAP_NONE)
		return true;
	first = qs_map_get(&baseline->by_file, entry->file);
	if (!qs_map_set(&baseline->map, key, index) ||
	    !qs_map_set(&baseline->by_file, entry->file, index))
		return false;
	baseline->entries[index] = *entry;
	baseline->next[index] = first;
	baseline->n_entries++;
	return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Checks what the document says of itself. */
static bool is_known(const struct qs_form_value *value, struct qs_findings *findings)
{
	static const char *const names[] = {format_name};

	if (value->key == KEY_FORMAT && strcmp(value->text, format_name) != 0)
		qs_form_refuse(findings, value, names, 1,
		    "format cannot be \"%s\"; expected \"%s\"", value->text, format_name);
	else if (value->key == KEY_VERSION && strcmp(value->text, "1") != 0)
		qs_form_refuse(
		    findings, value, NULL, 0, "version cannot be %s; expected 1", value->text);
	else
		return true;
	return false;
}

static enum qs_status take_values(struct qs_baseline *baseline, struct qs_findings *findings)
{
	struct qs_baseline_entry entry = {0};
	enum qs_status status = QS_OK;
	size_t n;
	const struct qs_form_value *values = qs_form_values(baseline->form, &n);

	for (size_t i = 0; i < n; i++) {
		const char **const parts[] = {&entry.file, &entry.code, &entry.identity};

		if (values[i].key != KEY_FINDINGS) {
			if (!is_known(&values[i], findings))
				status = QS_INVALID;
			continue;
		}
		if (i == 0 || values[i - 1].group != values[i].group)
			entry = (struct qs_baseline_entry){.place = values[i].place};
		*parts[values[i].member] = values[i].text;
		if (entry.file && entry.code && entry.identity && !add_entry(baseline, &entry))
			return QS_NOMEM;
	}
	return status;
}

enum qs_status qs_baseline_read(
    const struct qs_source *source, struct qs_findings *findings, struct qs_baseline **ret_baseline)
{
	struct qs_baseline *baseline = qs_baseline_new();
	enum qs_status status;

	if (!baseline)
		return QS_NOMEM;
	status = qs_form_read(source, "a baseline", keys, KEY__COUNT, findings, &baseline->form);
	if (status == QS_OK)
		status = take_values(baseline, findings);
	if (status == QS_OK)
		*ret_baseline = baseline;
	else
		qs_baseline_free(baseline);
	return status;
}

/* ---- applying -------------------------------------------------------------------------------- */

static const struct qs_suppression known = {"baseline", "it is in the baseline"};

/* Whether text could not be read as it was meant: then other findings may only be hidden. */
static bool is_cut_short(const struct qs_findings *findings)
{
	for (size_t i = 0; i < findings->n_items; i++) {
		const char *code = findings->items[i]->code;

		if (strncmp(code, "QS0", 3) == 0 || strncmp(code, "QS1", 3) == 0)
			return true;
	}
	return false;
}

/* Entries of a file count as looked at when their codes are on in this run. */
static void look_at(
    struct qs_baseline *baseline, const char *file, const struct qs_findings *findings)
{
	size_t i = qs_map_get(&baseline->by_file, file);

	if (is_cut_short(findings))
		return;
	for (; i != QS_MAP_NONE; i = baseline->next[i]) {
		enum qs_severity severity;

		if (!baseline->entries[i].aside &&
		    qs_judge(findings->judgements, baseline->entries[i].code, &severity))
			baseline->entries[i].checked = true;
	}
}

/* Adds the entry of a finding. False: memory ran out. */
static bool keep_entry(struct qs_baseline *baseline, const struct qs_baseline_entry *about)
{
	struct qs_arena *arena = &baseline->arena;
	const struct qs_baseline_entry kept = {.file = qs_arena_strdup(arena, about->file),
	    .code = qs_arena_strdup(arena, about->code),
	    .identity = qs_arena_strdup(arena, about->identity)};

	return kept.file && kept.code && kept.identity && add_entry(baseline, &kept);
}

/* Suppresses a finding that is in the baseline, or comes into it. False: memory ran out. */
static bool apply_to(struct qs_baseline *baseline, const char *file, bool add,
    struct qs_findings *findings, struct qs_finding *finding)
{
	const struct qs_baseline_entry about = {
	    .file = file, .code = finding->code, .identity = qs_finding_about(finding)};
	const char *key = key_of(baseline, &about);
	size_t index = key ? qs_map_get(&baseline->map, key) : QS_MAP_NONE;

	if (!key)
		return false;
	if (index == QS_MAP_NONE && add) {
		index = baseline->n_entries;
		if (!keep_entry(baseline, &about))
			return false;
	}
	if (index == QS_MAP_NONE)
		return true;
	baseline->entries[index].used = true;
	qs_finding_suppress(findings, finding, &known);
	return true;
}

enum qs_status qs_baseline_apply(
    struct qs_baseline *baseline, const char *file, bool add, struct qs_findings *findings)
{
	look_at(baseline, file, findings);
	for (size_t i = 0; i < findings->n_items; i++) {
		struct qs_finding *finding = findings->items[i];

		if (!finding->suppressed && !apply_to(baseline, file, add, findings, finding))
			return QS_NOMEM;
	}
	return QS_OK;
}

void qs_baseline_set_aside(struct qs_baseline *baseline, const char *prefix)
{
	for (size_t i = 0; i < baseline->n_entries; i++) {
		if (strncmp(baseline->entries[i].code, prefix, strlen(prefix)) == 0)
			baseline->entries[i].aside = true;
	}
}

static bool is_gone(const struct qs_baseline_entry *entry)
{
	return entry->checked && !entry->used;
}

void qs_baseline_report_unused(const struct qs_baseline *baseline, struct qs_findings *findings)
{
	for (size_t i = 0; i < baseline->n_entries; i++) {
		const struct qs_baseline_entry *entry = &baseline->entries[i];
		struct qs_finding *finding;

		if (!is_gone(entry))
			continue;
		finding = qs_finding_add(findings, QS_FINDING_UNUSED_SUPPRESSION, entry->place,
		    "\"%s\" has no finding %s any more at \"%s\"", entry->file, entry->code,
		    entry->identity);
		qs_finding_hint(findings, finding, "--prune-baseline drops the entry");
	}
}

size_t qs_baseline_prune(struct qs_baseline *baseline)
{
	size_t n = 0, n_dropped = 0;

	/* Nothing is looked up any more: the maps go. */
	qs_map_done(&baseline->map);
	qs_map_done(&baseline->by_file);
	for (size_t i = 0; i < baseline->n_entries; i++) {
		if (is_gone(&baseline->entries[i]))
			n_dropped++;
		else
			baseline->entries[n++] = baseline->entries[i];
	}
	baseline->n_entries = n;
	return n_dropped;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b)
{
	const struct qs_baseline_entry *x = a, *y = b;
	const int file = strcmp(x->file, y->file);
	const int code = file ? file : strcmp(x->code, y->code);

	return code ? code : strcmp(x->identity, y->identity);
}

static struct json_object *entry_json(const struct qs_baseline_entry *entry)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, entry_keys[ENTRY_FILE].key, qs_json_text(entry->file));
	qs_json_put(object, entry_keys[ENTRY_CODE].key, qs_json_text(entry->code));
	qs_json_put(object, entry_keys[ENTRY_IDENTITY].key, qs_json_text(entry->identity));
	return object;
}

enum qs_status qs_baseline_write(struct qs_baseline *baseline, struct qs_text *text)
{
	struct json_object *document = json_object_new_object(), *list = json_object_new_array();

	if (baseline->n_entries)
		qsort(baseline->entries, baseline->n_entries, sizeof(*baseline->entries),
		    compare_entries);
	for (size_t i = 0; i < baseline->n_entries; i++)
		json_object_array_add(list, entry_json(&baseline->entries[i]));
	qs_json_put(document, keys[KEY_FORMAT].key, json_object_new_string(format_name));
	qs_json_put(document, keys[KEY_VERSION].key, json_object_new_int(1));
	qs_json_put(document, keys[KEY_FINDINGS].key, list);
	return qs_json_write(document, text);
}
