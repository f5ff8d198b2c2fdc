/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Module paths: "layer1.0.conv1", from the names that PyTorch's exporters give to weights and
 * nodes, and the ways in which a config may write the name of a layer.
 */
#include <string.h>

#include "model/layers.h"

/* Appends a part of a path. A part may repeat the one before: "layer1", "layer1.0" is "layer1.0".
 */
static void add_part(struct qs_text *path, size_t *last, const char *part, size_t size)
{
	const size_t last_size = path->size - *last;

	if (last_size && size > last_size && part[last_size] == '.' &&
	    memcmp(part, path->data + *last, last_size) == 0) {
		qs_text_add(path, part + last_size, size - last_size);
		return;
	}
	if (path->size)
		qs_text_add(path, ".", 1);
	*last = path->size;
	qs_text_add(path, part, size);
}

/* "/layer1/layer1.0/conv1/Conv" is the node Conv of layer1.0.conv1. */
static void add_node_path(struct qs_text *path, const char *name)
{
	size_t last = 0;

	if (*name != '/')
		return;
	for (const char *part = name + 1, *end; (end = strchr(part, '/')) != NULL; part = end + 1) {
		if (end > part)
			add_part(path, &last, part, (size_t)(end - part));
	}
}

/* The size of a weight's name without ".weight"; 0 when it has no such end. */
static size_t owner_size(const char *weights_name)
{
	static const char end[] = ".weight";
	const size_t size = strlen(weights_name), end_size = sizeof(end) - 1;

	return size > end_size && strcmp(weights_name + size - end_size, end) == 0 ? size - end_size
										   : 0;
}

const char *qs_layer_path(struct qs_arena *arena, const char *node_name, const char *weights_name)
{
	const size_t size = owner_size(weights_name);
	struct qs_text path = QS_TEXT_INIT;
	const char *kept = NULL;

	if (size)
		return qs_arena_strndup(arena, weights_name, size);
	add_node_path(&path, node_name);
	if (qs_text_status(&path) == QS_OK)
		kept = qs_arena_strndup(arena, path.data, path.size);
	qs_text_done(&path);
	return kept;
}

/*
 * Compares "ResNet::ResNet/Sequential[layer1]/BasicBlock[0]/Conv2d[conv1]/input.7" with a path:
 * what stands in brackets are its parts, the first word is the model and the last one a tensor.
 */
static bool is_tool_name(const char *name, const char *path)
{
	const char *part = strstr(name, "::") ? strchr(name, '/') : NULL;
	bool any = false;

	for (; part; part = strchr(part + 1, '/')) {
		const size_t size = strcspn(part + 1, "/");
		const char *open = memchr(part + 1, '[', size), *close;
		size_t inner;

		if (!open)
			continue;
		close = memchr(open, ']', size - (size_t)(open - part - 1));
		if (!close)
			return false;
		inner = (size_t)(close - open) - 1;
		if (any && *path++ != '.')
			return false;
		if (strncmp(path, open + 1, inner) != 0)
			return false;
		path += inner;
		any = true;
	}
	return any && *path == '\0';
}

/* Whether a name is, in either way of writing, the path that a node's own name tells. */
static bool has_node_path(const char *name, const char *node_name)
{
	struct qs_text path = QS_TEXT_INIT;
	bool same;

	add_node_path(&path, node_name);
	same = qs_text_status(&path) == QS_OK && path.size &&
	       (strcmp(name, path.data) == 0 || is_tool_name(name, path.data));
	qs_text_done(&path);
	return same;
}

bool qs_layer_has_name(const struct qs_layer *layer, const char *name)
{
	if (!*name)
		return false;
	for (size_t i = 0; i < layer->n_nodes; i++) {
		if (strcmp(name, layer->names[i]) == 0)
			return true;
	}
	if (*layer->path && (strcmp(name, layer->path) == 0 || is_tool_name(name, layer->path)))
		return true;
	return has_node_path(name, layer->name);
}

enum qs_type_match qs_layer_compare_type(const struct qs_layer *layer, const char *type)
{
	const char *dot = strrchr(type, '.');

	if (dot)
		type = dot + 1;
	if (*type && strcmp(type, layer->type) == 0)
		return QS_TYPE_SAME;
	return *type && strcmp(type, layer->op_type) == 0 ? QS_TYPE_OPERATOR : QS_TYPE_OTHER;
}
