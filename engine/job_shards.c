/* SPDX-License-Identifier: Apache-2.0 */
/* A calibration in parts: jobs that observe a shard of the data, and one that takes all of them. */
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/calib_state_internal.h"
#include "engine/calibrate.h"
#include "engine/job.h"

static enum qs_status refuse_order(const struct qs_job *job, struct qs_findings *findings)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_SHARD_ORDER,
	    qs_model_place(job->model, findings),
	    "a shard cannot be observed on quantized tensors, as the scales that these have come "
	    "from all batches before");

	qs_finding_hint(findings, finding, "observe the float model: --observe float");
	return QS_INVALID;
}

enum qs_status qs_job_calibrate_shard(struct qs_job *job,
    const struct qs_calibrate_options *options, size_t shard, size_t n_shards, const char *path,
    struct qs_findings *findings)
{
	struct qs_calib_identity identity;
	const struct qs_calib_course course = {&identity, shard, n_shards, path};
	enum qs_status status;

	if (job->stage != QS_JOB_PLANNED || shard >= n_shards || n_shards > QS_SHARDS_LIMIT)
		return QS_BUG;
	if (options->observe != QS_OBSERVE_FLOAT)
		return refuse_order(job, findings);
	job->observe = options->observe;
	status = qs_job_begin_calibration(job, findings, &identity);
	if (status == QS_OK)
		status = qs_calibrate_activations(
		    job->plan, job->registry, options, &course, findings, &job->n_batches);
	job->stage = QS_JOB_OBSERVED;
	return status;
}

enum qs_status qs_job_merge_shards(
    struct qs_job *job, const char *const *paths, size_t n_paths, struct qs_findings *findings)
{
	struct qs_calib_identity identity;
	enum qs_status status;

	if (job->stage != QS_JOB_PLANNED || !n_paths)
		return QS_BUG;
	job->observe = QS_OBSERVE_FLOAT;
	status = qs_job_begin_calibration(job, findings, &identity);
	if (status == QS_OK)
		status = qs_calibrate_parameters(job->plan, job->registry, findings);
	if (status == QS_OK)
		status = qs_calibrate_merge(
		    job->plan, job->registry, &identity, paths, n_paths, findings, &job->n_batches);
	return status == QS_OK ? qs_job_derive(job, findings) : status;
}

enum qs_status qs_shard_origin_read(
    const char *path, struct qs_findings *findings, struct qs_shard_origin *ret_origin)
{
	struct qs_calib_part part;
	enum qs_status status = qs_calib_part_open(path, findings, &part);

	if (status == QS_OK) {
		*ret_origin = (struct qs_shard_origin){strdup(part.state.of[QS_CALIB_MODEL].name),
		    strdup(part.state.of[QS_CALIB_CONFIG].name),
		    part.state.as_dpu ? QS_ARITHMETIC_ON : QS_ARITHMETIC_OFF};
		if (!ret_origin->model || !ret_origin->config) {
			qs_shard_origin_done(ret_origin);
			status = QS_NOMEM;
		}
	}
	qs_calib_part_done(&part);
	return status;
}

void qs_shard_origin_done(struct qs_shard_origin *origin)
{
	free(origin->model);
	free(origin->config);
}
