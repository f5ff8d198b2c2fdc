/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harms a model for tests that are scripts: scale_slice IN.onnx OUT.onnx (TENSOR AXIS INDEX
 * FACTOR)... multiplies one slice of a float32 initializer each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/onnx.h"

static Onnx__TensorProto *find_tensor(const struct qs_model *model, const char *name)
{
	const Onnx__GraphProto *graph = model->proto->graph;

	for (size_t i = 0; i < graph->n_initializer; i++) {
		if (strcmp(graph->initializer[i]->name, name) == 0)
			return graph->initializer[i];
	}
	return NULL;
}

static void scale(Onnx__TensorProto *tensor, size_t axis, size_t index, float factor)
{
	float *values = (float *)(void *)tensor->raw_data.data;
	size_t inner = 1, length;

	for (size_t d = axis + 1; d < tensor->n_dims; d++)
		inner *= (size_t)tensor->dims[d];
	length = (size_t)tensor->dims[axis];
	for (size_t i = 0; i < tensor->raw_data.len / sizeof(*values); i++) {
		if (i / inner % length == index)
			values[i] *= factor;
	}
}

int main(int argc, char **argv)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = NULL;
	enum qs_status status;

	if (argc < 7 || argc % 4 != 3 || !findings)
		return 2;
	status = qs_model_open(argv[1], findings, &model);
	for (int i = 3; i < argc && status == QS_OK; i += 4) {
		Onnx__TensorProto *tensor = find_tensor(model, argv[i]);
		const size_t axis = strtoul(argv[i + 1], NULL, 10);

		if (!tensor || !tensor->has_raw_data || axis >= tensor->n_dims) {
			fprintf(
			    stderr, "scale_slice: there is no axis %zu of \"%s\"\n", axis, argv[i]);
			status = QS_INVALID;
		} else {
			scale(tensor, axis, strtoul(argv[i + 2], NULL, 10),
			    strtof(argv[i + 3], NULL));
		}
	}
	if (status == QS_OK)
		status = qs_model_save(model, argv[2], findings);
	qs_model_free(model);
	qs_findings_free(findings);
	return status == QS_OK ? 0 : 2;
}
