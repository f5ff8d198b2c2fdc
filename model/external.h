/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors whose data lies in a file beside the model.
 *
 * The file's path is relative to the model's folder and stays below it: neither absolute nor with a
 * ".." in it, as ONNX has it ("External Data" in the IR specification). Nothing is kept open
 * between reads.
 */
#ifndef MODEL_EXTERNAL_H
#define MODEL_EXTERNAL_H

#include "model/onnx.h"

/* Whether a tensor's data is in another file. */
bool qs_external_is(const Onnx__TensorProto *tensor);

/*
 * The data of an external tensor, malloc'ed; one that is deferred is made. QS_IO or QS_INVALID with
 * a finding when the file is missing, short, or not where it may be.
 */
enum qs_status qs_external_read(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, unsigned char **ret_bytes, size_t *ret_size);

/* Data of a file in memory. */
struct qs_mapping {
	const void *data;
	size_t size;
	void *pages; /* that hold it */
	size_t n_bytes;
};

/* As qs_external_read(), for what is not deferred, without copying: to be unmapped. */
enum qs_status qs_external_map(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, struct qs_mapping *ret_mapping);

/* Ends a mapping; one of zeros is fine. */
void qs_external_unmap(struct qs_mapping *mapping);

/*
 * Lets a tensor say where its data is: `n` pairs of keys and values, which are copied. False when
 * memory ran out.
 */
bool qs_external_refer(
    struct qs_model *model, Onnx__TensorProto *tensor, const char *const *pairs, size_t n);

/* The file that a tensor's data is in, relative to the model; NULL when it names none. */
const char *qs_external_location(const Onnx__TensorProto *tensor);

/* As qs_external_read(), without reading: is the data there? */
enum qs_status qs_external_check(
    const struct qs_model *model, const Onnx__TensorProto *tensor, struct qs_findings *findings);

/* What is done to every tensor of a model. Anything but QS_OK ends the visit. */
typedef enum qs_status qs_tensor_visitor(Onnx__TensorProto *tensor, void *context);

/*
 * Visits every tensor: initializers, dense and sparse, and attributes of nodes, in all graphs and
 * functions. The result is that of the last call.
 */
enum qs_status qs_tensors_visit(Onnx__ModelProto *model, qs_tensor_visitor *visitor, void *context);

#endif
