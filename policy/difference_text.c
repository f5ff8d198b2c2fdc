/* SPDX-License-Identifier: Apache-2.0 */
/* A difference for people: layers that change in the same way are told together. */
#include <string.h>

#include "policy/difference.h"
#include "policy/origin.h"

/* So many names stand for all of a group. */
#define NAMES_SHOWN 3
/* Of a name so many bytes are shown. */
#define NAME_SHOWN 160

static const struct qs_json_document *document_of(const struct qs_difference *difference, int side)
{
	return difference->sides[side].document;
}

static void write_fact(
    const struct qs_difference *difference, enum qs_fact fact, struct qs_text *text)
{
	const struct qs_side *sides = difference->sides;

	qs_text_addf(text, "%s: %s -> %s  (", qs_fact_name(fact), sides[QS_BEFORE].fact[fact],
	    sides[QS_AFTER].fact[fact]);
	for (int side = 0; side < QS_SIDE__COUNT; side++) {
		if (sides[side].member[fact])
			qs_origin_write_place(
			    document_of(difference, side), sides[side].member[fact], text);
		else
			qs_text_addf(text, "%s",
			    fact == QS_FACT_MODEL || fact == QS_FACT_CONFIG ? "now"
									    : "built-in default");
		qs_text_adds(text, side == QS_BEFORE ? " -> " : ")\n");
	}
}

static void write_name(const struct qs_pair *pair, struct qs_text *text)
{
	if (pair->subject == QS_PAIR_MODEL) {
		qs_text_adds(text, "model level");
		return;
	}
	if (pair->subject == QS_PAIR_SELECTOR)
		qs_text_addf(text, "layer_%s \"%s", pair->kind == QS_SELECT_TYPE ? "type" : "name",
		    pair->kind == QS_SELECT_PATTERN ? "re:" : "");
	qs_text_add_visible(text, pair->name.bytes, (size_t)qs_json_shown(pair->name, NAME_SHOWN));
	if (pair->subject == QS_PAIR_SELECTOR)
		qs_text_adds(text, "\"");
}

static void write_title(const struct qs_difference *difference, const struct qs_groups *groups,
    const struct qs_group *group, struct qs_text *text)
{
	const struct qs_pair *first = &difference->pairs[group->first];
	size_t pair = group->first;

	if (group->n > 1)
		qs_text_addf(text, "%zu %s: ", group->n,
		    first->subject == QS_PAIR_LAYER ? "layers" : "selectors");
	for (size_t i = 0; i < group->n && i < NAMES_SHOWN; i++, pair = groups->next[pair]) {
		qs_text_adds(text, i ? ", " : "");
		write_name(&difference->pairs[pair], text);
	}
	if (group->n > NAMES_SHOWN)
		qs_text_addf(text, " and %zu more", group->n - NAMES_SHOWN);
	if (!first->present[QS_BEFORE])
		qs_text_adds(text, "  (not there before)");
	else if (!first->present[QS_AFTER])
		qs_text_adds(text, "  (not there any more)");
	else if (group->places_differ)
		qs_text_adds(text, "  (with the places of the first)");
	qs_text_adds(text, "\n");
}

static void write_origin(const struct qs_difference *difference, const struct qs_pair *pair,
    const struct qs_change *change, int side, struct qs_text *text)
{
	const struct qs_setting *setting = change->setting[side];

	qs_origin_write_level(setting, pair->winner[side], text);
	if (setting->reset)
		qs_text_adds(text, ", reset by method percentile,");
	qs_text_adds(text, setting->member ? " " : "");
	qs_origin_write_place(document_of(difference, side), setting->member, text);
}

/* Whether two changes are the same but for the tensor kind. */
static bool is_same(const struct qs_change *a, const struct qs_change *b)
{
	if (a->param != b->param)
		return false;
	for (int side = 0; side < QS_SIDE__COUNT; side++) {
		const struct qs_setting *x = a->setting[side], *y = b->setting[side];

		if (x == y)
			continue;
		if (!x || !y || !qs_param_same(a->param, x->value, y->value) ||
		    x->level != y->level || x->member != y->member)
			return false;
	}
	return true;
}

/* One line for a change and for those of other kinds that are the same; marks them. */
static void write_change(const struct qs_difference *difference, const struct qs_pair *pair,
    const struct qs_change *changes, size_t n_changes, size_t first, bool *told,
    struct qs_text *text)
{
	const struct qs_change *change = &changes[first];

	qs_text_addf(text, "  %s", qs_tensor_words.words[change->tensor].word);
	for (size_t i = first + 1; i < n_changes; i++) {
		if (!is_same(change, &changes[i]))
			continue;
		told[i] = true;
		qs_text_addf(text, ", %s", qs_tensor_words.words[changes[i].tensor].word);
	}
	qs_text_addf(text, " · %s: ", qs_param_info(change->param)->key);
	if (!change->setting[QS_BEFORE]) {
		qs_text_adds(text, "now ");
		qs_param_write(change->param, change->setting[QS_AFTER]->value, text);
		qs_text_adds(text, "  (");
	} else {
		qs_param_write(change->param, change->setting[QS_BEFORE]->value, text);
		qs_text_adds(text, " -> ");
		qs_param_write(change->param, change->setting[QS_AFTER]->value, text);
		qs_text_adds(text, "  (");
		write_origin(difference, pair, change, QS_BEFORE, text);
		qs_text_adds(text, " -> ");
	}
	write_origin(difference, pair, change, QS_AFTER, text);
	qs_text_adds(text, ")\n");
}

static void write_group(const struct qs_difference *difference, const struct qs_groups *groups,
    const struct qs_group *group, struct qs_text *text)
{
	const struct qs_pair *pair = &difference->pairs[group->first];
	struct qs_change changes[QS_CHANGE_LIMIT];
	bool told[QS_CHANGE_LIMIT] = {false};
	const size_t n = qs_pair_changes(pair, changes);

	write_title(difference, groups, group, text);
	for (size_t i = 0; i < n; i++) {
		if (!told[i])
			write_change(difference, pair, changes, n, i, told, text);
	}
}

enum qs_status qs_difference_write_text(
    const struct qs_difference *difference, struct qs_text *text)
{
	struct qs_groups groups;
	enum qs_status status = qs_groups_init(difference, false, &groups);

	if (status != QS_OK)
		return status;
	for (int f = 0; f < QS_FACT__COUNT; f++) {
		if (qs_fact_differs(difference, (enum qs_fact)f))
			write_fact(difference, (enum qs_fact)f, text);
	}
	for (size_t i = 0; i < groups.n_groups; i++)
		write_group(difference, &groups, &groups.groups[i], text);
	qs_groups_done(&groups);
	return qs_text_status(text);
}
