/* SPDX-License-Identifier: Apache-2.0 */
/* Takes messages from the queue, finds who does what they ask for, and answers. */
#include <stdlib.h>
#include <string.h>

#include "lsp/server.h"

static const struct {
	const char *method;
	lsp_request *request; /* NULL: a notice */
	lsp_notice *notice;
} methods[] = {
#define REQUEST(method, function) {method, lsp_##function, NULL},
#define NOTICE(method, function) {method, NULL, lsp_##function},
#include "lsp/methods.def"
#undef NOTICE
#undef REQUEST
};

struct lsp *lsp_new(const char *model, const struct lsp_host *host)
{
	struct lsp *lsp = calloc(1, sizeof(*lsp));

	if (!lsp)
		return NULL;
	lsp->input = (struct qs_text)QS_TEXT_INIT;
	if (host)
		lsp->host = *host;
	lsp->model_path = model ? strdup(model) : NULL;
	if (model && !lsp->model_path) {
		free(lsp);
		return NULL;
	}
	return lsp;
}

void lsp_free(struct lsp *lsp)
{
	if (!lsp)
		return;
	for (struct lsp_document *d = lsp->documents, *next; d; d = next) {
		next = d->next;
		lsp_forget_judgement(lsp, d);
		lsp_document_free(d);
	}
	lsp->documents = NULL;
	lsp_close_models(lsp);
	for (size_t i = 0; i < lsp->n_queue; i++)
		json_object_put(lsp->queue[i].message);
	qs_text_done(&lsp->input);
	free(lsp->queue);
	free(lsp->model_path);
	free(lsp);
}

bool lsp_has_ended(const struct lsp *lsp, bool *ret_good, const char **ret_why)
{
	*ret_good = !lsp->why && lsp->state == LSP_STATE_SHUT_DOWN;
	*ret_why = lsp->why;
	return lsp->ended;
}

/* Answers a request. The id may be NULL when it is not known. */
static void answer(struct lsp *lsp, struct json_object *id, struct json_object *result,
    const struct lsp_error *error)
{
	struct json_object *message = json_object_new_object();
	struct json_object *object;

	lsp_put_string(message, "jsonrpc", "2.0");
	lsp_put(message, "id", json_object_get(id));
	if (error->code) {
		object = json_object_new_object();
		lsp_put_int(object, "code", error->code);
		lsp_put_string(object, "message", error->message);
		lsp_put(message, "error", object);
		json_object_put(result);
	} else {
		lsp_put(message, "result", result);
	}
	lsp_send(lsp, message);
}

static void fail(struct lsp *lsp, struct json_object *id, int code, const char *text)
{
	const struct lsp_error error = {code, text};

	answer(lsp, id, NULL, &error);
}

/* Why a request may not be done now; code 0: it may. */
static struct lsp_error refuse(const struct lsp *lsp, const char *method, bool cancelled)
{
	const bool first = strcmp(method, "initialize") == 0;

	if (cancelled)
		return (struct lsp_error){LSP_REQUEST_CANCELLED, "the request was cancelled"};
	if (lsp->state == LSP_STATE_NEW && !first)
		return (struct lsp_error){LSP_NOT_INITIALIZED, "initialize is expected first"};
	if (lsp->state != LSP_STATE_NEW && first)
		return (struct lsp_error){LSP_INVALID_REQUEST, "initialize was sent before"};
	if (lsp->state == LSP_STATE_SHUT_DOWN)
		return (struct lsp_error){LSP_INVALID_REQUEST, "the server was shut down"};
	return (struct lsp_error){0, NULL};
}

static void handle_request(struct lsp *lsp, struct json_object *message, bool cancelled)
{
	struct json_object *id = lsp_at(message, "id"), *result = NULL;
	const char *method = lsp_string_at(message, "method");
	struct lsp_error error = refuse(lsp, method, cancelled);

	for (size_t i = 0; !error.code && i < sizeof(methods) / sizeof(*methods); i++) {
		if (!methods[i].request || strcmp(methods[i].method, method) != 0)
			continue;
		result = methods[i].request(lsp, lsp_at(message, "params"), &error);
		answer(lsp, id, result, &error);
		return;
	}
	if (!error.code)
		error = (struct lsp_error){LSP_METHOD_NOT_FOUND, "there is no such method"};
	answer(lsp, id, NULL, &error);
}

static void handle_notice(struct lsp *lsp, struct json_object *message)
{
	const char *method = lsp_string_at(message, "method");
	const bool is_exit = strcmp(method, "exit") == 0;

	if (lsp->state != LSP_STATE_READY && !is_exit)
		return;
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (methods[i].notice && strcmp(methods[i].method, method) == 0)
			methods[i].notice(lsp, lsp_at(message, "params"));
	}
}

static void handle(struct lsp *lsp, const struct lsp_waiting *waiting)
{
	struct json_object *message = waiting->message, *id = lsp_at(message, "id");
	const bool has_id = json_object_object_get_ex(message, "id", NULL);

	if (!message)
		fail(lsp, NULL, LSP_PARSE_ERROR, "the message is no JSON");
	else if (!json_object_is_type(message, json_type_object))
		fail(lsp, NULL, LSP_INVALID_REQUEST, "a message is an object");
	else if (!lsp_string_at(message, "method") &&
		 (lsp_at(message, "result") || lsp_at(message, "error")))
		return; /* an answer; nothing was asked */
	else if (!lsp_string_at(message, "method"))
		fail(lsp, id, LSP_INVALID_REQUEST, "a message has a method");
	else if (!has_id)
		handle_notice(lsp, message);
	else if (json_object_is_type(id, json_type_int) ||
		 json_object_is_type(id, json_type_string))
		handle_request(lsp, message, waiting->cancelled);
	else
		fail(lsp, NULL, LSP_INVALID_REQUEST, "an id is a number or a string");
}

void lsp_answer(struct lsp *lsp, struct qs_text *out)
{
	lsp->out = out;
	lsp_take_messages(lsp);
	for (size_t i = 0; i < lsp->n_queue; i++) {
		if (!lsp->ended || lsp->why)
			handle(lsp, &lsp->queue[i]);
		json_object_put(lsp->queue[i].message);
	}
	lsp->n_queue = 0;
	lsp->out = NULL;
}
