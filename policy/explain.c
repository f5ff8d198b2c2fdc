/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a tensor gets what it gets: finds the layers that are asked for and the entries that take
 * them, one layer after the other.
 */
#include "policy/explain.h"

#include <string.h>

#include "base/nearest.h"

/* So many layers are named that hold an unknown word. */
#define HINTS 3

/* One explanation on its way. */
struct explanation {
	const struct qs_policy *policy;
	const struct qs_question *question;
	struct qs_takers *takers;
	struct qs_text *text;
	bool first; /* of the list of a document */
};

const struct qs_settings *qs_explained_settings(
    const struct qs_explained *explained, enum qs_tensor tensor)
{
	const struct qs_entry *winner = explained->n_takers ? explained->takers[0] : NULL;

	return winner && (winner->tensors >> tensor & 1) ? &winner->settings[tensor]
	                                                 : &explained->policy->model[tensor];
}

bool qs_question_asks(const struct qs_question *question, const struct qs_settings *settings,
    enum qs_tensor tensor, enum qs_param param)
{
	if (question->tensor >= 0 && question->tensor != (int)tensor)
		return false;
	return question->param >= 0 ? question->param == (int)param
	                            : qs_settings_show(settings, param, tensor);
}

bool qs_entry_sets(const struct qs_entry *entry, enum qs_tensor tensor, enum qs_param param)
{
	return (entry->tensors >> tensor & 1) &&
	       entry->settings[tensor].param[param]->level >= QS_LEVEL_LAYER_OVERALL;
}

const char *qs_entry_why_hidden(const struct qs_entry *entry, const struct qs_entry *winner)
{
	if (entry->later)
		return "a later entry of the same selector counts";
	if (entry->selector.kind == winner->selector.kind)
		return entry->selector.kind == QS_SELECT_PATTERN ? "the later pattern wins"
		                                                 : "the later entry wins";
	if (winner->selector.kind == QS_SELECT_NAME)
		return entry->selector.kind == QS_SELECT_TYPE ? "a name beats a type"
		                                              : "a name beats a pattern";
	return "a pattern beats a type";
}

static enum qs_status explain_layer(
    struct explanation *explanation, const char *title, const struct qs_layer *layer)
{
	struct qs_explained explained = {explanation->policy, title, layer, NULL, 0};
	enum qs_status status = QS_OK;

	if (layer)
		status = qs_takers_find(
		    explanation->takers, layer, &explained.takers, &explained.n_takers);
	if (status != QS_OK)
		return status;
	if (explanation->question->json)
		qs_json_write_item(qs_explained_json(&explained, explanation->question),
		    &explanation->first, explanation->text);
	else
		qs_explained_write_text(&explained, explanation->question, explanation->text);
	return QS_OK;
}

/* Without a model a word is taken as a name, a path and a type at once. */
static enum qs_status explain_word(struct explanation *explanation)
{
	const char *title = explanation->question->layer;
	struct qs_layer_word word;
	enum qs_status status = qs_layer_word_init(&word, title);

	if (status == QS_OK)
		status = explain_layer(explanation, title, &word.layer);
	qs_layer_word_done(&word);
	return status;
}

static bool is_asked_for(const struct qs_layer *layer, const char *word, const char *path)
{
	if (strcmp(layer->name, word) == 0 || strcmp(layer->type, word) == 0 ||
	    (layer->path[0] && strcmp(layer->path, path) == 0))
		return true;
	for (size_t i = 0; i < layer->n_nodes; i++) {
		if (strcmp(layer->names[i], word) == 0)
			return true;
	}
	return false;
}

/* ---- an unknown layer ------------------------------------------------------------------------ */

/* Names the layers that hold the word: who asks for "conv" may mean "/conv1/Conv". */
static size_t list_holders(
    const struct qs_layer *layers, size_t n_layers, const char *word, struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < n_layers; i++) {
		if (!strstr(layers[i].name, word) && !strstr(layers[i].path, word))
			continue;
		if (n < HINTS)
			qs_text_addf(text, "%s\"%s\"", n ? ", " : "", layers[i].name);
		n++;
	}
	if (n > HINTS)
		qs_text_addf(text, " or %zu more", n - HINTS);
	return n;
}

static void hint_at_layers(const struct qs_layer *layers, size_t n_layers, const char *word,
    struct qs_findings *findings, struct qs_finding *finding)
{
	struct qs_nearest nearest = qs_nearest_to(word, strlen(word));
	struct qs_text holders = QS_TEXT_INIT;

	for (size_t i = 0; i < n_layers; i++) {
		qs_nearest_offer(&nearest, layers[i].name);
		qs_nearest_offer(&nearest, layers[i].path);
		qs_nearest_offer(&nearest, layers[i].type);
	}
	if (nearest.best && nearest.best[0])
		qs_finding_hint(findings, finding, "did you mean \"%s\"?", nearest.best);
	else if (word[0] && list_holders(layers, n_layers, word, &holders))
		qs_finding_hint(findings, finding, "did you mean %s?", holders.data);
	else
		qs_finding_hint(
		    findings, finding, "see the layers with: qstrata layers MODEL.onnx");
	qs_findings_end_text(findings, &holders);
}

static enum qs_status report_no_layer(const struct qs_question *question,
    const struct qs_layer *layers, size_t n_layers, struct qs_findings *findings)
{
	const struct qs_source *model =
	    question->model ? qs_findings_name_source(findings, question->model) : NULL;
	struct qs_finding *finding;

	finding = qs_finding_add(findings, QS_FINDING_NO_SUCH_LAYER, qs_place_of(model),
	    "the model has no layer \"%s\"", question->layer);
	hint_at_layers(layers, n_layers, question->layer, findings, finding);
	return QS_INVALID;
}

/* The layers of a model that a word asks for. */
static enum qs_status explain_layers(struct explanation *explanation, const struct qs_layer *layers,
    size_t n_layers, struct qs_findings *findings)
{
	const char *word = explanation->question->layer;
	struct qs_text path = QS_TEXT_INIT;
	enum qs_status status;
	size_t n = 0;

	qs_selector_path((struct qs_json_string){word, (uint32_t)strlen(word)}, &path);
	status = qs_text_status(&path);
	for (size_t i = 0; i < n_layers && status == QS_OK; i++) {
		if (!is_asked_for(&layers[i], word, path.data))
			continue;
		n++;
		status = explain_layer(explanation, layers[i].name, &layers[i]);
	}
	qs_text_done(&path);
	if (n == 0 && status == QS_OK)
		return report_no_layer(explanation->question, layers, n_layers, findings);
	return status;
}

static enum qs_status explain_subjects(struct explanation *explanation,
    const struct qs_layer *layers, size_t n_layers, struct qs_findings *findings)
{
	if (!explanation->question->layer)
		return explain_layer(explanation, "model", NULL);
	if (layers)
		return explain_layers(explanation, layers, n_layers, findings);
	return explain_word(explanation);
}

enum qs_status qs_policy_explain(const struct qs_policy *policy, const struct qs_layer *layers,
    size_t n_layers, const struct qs_question *question, struct qs_findings *findings,
    struct qs_text *text)
{
	struct explanation explanation = {policy, question, NULL, text, true};
	enum qs_status status;

	status = qs_takers_new(policy, layers, n_layers, &explanation.takers);
	if (status != QS_OK)
		return status;
	if (question->json) {
		qs_text_adds(text, "{\n");
		qs_json_write_member("format_version", json_object_new_string("1.0"), ",\n", text);
		qs_json_write_member("file", qs_json_text(qs_policy_name(policy)), ",\n", text);
		qs_text_addf(text, "  \"%s\": [", question->entry ? "entries" : "subjects");
	}
	if (question->entry)
		status = qs_explain_entries(
		    policy, explanation.takers, layers, n_layers, question, findings, text);
	else
		status = explain_subjects(&explanation, layers, n_layers, findings);
	if (question->json)
		qs_text_adds(text, "\n  ]\n}\n");
	qs_takers_free(explanation.takers);
	return status == QS_OK ? qs_text_status(text) : status;
}

int qs_param_of_word(const char *word)
{
	return qs_param_find((struct qs_json_string){word, (uint32_t)strlen(word)});
}

int qs_tensor_of_word(const char *word)
{
	return qs_word_find(
	    &qs_tensor_words, (struct qs_json_string){word, (uint32_t)strlen(word)});
}
