/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes to a graph, collected and then applied at once.
 *
 * An edit starts from an index of the graph. New nodes and initializers are collected without a
 * place; reads and names of existing nodes change at once. Applying puts every new node where its
 * first reader needs it, leaves the others in their order, and drops what the edit has left without
 * readers. Then the index is out of date: make a new one. A model whose edit failed half way is not
 * to be saved.
 *
 * Memory trouble is sticky, as in struct qs_text: functions take and give NULL from then on, and
 * qs_edit_apply() says QS_NOMEM.
 */
#ifndef MODEL_EDIT_H
#define MODEL_EDIT_H

#include "model/deferred.h"
#include "model/graph.h"

struct qs_edit;

/* Starts an edit of a graph, which outlives it. */
enum qs_status qs_edit_new(struct qs_graph *graph, struct qs_edit **ret_edit);

/* Ends an edit, applied or not; NULL is fine. */
void qs_edit_free(struct qs_edit *edit);

/*
 * A name that no tensor and no node has, in the model's memory: what is asked for, or that with
 * "_1",
 * "_2" and so on behind it. It counts as taken from then on.
 */
const char *qs_edit_name(struct qs_edit *edit, const char *format, ...) QS_PRINTF(2, 3);

/*
 * A new node under a name that is made unique. Input "" is one left out; names are borrowed from
 * the model's memory, as qs_edit_name() and the graph give them.
 */
Onnx__NodeProto *qs_edit_add_node(struct qs_edit *edit, const char *op_type, const char *name,
    const char *const *inputs, size_t n_inputs, const char *const *outputs, size_t n_outputs);

/* Puts a node of any kind into an operator domain, "com.microsoft". */
void qs_edit_set_domain(struct qs_edit *edit, Onnx__NodeProto *node, const char *domain);

/* Set an attribute of a node, new or not. */
void qs_edit_set_int(struct qs_edit *edit, Onnx__NodeProto *node, const char *name, int64_t value);
void qs_edit_set_float(struct qs_edit *edit, Onnx__NodeProto *node, const char *name, float value);
void qs_edit_set_ints(struct qs_edit *edit, Onnx__NodeProto *node, const char *name,
    const int64_t *values, size_t n_values);

/* A new initializer; see qs_tensor_new(). The name has to be free: take it from qs_edit_name(). */
Onnx__TensorProto *qs_edit_add_tensor(struct qs_edit *edit, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, const void *elements);

/* As qs_edit_add_tensor(), with elements that are made when they are written: model/deferred.h. */
Onnx__TensorProto *qs_edit_add_deferred(struct qs_edit *edit, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, qs_tensor_maker *make, void *context);

/* Lets one read take another tensor; a read within a subgraph is that of all the node's subgraphs.
 */
void qs_edit_reroute_use(
    struct qs_edit *edit, const struct qs_value *value, struct qs_use use, const char *name);

/* Lets all reads of a value take another tensor, within subgraphs too; outputs of the graph stay.
 */
void qs_edit_reroute(struct qs_edit *edit, const struct qs_value *value, const char *name);

/*
 * Renames what a node gives, so that a new node can give the old name to all who read it, the
 * graph's own output among them. Not for inputs and initializers.
 */
void qs_edit_rename(struct qs_edit *edit, const struct qs_value *value, const char *name);

/* Appends an input to a node. */
void qs_edit_add_input(struct qs_edit *edit, size_t node, const char *name);

/* Removes a node. What it gave has to come from elsewhere, or not be read. */
void qs_edit_remove_node(struct qs_edit *edit, size_t node);

/*
 * Applies the edit. QS_INVALID with a finding when the graph is not sound afterwards, which is a
 * mistake of the caller.
 */
enum qs_status qs_edit_apply(struct qs_edit *edit, struct qs_findings *findings);

/* Makes a model import an operator set, at least of a version. */
enum qs_status qs_model_import(struct qs_model *model, const char *domain, int64_t version);

#endif
