/* SPDX-License-Identifier: Apache-2.0 */
/* A planned model, run in its formats. */
#include "analysis/watch.h"

#include <stdlib.h>
#include <string.h>

#include "engine/site.h"
#include "model/tensor.h"

enum qs_status qs_watch_init(struct qs_watch *watch, const struct qs_plan *plan,
    const struct qs_registry *registry, struct qs_findings *findings)
{
	const enum qs_status status = qs_twins_init(&watch->twins, plan);

	watch->plan = plan;
	watch->registry = registry;
	watch->findings = findings;
	watch->runner = NULL;
	watch->current = (struct qs_blob){.dims = NULL};
	watch->is_asked = calloc(plan->layers->graph->n_values + 1, sizeof(*watch->is_asked));
	return status == QS_OK && watch->is_asked ? QS_OK : QS_NOMEM;
}

static void forget_current(struct qs_watch *watch)
{
	free((void *)watch->current.dims);
	watch->current = (struct qs_blob){.dims = NULL};
}

void qs_watch_done(struct qs_watch *watch)
{
	qs_runner_free(watch->runner);
	qs_twins_done(&watch->twins);
	forget_current(watch);
	free(watch->is_asked);
}

/* Keeps the shape of a tensor, whose sites come next. */
static enum qs_status keep_shape(struct qs_watch *watch, const struct qs_blob *blob)
{
	int64_t *dims = malloc((blob->n_dims + 1) * sizeof(*dims));

	forget_current(watch);
	if (!dims)
		return QS_NOMEM;
	if (blob->n_dims)
		memcpy(dims, blob->dims, blob->n_dims * sizeof(*dims));
	watch->current = (struct qs_blob){.name = blob->name,
	    .element_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
	    .n_dims = blob->n_dims,
	    .dims = dims};
	return QS_OK;
}

/* A tensor as it is computed: all readers see it like that unless there is a site for all. */
static enum qs_status show(void *context, size_t value, const struct qs_blob *blob)
{
	struct qs_watch *watch = context;
	enum qs_status status = keep_shape(watch, blob);

	if (status == QS_OK && watch->plan->site_of_value[value] == QS_NONE)
		status = watch->tensor(watch->context, value, QS_NONE, blob, NULL);
	return status;
}

static enum qs_status visit(void *context, size_t index, const float *in, size_t n, float *out)
{
	struct qs_watch *watch = context;
	const struct qs_site *site = &watch->plan->sites[index];
	struct qs_blob blob = watch->current;
	enum qs_status status = QS_OK;

	if (!out)
		return QS_BUG;
	if (n)
		status = qs_site_fake(watch->plan, watch->registry, site,
		    (struct qs_layout){1, 1, n}, watch->findings, in, out);
	if (status != QS_OK || !watch->is_asked[site->value])
		return status;
	blob.data = out;
	blob.size = n * sizeof(*out);
	return watch->tensor(
	    watch->context, site->value, site->n_uses ? index : QS_NONE, &blob, in);
}

static enum qs_status learn(
    void *context, size_t item, const struct qs_blob *output, const struct qs_blob *twin)
{
	struct qs_watch *watch = context;

	return watch->learn(watch->context, item, output, twin);
}

enum qs_status qs_watch_start(struct qs_watch *watch, struct qs_runtime *runtime)
{
	const struct qs_runner_options options = {.cuts = true,
	    .twins = watch->twins.n ? &watch->twins : NULL,
	    .learn = learn,
	    .is_asked = watch->is_asked,
	    .show = show};

	return qs_runner_new(
	    watch->plan, watch->registry, runtime, &options, watch->findings, &watch->runner);
}

enum qs_status qs_watch_run(struct qs_watch *watch, const struct qs_blob *inputs, size_t n_inputs)
{
	return qs_runner_run(watch->runner, inputs, n_inputs, visit, watch, watch->findings);
}
