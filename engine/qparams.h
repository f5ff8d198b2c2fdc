/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for scales and zero points.
 */
#ifndef ENGINE_QPARAMS_H
#define ENGINE_QPARAMS_H

#include "qstrata/plugin.h"

/* Zeroed room for `n` channels. May return QS_NOMEM; done is fine then. */
enum qs_status qs_qparams_init(struct qs_qparams *qparams, size_t n);

/* Releases the arrays; fine on zeros. */
void qs_qparams_done(struct qs_qparams *qparams);

#endif
