/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration files: the scales of a plan as readable JSON, with fingerprints of what they are for.
 */
#ifndef ENGINE_CALIB_FILE_H
#define ENGINE_CALIB_FILE_H

#include "base/json_document.h"
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

/*
 * Takes scales by the names of their tensors, whatever model and config the file was made for:
 * those of a training that began with a calibration, whose weights are others now. Sites that are
 * in the file have their scales afterwards, and biases their corrections. Scales of biases that are
 * tied to input and weights are passed over.
 *
 * QS_INVALID with a finding about each tensor that the file has in another format or number, and
 * about those that it or the plan lacks; with `partial` the last two are told and passed over, and
 * so are corrections where the config does not ask for them.
 */
enum qs_status qs_calib_file_import(
    struct qs_plan *plan, const char *path, bool partial, struct qs_findings *findings);

/* Warns of biases that the config has corrected, and that neither the file nor data corrected. */
void qs_calib_file_tell_uncorrected(
    const struct qs_plan *plan, const char *path, struct qs_findings *findings);

/* ---- for those who read such files ----------------------------------------------------------- */

struct qs_calib_reader {
	struct qs_place place;
	struct qs_findings *findings;
};

/* Adds a finding about the file; returns QS_INVALID. */
enum qs_status qs_calib_complain(const struct qs_calib_reader *reader, enum qs_finding_id id,
    const char *format, ...) QS_PRINTF(3, 4);

/* Parses a file; the document is the caller's, NULL or not. */
enum qs_status qs_calib_parse(
    const struct qs_calib_reader *reader, const char *path, struct json_object **ret_document);

/* The tensors of a document that is a calibration. */
enum qs_status qs_calib_find_tensors(const struct qs_calib_reader *reader,
    struct json_object *document, struct json_object **ret_tensors);

/*
 * Takes what a bias was corrected by, where the file says so. QS_INVALID with a finding when the
 * tensor cannot have a correction, or the file's is not one.
 */
enum qs_status qs_calib_read_correction(const struct qs_calib_reader *reader,
    const struct qs_plan *plan, struct json_object *tensors, struct qs_site *site);

/* Fills in the scales of a site. */
enum qs_status qs_calib_read_site(const struct qs_calib_reader *reader, const struct qs_plan *plan,
    struct json_object *tensors, struct qs_site *site);

/*
 * Looks for the marks that a calibration gone wrong leaves in its file: scales that are all 1,
 * ranges that nothing was observed in, nodes in a state other than that of calibration. QS_INVALID
 * with findings for errors; warnings leave QS_OK.
 */
enum qs_status qs_calib_check(const struct qs_calib_reader *reader, struct json_object *tensors);
/* Writes how many values of a site sat on ties, and takes it where it is said: only the report asks
 * for it. */
struct json_object;
void qs_calib_put_ties(struct json_object *object, const struct qs_site *site);
void qs_calib_read_ties(struct json_object *object, struct qs_site *site);

#endif
