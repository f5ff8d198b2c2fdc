/* SPDX-License-Identifier: Apache-2.0 */
/* What a change reaches, by the graph alone. */
#ifndef ANALYSIS_REPLAY_REACH_H
#define ANALYSIS_REPLAY_REACH_H

#include "analysis/replay.h"

/*
 * What a run with some sites on computes at most, as a share of the whole model: by what layers
 * multiply, or by pieces in a model where none does. It computes less where a tensor becomes what
 * it was. May return QS_NOMEM.
 */
enum qs_status qs_replay_reach(const struct qs_replay *replay, const struct qs_macs *macs,
    const size_t *sites, size_t n_sites, double *ret_share);

#endif
