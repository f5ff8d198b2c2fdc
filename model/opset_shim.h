/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the module around libonnx's version converter offers: plain C, no exception leaves it.
 */
#ifndef MODEL_OPSET_SHIM_H
#define MODEL_OPSET_SHIM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QS_OPSET_MODULE "libqstrata-opset.so"

/* The latest version of the standard operators that the converter knows. */
typedef int qs_opset_shim_latest(void);

/*
 * Converts the bytes of a model. 0 when it was done: `*ret_bytes` is malloc'ed. Anything else when
 * not: `message` holds why, in at most `message_size` bytes.
 */
typedef int qs_opset_shim_convert(const void *bytes, size_t size, int version,
    unsigned char **ret_bytes, size_t *ret_size, char *message, size_t message_size);

qs_opset_shim_latest qs_opset_module_latest;
qs_opset_shim_convert qs_opset_module_convert;

#ifdef __cplusplus
}
#endif

#endif
