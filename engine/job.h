/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job from the inside: a model on its way, and what the report tells of it.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "engine/apply.h"
#include "engine/calib_file.h"
#include "engine/content.h"
#include "engine/verify.h"
#include "model/equalize.h"
#include "model/widen.h"
#include "qstrata/engine.h"

enum qs_job_stage {
	QS_JOB_PLANNED,
	QS_JOB_OBSERVED, /* a shard was written: no step follows */
	QS_JOB_CALIBRATED,
	QS_JOB_APPLIED,
	QS_JOB_SAVED
};

struct qs_job {
	enum qs_job_stage stage;
	const struct qs_policy *policy;
	struct qs_registry *builtin;        /* what is used unless another is given */
	const struct qs_registry *registry; /* what is used */
	struct qs_model *model;
	struct qs_layers *layers; /* of the folded model */
	struct qs_selection *selection;
	struct qs_plan *plan;
	struct qs_applied applied;
	char *model_path, *output_path;
	uint64_t model_fingerprint, config_fingerprint;
	struct qs_content content;          /* beside the model, until it is in the fingerprint */
	uint64_t bytes_before, bytes_after; /* of the files */
	size_t n_folded;                    /* batch normalisations */
	size_t n_batches;
	enum qs_observe observe;
	enum qs_arithmetic arithmetic;
	struct qs_apply_options written;
	size_t n_approximated; /* layers that compute as the DPU does */
	size_t n_relu6;        /* made ReLU */
	size_t n_silu;         /* made hard swish */
	struct qs_equalized equalized;
	struct qs_widened widened;
	int64_t opset_before, opset; /* of the standard operators */
	const struct qs_source
	    *scales; /* that are fixed, to be read again by a new plan; or NULL */
	struct qs_verification verification; /* of nothing until the job is verified */
};

/*
 * Opens the float model that a job is to come close to, with the names of its plan: batch
 * normalisations are folded, and weights equalized where the config has it so. What the config
 * makes of ReLU6 is an error to be seen, except that equalizing rests on it.
 */
enum qs_status qs_job_open_float(
    const struct qs_job *job, struct qs_findings *findings, struct qs_model **ret_model);

/* What a calibration of the job is of. */
struct qs_calib_identity qs_job_identity(const struct qs_job *job);

/* Takes the content of files beside the model into its fingerprint, before a calibration is kept or
 * read. QS_IO with a finding. */
enum qs_status qs_job_identify(struct qs_job *job, struct qs_findings *findings);

/* Plans the layers of a job by its policy and its selection. As qs_plan_new(). */
enum qs_status qs_job_plan(struct qs_job *job, struct qs_findings *findings);

/* Plans anew what was changed or written into, with what was set before. */
enum qs_status qs_job_plan_again(struct qs_job *job, struct qs_findings *findings);

/* Lets the model compute as the device does, if it is to; once. The plan may be another one
 * afterwards. */
enum qs_status qs_job_settle_arithmetic(struct qs_job *job, struct qs_findings *findings);

/* All three, which calibrations that are kept begin with. */
enum qs_status qs_job_begin_calibration(
    struct qs_job *job, struct qs_findings *findings, struct qs_calib_identity *ret_identity);

/* Finds what follows from the scales of parameters and activations, which ends the calibration. */
enum qs_status qs_job_derive(struct qs_job *job, struct qs_findings *findings);

#endif
