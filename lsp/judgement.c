/* SPDX-License-Identifier: Apache-2.0 */
/* How documents are checked: by what the host of the server says about their paths. */
#include <stdlib.h>
#include <string.h>

#include "lsp/server.h"

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | ((c >= 'A' && c <= 'F') ? 0x20 : 0)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The path of a "file" URI (RFC 8089) of this machine, malloc'ed; NULL when it is none. */
static char *path_of(const char *uri)
{
	static const char *const starts[] = {"file:///", "file://localhost/", "file:/"};
	const char *from = NULL;
	char *path, *to;

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts) && !from; i++) {
		if (strncmp(uri, starts[i], strlen(starts[i])) == 0)
			from = uri + strlen(starts[i]) - 1;
	}
	path = to = from && from[1] != '/' ? malloc(strlen(from) + 1) : NULL;
	if (!path)
		return NULL;
	for (; *from; from++) {
		const int high = *from == '%' ? digit_of(from[1]) : -1;
		const int low = high >= 0 ? digit_of(from[2]) : -1;

		*to++ = low >= 0 ? (char)(high * 16 + low) : *from;
		from += low >= 0 ? 2 : 0;
	}
	*to = '\0';
	return path;
}

void lsp_forget_judgement(const struct lsp *lsp, struct lsp_document *document)
{
	/* What was read refers to it. */
	qs_policy_free(document->policy);
	document->policy = NULL;
	if (document->judgement)
		lsp->host.release(lsp->host.user, document->judgement);
	free(document->path);
	document->judgement = NULL;
	document->path = NULL;
}

void lsp_find_judgement(struct lsp *lsp, struct lsp_document *document)
{
	lsp_forget_judgement(lsp, document);
	document->path = lsp->host.judge ? path_of(document->uri) : NULL;
	if (!document->path)
		return;
	document->judgement = lsp->host.judge(lsp->host.user, document->path);
	if (!document->judgement)
		lsp_show_message(lsp, "qstrata checks without the settings of the project, which "
				      "cannot be used; its log says why");
}

struct qs_findings *lsp_new_findings(const struct lsp *lsp, const struct lsp_document *document)
{
	const struct lsp_judgement *judgement = document->judgement;
	struct qs_findings *findings;

	if (!judgement)
		return qs_findings_new();
	findings =
	    judgement->decided ? qs_findings_new_beside(judgement->decided) : qs_findings_new();
	if (findings && !lsp->host.excuse(judgement, document->path, findings)) {
		qs_findings_free(findings);
		return NULL;
	}
	return findings;
}

enum qs_status lsp_judge(const struct lsp_document *document, const struct qs_source *source,
    struct qs_findings *findings, struct qs_policy **ret_policy,
    struct qs_selection **ret_selection)
{
	struct qs_policy_options options = QS_POLICY_OPTIONS_INIT;
	const struct lsp_judgement *judgement = document->judgement;
	const struct lsp_model *model = document->model;
	enum qs_status status, grouped;

	*ret_selection = NULL;
	if (judgement)
		options = judgement->options;
	options.awaits_model = model != NULL;
	status = qs_policy_read_for(source, &options, findings, ret_policy);
	if (status != QS_OK || !model)
		return status;
	status = qs_policy_select(*ret_policy, model->list, model->n,
	    judgement && judgement->allow_unmatched, findings, ret_selection);
	if (status != QS_OK && status != QS_INVALID)
		return status;
	grouped = qs_neighbours_check(model->layers, *ret_selection, findings);
	return grouped == QS_OK ? status : grouped;
}
