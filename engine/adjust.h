/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings scales in line with each other after calibration, as vai_q_pytorch does: where the config
 * asks for it, where values are only repeated, and where the DPU could not compute with them.
 */
#ifndef ENGINE_ADJUST_H
#define ENGINE_ADJUST_H

#include "engine/plan.h"

struct qs_adjust_options {
	bool concat_inputs; /* operands of a concatenation take its scale */
	bool pool_inputs;   /* what a pool reads takes its scale */
};

/*
 * Adjusts the scales of a calibrated plan and notes each change in plan->adjustments. A second time
 * changes nothing.
 */
enum qs_status qs_adjust(struct qs_plan *plan, const struct qs_adjust_options *options);

/* Says which scales the device cannot compute with and no adjustment mends. The plan stays as it
 * is. */
void qs_adjust_check(struct qs_plan *plan, struct qs_findings *findings);

#endif
