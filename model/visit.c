/* SPDX-License-Identifier: Apache-2.0 */
/* Every tensor of a model, wherever it stands. */
#include "model/external.h"

struct visit {
	qs_tensor_visitor *visitor;
	void *context;
};

static enum qs_status visit_graph(const struct visit *visit, Onnx__GraphProto *graph);

static enum qs_status visit_tensor(const struct visit *visit, Onnx__TensorProto *tensor)
{
	return tensor ? visit->visitor(tensor, visit->context) : QS_OK;
}

static enum qs_status visit_sparse(const struct visit *visit, Onnx__SparseTensorProto *sparse)
{
	enum qs_status status = QS_OK;

	if (sparse)
		status = visit_tensor(visit, sparse->values);
	if (sparse && status == QS_OK)
		status = visit_tensor(visit, sparse->indices);
	return status;
}

static enum qs_status visit_attribute(const struct visit *visit, Onnx__AttributeProto *attribute)
{
	enum qs_status status = visit_tensor(visit, attribute->t);

	for (size_t i = 0; status == QS_OK && i < attribute->n_tensors; i++)
		status = visit_tensor(visit, attribute->tensors[i]);
	if (status == QS_OK)
		status = visit_sparse(visit, attribute->sparse_tensor);
	for (size_t i = 0; status == QS_OK && i < attribute->n_sparse_tensors; i++)
		status = visit_sparse(visit, attribute->sparse_tensors[i]);
	if (status == QS_OK)
		status = visit_graph(visit, attribute->g);
	for (size_t i = 0; status == QS_OK && i < attribute->n_graphs; i++)
		status = visit_graph(visit, attribute->graphs[i]);
	return status;
}

static enum qs_status visit_nodes(
    const struct visit *visit, Onnx__NodeProto **nodes, size_t n_nodes)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < n_nodes; i++) {
		for (size_t j = 0; status == QS_OK && j < nodes[i]->n_attribute; j++)
			status = visit_attribute(visit, nodes[i]->attribute[j]);
	}
	return status;
}

/* Nesting is bounded by what was checked before the model was unpacked. */
static enum qs_status visit_graph(const struct visit *visit, Onnx__GraphProto *graph)
{
	enum qs_status status = QS_OK;

	if (!graph)
		return QS_OK;
	for (size_t i = 0; status == QS_OK && i < graph->n_initializer; i++)
		status = visit_tensor(visit, graph->initializer[i]);
	for (size_t i = 0; status == QS_OK && i < graph->n_sparse_initializer; i++)
		status = visit_sparse(visit, graph->sparse_initializer[i]);
	if (status == QS_OK)
		status = visit_nodes(visit, graph->node, graph->n_node);
	return status;
}

enum qs_status qs_tensors_visit(Onnx__ModelProto *model, qs_tensor_visitor *visitor, void *context)
{
	const struct visit visit = {visitor, context};
	enum qs_status status = visit_graph(&visit, model->graph);

	for (size_t i = 0; status == QS_OK && i < model->n_training_info; i++) {
		status = visit_graph(&visit, model->training_info[i]->initialization);
		if (status == QS_OK)
			status = visit_graph(&visit, model->training_info[i]->algorithm);
	}
	for (size_t i = 0; status == QS_OK && i < model->n_functions; i++)
		status =
		    visit_nodes(&visit, model->functions[i]->node, model->functions[i]->n_node);
	return status;
}
