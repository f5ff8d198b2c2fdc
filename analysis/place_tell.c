/* SPDX-License-Identifier: Apache-2.0 */
/* What a placement shows, as findings. */
#include <inttypes.h>
#include <string.h>

#include "analysis/boolean.h"
#include "analysis/place.h"
#include "base/finding.h"
#include "model/onnx.h"

/* Operators that a sentence lists before it only counts them. */
#define SHOWN 8

struct teller {
	const struct qs_placement *placement;
	struct qs_findings *findings;
	struct qs_place place; /* of the model */
	const char *device;
};

static const char *op_of(const struct teller *teller, const struct qs_placed *placed)
{
	return teller->placement->layers->graph->nodes[placed->node].proto->op_type;
}

static const char *name_of(const struct teller *teller, const struct qs_placed *placed)
{
	return teller->placement->layers->graph->nodes[placed->node].label;
}

static void tell_boolean(const struct teller *teller, const struct qs_placed *placed)
{
	struct qs_text source = QS_TEXT_INIT;

	qs_text_addf(&source, "%s, %s", placed->fact->source, placed->fact->date);
	qs_boolean_tell(teller->findings, teller->place, name_of(teller, placed), placed->boolean,
	    teller->device, source.data);
	qs_findings_end_text(teller->findings, &source);
}

static void tell_limit(const struct teller *teller, const struct qs_placed *placed)
{
	struct qs_finding *finding = qs_finding_add(teller->findings, QS_FINDING_BEYOND_LIMIT,
	    teller->place, "%s \"%s\": %s: %" PRIu64 "; at most %u on %s", op_of(teller, placed),
	    name_of(teller, placed), qs_limit_what(placed->limit), placed->measured,
	    placed->passed->limits[placed->limit], teller->device);

	if (placed->passed->beyond == QS_UNIT_UNKNOWN)
		qs_finding_hint(teller->findings, finding,
		    "where it runs then, the source does not say: %s, %s", placed->passed->source,
		    placed->passed->date);
	else
		qs_finding_hint(teller->findings, finding, "it runs on the %s then: %s, %s",
		    qs_unit_word(placed->passed->beyond), placed->passed->source,
		    placed->passed->date);
}

/* "input int16, weights int16": the formats of the kinds that a fact names. */
static void write_formats(const struct qs_layer_formats *formats, struct qs_text *text)
{
	int n = 0;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (formats->fact->numbers[t])
			qs_text_addf(text, "%s%s %s", n++ ? ", " : "",
			    qs_tensor_word((enum qs_tensor)t), qs_number_word(formats->numbers[t]));
	}
}

static const char *type_of(const struct teller *teller, const struct qs_layer_formats *formats)
{
	const struct qs_layer *layer = &teller->placement->layers->items[formats->layer];

	return layer->type[0] ? layer->type : layer->op_type;
}

static void tell_refused(const struct teller *teller, const struct qs_layer_formats *formats)
{
	const struct qs_operator_fact *fact = formats->fact;
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;

	write_formats(formats, &text);
	finding = qs_finding_add(teller->findings, QS_FINDING_FORMATS_REFUSED, teller->place,
	    "layer \"%s\" (%s): %s %s refused on %s",
	    teller->placement->layers->items[formats->layer].name, type_of(teller, formats),
	    text.data, strchr(text.data ? text.data : "", ',') ? "are" : "is", teller->device);
	qs_finding_hint(teller->findings, finding, "%s%s%s, %s", fact->text ? fact->text : "",
	    fact->text ? ": " : "", fact->source, fact->date);
	qs_findings_end_text(teller->findings, &text);
}

/* Whether a word is among those that were listed. */
static bool is_listed(const char *const *listed, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(listed[i], word) == 0)
			return true;
	}
	return false;
}

/* Words that a sentence lists, each once. */
struct word_list {
	const char *words[SHOWN];
	size_t n;
	bool more;
};

static void list_word(struct word_list *list, const char *word)
{
	if (is_listed(list->words, list->n, word))
		return;
	list->more = list->n == SHOWN;
	if (!list->more)
		list->words[list->n++] = word;
}

static void write_list(const struct word_list *list, struct qs_text *text)
{
	for (size_t i = 0; i < list->n; i++)
		qs_text_addf(text, "%s%s", i ? ", " : "", list->words[i]);
	qs_text_adds(text, list->more ? ", ..." : "");
}

/* How many nodes are placed somewhere, or split the model; their operators go to the text. */
static size_t list_operators(
    const struct teller *teller, enum qs_unit on, bool splits, struct qs_text *text)
{
	const struct qs_placement *placement = teller->placement;
	struct word_list list = {.n = 0};
	size_t n = 0;

	for (size_t i = 0; i < placement->n_nodes; i++) {
		const struct qs_placed *placed = &placement->nodes[i];

		if (placed->on != on || (splits && !placed->splits))
			continue;
		n++;
		list_word(&list, op_of(teller, placed));
	}
	write_list(&list, text);
	return n;
}

/* Layers of whose formats nobody tells, in one finding. */
static void tell_formats_unknown(const struct teller *teller)
{
	const struct qs_placement *placement = teller->placement;
	struct qs_text text = QS_TEXT_INIT;
	struct word_list list = {.n = 0};
	size_t n = 0;

	for (size_t i = 0; i < placement->n_formats; i++) {
		if (placement->formats[i].answer != QS_ANSWER_UNKNOWN)
			continue;
		n++;
		list_word(&list, type_of(teller, &placement->formats[i]));
	}
	write_list(&list, &text);
	if (n)
		qs_finding_add(teller->findings, QS_FINDING_FORMATS_UNKNOWN, teller->place,
		    "no source says that %s takes the formats of %zu of %zu layers: %s",
		    teller->device, n, placement->n_formats, text.data);
	qs_findings_end_text(teller->findings, &text);
}

static void tell_cpu(const struct teller *teller)
{
	struct qs_text text = QS_TEXT_INIT, between = QS_TEXT_INIT;
	const size_t n = list_operators(teller, QS_UNIT_CPU, false, &text);
	struct qs_finding *finding;
	bool known;
	const char *unit = qs_place_unit_name(teller->placement, &known);

	/* Of a device that is a processor all run there. */
	if (n && known) {
		finding = qs_finding_add(teller->findings, QS_FINDING_ON_CPU, teller->place,
		    "%zu of %zu nodes run on the CPU of %s: %s", n, teller->placement->n_nodes,
		    teller->device, text.data);
		if (list_operators(teller, QS_UNIT_CPU, true, &between))
			qs_finding_hint(teller->findings, finding,
			    "the %s waits for %s in the middle of the model", unit, between.data);
	}
	qs_findings_end_text(teller->findings, &text);
	qs_findings_end_text(teller->findings, &between);
}

static void tell_unknown(const struct teller *teller)
{
	struct qs_text text = QS_TEXT_INIT;
	const size_t n = list_operators(teller, QS_UNIT_UNKNOWN, false, &text);

	if (n)
		qs_finding_add(teller->findings, QS_FINDING_PLACE_UNKNOWN, teller->place,
		    "no source says where %zu of %zu nodes run on %s: %s", n,
		    teller->placement->n_nodes, teller->device, text.data);
	qs_findings_end_text(teller->findings, &text);
}

enum qs_status qs_place_tell(const struct qs_placement *placement, struct qs_findings *findings)
{
	size_t n_profiles;
	const struct qs_profile *profiles =
	    qs_rulebook_profiles(placement->options.rules, &n_profiles);
	const struct teller teller = {placement, findings,
	    qs_model_place(placement->layers->graph->model, findings),
	    profiles[placement->options.device].name};
	bool refused = false;

	for (size_t i = 0; i < placement->n_formats; i++) {
		const struct qs_layer_formats *formats = &placement->formats[i];

		if (formats->answer == QS_ANSWER_FORBIDDEN)
			tell_refused(&teller, formats);
		refused |= formats->answer == QS_ANSWER_FORBIDDEN;
	}
	tell_formats_unknown(&teller);
	for (size_t i = 0; i < placement->n_nodes; i++) {
		if (placement->nodes[i].boolean)
			tell_boolean(&teller, &placement->nodes[i]);
		if (placement->nodes[i].passed)
			tell_limit(&teller, &placement->nodes[i]);
	}
	tell_cpu(&teller);
	tell_unknown(&teller);
	if (qs_findings_status(findings) != QS_OK)
		return QS_NOMEM;
	return refused ? QS_INVALID : QS_OK;
}
