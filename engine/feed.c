/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of data on their way into a model. */
#include "engine/feed.h"

#include <stdlib.h>

#include "base/finding.h"
#include "data/onnx_element.h"

static enum qs_status add_input(
    struct qs_feed *feed, const struct qs_graph *graph, size_t index, struct qs_findings *findings)
{
	const struct qs_value *value = &graph->values[index];
	const enum qs_element element = qs_onnx_element(value->element_type);

	if (element == QS_ELEMENT__COUNT) {
		qs_finding_add(findings, QS_FINDING_DATA_TYPE,
		    qs_model_place(graph->model, findings),
		    "input \"%s\" of the model is of a type that arrays cannot have", value->name);
		return QS_UNSUPPORTED;
	}
	feed->inputs[feed->n_inputs++] =
	    (struct qs_data_input){value->name, element, value->rank, value->dims};
	return QS_OK;
}

/* In the model's order, so that a single batch file means the first and only one. */
static enum qs_status find_inputs(
    struct qs_feed *feed, const struct qs_graph *graph, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	feed->inputs = calloc(graph->proto->n_input + 1, sizeof(*feed->inputs));
	feed->arrays = calloc(graph->proto->n_input + 1, sizeof(*feed->arrays));
	feed->blobs = calloc(graph->proto->n_input + 1, sizeof(*feed->blobs));
	if (!feed->inputs || !feed->arrays || !feed->blobs)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->proto->n_input && status == QS_OK; i++) {
		const size_t index = qs_graph_find(graph, graph->proto->input[i]->name);

		if (index != QS_NONE && graph->values[index].is_input)
			status = add_input(feed, graph, index, findings);
	}
	return status;
}

enum qs_status qs_feed_open(const struct qs_graph *graph, const char *path,
    const struct qs_image_options *images, struct qs_findings *findings, struct qs_feed *ret_feed)
{
	enum qs_status status;

	*ret_feed = (struct qs_feed){.inputs = NULL};
	status = find_inputs(ret_feed, graph, findings);
	return status == QS_OK ? qs_dataset_open(path, ret_feed->inputs, ret_feed->n_inputs, images,
				     findings, &ret_feed->dataset)
	                       : status;
}

static void forget_batch(struct qs_feed *feed)
{
	for (size_t i = 0; feed->arrays && i < feed->n_inputs; i++)
		qs_array_done(&feed->arrays[i]);
}

enum qs_status qs_feed_read(struct qs_feed *feed, size_t batch, struct qs_findings *findings)
{
	enum qs_status status;

	forget_batch(feed);
	status = qs_dataset_read(&feed->dataset, batch, findings, feed->arrays);
	for (size_t i = 0; i < feed->n_inputs && status == QS_OK; i++) {
		const struct qs_array *array = &feed->arrays[i];

		feed->blobs[i] = (struct qs_blob){feed->inputs[i].name,
		    qs_onnx_type(array->element), array->rank, array->dims, array->data,
		    array->n_values * qs_element_size(array->element)};
	}
	return status;
}

void qs_feed_done(struct qs_feed *feed)
{
	forget_batch(feed);
	qs_dataset_done(&feed->dataset);
	free(feed->inputs);
	free(feed->arrays);
	free(feed->blobs);
	*feed = (struct qs_feed){.inputs = NULL};
}
