/* SPDX-License-Identifier: Apache-2.0 */
/* A model as it is, run whole. */
#include "analysis/plain.h"

#include <stdlib.h>

enum qs_status qs_plain_init(
    struct qs_plain *plain, struct qs_model *model, struct qs_findings *findings)
{
	enum qs_status status;

	*plain = (struct qs_plain){.model = model};
	status = qs_layers_new(model, findings, &plain->layers);
	if (status == QS_OK)
		status = qs_plan_new_empty(plain->layers, &plain->plan);
	if (status != QS_OK)
		return status;
	plain->is_asked = calloc(plain->layers->graph->n_values + 1, sizeof(*plain->is_asked));
	return plain->is_asked ? QS_OK : QS_NOMEM;
}

void qs_plain_done(struct qs_plain *plain)
{
	qs_runner_free(plain->runner);
	qs_plan_free(plain->plan);
	qs_layers_free(plain->layers);
	qs_model_free(plain->model);
	free(plain->is_asked);
}

enum qs_status qs_plain_start(struct qs_plain *plain, const struct qs_registry *registry,
    struct qs_runtime *runtime, qs_runner_show *show, struct qs_findings *findings)
{
	const struct qs_runner_options options = {.is_asked = plain->is_asked, .show = show};

	return qs_runner_new(plain->plan, registry, runtime, &options, findings, &plain->runner);
}

/* Nothing has a format. */
static enum qs_status visit_nothing(
    void *context, size_t site, const float *in, size_t n, float *out)
{
	(void)context;
	(void)site;
	(void)in;
	(void)n;
	(void)out;
	return QS_BUG;
}

enum qs_status qs_plain_run(struct qs_plain *plain, const struct qs_blob *inputs, size_t n_inputs,
    void *context, struct qs_findings *findings)
{
	return qs_runner_run(plain->runner, inputs, n_inputs, visit_nothing, context, findings);
}
