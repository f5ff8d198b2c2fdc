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
