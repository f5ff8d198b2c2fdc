/* SPDX-License-Identifier: Apache-2.0 */
/* Starting, ending, and what the editor has open. */
#include <stdlib.h>
#include <string.h>

#include "lsp/server.h"

/* ---- starting and ending --------------------------------------------------------------------- */

/* Whether the editor offers positions in bytes of UTF-8. */
static bool offers_utf8(struct json_object *params)
{
	struct json_object *list = lsp_at(params, "capabilities.general.positionEncodings");

	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_object_is_type(item, json_type_string) &&
		    strcmp(json_object_get_string(item), "utf-8") == 0)
			return true;
	}
	return false;
}

static struct json_object *capabilities(const struct lsp *lsp)
{
	struct json_object *object = json_object_new_object();
	struct json_object *sync = json_object_new_object();
	struct json_object *completion = json_object_new_object();
	struct json_object *triggers = json_object_new_array();
	struct json_object *actions = json_object_new_object();
	struct json_object *kinds = json_object_new_array();

	lsp_put_string(object, "positionEncoding", lsp->units == LSP_UTF8 ? "utf-8" : "utf-16");
	lsp_put_bool(sync, "openClose", true);
	lsp_put_int(sync, "change", 2); /* incremental */
	lsp_put_bool(sync, "save", true);
	lsp_put(object, "textDocumentSync", sync);
	lsp_put_bool(object, "hoverProvider", true);
	lsp_put_bool(object, "definitionProvider", true);
	lsp_put_bool(object, "documentSymbolProvider", true);
	json_object_array_add(triggers, json_object_new_string("\""));
	json_object_array_add(triggers, json_object_new_string(":"));
	lsp_put(completion, "triggerCharacters", triggers);
	lsp_put(object, "completionProvider", completion);
	json_object_array_add(kinds, json_object_new_string("quickfix"));
	json_object_array_add(kinds, json_object_new_string("source.fixAll.qstrata"));
	lsp_put(actions, "codeActionKinds", kinds);
	lsp_put(object, "codeActionProvider", actions);
	return object;
}

struct json_object *lsp_initialize(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	const char *model = lsp_string_at(params, "initializationOptions.model");
	struct json_object *result = json_object_new_object();
	struct json_object *info = json_object_new_object();

	(void)error;
	lsp->units = offers_utf8(params) ? LSP_UTF8 : LSP_UTF16;
	lsp->state = LSP_STATE_READY;
	lsp_put(result, "capabilities", capabilities(lsp));
	lsp_put_string(info, "name", "qstrata");
	lsp_put_string(info, "version", QSTRATA_VERSION);
	lsp_put(result, "serverInfo", info);
	model = model ? model : lsp->model_path;
	if (model)
		lsp_use_model(lsp, model);
	return result;
}

struct json_object *lsp_shutdown(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	(void)params;
	(void)error;
	lsp->state = LSP_STATE_SHUT_DOWN;
	return NULL;
}

void lsp_exit(struct lsp *lsp, struct json_object *params)
{
	(void)params;
	lsp->ended = true;
}

/* ---- what the editor says of itself ---------------------------------------------------------- */

void lsp_show_message(struct lsp *lsp, const char *text)
{
	struct json_object *message = json_object_new_object();
	struct json_object *params = json_object_new_object();

	lsp_put_int(params, "type", 1); /* an error */
	lsp_put_string(params, "message", text);
	lsp_put_string(message, "jsonrpc", "2.0");
	lsp_put_string(message, "method", "window/showMessage");
	lsp_put(message, "params", params);
	lsp_send(lsp, message);
}

void lsp_did_change_configuration(struct lsp *lsp, struct json_object *params)
{
	const char *model = lsp_string_at(params, "settings.qstrata.model");

	if (model && (!lsp->model_path || strcmp(model, lsp->model_path) != 0))
		lsp_use_model(lsp, model);
}

/* ---- documents ------------------------------------------------------------------------------- */

static struct lsp_document **find_slot(struct lsp *lsp, const char *uri)
{
	struct lsp_document **slot = &lsp->documents;

	while (*slot && uri && strcmp((*slot)->uri, uri) != 0)
		slot = &(*slot)->next;
	return slot;
}

struct lsp_document *lsp_find_document(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	const char *uri = lsp_string_at(params, "textDocument.uri");
	struct lsp_document *document = uri ? *find_slot(lsp, uri) : NULL;

	if (!document)
		*error = (struct lsp_error){LSP_INVALID_PARAMS, "no such document is open"};
	return document;
}

static bool read_position(struct json_object *object, struct lsp_position *ret_position)
{
	return lsp_count_at(object, "line", &ret_position->line) &&
	       lsp_count_at(object, "character", &ret_position->character);
}

bool lsp_find_offset(const struct lsp *lsp, const struct lsp_document *document,
    struct json_object *params, struct lsp_error *error, size_t *ret_offset)
{
	struct lsp_position position;

	if (!read_position(lsp_at(params, "position"), &position)) {
		*error = (struct lsp_error){LSP_INVALID_PARAMS, "a position is expected"};
		return false;
	}
	*ret_offset = lsp_offset_of(document, position, lsp->units);
	return true;
}

static void close_document(struct lsp *lsp, const char *uri)
{
	struct lsp_document **slot = find_slot(lsp, uri), *document = *slot;

	if (!document)
		return;
	*slot = document->next;
	lsp_forget_judgement(lsp, document);
	lsp_document_free(document);
}

void lsp_did_open(struct lsp *lsp, struct json_object *params)
{
	const char *uri = lsp_string_at(params, "textDocument.uri");
	struct json_object *text = lsp_at(params, "textDocument.text");
	struct lsp_document *document;

	if (!uri || !json_object_is_type(text, json_type_string))
		return;
	close_document(lsp, uri);
	document = lsp_document_new(
	    uri, json_object_get_string(text), (size_t)json_object_get_string_len(text));
	if (!document) {
		lsp_give_up(lsp, "out of memory");
		return;
	}
	document->version = json_object_get_int64(lsp_at(params, "textDocument.version"));
	document->next = lsp->documents;
	lsp->documents = document;
	lsp_find_judgement(lsp, document);
	lsp_publish(lsp, document);
}

/* One change of a document: of a range, or of all. False: it is none, or memory ran out. */
static bool change(const struct lsp *lsp, struct lsp_document *document, struct json_object *event)
{
	struct json_object *text = lsp_at(event, "text"), *range = lsp_at(event, "range");
	struct lsp_position start, end;
	size_t size;

	if (!json_object_is_type(text, json_type_string))
		return false;
	size = (size_t)json_object_get_string_len(text);
	if (!range)
		return lsp_document_replace(
		    document, 0, document->size, json_object_get_string(text), size);
	return read_position(lsp_at(range, "start"), &start) &&
	       read_position(lsp_at(range, "end"), &end) &&
	       lsp_document_replace(document, lsp_offset_of(document, start, lsp->units),
		   lsp_offset_of(document, end, lsp->units), json_object_get_string(text), size);
}

void lsp_did_change(struct lsp *lsp, struct json_object *params)
{
	struct lsp_error error = {0, NULL};
	struct lsp_document *document = lsp_find_document(lsp, params, &error);
	struct json_object *events = lsp_at(params, "contentChanges");

	if (!document || !json_object_is_type(events, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(events); i++) {
		if (!change(lsp, document, json_object_array_get_idx(events, i)))
			lsp_show_message(lsp,
			    "qstrata cannot follow a change; close the document and "
			    "open it again");
	}
	document->version = json_object_get_int64(lsp_at(params, "textDocument.version"));
	lsp_publish(lsp, document);
}

void lsp_did_save(struct lsp *lsp, struct json_object *params)
{
	struct lsp_error error = {0, NULL};
	struct lsp_document *document = lsp_find_document(lsp, params, &error);

	if (!document)
		return;
	/* Settings may have been saved before it. */
	lsp_find_judgement(lsp, document);
	lsp_publish(lsp, document);
}

void lsp_did_close(struct lsp *lsp, struct json_object *params)
{
	struct lsp_error error = {0, NULL};
	struct lsp_document *document = lsp_find_document(lsp, params, &error);

	if (!document)
		return;
	/* What was found is taken back. */
	qs_findings_free(document->findings);
	document->findings = NULL;
	lsp_send_diagnostics(lsp, document);
	close_document(lsp, document->uri);
}
