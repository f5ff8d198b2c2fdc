/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a tensor gets what it gets: for each parameter the winner, what it shadows, and what was
 * hidden, one line each with its place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "policy/selection.h"

/* One explanation: the settings of a layer, or of the model level when there is no layer. */
struct subject {
	const struct qs_policy *policy;
	const char *title;
	const struct qs_layer *layer;   /* NULL: the model level */
	const struct qs_entry *winner;  /* NULL: no entry takes the layer */
	const struct qs_entry **rivals; /* the other entries that would take it */
	size_t n_rivals;
};

/* "layer name", "layer type": what an entry's level is called by its selector. */
static const char *selector_word(const struct qs_entry *entry)
{
	static const char *const words[] = {"layer type", "layer pattern", "layer name"};

	return words[entry->selector.kind];
}

static void write_level(
    const struct qs_setting *setting, const struct qs_entry *entry, struct qs_text *text)
{
	switch ((enum qs_level)setting->level) {
	case QS_LEVEL_DEFAULT:
		qs_text_addf(text, "%-22s", "built-in default");
		return;
	case QS_LEVEL_OVERALL:
		qs_text_addf(text, "%-22s", "overall");
		return;
	case QS_LEVEL_TENSOR:
		qs_text_addf(text, "%-22s", "tensor");
		return;
	case QS_LEVEL_LAYER_OVERALL:
		qs_text_addf(text, "%-13s overall ", selector_word(entry));
		return;
	case QS_LEVEL_LAYER_TENSOR:
		qs_text_addf(text, "%-13s tensor  ", selector_word(entry));
		return;
	}
}

static void write_place(
    const struct qs_policy *policy, const struct qs_setting *setting, struct qs_text *text)
{
	struct qs_text place = QS_TEXT_INIT;

	if (setting->member) {
		const struct qs_place at = qs_policy_value_place(policy, setting->member);
		const struct qs_position position = qs_source_position(at.source, at.begin);

		qs_text_addf(&place, "%s:%zu:%zu", qs_source_name(at.source), position.line,
		    position.column);
		place.failed = place.failed || position.line == 0; /* no memory for the lines */
	}
	qs_text_addf(text, "%-28s", place.data);
	text->failed = text->failed || place.failed;
	qs_text_done(&place);
}

static void write_pointer(const struct qs_json *member, struct qs_text *text)
{
	struct qs_text pointer = QS_TEXT_INIT;

	qs_json_pointer(member, &pointer);
	qs_text_add_visible(text, pointer.data, pointer.size);
	text->failed = text->failed || pointer.failed;
	qs_text_done(&pointer);
}

static void write_line(const struct subject *subject, const char *role, enum qs_param param,
    const struct qs_setting *setting, const struct qs_entry *entry, const char *remark,
    struct qs_text *text)
{
	struct qs_text value = QS_TEXT_INIT;

	qs_text_addf(text, "  %-8s", role);
	write_level(setting, entry, text);
	write_place(subject->policy, setting, text);
	qs_setting_write(setting, param, &value);
	qs_text_addf(text, "  %-12s", value.data);
	text->failed = text->failed || value.failed;
	qs_text_done(&value);
	if (setting->reset)
		qs_text_adds(text, "  reset by method percentile");
	qs_text_adds(text, "  ");
	if (setting->member && !setting->reset)
		write_pointer(setting->member, text);
	if (remark)
		qs_text_addf(text, "  (%s)", remark);
	while (text->size && text->data[text->size - 1] == ' ')
		text->data[--text->size] = '\0';
	qs_text_adds(text, "\n");
}

/* Why an entry that takes the layer does not win it. */
static const char *why_hidden(const struct qs_entry *entry, const struct qs_entry *winner)
{
	if (entry->later)
		return "a later entry of the same selector counts";
	if (entry->selector.kind == winner->selector.kind)
		return "the later pattern wins";
	if (winner->selector.kind == QS_SELECT_NAME)
		return entry->selector.kind == QS_SELECT_TYPE ? "a name beats a type"
		                                              : "a name beats a pattern";
	return "a pattern beats a type";
}

/* What other entries of the layer would have set. */
static void write_hidden(
    const struct subject *subject, enum qs_tensor tensor, enum qs_param param, struct qs_text *text)
{
	for (size_t i = 0; i < subject->n_rivals; i++) {
		const struct qs_entry *entry = subject->rivals[i];
		const struct qs_setting *setting = entry->settings[tensor].param[param];

		if ((entry->tensors >> tensor & 1) && setting->level >= QS_LEVEL_LAYER_OVERALL)
			write_line(subject, "hidden", param, setting, entry,
			    why_hidden(entry, subject->winner), text);
	}
}

static void explain_param(const struct subject *subject, const struct qs_settings *settings,
    enum qs_tensor tensor, enum qs_param param, struct qs_text *text)
{
	const struct qs_setting *setting = settings->param[param];

	qs_text_add_visible(text, subject->title, strlen(subject->title));
	qs_text_addf(
	    text, " · %s · %s = ", qs_tensor_words.words[tensor].word, qs_param_info(param)->key);
	qs_setting_write(setting, param, text);
	if (param != QS_PARAM_DATATYPE && qs_settings_are_float(settings))
		qs_text_adds(text, " (no effect: the datatype is not int)");
	qs_text_adds(text, "\n");
	write_line(subject, "wins", param, setting, subject->winner, NULL, text);
	write_hidden(subject, tensor, param, text);
	for (setting = setting->shadowed; setting; setting = setting->shadowed)
		write_line(subject, "shadows", param, setting, subject->winner, NULL, text);
}

/* Finds the entries that the winner hides. */
static enum qs_status find_rivals(struct subject *subject)
{
	const struct qs_policy *policy = subject->policy;
	enum qs_status status = QS_OK;

	if (!subject->winner)
		return QS_OK;
	subject->rivals = malloc((policy->n_entries + 1) * sizeof(*subject->rivals));
	if (!subject->rivals)
		return QS_NOMEM;
	for (size_t i = 0; i < policy->n_entries && status == QS_OK; i++) {
		const struct qs_entry *entry = &policy->entries[i];
		bool takes = false;

		if (entry == subject->winner)
			continue;
		status = qs_selector_takes(&entry->selector, subject->layer, &takes);
		if (takes)
			subject->rivals[subject->n_rivals++] = entry;
	}
	return status;
}

static void explain_subject(
    struct subject *subject, const struct qs_question *question, struct qs_text *text)
{
	if (find_rivals(subject) != QS_OK)
		text->failed = true;
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		const bool own = subject->winner && (subject->winner->tensors >> t & 1);
		const struct qs_settings *settings =
		    own ? &subject->winner->settings[t] : &subject->policy->model[t];

		if (question->tensor >= 0 && question->tensor != t)
			continue;
		for (int p = 0; p < QS_PARAM__COUNT; p++) {
			if (question->param >= 0
				? question->param == p
				: qs_settings_show(settings, (enum qs_param)p, (enum qs_tensor)t))
				explain_param(
				    subject, settings, (enum qs_tensor)t, (enum qs_param)p, text);
		}
	}
	free(subject->rivals);
}

/* Without a model a word is taken as a name, a path and a type at once. */
static void explain_word(
    const struct qs_policy *policy, const struct qs_question *question, struct qs_text *text)
{
	struct qs_layer_word word;
	struct subject subject = {.policy = policy, .title = question->layer, .layer = &word.layer};

	if (qs_layer_word_init(&word, question->layer) != QS_OK ||
	    qs_policy_strongest(policy, &word.layer, &subject.winner) != QS_OK)
		text->failed = true;
	explain_subject(&subject, question, text);
	qs_layer_word_done(&word);
}

static bool is_asked_for(const struct qs_layer *layer, const char *word, const char *path)
{
	return strcmp(layer->name, word) == 0 || strcmp(layer->type, word) == 0 ||
	       (layer->path[0] && strcmp(layer->path, path) == 0);
}

static enum qs_status report_no_layer(const struct qs_policy *policy,
    const struct qs_selection *selection, const char *word, struct qs_findings *findings)
{
	struct qs_nearest nearest = qs_nearest_to(word, strlen(word));
	struct qs_finding *finding;

	for (size_t i = 0; i < selection->n_layers; i++) {
		qs_nearest_offer(&nearest, selection->layers[i].name);
		qs_nearest_offer(&nearest, selection->layers[i].path);
		qs_nearest_offer(&nearest, selection->layers[i].type);
	}
	finding = qs_finding_add(findings, QS_FINDING_NO_SUCH_LAYER,
	    qs_place_of(policy->document.source), "the model has no layer \"%s\"", word);
	if (nearest.best && nearest.best[0])
		qs_finding_hint(findings, finding, "did you mean \"%s\"?", nearest.best);
	return QS_INVALID;
}

/* The layers of a model that a word asks for. */
static enum qs_status explain_layers(const struct qs_policy *policy,
    const struct qs_selection *selection, const struct qs_question *question,
    struct qs_findings *findings, struct qs_text *text)
{
	const char *word = question->layer;
	struct qs_text path = QS_TEXT_INIT;
	size_t n = 0;

	qs_selector_path((struct qs_json_string){word, (uint32_t)strlen(word)}, &path);
	for (size_t i = 0; i < selection->n_layers; i++) {
		const struct qs_layer *layer = &selection->layers[i];
		struct subject subject = {.policy = policy,
		    .title = layer->name,
		    .layer = layer,
		    .winner = selection->winners[i]};

		if (!is_asked_for(layer, word, path.data))
			continue;
		n++;
		explain_subject(&subject, question, text);
	}
	text->failed = text->failed || path.failed;
	qs_text_done(&path);
	if (n == 0 && !text->failed)
		return report_no_layer(policy, selection, word, findings);
	return qs_text_status(text);
}

enum qs_status qs_policy_explain(const struct qs_policy *policy,
    const struct qs_selection *selection, const struct qs_question *question,
    struct qs_findings *findings, struct qs_text *text)
{
	if (selection && question->layer)
		return explain_layers(policy, selection, question, findings, text);
	if (question->layer)
		explain_word(policy, question, text);
	else
		explain_subject(
		    &(struct subject){.policy = policy, .title = "model"}, question, text);
	return qs_text_status(text);
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
