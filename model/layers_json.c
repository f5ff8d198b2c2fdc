/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a model for programs: one JSON document, format version 1.0. */
#include "base/json_document.h"
#include "model/layers.h"

static void put_text(struct json_object *object, const char *key, const char *text)
{
	qs_json_put(object, key, json_object_new_string(text));
}

/* A tensor, or null for one that a layer does not have. A dimension that is not fixed is null. */
static struct json_object *tensor_json(const struct qs_layer_tensor *tensor)
{
	struct json_object *object, *shape;

	if (!*tensor->name)
		return NULL;
	object = json_object_new_object();
	shape = tensor->rank < 0 ? NULL : json_object_new_array();
	put_text(object, "name", tensor->name);
	put_text(object, "datatype", tensor->datatype);
	for (int i = 0; i < tensor->rank; i++)
		json_object_array_add(
		    shape, tensor->dims[i] < 0 ? NULL : json_object_new_int64(tensor->dims[i]));
	qs_json_put(object, "shape", shape);
	return object;
}

static struct json_object *layer_json(const struct qs_layer *layer)
{
	struct json_object *object = json_object_new_object();
	struct json_object *nodes = json_object_new_array(), *inputs = json_object_new_array();

	for (size_t i = 0; i < layer->n_nodes; i++)
		json_object_array_add(nodes, json_object_new_string(layer->names[i]));
	for (size_t i = 0; i < layer->n_inputs; i++)
		json_object_array_add(inputs, tensor_json(&layer->inputs[i]));
	put_text(object, "name", layer->name);
	put_text(object, "path", layer->path);
	qs_json_put(object, "type", *layer->type ? json_object_new_string(layer->type) : NULL);
	put_text(object, "op_type", layer->op_type);
	qs_json_put(object, "depthwise", json_object_new_boolean(layer->depthwise));
	qs_json_put(object, "nodes", nodes);
	qs_json_put(object, "inputs", inputs);
	qs_json_put(object, "weights", tensor_json(&layer->weights));
	qs_json_put(object, "bias", tensor_json(&layer->bias));
	qs_json_put(object, "output", tensor_json(&layer->output));
	qs_json_put(object, "parameters", json_object_new_uint64(layer->n_parameters));
	qs_json_put(object, "macs", layer->macs_known ? json_object_new_uint64(layer->macs) : NULL);
	return object;
}

enum qs_status qs_layers_write_json(const struct qs_layers *layers, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array();

	put_text(document, "format_version", "1.0");
	for (size_t i = 0; i < layers->n_items; i++)
		json_object_array_add(list, layer_json(&layers->items[i]));
	qs_json_put(document, "layers", list);
	return qs_json_write(document, text);
}
