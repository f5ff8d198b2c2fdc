/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting a model: opening, changing, saving, and the report. */
#include "analysis/rewrite.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/json_document.h"
#include "model/tensor.h"

enum qs_status qs_rewrite_open(
    const char *path, struct qs_findings *findings, struct qs_rewrite **ret_rewrite)
{
	struct qs_rewrite *rewrite = calloc(1, sizeof(*rewrite));
	enum qs_status status = rewrite ? QS_OK : QS_NOMEM;

	if (status == QS_OK)
		status = qs_model_open(path, findings, &rewrite->model);
	if (status == QS_OK)
		status = qs_model_check_external(rewrite->model, findings);
	if (status != QS_OK) {
		qs_rewrite_free(rewrite);
		return status;
	}
	rewrite->path = rewrite->model->path;
	*ret_rewrite = rewrite;
	return QS_OK;
}

void qs_rewrite_free(struct qs_rewrite *rewrite)
{
	if (!rewrite)
		return;
	qs_model_free(rewrite->model);
	free(rewrite);
}

enum qs_status qs_rewrite_save(
    const struct qs_rewrite *rewrite, const char *path, struct qs_findings *findings)
{
	return qs_model_save(rewrite->model, path, findings);
}

/* ---- one change ------------------------------------------------------------------------------ */

enum qs_status qs_change_begin(
    struct qs_change *change, struct qs_rewrite *rewrite, struct qs_findings *findings)
{
	enum qs_status status;

	*change = (struct qs_change){
	    .rewrite = rewrite, .findings = findings, .opset = qs_model_opset(rewrite->model)};
	status = qs_layers_new(rewrite->model, findings, &change->layers);
	if (status != QS_OK)
		return status;
	change->graph = change->layers->graph;
	return qs_edit_new(change->graph, &change->edit);
}

enum qs_status qs_change_end(struct qs_change *change, enum qs_status status)
{
	if (status == QS_OK)
		status = qs_edit_apply(change->edit, change->findings);
	qs_edit_free(change->edit);
	qs_layers_free(change->layers);
	return status;
}

void qs_change_note(struct qs_change *change, const char *what, const char *where,
    uint64_t n_values, const char *format, ...)
{
	struct qs_rewrite *rewrite = change->rewrite;
	struct qs_arena *arena = &rewrite->model->arena;
	struct qs_rewritten *note = qs_arena_alloc(arena, sizeof(*note));
	struct qs_text text = QS_TEXT_INIT;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	if (note) {
		note->what = what;
		note->where = qs_arena_strdup(arena, where);
		note->text = qs_arena_strdup(arena, text.data ? text.data : "");
		note->n_values = n_values;
		if (rewrite->last)
			rewrite->last->next = note;
		else
			rewrite->first = note;
		rewrite->last = note;
		rewrite->n++;
	}
	qs_findings_end_text(change->findings, &text);
}

enum qs_status qs_change_refuse(
    struct qs_change *change, const char *what, const char *name, const char *reason)
{
	qs_finding_add(change->findings, QS_FINDING_REWRITE_REFUSED,
	    qs_model_place(change->rewrite->model, change->findings),
	    "%s \"%s\" cannot be rewritten: %s", what, name, reason);
	return QS_INVALID;
}

enum qs_status qs_change_unknown(
    struct qs_change *change, const char *what, const char *name, const struct qs_nearest *nearest)
{
	struct qs_finding *finding = qs_finding_add(change->findings, QS_FINDING_REWRITE_UNKNOWN,
	    qs_model_place(change->rewrite->model, change->findings), "the model has no %s \"%s\"",
	    what, name);

	if (nearest->best)
		qs_finding_hint(change->findings, finding, "did you mean \"%s\"?", nearest->best);
	return QS_INVALID;
}

/* ---- new nodes ------------------------------------------------------------------------------- */

Onnx__NodeProto *qs_change_add(struct qs_change *change, const char *op_type, const char *name,
    const char *const *inputs, size_t n_inputs, const char *output)
{
	struct qs_text label = QS_TEXT_INIT;
	Onnx__NodeProto *node;

	qs_text_addf(&label, "%s_%s", name, op_type);
	node = qs_edit_add_node(
	    change->edit, op_type, label.data ? label.data : "", inputs, n_inputs, &output, 1);
	qs_findings_end_text(change->findings, &label);
	return node;
}

const char *qs_change_node(struct qs_change *change, const char *op_type, const char *name,
    const char *const *inputs, Onnx__NodeProto **ret_node)
{
	const char *output = qs_edit_name(change->edit, "%s_%s_output", name, op_type);
	size_t n = 0;

	while (inputs[n])
		n++;
	*ret_node = qs_change_add(change, op_type, name, inputs, n, output);
	return output;
}

const char *qs_change_axes_node(struct qs_change *change, const char *op_type, const char *name,
    const char *input, int64_t axis, int64_t input_since, const char *output,
    Onnx__NodeProto **ret_node)
{
	const bool as_input = change->opset >= input_since;
	const char *inputs[2] = {input, NULL};
	const int64_t one = 1;

	if (as_input) {
		inputs[1] = qs_edit_name(change->edit, "%s_%s_axes", name, op_type);
		qs_edit_add_tensor(
		    change->edit, inputs[1], ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &one, 1, &axis);
	}
	if (!output)
		output = qs_edit_name(change->edit, "%s_%s_output", name, op_type);
	*ret_node = qs_change_add(change, op_type, name, inputs, as_input ? 2 : 1, output);
	if (!as_input)
		qs_edit_set_ints(change->edit, *ret_node, "axes", &axis, 1);
	return output;
}

/* ---- report ---------------------------------------------------------------------------------- */

/* 3072000 as "12.3 MB of float32". */
static void write_size(uint64_t n_values, struct qs_text *text)
{
	const double bytes = 4.0 * (double)n_values;

	qs_text_addf(text, "%" PRIu64 " values, ", n_values);
	if (bytes >= 1e6)
		qs_text_addf(text, "%.1f MB in float32", bytes / 1e6);
	else
		qs_text_addf(text, "%.0f bytes in float32", bytes);
}

enum qs_status qs_rewrite_write_text(const struct qs_rewrite *rewrite, struct qs_text *text)
{
	for (const struct qs_rewritten *note = rewrite->first; note; note = note->next) {
		qs_text_addf(text, "%-8s %s: %s\n", note->what, note->where, note->text);
		if (note->n_values) {
			qs_text_adds(text, "         between them: ");
			write_size(note->n_values, text);
			qs_text_adds(text, "\n");
		}
	}
	return qs_text_status(text);
}

enum qs_status qs_rewrite_write_json(const struct qs_rewrite *rewrite, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array();

	qs_json_put(document, "format", qs_json_text("qstrata-rewrite"));
	qs_json_put(document, "version", json_object_new_int(1));
	qs_json_put(document, "model", qs_json_text(rewrite->path));
	for (const struct qs_rewritten *note = rewrite->first; note; note = note->next) {
		struct json_object *item = json_object_new_object();

		qs_json_put(item, "what", qs_json_text(note->what));
		qs_json_put(item, "where", qs_json_text(note->where));
		qs_json_put(item, "text", qs_json_text(note->text));
		qs_json_put(item, "values_between",
		    note->n_values ? json_object_new_uint64(note->n_values) : NULL);
		json_object_array_add(list, item);
	}
	qs_json_put(document, "changes", list);
	return qs_json_write(document, text);
}
