/* SPDX-License-Identifier: Apache-2.0 */
/* Checking files, several at a time. */
#include "cli/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Files that threads take one after the other. */
struct queue {
	struct checked *files;
	size_t n;
	atomic_size_t next;
};

void checked_done(struct checked *file)
{
	qs_findings_free(file->findings);
	qs_source_free(file->source);
	file->findings = NULL;
	file->source = NULL;
	qs_text_done(&file->fixed.output);
}

static bool is_clean(const struct qs_findings *findings)
{
	size_t n = 0;

	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		n += qs_findings_total(findings, (enum qs_severity)s);
	return n == 0;
}

/* Checks a text. QS_OK: it is a config that can be used, and `meaning`, unless NULL, is what it
 * does. */
static enum qs_status check_source(const struct scope *scope, const struct qs_source *source,
    struct qs_findings *findings, struct qs_text *meaning)
{
	struct qs_policy_options options = scope->judgement.options;
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;
	enum qs_status status;

	options.awaits_model = scope->model.layers != NULL;
	status = qs_policy_read_for(source, &options, findings, &policy);
	if (status == QS_OK)
		status =
		    select_layers(scope->arguments, policy, &scope->model, findings, &selection);
	if (status == QS_OK && meaning)
		status = qs_policy_write_meaning(policy, selection, meaning);
	qs_selection_free(selection);
	qs_policy_free(policy);
	return status;
}

/* Checks a text on the way to its fixes. */
static enum qs_status check_for_fixes(void *context, const struct qs_source *source,
    struct qs_findings *findings, struct qs_text *meaning)
{
	return check_source(context, source, findings, meaning);
}

static enum qs_status check_file(struct checked *file)
{
	const struct scope *scope = file->scope;
	enum qs_status status;

	file->findings = qs_findings_new_beside(scope->decided);
	if (!file->findings || !scope_excuse(scope, file->absolute, file->findings))
		return QS_NOMEM;
	status = read_source(scope->arguments, file->path, file->findings, &file->source);
	if (status == QS_OK && file->fixing->on)
		status = fix_source(file->fixing, file->path, check_for_fixes, (void *)scope,
		    file->findings, &file->source, &file->fixed);
	if (status == QS_OK && !file->fixing->is_diff)
		status = check_source(scope, file->source, file->findings, NULL);
	return status;
}

/* What a thread does: files without findings are done with at once. */
static void *work(void *user)
{
	struct queue *queue = user;
	size_t i;

	while ((i = atomic_fetch_add(&queue->next, 1)) < queue->n) {
		struct checked *file = &queue->files[i];

		file->status = check_file(file);
		if (file->findings && file->status == QS_OK && is_clean(file->findings) &&
		    !file->fixed.output.size)
			checked_done(file);
	}
	return NULL;
}

void check_files(struct checked *files, size_t n, size_t n_threads)
{
	struct queue queue = {.files = files, .n = n};
	const size_t n_others = (n_threads < n ? n_threads : n) - (n > 0);
	pthread_t *threads = n_others ? calloc(n_others, sizeof(*threads)) : NULL;
	size_t n_started = 0;

	atomic_init(&queue.next, 0);
	/* This thread works as well, and alone when there are no others to be had. */
	while (threads && n_started < n_others &&
	       pthread_create(&threads[n_started], NULL, work, &queue) == 0)
		n_started++;
	work(&queue);
	for (size_t i = 0; i < n_started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}
