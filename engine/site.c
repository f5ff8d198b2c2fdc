/* SPDX-License-Identifier: Apache-2.0 */
/* What the format of a site makes of values. */
#include "engine/site.h"

#include "engine/calibrate.h"
#include "qstrata/numbers.h"

enum qs_status qs_site_fake(const struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_site *site, struct qs_layout layout, struct qs_findings *findings,
    const float *in, float *out)
{
	const struct qs_subject subject = {
	    site->name, qs_model_place(plan->layers->graph->model, findings), findings};
	struct qs_quantization how;
	struct qs_counts counts;
	enum qs_status status;

	if (qs_site_has_scales(site) && !site->qparams.n)
		return QS_BUG;
	status = qs_quantizer_bind(registry, &site->spec,
	    qs_site_has_scales(site) ? &site->qparams : NULL, &subject, &how);
	return status == QS_OK ? qs_quantizer_fake(&how, layout, in, out, &counts) : status;
}
