/* SPDX-License-Identifier: Apache-2.0 */
/* States of calibrations, written and read. */
#include "engine/calib_state.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/calib_state_internal.h"
#include "numbers/observer.h"

#define FORMAT "qstrata-calibration-state"
#define VERSION 1

static const char *const source_words[QS_CALIB_SOURCE__COUNT] = {
    [QS_CALIB_MODEL] = "model", [QS_CALIB_CONFIG] = "config", [QS_CALIB_DATA] = "data"};

/* ---- heads ----------------------------------------------------------------------------------- */

void qs_calib_state_identify(struct qs_calib_state *state, const struct qs_calib_identity *identity)
{
	state->of[QS_CALIB_MODEL].name = identity->model_name;
	state->of[QS_CALIB_CONFIG].name = identity->config_name;
	qs_fingerprint_write(identity->model, state->of[QS_CALIB_MODEL].fingerprint);
	qs_fingerprint_write(identity->config, state->of[QS_CALIB_CONFIG].fingerprint);
	state->observe = identity->observe;
	state->as_dpu = identity->as_dpu;
	state->n_batches = identity->n_batches;
}

void qs_calib_state_range(const struct qs_calib_state *state, size_t *ret_first, size_t *ret_end)
{
	const size_t whole = state->n_batches / state->n_shards;
	const size_t rest = state->n_batches % state->n_shards;
	const size_t shard = state->shard;

	/* The first shards have one batch more where it does not come out even. */
	*ret_first = shard * whole + (shard < rest ? shard : rest);
	*ret_end = *ret_first + whole + (shard < rest);
}

static struct json_object *head_json(const struct qs_calib_state *state)
{
	struct json_object *head = json_object_new_object();

	qs_json_put(head, "format", json_object_new_string(FORMAT));
	qs_json_put(head, "version", json_object_new_int(VERSION));
	for (int i = 0; i < QS_CALIB_SOURCE__COUNT; i++) {
		struct json_object *origin = json_object_new_object();

		qs_json_put(origin, "path", qs_json_text(state->of[i].name));
		qs_json_put(
		    origin, "fingerprint", json_object_new_string(state->of[i].fingerprint));
		qs_json_put(head, source_words[i], origin);
	}
	qs_json_put(head, "runtime", json_object_new_string(state->runtime));
	qs_json_put(head, "observe", json_object_new_string(qs_observe_word(state->observe)));
	qs_json_put(head, "dpu_arithmetic", json_object_new_boolean(state->as_dpu));
	qs_json_put(head, "batches", json_object_new_uint64(state->n_batches));
	qs_json_put(head, "shard", json_object_new_uint64(state->shard + 1));
	qs_json_put(head, "shards", json_object_new_uint64(state->n_shards));
	qs_json_put(head, "done", json_object_new_uint64(state->n_done));
	return head;
}

static const char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool get_count(
    struct json_object *object, const char *key, int64_t least, int64_t most, size_t *ret_count)
{
	int64_t number;

	if (!qs_json_get_integer(json_object_object_get(object, key), least, most, &number))
		return false;
	*ret_count = (size_t)number;
	return true;
}

static bool read_origin(struct json_object *head, const char *key, struct qs_calib_origin *origin)
{
	struct json_object *object = json_object_object_get(head, key);
	const char *fingerprint;

	if (!json_object_is_type(object, json_type_object))
		return false;
	fingerprint = get_text(object, "fingerprint");
	origin->name = get_text(object, "path");
	if (!origin->name || !fingerprint)
		return false;
	snprintf(origin->fingerprint, sizeof(origin->fingerprint), "%s", fingerprint);
	return true;
}

/* What a head says, whose strings are borrowed. */
static bool read_head(struct json_object *head, struct qs_calib_state *state)
{
	struct json_object *as_dpu = json_object_object_get(head, "dpu_arithmetic");
	const char *observe = get_text(head, "observe");
	size_t first, end;

	for (int i = 0; i < QS_CALIB_SOURCE__COUNT; i++) {
		if (!read_origin(head, source_words[i], &state->of[i]))
			return false;
	}
	state->runtime = get_text(head, "runtime");
	if (!state->runtime || !observe || !json_object_is_type(as_dpu, json_type_boolean) ||
	    !get_count(head, "shards", 1, QS_SHARDS_LIMIT, &state->n_shards) ||
	    !get_count(head, "shard", 1, (int64_t)state->n_shards, &state->shard) ||
	    !get_count(head, "batches", 0, INT32_MAX, &state->n_batches))
		return false;
	state->shard--;
	state->observe = strcmp(observe, qs_observe_word(QS_OBSERVE_FLOAT)) == 0
	                     ? QS_OBSERVE_FLOAT
	                     : QS_OBSERVE_QUANTIZED;
	state->as_dpu = json_object_get_boolean(as_dpu);
	qs_calib_state_range(state, &first, &end);
	return get_count(head, "done", 0, (int64_t)(end - first), &state->n_done);
}

enum qs_status qs_calib_part_open(
    const char *path, struct qs_findings *findings, struct qs_calib_part *ret_part)
{
	enum qs_status status;
	const char *format;
	int64_t version;

	*ret_part =
	    (struct qs_calib_part){.lines = {.name = "the calibration", .findings = findings}};
	status = qs_source_read(path, path, QS_CALIB_FILE_LIMIT, findings, &ret_part->source);
	if (status != QS_OK)
		return status;
	status = qs_findings_keep_source(findings, ret_part->source);
	if (status != QS_OK)
		return status;
	ret_part->lines.source = ret_part->source;
	status = qs_lines_next(&ret_part->lines, &ret_part->head);
	if (status != QS_OK)
		return status;
	format = get_text(ret_part->head, "format");
	if (!format || strcmp(format, FORMAT) != 0)
		return qs_lines_complain(&ret_part->lines,
		    "the file is no state of a calibration: its \"format\" is not \"" FORMAT "\"");
	if (!qs_json_get_integer(
		json_object_object_get(ret_part->head, "version"), VERSION, VERSION, &version))
		return qs_lines_complain(
		    &ret_part->lines, "the state is of another version; expected 1");
	return read_head(ret_part->head, &ret_part->state)
	           ? QS_OK
	           : qs_lines_complain(
			 &ret_part->lines, "the head does not say what was calibrated and how far");
}

void qs_calib_part_done(struct qs_calib_part *part)
{
	json_object_put(part->head);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void add_difference(
    const struct qs_calib_part *part, const char *key, const char *found, const char *expected)
{
	qs_finding_add(part->lines.findings, QS_FINDING_CALIBRATION_STATE_MISMATCH,
	    qs_lines_place(&part->lines),
	    "the batches are of a calibration with \"%s\" %s; expected %s", key, found, expected);
}

static void compare_counts(
    const struct qs_calib_part *part, const char *key, size_t found, size_t expected)
{
	char texts[2][32];

	if (found == expected)
		return;
	snprintf(texts[0], sizeof(texts[0]), "%zu", found);
	snprintf(texts[1], sizeof(texts[1]), "%zu", expected);
	add_difference(part, key, texts[0], texts[1]);
}

static void compare_texts(
    const struct qs_calib_part *part, const char *key, const char *found, const char *expected)
{
	if (strcmp(found, expected) != 0)
		add_difference(part, key, found, expected);
}

static void compare_origins(const struct qs_calib_part *part, const struct qs_calib_state *expected)
{
	for (int i = 0; i < QS_CALIB_SOURCE__COUNT; i++) {
		const struct qs_calib_origin *found = &part->state.of[i];

		if (strcmp(found->fingerprint, expected->of[i].fingerprint) != 0)
			qs_finding_add(part->lines.findings, QS_FINDING_CALIBRATION_STATE_MISMATCH,
			    qs_lines_place(&part->lines),
			    "the batches were observed with another %s, \"%s\" as it was then; "
			    "expected \"%s\" as it is now",
			    source_words[i], found->name, expected->of[i].name);
	}
}

enum qs_status qs_calib_part_check(
    const struct qs_calib_part *part, const struct qs_calib_state *expected)
{
	const struct qs_calib_state *found = &part->state;
	const size_t n = qs_findings_count(part->lines.findings);

	compare_origins(part, expected);
	compare_texts(part, "runtime", found->runtime, expected->runtime);
	compare_texts(
	    part, "observe", qs_observe_word(found->observe), qs_observe_word(expected->observe));
	compare_texts(part, "dpu_arithmetic", found->as_dpu ? "true" : "false",
	    expected->as_dpu ? "true" : "false");
	compare_counts(part, "batches", found->n_batches, expected->n_batches);
	compare_counts(part, "shards", found->n_shards, expected->n_shards);
	return qs_findings_count(part->lines.findings) == n ? QS_OK : QS_INVALID;
}

/* ---- biases ---------------------------------------------------------------------------------- */

/* A number that need not be finite, as hexadecimal C has it. */
static struct json_object *exact_json(double number)
{
	char text[32];

	snprintf(text, sizeof(text), "%a", number);
	return json_object_new_string(text);
}

static bool read_exact(struct json_object *object, const char *key, double *ret_number)
{
	const char *text = get_text(object, key);
	char *end;

	if (!text)
		return false;
	*ret_number = strtod(text, &end);
	return end != text && !*end;
}

static struct json_object *corrected_json(
    const struct qs_corrected *item, const struct qs_site *site)
{
	struct json_object *line = json_object_new_object(), *bias = json_object_new_array();

	for (size_t i = 0; i < item->n; i++)
		json_object_array_add(bias, qs_json_number((double)item->values[i]));
	qs_json_put(line, "corrected", qs_json_text(site->name));
	qs_json_put(line, "stopped", json_object_new_boolean(item->stopped));
	qs_json_put(line, "efficiency", exact_json(item->efficiency));
	qs_json_put(line, "deviation", exact_json(item->deviation));
	qs_json_put(line, "bias", bias);
	return line;
}

static bool read_corrected(
    struct json_object *line, struct qs_corrected *item, const struct qs_site *site)
{
	struct json_object *bias = json_object_object_get(line, "bias");
	struct json_object *stopped = json_object_object_get(line, "stopped");
	const char *name = get_text(line, "corrected");

	if (!name || strcmp(name, site->name) != 0 ||
	    !json_object_is_type(stopped, json_type_boolean) ||
	    !read_exact(line, "efficiency", &item->efficiency) ||
	    !read_exact(line, "deviation", &item->deviation) ||
	    !json_object_is_type(bias, json_type_array) ||
	    json_object_array_length(bias) != item->n)
		return false;
	item->stopped = json_object_get_boolean(stopped);
	for (size_t i = 0; i < item->n; i++) {
		double value;

		if (!qs_json_get_number(bias, i, (double)FLT_MAX, &value))
			return false;
		item->values[i] = (float)value;
	}
	return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum qs_status write_observer(
    const struct qs_observers *observers, size_t site, struct qs_text *text)
{
	const struct qs_site *of = &observers->plan->sites[site];
	struct json_object *line = json_object_new_object();
	enum qs_status status;

	qs_json_put(line, "tensor", qs_json_text(of->name));
	qs_calib_put_ties(line, of);
	status = qs_json_write_line(line, text);
	return status == QS_OK ? qs_observer_write(observers->of_site[site], text) : status;
}

enum qs_status qs_calib_state_write(const struct qs_calib_state *state,
    const struct qs_observers *observers, const struct qs_correct *correct, const char *path,
    struct qs_findings *findings)
{
	const struct qs_site *sites = observers->plan->sites;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = qs_json_write_line(head_json(state), &text);

	for (size_t i = 0; i < observers->plan->n_sites && status == QS_OK; i++) {
		if (observers->of_site[i])
			status = write_observer(observers, i, &text);
	}
	for (size_t i = 0; correct && i < correct->n && status == QS_OK; i++) {
		const struct qs_corrected *item = &correct->items[i];

		status = qs_json_write_line(corrected_json(item, &sites[item->site]), &text);
	}
	if (status == QS_OK)
		status = qs_text_save(&text, path, findings);
	qs_text_done(&text);
	return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The observer of a site, whose lines come next. */
static enum qs_status read_observer(
    struct qs_lines *lines, struct qs_observers *observers, size_t site)
{
	struct json_object *line;
	const char *name;
	enum qs_status status;

	lines->name = observers->plan->sites[site].name;
	status = qs_lines_next(lines, &line);
	if (status != QS_OK)
		return status;
	name = get_text(line, "tensor");
	if (!name || strcmp(name, lines->name) != 0)
		status =
		    qs_lines_complain(lines, "the next \"tensor\" of the state is another one");
	else
		qs_calib_read_ties(line, &observers->plan->sites[site]);
	json_object_put(line);
	return status == QS_OK ? qs_observer_read_lines(observers->of_site[site], lines, false)
	                       : status;
}

static enum qs_status read_bias(
    struct qs_lines *lines, struct qs_corrected *item, const struct qs_site *site)
{
	struct json_object *line;
	enum qs_status status;

	lines->name = site->name;
	status = qs_lines_next(lines, &line);
	if (status != QS_OK)
		return status;
	if (!read_corrected(line, item, site))
		status = qs_lines_complain(lines,
		    "the state does not say what the bias was corrected to, channel by channel");
	json_object_put(line);
	return status;
}

enum qs_status qs_calib_part_read(
    struct qs_calib_part *part, struct qs_observers *observers, struct qs_correct *correct)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < observers->plan->n_sites && status == QS_OK; i++) {
		if (observers->of_site[i])
			status = read_observer(&part->lines, observers, i);
	}
	for (size_t i = 0; correct && i < correct->n && status == QS_OK; i++)
		status = read_bias(&part->lines, &correct->items[i],
		    &observers->plan->sites[correct->items[i].site]);
	if (status == QS_OK && !qs_lines_at_end(&part->lines))
		status = qs_lines_complain(&part->lines, "the state goes on behind its end");
	return status;
}

enum qs_status qs_calib_state_read(struct qs_calib_state *state, struct qs_observers *observers,
    struct qs_correct *correct, const char *path, struct qs_findings *findings)
{
	struct qs_calib_part part;
	enum qs_status status = qs_calib_part_open(path, findings, &part);

	if (status == QS_OK)
		status = qs_calib_part_check(&part, state);
	if (status == QS_OK && part.state.shard != state->shard) {
		compare_counts(&part, "shard", part.state.shard + 1, state->shard + 1);
		status = QS_INVALID;
	}
	if (status == QS_OK)
		status = qs_calib_part_read(&part, observers, correct);
	if (status == QS_OK)
		state->n_done = part.state.n_done;
	qs_calib_part_done(&part);
	return status;
}
