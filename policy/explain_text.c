/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explanations for people: for each parameter the winner, what was hidden and what it shadows, one
 * line each with its place; for an entry what it sets, and which layers it wins and loses.
 */
#include "policy/explain.h"

#include <string.h>

/* So many names stand for a list of layers, and so many lines for the layers that are lost. */
#define NAMES_SHOWN 3
#define LOSSES_SHOWN 20

/* ---- layers ---------------------------------------------------------------------------------- */

/* Appends a piece as a column of a width, and ends it. */
static void add_column(struct qs_text *text, struct qs_text *piece, int width)
{
	qs_text_addf(text, "%-*s", width, piece->data);
	text->failed = text->failed || piece->failed;
	qs_text_done(piece);
}

static void end_line(struct qs_text *text)
{
	while (text->size && text->data[text->size - 1] == ' ')
		text->data[--text->size] = '\0';
	qs_text_adds(text, "\n");
}

static void write_origin(const struct qs_policy *policy, const struct qs_setting *setting,
    const struct qs_entry *entry, struct qs_text *text)
{
	struct qs_text level = QS_TEXT_INIT, place = QS_TEXT_INIT;

	qs_origin_write_level(setting, entry, &level);
	add_column(text, &level, 22);
	qs_origin_write_place(&policy->document, setting->member, &place);
	add_column(text, &place, 28);
}

static void write_line(const struct qs_explained *explained, const char *role, enum qs_param param,
    const struct qs_setting *setting, const struct qs_entry *entry, const char *remark,
    struct qs_text *text)
{
	struct qs_text value = QS_TEXT_INIT;

	qs_text_addf(text, "  %-8s", role);
	write_origin(explained->policy, setting, entry, text);
	qs_param_write(param, setting->value, &value);
	qs_text_adds(text, "  ");
	add_column(text, &value, 12);
	if (setting->reset)
		qs_text_adds(text, "  reset by method percentile");
	qs_text_adds(text, "  ");
	if (setting->member && !setting->reset)
		qs_origin_write_pointer(setting->member, text);
	if (remark)
		qs_text_addf(text, "  (%s)", remark);
	end_line(text);
}

static void write_param(const struct qs_explained *explained, const struct qs_settings *settings,
    enum qs_tensor tensor, enum qs_param param, struct qs_text *text)
{
	const struct qs_entry *winner = explained->n_takers ? explained->takers[0] : NULL;
	const struct qs_setting *setting = settings->param[param];

	qs_text_add_visible(text, explained->title, strlen(explained->title));
	qs_text_addf(
	    text, " · %s · %s = ", qs_tensor_words.words[tensor].word, qs_param_info(param)->key);
	qs_param_write(param, setting->value, text);
	if (param != QS_PARAM_DATATYPE &&
	    settings->param[QS_PARAM_DATATYPE]->value.integer != QS_DATATYPE_INT)
		qs_text_adds(text, " (no effect: the datatype is not int)");
	qs_text_adds(text, "\n");
	write_line(explained, "wins", param, setting, winner, NULL, text);
	for (size_t i = 1; i < explained->n_takers; i++) {
		const struct qs_entry *entry = explained->takers[i];

		if (qs_entry_sets(entry, tensor, param))
			write_line(explained, "hidden", param, entry->settings[tensor].param[param],
			    entry, qs_entry_why_hidden(entry, winner), text);
	}
	for (setting = setting->shadowed; setting; setting = setting->shadowed)
		write_line(explained, "shadows", param, setting, winner, NULL, text);
}

void qs_explained_write_text(
    const struct qs_explained *explained, const struct qs_question *question, struct qs_text *text)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		const enum qs_tensor tensor = (enum qs_tensor)t;
		const struct qs_settings *settings = qs_explained_settings(explained, tensor);

		for (int p = 0; p < QS_PARAM__COUNT; p++) {
			if (qs_question_asks(question, settings, tensor, (enum qs_param)p))
				write_param(explained, settings, tensor, (enum qs_param)p, text);
		}
	}
}

/* ---- entries --------------------------------------------------------------------------------- */

static void write_selector(
    const struct qs_policy *policy, const struct qs_entry *entry, struct qs_text *text)
{
	const struct qs_json *value = entry->selector.value;

	qs_text_addf(text, "%.*s \"", (int)value->key.size, value->key.bytes);
	qs_text_add_visible(text, value->string.bytes, (size_t)qs_json_shown(value->string, 160));
	qs_text_adds(text, "\" ");
	qs_origin_write_place(&policy->document, entry->object, text);
}

static void write_title(const struct qs_touched *touched, struct qs_text *text)
{
	const struct qs_entry *entry = touched->entry;

	qs_text_addf(text, "entry %zu · ", qs_entry_index(entry));
	write_selector(touched->policy, entry, text);
	qs_text_adds(text, "\n  lists   ");
	if (!entry->tensors)
		qs_text_adds(text, "no tensor kind, and so changes nothing");
	for (int t = 0, n = 0; t < QS_TENSOR__COUNT; t++) {
		if (entry->tensors >> t & 1)
			qs_text_addf(text, "%s%s", n++ ? ", " : "", qs_tensor_words.words[t].word);
	}
	qs_text_adds(text, "\n");
}

/* A setting of the entry, for all kinds that share it, and what would be without it. */
static void write_sets(const struct qs_touched *touched, enum qs_tensor first, enum qs_param param,
    struct qs_text *text)
{
	const struct qs_entry *entry = touched->entry;
	const struct qs_setting *setting = entry->settings[first].param[param];
	const struct qs_setting *without = qs_setting_without(setting);
	struct qs_text what = QS_TEXT_INIT;

	qs_text_addf(&what, "%s", qs_tensor_words.words[first].word);
	for (int t = (int)first + 1; t < QS_TENSOR__COUNT; t++) {
		if ((entry->tensors >> t & 1) && entry->settings[t].param[param] == setting)
			qs_text_addf(&what, ", %s", qs_tensor_words.words[t].word);
	}
	qs_text_addf(&what, " · %s = ", qs_param_info(param)->key);
	qs_param_write(param, setting->value, &what);
	qs_text_addf(text, "  sets    ");
	add_column(text, &what, 50);
	qs_text_adds(text, "  ");
	qs_origin_write_place(&touched->policy->document, setting->member, text);
	qs_text_adds(text, "  (");
	if (qs_param_same(param, setting->value, without->value)) {
		qs_text_adds(text, "as without it");
	} else {
		qs_text_adds(text, "instead of ");
		qs_param_write(param, without->value, text);
	}
	qs_text_adds(text, ", ");
	qs_origin_write_level(without, NULL, text);
	qs_text_adds(text, without->member ? " " : "");
	qs_origin_write_place(&touched->policy->document, without->member, text);
	qs_text_adds(text, ")\n");
}

/* Whether an earlier kind shares the setting, and so told it already. */
static bool is_told(const struct qs_touched *touched, const struct qs_question *question,
    enum qs_tensor tensor, enum qs_param param)
{
	const struct qs_entry *entry = touched->entry;

	for (int t = 0; t < (int)tensor; t++) {
		if ((entry->tensors >> t & 1) &&
		    qs_question_asks(question, &entry->settings[t], (enum qs_tensor)t, param) &&
		    entry->settings[t].param[param] == entry->settings[tensor].param[param])
			return true;
	}
	return false;
}

static void write_all_sets(
    const struct qs_touched *touched, const struct qs_question *question, struct qs_text *text)
{
	const struct qs_entry *entry = touched->entry;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		const enum qs_tensor tensor = (enum qs_tensor)t;

		for (int p = 0; p < QS_PARAM__COUNT; p++) {
			const enum qs_param param = (enum qs_param)p;

			if (qs_entry_sets(entry, tensor, param) &&
			    qs_question_asks(question, &entry->settings[t], tensor, param) &&
			    !is_told(touched, question, tensor, param))
				write_sets(touched, tensor, param, text);
		}
	}
}

/* The next fate from an index on that a winner has; the end when there is none. */
static size_t next_of(const struct qs_touched *touched, size_t from, const struct qs_entry *winner)
{
	while (from < touched->n_fates && touched->fates[from].winner != winner)
		from++;
	return from;
}

static void write_names(
    const struct qs_touched *touched, const struct qs_entry *winner, struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = next_of(touched, 0, winner); i < touched->n_fates && n < NAMES_SHOWN;
	     i = next_of(touched, i + 1, winner)) {
		const char *name = touched->layers[touched->fates[i].layer].name;

		qs_text_adds(text, n++ ? ", " : ": ");
		qs_text_add_visible(text, name, strlen(name));
	}
}

static void write_wins(const struct qs_touched *touched, struct qs_text *text)
{
	qs_text_addf(
	    text, "  wins    %zu of %zu layers that it selects", touched->n_won, touched->n_fates);
	write_names(touched, touched->entry, text);
	if (touched->n_won > NAMES_SHOWN)
		qs_text_addf(text, " and %zu more", touched->n_won - NAMES_SHOWN);
	qs_text_adds(text, "\n");
}

static void write_losses(const struct qs_touched *touched, struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < touched->n_fates; i++) {
		const struct qs_fate *fate = &touched->fates[i];
		const char *name = touched->layers[fate->layer].name;

		if (fate->winner == touched->entry || n++ >= LOSSES_SHOWN)
			continue;
		qs_text_adds(text, "  loses   ");
		qs_text_add_visible(text, name, strlen(name));
		qs_text_addf(text, " to entry %zu, ", qs_entry_index(fate->winner));
		write_selector(touched->policy, fate->winner, text);
		qs_text_addf(text, "  (%s)\n", qs_entry_why_hidden(touched->entry, fate->winner));
	}
	if (n > LOSSES_SHOWN)
		qs_text_addf(
		    text, "  loses   %zu more; --format json tells all\n", n - LOSSES_SHOWN);
}

void qs_touched_write_text(
    const struct qs_touched *touched, const struct qs_question *question, struct qs_text *text)
{
	write_title(touched, text);
	write_all_sets(touched, question, text);
	if (touched->layers) {
		write_wins(touched, text);
		write_losses(touched, text);
	} else if (touched->entry->later) {
		qs_text_addf(
		    text, "  loses   to entry %zu, ", qs_entry_index(touched->entry->later));
		write_selector(touched->policy, touched->entry->later, text);
		qs_text_addf(
		    text, "  (%s)\n", qs_entry_why_hidden(touched->entry, touched->entry->later));
	}
}
