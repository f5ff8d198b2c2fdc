/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C interface of ONNX Runtime, as far as it is used here, in our own words (ort_api.def).
 */
#ifndef MODEL_ORT_API_H
#define MODEL_ORT_API_H

#include <stddef.h>
#include <stdint.h>

struct ort_status;
struct ort_env;
struct ort_options;
struct ort_session;
struct ort_value;
struct ort_type;
struct ort_tensor_type;
struct ort_memory;
struct ort_allocator;

/* What takes the messages of an environment. */
typedef void ort_log(void *context, int severity, const char *category, const char *id,
    const char *location, const char *message);

typedef void ort_function(void);

/* What OrtGetApiBase() returns. */
struct ort_base {
	ort_function *const *(*get_api)(uint32_t version);
	const char *(*get_version)(void);
};

typedef const struct ort_base *ort_get_base(void);

/* Interface versions: minor versions of releases. All that is needed is in the least. */
#define ORT_LEAST_API 5
#define ORT_LATEST_API 23

enum {
	ORT_LEVEL_FATAL = 4
};
enum {
	ORT_OPTIMIZE_NOTHING = 0,
	ORT_OPTIMIZE_ALL = 99
};
enum {
	ORT_ALLOCATOR_DEVICE = 0
};
enum {
	ORT_MEMORY_DEFAULT = 0
};

/* The functions by name, taken from the table. */
struct ort_api {
#define ORT(index, name, result, parameters) result(*name) parameters;
#define ORT_SINCE(version, index, name, result, parameters) result(*name) parameters;
#include "model/ort_api.def"
#undef ORT_SINCE
#undef ORT
};

#endif
