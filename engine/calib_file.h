/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration files: the scales of a plan as readable JSON, with fingerprints of what they are for.
 */
#ifndef ENGINE_CALIB_FILE_H
#define ENGINE_CALIB_FILE_H

#include "engine/plan.h"
#include "qstrata/engine.h"

/* A calibration file is at most this large. */
#define QS_CALIB_FILE_LIMIT ((size_t)1 << 30)

/* What a calibration belongs to, with fingerprints as in engine/fingerprint.h. */
struct qs_calib_identity {
	const char *model_name, *config_name;
	uint64_t model, config;
	size_t n_batches;
	enum qs_observe observe; /* on what tensors were observed */
	bool as_dpu;             /* the model computed as the DPU does */
};

/* "quantized" or "float". */
const char *qs_observe_word(enum qs_observe observe);

/* Writes a calibration, beside its final name first. QS_IO with a finding. */
enum qs_status qs_calib_file_write(const struct qs_plan *plan,
    const struct qs_calib_identity *identity, const char *path, struct qs_findings *findings);

/*
 * Fills in the scales of a plan. QS_INVALID with a finding when the file is no calibration, was
 * made for another model or config, or lacks a tensor.
 */
enum qs_status qs_calib_file_read(struct qs_plan *plan, const struct qs_calib_identity *identity,
    const char *path, struct qs_findings *findings);

/* Writes how many values of a site sat on ties, and takes it where it is said: only the report asks
 * for it. */
struct json_object;
void qs_calib_put_ties(struct json_object *object, const struct qs_site *site);
void qs_calib_read_ties(struct json_object *object, struct qs_site *site);

#endif
