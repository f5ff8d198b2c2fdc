/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model given to a runtime without a copy of its large weights.
 *
 * A message holds 2 GiB at most, and packing one copies all that is in it. So large initializers of
 * the main graph stay out of it: the runtime is shown them where they are, in memory or in a mapped
 * file, and makes its own of them.
 */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include "model/onnx.h"
#include "model/runtime.h"

/*
 * A session of a model with its external data; neither is needed by the session. QS_INVALID or
 * QS_IO with a finding when data cannot be read or the runtime refuses the model, QS_UNSUPPORTED
 * when what is left is larger than QS_MODEL_LIMIT.
 */
enum qs_status qs_session_open(struct qs_runtime *runtime, const struct qs_model *model,
    const struct qs_session_options *options, struct qs_findings *findings,
    struct qs_session **ret_session);

#endif
