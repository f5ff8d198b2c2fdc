/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Observers: states as text, and what observers have to share to be merged.
 *
 * JSON Lines: {"format", "version", law...}; {"batch": 0, "fell_back": false, "channels": [[least,
 * most, scale, zero_point, threshold], ...]} for each batch; {"batches": 1}. The last line tells a
 * text that is cut off from one that is whole.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/json_lines.h"
#include "numbers/observer.h"
#include "numbers/registry.h"

#define FORMAT "qstrata-observer"
#define VERSION 1
#define NUMBERS 5

/* Numbers are kept where a double holds every integer. */
#define ZERO_POINT_LIMIT ((int64_t)1 << 53)

/* ---- the law --------------------------------------------------------------------------------- */

/* The word of a choice, also of a plug-in's. */
static struct json_object *choice_json(
    const struct qs_observer *observer, enum qs_param param, int value)
{
	return qs_json_text(qs_registry_word(observer->registry, param, value));
}

/* All that two observers have to share: the head of a state. */
static struct json_object *head_of(const struct qs_observer *observer)
{
	const struct qs_spec *spec = &observer->calibration.spec;
	const bool half_span = observer->calibration.scale_law == QS_SCALE_LAW_HALF_SPAN;
	struct json_object *head = json_object_new_object();

	qs_json_put(head, "format", json_object_new_string(FORMAT));
	qs_json_put(head, "version", json_object_new_int(VERSION));
#define PUT_BOOL(ID, value) json_object_new_boolean(value)
#define PUT_INT(ID, value) json_object_new_int(value)
#define PUT_REAL(ID, value) qs_json_number(value)
#define PUT_CHOICE(ID, value) choice_json(observer, QS_PARAM_##ID, value)
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, since, help)               \
	qs_json_put(head, key, PUT_##KIND(ID, spec->field));
#include "qstrata/params.def"
#undef PARAM
#undef PUT_BOOL
#undef PUT_INT
#undef PUT_REAL
#undef PUT_CHOICE
	qs_json_put(head, "scale_law", json_object_new_string(half_span ? "half-span" : "qmax"));
	qs_json_put(
	    head, "graph_input", json_object_new_boolean(observer->calibration.is_graph_input));
	qs_json_put(head, "averaging", qs_json_number(observer->averaging));
	qs_json_put(head, "channels", json_object_new_int64((int64_t)observer->record.channels));
	return head;
}

/* Compares as text, in which numbers are the same exactly when their bits are. */
static enum qs_status compare_heads(const struct qs_subject *subject, struct qs_place place,
    struct json_object *found, struct json_object *expected)
{
	json_object_object_foreach(expected, key, value)
	{
		struct json_object *other = json_object_object_get(found, key);
		struct qs_text text = QS_TEXT_INIT;
		bool same;

		qs_text_adds(&text, json_object_to_json_string(other));
		same = !text.failed && strcmp(text.data, json_object_to_json_string(value)) == 0;
		if (!same)
			qs_finding_add(subject->findings, QS_FINDING_STATE_MISMATCH, place,
			    "%s: the batches are of an observer with \"%s\" %.200s; expected %s",
			    subject->name, key, text.data, json_object_to_json_string(value));
		qs_findings_end_text(subject->findings, &text);
		if (!same)
			return QS_INVALID;
	}
	return QS_OK;
}

enum qs_status qs_observer_merge(struct qs_observer *observer, const struct qs_observer *other)
{
	const struct qs_subject *subject = &observer->calibration.subject;
	struct json_object *expected = head_of(observer), *found = head_of(other);
	enum qs_status status = QS_NOMEM;

	if (expected && found)
		status = compare_heads(subject, subject->place, found, expected);
	json_object_put(expected);
	json_object_put(found);
	return status == QS_OK ? qs_observer_adopt(observer, &other->record, subject->place)
	                       : status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static struct json_object *cell_json(const struct qs_cell *cell)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, qs_json_number((double)cell->least));
	json_object_array_add(list, qs_json_number((double)cell->most));
	json_object_array_add(list, qs_json_number(cell->verdict.scale));
	json_object_array_add(list, json_object_new_int64(cell->verdict.zero_point));
	json_object_array_add(list, qs_json_number(cell->verdict.float_max));
	return list;
}

static enum qs_status write_row(const struct qs_record *record, size_t r, struct qs_text *text)
{
	struct json_object *line = json_object_new_object();
	struct json_object *cells = json_object_new_array();

	for (size_t c = 0; c < record->channels; c++)
		json_object_array_add(cells, cell_json(&record->cells[r * record->channels + c]));
	qs_json_put(line, "batch", json_object_new_int64((int64_t)record->rows[r].number));
	qs_json_put(line, "fell_back", json_object_new_boolean(record->rows[r].fell_back));
	qs_json_put(line, "channels", cells);
	return qs_json_write_line(line, text);
}

enum qs_status qs_observer_write(const struct qs_observer *observer, struct qs_text *text)
{
	const struct qs_record *record = &observer->record;
	struct json_object *end = json_object_new_object();
	enum qs_status status = qs_json_write_line(head_of(observer), text);

	for (size_t r = 0; r < record->n_rows && status == QS_OK; r++)
		status = write_row(record, r, text);
	qs_json_put(end, "batches", json_object_new_int64((int64_t)record->n_rows));
	return status == QS_OK ? qs_json_write_line(end, text) : status;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A state on its way. */
struct reader {
	struct qs_observer *observer;
	struct qs_lines *lines;
	struct qs_record record;
};

static bool read_cell(struct json_object *list, struct qs_cell *cell)
{
	double least, most;

	if (!json_object_is_type(list, json_type_array) ||
	    json_object_array_length(list) != NUMBERS)
		return false;
	if (!qs_json_get_number(list, 0, (double)FLT_MAX, &least) ||
	    !qs_json_get_number(list, 1, (double)FLT_MAX, &most) ||
	    !qs_json_get_number(list, 2, DBL_MAX, &cell->verdict.scale) ||
	    !qs_json_get_integer(json_object_array_get_idx(list, 3), -ZERO_POINT_LIMIT,
		ZERO_POINT_LIMIT, &cell->verdict.zero_point) ||
	    !qs_json_get_number(list, 4, DBL_MAX, &cell->verdict.float_max))
		return false;
	cell->least = (float)least;
	cell->most = (float)most;
	return least <= most && cell->verdict.scale > 0.0;
}

static bool read_cells(struct json_object *list, size_t channels, struct qs_cell *cells)
{
	if (!json_object_is_type(list, json_type_array) ||
	    json_object_array_length(list) != channels)
		return false;
	for (size_t c = 0; c < channels; c++) {
		if (!read_cell(json_object_array_get_idx(list, c), &cells[c]))
			return false;
	}
	return true;
}

/* Batches come in the order of their numbers. */
static enum qs_status read_row(
    struct reader *reader, struct json_object *line, struct qs_cell *cells)
{
	struct qs_record *record = &reader->record;
	struct json_object *fell_back = json_object_object_get(line, "fell_back");
	const int64_t least =
	    record->n_rows ? (int64_t)record->rows[record->n_rows - 1].number + 1 : 0;
	struct qs_row row;
	int64_t number;

	if (!qs_json_get_integer(
		json_object_object_get(line, "batch"), least, INT64_MAX - 1, &number))
		return qs_lines_complain(
		    reader->lines, "\"batch\" must be a number above that of the line before");
	if (!json_object_is_type(fell_back, json_type_boolean) ||
	    (json_object_get_boolean(fell_back) && !qs_observer_may_fall_back(reader->observer)))
		return qs_lines_complain(reader->lines,
		    "\"fell_back\" must be a boolean, true only for unsigned symmetric channels");
	if (!read_cells(json_object_object_get(line, "channels"), record->channels, cells))
		return qs_lines_complain(reader->lines,
		    "\"channels\" must have five numbers for every channel: the ends, a positive "
		    "scale, the zero point and the threshold");
	if (!qs_record_has_room(record, 1))
		return qs_lines_complain(
		    reader->lines, "the state has more batches than an observer keeps");
	row = (struct qs_row){(uint64_t)number, json_object_get_boolean(fell_back)};
	return qs_record_merge(record, &(struct qs_record){record->channels, 1, 1, &row, cells});
}

/* The lines behind the head, up to the one that says how many there were. */
static enum qs_status read_rows(struct reader *reader, struct qs_cell *cells)
{
	struct json_object *line = NULL, *batches = NULL;
	enum qs_status status = qs_lines_next(reader->lines, &line);
	int64_t n;

	while (status == QS_OK) {
		batches = json_object_object_get(line, "batches");
		if (batches)
			break;
		status = read_row(reader, line, cells);
		json_object_put(line);
		line = NULL;
		if (status == QS_OK)
			status = qs_lines_next(reader->lines, &line);
	}
	if (status == QS_OK &&
	    (!qs_json_get_integer(batches, 0, INT64_MAX, &n) || (size_t)n != reader->record.n_rows))
		status = qs_lines_complain(
		    reader->lines, "\"batches\" is not the number of batches before it");
	json_object_put(line);
	return status;
}

static enum qs_status read_head(struct reader *reader)
{
	const struct qs_subject *subject = &reader->observer->calibration.subject;
	struct json_object *expected, *head = NULL, *format;
	enum qs_status status = qs_lines_next(reader->lines, &head);
	int64_t version;

	if (status != QS_OK)
		return status;
	format = json_object_object_get(head, "format");
	if (!json_object_is_type(format, json_type_string) ||
	    strcmp(json_object_get_string(format), FORMAT) != 0)
		status = qs_lines_complain(reader->lines,
		    "the file is no state of an observer: its \"format\" is not \"" FORMAT "\"");
	else if (!qs_json_get_integer(
		     json_object_object_get(head, "version"), VERSION, VERSION, &version))
		status =
		    qs_lines_complain(reader->lines, "the state is of another version; expected 1");
	if (status == QS_OK) {
		expected = head_of(reader->observer);
		status = compare_heads(subject, qs_lines_place(reader->lines), head, expected);
		json_object_put(expected);
	}
	json_object_put(head);
	return status;
}

enum qs_status qs_observer_read_lines(
    struct qs_observer *observer, struct qs_lines *lines, bool is_alone)
{
	const size_t channels = observer->record.channels;
	struct reader reader = {
	    .observer = observer, .lines = lines, .record = {.channels = channels}};
	struct qs_cell *cells = calloc(channels, sizeof(*cells));
	enum qs_status status;

	if (!cells)
		return QS_NOMEM;
	status = read_head(&reader);
	if (status == QS_OK)
		status = read_rows(&reader, cells);
	if (status == QS_OK && is_alone && !qs_lines_at_end(lines))
		status = qs_lines_complain(lines, "the state goes on behind its end");
	if (status == QS_OK)
		status = qs_observer_adopt(observer, &reader.record, qs_place_of(lines->source));
	qs_record_done(&reader.record);
	free(cells);
	return status;
}

enum qs_status qs_observer_read(struct qs_observer *observer, const struct qs_source *source)
{
	const struct qs_subject *subject = &observer->calibration.subject;
	struct qs_lines lines = {source, subject->name, subject->findings, 0, 0};

	return qs_observer_read_lines(observer, &lines, true);
}

size_t qs_observer_state_channels(const struct qs_source *source)
{
	struct json_object *head = NULL;
	size_t size, at;
	const char *text = qs_source_text(source, &size);
	const char *newline = memchr(text, '\n', size);
	int64_t channels = 1;

	if (newline && !qs_json_parse(text, (size_t)(newline - text), QS_LINES_DEPTH, &head, &at) &&
	    !qs_json_get_integer(
		json_object_object_get(head, "channels"), 1, QS_OBSERVER_LIMIT, &channels))
		channels = 1;
	json_object_put(head);
	return (size_t)channels;
}
