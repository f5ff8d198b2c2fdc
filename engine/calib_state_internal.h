/* SPDX-License-Identifier: Apache-2.0 */
/* What writing a state of a calibration and going on from it share. */
#ifndef ENGINE_CALIB_STATE_INTERNAL_H
#define ENGINE_CALIB_STATE_INTERNAL_H

#include "engine/calib_state.h"
#include "base/json_lines.h"

/* A state that is being read. */
struct qs_calib_part {
	struct qs_source *source; /* the findings keep it */
	struct qs_lines lines;
	struct json_object *head;
	struct qs_calib_state state; /* what the head says, whose strings it borrows */
};

/* Opens a state and reads its head. To be ended in any case. QS_IO or QS_INVALID with a finding. */
enum qs_status qs_calib_part_open(
    const char *path, struct qs_findings *findings, struct qs_calib_part *ret_part);
void qs_calib_part_done(struct qs_calib_part *part);

/* Whether a state is of the calibration that is expected, whatever its shard: QS_INVALID with a
 * finding for each thing that is not the same. */
enum qs_status qs_calib_part_check(
    const struct qs_calib_part *part, const struct qs_calib_state *expected);

/* Takes in what stands behind the head. */
enum qs_status qs_calib_part_read(
    struct qs_calib_part *part, struct qs_observers *observers, struct qs_correct *correct);

#endif
