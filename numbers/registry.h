/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry from the inside; its calls are in qstrata/plugin.h.
 */
#ifndef NUMBERS_REGISTRY_H
#define NUMBERS_REGISTRY_H

#include "numbers/kernels/kernels.h"
#include "qstrata/plugin.h"

/* The kernels that built-in plug-ins of this registry run on. */
const struct qs_kernels *qs_registry_kernels(const struct qs_registry *registry);

/* The threads that they may use; NULL for the caller's alone. */
struct qs_pool *qs_registry_pool(const struct qs_registry *registry);

/* How many threads it was told to use; 0 when it was told nothing, or as many as there are. */
size_t qs_registry_threads(const struct qs_registry *registry);

/* Says that a name is not registered (NULL: a value without a word). Returns QS_UNSUPPORTED. */
enum qs_status qs_registry_lack(
    enum qs_plugin_kind kind, const char *name, const struct qs_subject *subject);

/*
 * The word of a choice among number formats, methods and rounding modes, as it is in a spec:
 * built-in ones by spec.h, those behind them by the plug-ins in order of registration. NULL: there
 * is none.
 */
const char *qs_registry_word(const struct qs_registry *registry, enum qs_param param, int value);

/* The words under which a spec's number format, method and rounding mode are registered. */
const char *qs_registry_datatype(const struct qs_registry *registry, const struct qs_spec *spec);
const char *qs_registry_method(const struct qs_registry *registry, const struct qs_spec *spec);
const char *qs_registry_round_mode(const struct qs_registry *registry, const struct qs_spec *spec);

/* Has a registry release something when it is freed itself, after all else. May return QS_NOMEM. */
enum qs_status qs_registry_keep(
    struct qs_registry *registry, void *thing, void (*release)(void *thing));

/* The built-in quantizers and calibrators, each in its own file. */
extern const struct qs_quantizer qs_quant_int;
extern const struct qs_quantizer qs_quant_bfloat16, qs_quant_float16, qs_quant_float32;
extern const struct qs_calibrator qs_calib_maxmin, qs_calib_diffs;
extern const struct qs_calibrator qs_calib_percentile, qs_calib_mse, qs_calib_entropy;

#endif
