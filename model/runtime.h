/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What executes models: a library that was found, sessions of it, and values in and out.
 *
 * A runtime is a table of functions that keeps its own state behind these two structs; ONNX Runtime
 * is the one there is (model/ort.h). Use the qs_session functions, which also check what is put in.
 */
#ifndef MODEL_RUNTIME_H
#define MODEL_RUNTIME_H

#include "qstrata/base.h"

/* Values under the name of a tensor. */
struct qs_blob {
	const char *name;
	int element_type; /* of ONNX: 1 is float32 */
	size_t n_dims;
	const int64_t *dims;
	const void *data; /* as the machine has the element type, rows first */
	size_t size;      /* of the data, in bytes */
};

/* What a model takes or gives. */
struct qs_port {
	const char *name;
	int element_type; /* 0: not a tensor */
	int rank;
	const int64_t *dims; /* -1: not fixed */
};

struct qs_session_options {
	int n_threads; /* 0: as many as the runtime likes */
	bool optimize; /* let the runtime rewrite the graph */
};

struct qs_session;

/* A runtime: the functions and what was found. */
struct qs_runtime {
	const char *name;    /* "ONNX Runtime" */
	const char *path;    /* of the library */
	const char *version; /* as the library reports it */
	bool takes_weights;  /* beside the model */
	/* `weights` are initializers of the main graph that the model says are in another file;
	 * their data is copied. */
	enum qs_status (*open_session)(struct qs_runtime *runtime, const char *model_name,
	    const void *model, size_t size, const struct qs_blob *weights, size_t n_weights,
	    const struct qs_session_options *options, struct qs_findings *findings,
	    struct qs_session **ret_session);
	void (*close)(struct qs_runtime *runtime);
};

/* A model that is ready to run. */
struct qs_session {
	struct qs_runtime *runtime;
	const char *model_name; /* in findings */
	struct qs_port *inputs, *outputs;
	size_t n_inputs, n_outputs;
	enum qs_status (*run)(struct qs_session *session, const struct qs_blob *inputs,
	    size_t n_inputs, const char *const *outputs, size_t n_outputs,
	    struct qs_findings *findings, struct qs_blob *ret_outputs);
	void (*close)(struct qs_session *session);
};

/* Ends a runtime, whose sessions have ended; NULL is fine. */
void qs_runtime_close(struct qs_runtime *runtime);

/*
 * Makes a model ready: the bytes of one without external data (others: model/session.h).
 * `model_name` names it in findings.
 * QS_INVALID with a finding when the runtime refuses it.
 */
enum qs_status qs_session_new(struct qs_runtime *runtime, const char *model_name, const void *model,
    size_t size, const struct qs_session_options *options, struct qs_findings *findings,
    struct qs_session **ret_session);

/* Ends a session; NULL is fine. */
void qs_session_free(struct qs_session *session);

/*
 * Runs a model once: all its inputs by name, in any order, and the outputs that are asked for. Each
 * of the `n_outputs` blobs is to be released with qs_blob_done(). QS_INVALID with a finding when
 * inputs are missing, unknown, or of another type or shape, or when the runtime fails.
 */
enum qs_status qs_session_run(struct qs_session *session, const struct qs_blob *inputs,
    size_t n_inputs, const char *const *outputs, size_t n_outputs, struct qs_findings *findings,
    struct qs_blob *ret_outputs);

/* The port of a name, or NULL. */
const struct qs_port *qs_port_find(const struct qs_port *ports, size_t n_ports, const char *name);

/* Releases what a session gave. */
void qs_blob_done(struct qs_blob *array);

/* Values of a number type as float32, malloc'ed; NULL when it holds none or memory ran
 * out. */
float *qs_blob_floats(const struct qs_blob *array, size_t *ret_count);

#endif
