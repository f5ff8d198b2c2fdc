/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a model for programs: one JSON document, format version 1.0. */
#include <json-c/json.h>

#include "model/layers.h"

static void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void put_text(struct json_object *object, const char *key, const char *text)
{
	put(object, key, json_object_new_string(text));
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
	put(object, "shape", shape);
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
	put(object, "type", *layer->type ? json_object_new_string(layer->type) : NULL);
	put_text(object, "op_type", layer->op_type);
	put(object, "depthwise", json_object_new_boolean(layer->depthwise));
	put(object, "nodes", nodes);
	put(object, "inputs", inputs);
	put(object, "weights", tensor_json(&layer->weights));
	put(object, "bias", tensor_json(&layer->bias));
	put(object, "output", tensor_json(&layer->output));
	put(object, "parameters", json_object_new_uint64(layer->n_parameters));
	put(object, "macs", layer->macs_known ? json_object_new_uint64(layer->macs) : NULL);
	return object;
}

enum qs_status qs_layers_write_json(const struct qs_layers *layers, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array();
	enum qs_status status = QS_NOMEM;
	const char *bytes;

	if (document && list) {
		put_text(document, "format_version", "1.0");
		for (size_t i = 0; i < layers->n_items; i++)
			json_object_array_add(list, layer_json(&layers->items[i]));
		put(document, "layers", list);
		bytes = json_object_to_json_string_ext(
		    document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
		if (bytes) {
			qs_text_adds(text, bytes);
			qs_text_adds(text, "\n");
			status = qs_text_status(text);
		}
	}
	json_object_put(document);
	return status;
}
