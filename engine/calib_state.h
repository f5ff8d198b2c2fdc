/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States of calibrations: what observers saw of some batches of the data, in a file. One shard of a
 * calibration is such a file, and so is what an interrupted one leaves behind.
 *
 * JSON Lines: a head that says what was calibrated; {"tensor": NAME} and the state of its observer
 * (numbers/observer_state.c) for every site that has one; {"corrected": NAME, ...} for every bias
 * that is corrected on the way. Numbers read back as the same bits.
 */
#ifndef ENGINE_CALIB_STATE_H
#define ENGINE_CALIB_STATE_H

#include "engine/calib_file.h"
#include "engine/correct.h"
#include "engine/fingerprint.h"
#include "engine/observers.h"

/* What a calibration is of, by name and by fingerprint. */
enum qs_calib_source {
	QS_CALIB_MODEL,
	QS_CALIB_CONFIG,
	QS_CALIB_DATA,
	QS_CALIB_SOURCE__COUNT
};

struct qs_calib_origin {
	const char *name;
	char fingerprint[QS_FINGERPRINT_TEXT];
};

/* The head of a state. */
struct qs_calib_state {
	struct qs_calib_origin of[QS_CALIB_SOURCE__COUNT];
	const char *runtime; /* and its version */
	enum qs_observe observe;
	bool as_dpu;
	size_t n_batches; /* of all the data */
	size_t shard, n_shards;
	size_t n_done; /* batches, from the first of the shard on */
};

/* Fills in what the identity of a calibration says; n_batches, too. */
void qs_calib_state_identify(
    struct qs_calib_state *state, const struct qs_calib_identity *identity);

/* The batches of a shard: those from `*ret_first` and before `*ret_end`. */
void qs_calib_state_range(const struct qs_calib_state *state, size_t *ret_first, size_t *ret_end);

/* Writes a state, beside its final name first. `correct` may be NULL. QS_IO with a finding. */
enum qs_status qs_calib_state_write(const struct qs_calib_state *state,
    const struct qs_observers *observers, const struct qs_correct *correct, const char *path,
    struct qs_findings *findings);

/*
 * Goes on from a state of the same calibration, whose number of batches is taken. QS_INVALID with
 * findings when it is another one; nothing can be done with observers and biases then.
 */
enum qs_status qs_calib_state_read(struct qs_calib_state *state, struct qs_observers *observers,
    struct qs_correct *correct, const char *path, struct qs_findings *findings);

/*
 * Takes in all shards of a calibration, in any order. QS_INVALID with findings about each that is
 * missing, unfinished, there twice or of another calibration.
 */
enum qs_status qs_calib_state_merge(const struct qs_calib_identity *identity,
    const char *const *paths, size_t n, struct qs_observers *observers, size_t *ret_n_batches);

#endif
