/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors whose elements are made when they are written.
 *
 * A model with gigabytes of weights is quantized with the memory of one of them: what stands for a
 * new tensor until the model is saved is how to make it. To everybody else such a tensor is
 * external (model/external.h), and reading it makes it.
 */
#ifndef MODEL_DEFERRED_H
#define MODEL_DEFERRED_H

#include "model/onnx.h"

/*
 * Makes the elements of a tensor as the machine has them. Called each time that the model is
 * written, so it has to give the same every time.
 */
typedef enum qs_status qs_tensor_maker(
    void *context, struct qs_findings *findings, void *ret_elements);

/*
 * A new tensor in the model's memory; `context` outlives the model's last save. NULL when memory
 * ran out or the shape cannot be counted.
 */
Onnx__TensorProto *qs_tensor_defer(struct qs_model *model, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, qs_tensor_maker *make, void *context);

/* Whether a tensor is one of these. */
bool qs_tensor_is_deferred(const struct qs_model *model, const Onnx__TensorProto *tensor);

/* The elements, malloc'ed, in the byte order of ONNX. What the maker returns, or QS_NOMEM. */
enum qs_status qs_tensor_make(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, unsigned char **ret_bytes, size_t *ret_size);

#endif
