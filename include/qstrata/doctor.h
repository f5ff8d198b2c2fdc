/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doctor: runs a model in float32 and quantized over the same data, looks for what is known to
 * cost accuracy, and tells what to change.
 */
#ifndef QSTRATA_DOCTOR_H
#define QSTRATA_DOCTOR_H

#include "qstrata/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What was measured, and what it was judged by. */
struct qs_doctor;

/** How a model is examined. Zeros are the defaults. */
struct qs_doctor_options {
	/** Runtime, data (not NULL) and progress, of which there are three rounds over the data. */
	struct qs_calibrate_options run;
	const char
	    *calibration; /**< file to take scales from, rather than from the data; or NULL */
	/** The device that is judged for: it settles the law of scales, and what is asked of
	 * outputs and of sums. NULL: the device of the config. */
	const struct qs_profile *target;
	/** Bytes of float32 tensors of a batch that are kept to be compared; the tensors that do
	 * not fit in are told of by a finding, and not compared. 0: 1 GiB. */
	size_t memory;
};

/**
 * Examines the model of a job that is planned and has no scales yet. The job and the target outlive
 * the doctor. What is found is added to the findings, in the order of the checks, and is no reason
 * to fail.
 *
 * When a tensor of the float model holds NaN or infinities, or the model cannot be calibrated, what
 * needs scales is not checked. QS_INVALID, QS_IO or QS_UNSUPPORTED with a finding when the model
 * cannot be run on the data, or a given calibration cannot be used.
 */
QS_API enum qs_status qs_doctor_new(struct qs_job *job, const struct qs_doctor_options *options,
    struct qs_findings *findings, struct qs_doctor **ret_doctor);
/** Releases a doctor; NULL is fine. */
QS_API void qs_doctor_free(struct qs_doctor *doctor);

/** What was measured, tensor by tensor, and the checks with their limits: one JSON document. */
QS_API enum qs_status qs_doctor_write_json(const struct qs_doctor *doctor, struct qs_text *text);

/**
 * A scales file (qs_job_read_scales()) with what a config cannot say: the scales that findings
 * advise to fix, those that were fixed before, and the law by which all others were found.
 */
QS_API enum qs_status qs_doctor_write_scales(const struct qs_doctor *doctor, struct qs_text *text);

/**
 * All of it as one page that needs nothing else: findings, the error along the model, distributions
 * with the grid of integers over them. Of large models it shows the tensors that matter most, and
 * says how many it leaves out. The findings are those of qs_doctor_new(), perhaps with others.
 */
QS_API enum qs_status qs_doctor_write_html(
    const struct qs_doctor *doctor, const struct qs_findings *findings, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
