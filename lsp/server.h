/* SPDX-License-Identifier: Apache-2.0 */
/* The server from the inside: its state, its methods, and how they speak JSON. */
#ifndef LSP_SERVER_H
#define LSP_SERVER_H

#include "lsp/document.h"
#include "lsp/lsp.h"
#include "lsp/message.h"

/* What the protocol allows next. */
enum lsp_state {
	LSP_STATE_NEW,
	LSP_STATE_READY,
	LSP_STATE_SHUT_DOWN
};

/* A message that waits. */
struct lsp_waiting {
	struct json_object *message; /* NULL: it was no JSON */
	bool cancelled;
};

struct lsp {
	struct qs_text input; /* what is not yet a message */
	struct lsp_waiting *queue;
	size_t n_queue, capacity;
	enum lsp_state state;
	bool ended;
	const char *why;      /* why it ended, or NULL */
	enum lsp_units units; /* that positions count */
	struct qs_text *out;
	struct lsp_document *documents;
	char *model_path; /* NULL: no model */
	struct qs_model *model;
	struct qs_layers *layer_list;
	const struct qs_layer *layers; /* NULL: no model, or it cannot be read */
	size_t n_layers;
};

/* The errors of JSON-RPC and of the protocol. */
enum lsp_error_code {
	LSP_PARSE_ERROR = -32700,
	LSP_INVALID_REQUEST = -32600,
	LSP_METHOD_NOT_FOUND = -32601,
	LSP_INVALID_PARAMS = -32602,
	LSP_INTERNAL_ERROR = -32603,
	LSP_NOT_INITIALIZED = -32002,
	LSP_REQUEST_CANCELLED = -32800
};

/* Why a request failed; code 0: it did not. */
struct lsp_error {
	int code;
	const char *message;
};

/* Does what a request asks for and returns its result, which the caller releases; NULL is null. */
typedef struct json_object *lsp_request(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error);
/* Does what a notification asks for. */
typedef void lsp_notice(struct lsp *lsp, struct json_object *params);

#define REQUEST(method, function) lsp_request lsp_##function;
#define NOTICE(method, function) lsp_notice lsp_##function;
#include "lsp/methods.def"
#undef NOTICE
#undef REQUEST

/* The open document that params are about; NULL with an error when there is none. */
struct lsp_document *lsp_find_document(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error);

/* The offset in a document that params are about. False with an error when there is none. */
bool lsp_find_offset(const struct lsp *lsp, const struct lsp_document *document,
    struct json_object *params, struct lsp_error *error, size_t *ret_offset);

/* A range of bytes of a document as JSON. */
struct json_object *lsp_range_json(
    const struct lsp *lsp, const struct lsp_document *document, size_t begin, size_t end);

/* A finding as a diagnostic. */
struct json_object *lsp_diagnostic_json(
    const struct lsp *lsp, const struct lsp_document *document, const struct qs_finding *finding);

/* Checks a document and tells the editor what was found. */
void lsp_publish(struct lsp *lsp, struct lsp_document *document);

/* Tells the editor what was found in a document, nothing when it was not checked. */
void lsp_send_diagnostics(struct lsp *lsp, const struct lsp_document *document);

/* Reads the model, and checks all documents again. */
void lsp_use_model(struct lsp *lsp, const char *path);

/* ---- transport.c ----------------------------------------------------------------------------- */

/* Takes all whole messages of the input into the queue. */
void lsp_take_messages(struct lsp *lsp);
/* Sends a message and releases it. */
void lsp_send(struct lsp *lsp, struct json_object *message);
/* Ends the server, since nothing that follows could be understood. */
void lsp_give_up(struct lsp *lsp, const char *why);

#endif
