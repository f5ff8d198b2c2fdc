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
	struct lsp_host host; /* all NULL: there is none */
	char *model_path;     /* NULL: what the settings of a document say */
	struct lsp_model *models;
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

/* Shows the editor's user a message. */
void lsp_show_message(struct lsp *lsp, const char *text);

/* ---- judgement.c ----------------------------------------------------------------------------- */

/* Finds anew how a document is checked; what was read of it is forgotten. */
void lsp_find_judgement(struct lsp *lsp, struct lsp_document *document);
void lsp_forget_judgement(const struct lsp *lsp, struct lsp_document *document);

/* An empty list for findings about a document, which knows what was decided about them. NULL:
 * memory ran out. */
struct qs_findings *lsp_new_findings(const struct lsp *lsp, const struct lsp_document *document);

/* Reads a text as a config, and holds it against the model of the document, if there is one. The
 * policy is there also when only the selection is not: QS_INVALID. */
enum qs_status lsp_judge(const struct lsp_document *document, const struct qs_source *source,
    struct qs_findings *findings, struct qs_policy **ret_policy,
    struct qs_selection **ret_selection);

/* ---- models.c -------------------------------------------------------------------------------- */

/* The model that a document is to be held against; NULL: none, or it cannot be used, which was
 * shown. */
const struct lsp_model *lsp_find_model(struct lsp *lsp, const struct lsp_document *document);
void lsp_close_models(struct lsp *lsp);

/* Takes the model at a path for all documents, those of their settings for "", and checks them
 * again. */
void lsp_use_model(struct lsp *lsp, const char *path);

/* ---- transport.c ----------------------------------------------------------------------------- */

/* Takes all whole messages of the input into the queue. */
void lsp_take_messages(struct lsp *lsp);
/* Sends a message and releases it. */
void lsp_send(struct lsp *lsp, struct json_object *message);
/* Ends the server, since nothing that follows could be understood. */
void lsp_give_up(struct lsp *lsp, const char *why);

#endif
