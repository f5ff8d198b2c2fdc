/* SPDX-License-Identifier: Apache-2.0 */
/* What writing constants, what flows and exact rounding share. */
#ifndef ENGINE_APPLY_INTERNAL_H
#define ENGINE_APPLY_INTERNAL_H

#include "engine/apply.h"
#include "model/edit.h"

#define QS_MICROSOFT "com.microsoft"

struct qs_writer {
	const struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_findings *findings;
	struct qs_apply_options options;
	struct qs_model *model;
	struct qs_edit *edit;
	int64_t opset;
	struct qs_applied *applied;
	const char **inner; /* by value: its name within the graph, where the graph gives another */
};

/* The inputs of a node, in order; NULL for those that it has not. */
struct qs_operands {
	const char *of[3];
};

/* Adds a node named after what it gives; `n_inputs` of the operands are its inputs. */
Onnx__NodeProto *qs_writer_node(struct qs_writer *writer, const char *op_type,
    const struct qs_operands *operands, size_t n_inputs, const char *output);

/* Adds the same with a name of its own for what it gives, after a tensor; returns the name. */
const char *qs_writer_step(struct qs_writer *writer, const struct qs_site *site,
    const char *op_type, const struct qs_operands *operands, size_t n_inputs, const char *suffix);

/* Adds an initializer of one value, or of one for each channel, named after a site's tensor;
 * returns the name. */
const char *qs_writer_initializer(struct qs_writer *writer, const struct qs_site *site,
    const char *suffix, int onnx_type, size_t n, const void *elements);

/* The same of one float. */
const char *qs_writer_float(
    struct qs_writer *writer, const struct qs_site *site, const char *suffix, float value);

/* Cuts values off at two ends, as from opset 11 on; returns the name of what is left. */
const char *qs_writer_clip(
    struct qs_writer *writer, const struct qs_site *site, const char *input, float low, float high);

/* Adds a Cast. */
void qs_writer_cast(struct qs_writer *writer, const char *input, const char *output, int onnx_type);

/* Adds the scales and zero points of a site, operands 1 and 2 of what quantizes and dequantizes. */
void qs_writer_scales(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, struct qs_operands *operands);

/* Adds the node that makes floats of codes. */
void qs_writer_dequantize(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const struct qs_operands *operands, const char *output);

/* Whether a site is for what the graph gives. */
bool qs_site_is_return(const struct qs_site *site);

/* How many leading dimensions of a constant are not written: engine/apply_constant.c. */
size_t qs_writer_spare_dims(const struct qs_graph *graph, const struct qs_site *site);

/* The form of a site, which is counted. QS_UNSUPPORTED with a finding when ONNX has none. */
enum qs_status qs_writer_form(
    struct qs_writer *writer, const struct qs_site *site, struct qs_onnx_form *ret_form);

/* Write one site, a constant or what flows. */
enum qs_status qs_writer_constant(struct qs_writer *writer, const struct qs_site *site);
enum qs_status qs_writer_flow(struct qs_writer *writer, const struct qs_site *site);

/* Writes what a site makes of an input, rounded as its spec says, in plain operators. */
void qs_writer_exact(
    struct qs_writer *writer, const struct qs_site *site, const char *input, const char *output);

#endif
