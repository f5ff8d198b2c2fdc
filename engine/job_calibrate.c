/* SPDX-License-Identifier: Apache-2.0 */
/* The scales of a job: found with data, imported, or read from a calibration file. */
#include "engine/adjust.h"
#include "engine/arithmetic.h"
#include "engine/arithmetic_gates.h"
#include "engine/calibrate.h"
#include "engine/job.h"

static bool computes_as_dpu(const struct qs_job *job)
{
	return job->arithmetic == QS_ARITHMETIC_ON ||
	       (job->arithmetic == QS_ARITHMETIC_AUTO &&
		   qs_policy_device(job->policy) == QS_DEVICE_DPU);
}

enum qs_status qs_job_settle_arithmetic(struct qs_job *job, struct qs_findings *findings)
{
	size_t n_gates = 0;
	enum qs_status status;

	if (!computes_as_dpu(job))
		return QS_OK;
	status = qs_arithmetic_write_gates(job->layers, findings, &n_gates);
	if (status == QS_OK && n_gates)
		status = qs_job_plan_again(job, findings);
	if (status == QS_OK)
		status = qs_arithmetic_apply(job->plan, &job->n_approximated);
	job->n_approximated += n_gates;
	return status;
}

static enum qs_status adjust(struct qs_job *job)
{
	const struct qs_adjust_options options = {
	    qs_policy_switch(job->policy, QS_SWITCH_CHANGE_CONCAT_INPUT_FIX),
	    qs_policy_switch(job->policy, QS_SWITCH_CHANGE_POOL_INPUT_FIX)};

	return qs_adjust(job->plan, &options);
}

/* Ends the calibration, which came to a status. */
static enum qs_status calibrated(
    struct qs_job *job, enum qs_status status, struct qs_findings *findings)
{
	if (status != QS_OK)
		return status;
	qs_adjust_check(job->plan, findings);
	job->stage = QS_JOB_CALIBRATED;
	return qs_findings_status(findings);
}

enum qs_status qs_job_identify(struct qs_job *job, struct qs_findings *findings)
{
	const enum qs_status status =
	    qs_content_fingerprint(&job->content, findings, &job->model_fingerprint);

	qs_content_done(&job->content);
	job->content = (struct qs_content){.n = 0};
	return status;
}

struct qs_calib_identity qs_job_identity(const struct qs_job *job)
{
	return (struct qs_calib_identity){job->model_path, qs_policy_name(job->policy),
	    job->model_fingerprint, job->config_fingerprint, job->n_batches, job->observe,
	    computes_as_dpu(job)};
}

enum qs_status qs_job_begin_calibration(
    struct qs_job *job, struct qs_findings *findings, struct qs_calib_identity *ret_identity)
{
	enum qs_status status = qs_job_identify(job, findings);

	*ret_identity = qs_job_identity(job);
	return status == QS_OK ? qs_job_settle_arithmetic(job, findings) : status;
}

enum qs_status qs_job_derive(struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status = adjust(job);

	if (status == QS_OK)
		status = qs_calibrate_biases(job->plan);
	return calibrated(job, status, findings);
}

enum qs_status qs_job_calibrate(
    struct qs_job *job, const struct qs_calibrate_options *options, struct qs_findings *findings)
{
	struct qs_calib_identity identity;
	const struct qs_calib_course course = {&identity, 0, 1, NULL};
	enum qs_status status;

	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	job->observe = options->observe;
	status = options->state ? qs_job_identify(job, findings) : QS_OK;
	identity = qs_job_identity(job);
	if (status == QS_OK)
		status = qs_job_settle_arithmetic(job, findings);
	if (status == QS_OK)
		status = qs_calibrate_parameters(job->plan, job->registry, findings);
	if (status == QS_OK)
		status = qs_calibrate_activations(
		    job->plan, job->registry, options, &course, findings, &job->n_batches);
	return status == QS_OK ? qs_job_derive(job, findings) : status;
}

enum qs_status qs_job_import_scales(struct qs_job *job, const char *path, bool partial,
    const struct qs_calibrate_options *options, struct qs_findings *findings)
{
	enum qs_status status;

	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	status = qs_calib_file_import(job->plan, path, partial, findings);
	if (status == QS_OK)
		status = qs_job_calibrate(job, options, findings);
	if (status == QS_OK)
		qs_calib_file_tell_uncorrected(job->plan, path, findings);
	return status;
}

enum qs_status qs_job_read_calibration(
    struct qs_job *job, const char *path, struct qs_findings *findings)
{
	struct qs_calib_identity identity;
	enum qs_status status;

	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	status = qs_job_begin_calibration(job, findings, &identity);
	if (status == QS_OK)
		status = qs_calib_file_read(job->plan, &identity, path, findings);
	return calibrated(job, status, findings);
}

enum qs_status qs_job_write_calibration(
    struct qs_job *job, const char *path, struct qs_findings *findings)
{
	struct qs_calib_identity identity;
	enum qs_status status;

	if (job->stage != QS_JOB_CALIBRATED)
		return QS_BUG;
	status = qs_job_identify(job, findings);
	identity = qs_job_identity(job);
	return status == QS_OK ? qs_calib_file_write(job->plan, &identity, path, findings) : status;
}
