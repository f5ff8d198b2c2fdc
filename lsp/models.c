/* SPDX-License-Identifier: Apache-2.0 */
/* The models that documents are held against, each opened once. */
#include <stdlib.h>
#include <string.h>

#include "lsp/server.h"

/* Shows the editor's user why a model cannot be used. */
static void tell(struct lsp *lsp, const struct qs_findings *findings)
{
	static const struct qs_text_style style = {false, false, QS_SEVERITY_ERROR};
	struct qs_text text = QS_TEXT_INIT;

	if (qs_findings_write_text(findings, &style, &text) == QS_OK && text.size)
		lsp_show_message(lsp, text.data);
	qs_text_done(&text);
}

/* Opens the model at a path; without layers when it cannot be used, which is told once. NULL:
 * memory ran out. */
static struct lsp_model *open_model(struct lsp *lsp, const char *path)
{
	struct lsp_model *model = calloc(1, sizeof(*model));
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status = QS_NOMEM;

	if (model && findings && (model->path = strdup(path)))
		status = qs_model_open(path, findings, &model->model);
	if (status == QS_OK)
		status = qs_layers_new(model->model, findings, &model->layers);
	if (status == QS_OK)
		model->list = qs_layers_list(model->layers, &model->n);
	else if (findings)
		tell(lsp, findings);
	qs_findings_free(findings);
	if (model && model->path)
		return model;
	free(model);
	return NULL;
}

/* The model at a path, opened when it is first asked for; NULL: it cannot be used. */
static const struct lsp_model *find_path(struct lsp *lsp, const char *path)
{
	struct lsp_model *model = lsp->models;

	while (model && strcmp(model->path, path) != 0)
		model = model->next;
	if (!model) {
		model = open_model(lsp, path);
		if (!model)
			return NULL;
		model->next = lsp->models;
		lsp->models = model;
	}
	return model->list ? model : NULL;
}

const struct lsp_model *lsp_find_model(struct lsp *lsp, const struct lsp_document *document)
{
	const char *path = lsp->model_path;

	if (!path && document->judgement)
		path = document->judgement->model;
	return path ? find_path(lsp, path) : NULL;
}

void lsp_close_models(struct lsp *lsp)
{
	for (struct lsp_document *d = lsp->documents; d; d = d->next)
		d->model = NULL;
	while (lsp->models) {
		struct lsp_model *next = lsp->models->next;

		qs_layers_free(lsp->models->layers);
		qs_model_free(lsp->models->model);
		free(lsp->models->path);
		free(lsp->models);
		lsp->models = next;
	}
}

void lsp_use_model(struct lsp *lsp, const char *path)
{
	char *copy = path[0] ? strdup(path) : NULL;

	if (path[0] && !copy) {
		lsp_give_up(lsp, "out of memory");
		return;
	}
	lsp_close_models(lsp);
	free(lsp->model_path);
	lsp->model_path = copy;
	if (copy)
		(void)find_path(lsp, copy);
	for (struct lsp_document *d = lsp->documents; d; d = d->next)
		lsp_publish(lsp, d);
}
