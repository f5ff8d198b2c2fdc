/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies what a job has saved. */
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/job.h"
#include "engine/replan.h"

/* The plan of a job once more, of a model that nothing was written into. What there was to find was
 * found when the job was made. */
static enum qs_status make_twin(const struct qs_job *job, struct qs_job **ret_twin)
{
	struct qs_findings *silent = qs_findings_new();
	struct qs_job *twin = NULL;
	enum qs_status status =
	    silent ? qs_job_new(job->policy, job->model_path, true, silent, &twin) : QS_NOMEM;

	if (status == QS_OK)
		status = qs_job_set_apply(twin, &job->written, silent);
	if (status == QS_OK)
		status = qs_job_set_arithmetic(twin, job->arithmetic);
	if (status == QS_OK)
		status = qs_job_settle_arithmetic(twin, silent);
	if (status == QS_OK && twin->plan->n_sites != job->plan->n_sites)
		status = QS_BUG;
	for (size_t i = 0; status == QS_OK && i < job->plan->n_sites; i++)
		status = strcmp(twin->plan->sites[i].name, job->plan->sites[i].name) == 0
		             ? qs_site_take_scales(&twin->plan->sites[i], &job->plan->sites[i])
		             : QS_BUG;
	qs_findings_free(silent);
	if (status == QS_OK)
		*ret_twin = twin;
	else
		qs_job_free(twin);
	return status;
}

enum qs_status qs_job_verify(
    struct qs_job *job, const struct qs_calibrate_options *options, struct qs_findings *findings)
{
	struct qs_job *twin = NULL;
	enum qs_status status;

	if (job->stage != QS_JOB_SAVED || !options->data)
		return QS_BUG;
	qs_verification_done(&job->verification);
	status = make_twin(job, &twin);
	if (status == QS_OK) {
		const struct qs_verify_task task = {.plan = twin->plan,
		    .registry = job->registry,
		    .written = job->written,
		    .names = job->applied.names,
		    .path = job->output_path,
		    .opset = job->opset};

		status = qs_verify(&task, options, findings, &job->verification);
	}
	qs_job_free(twin);
	return status;
}
