/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are taken in a model. */
#include "model/names.h"

void qs_names_done(struct qs_names *names)
{
	qs_map_done(&names->next);
}

bool qs_names_take(struct qs_names *names, const char *name)
{
	if (!name || !*name || qs_map_get(&names->next, name) != QS_MAP_NONE)
		return true;
	return qs_map_set(&names->next, name, 1);
}

bool qs_names_take_graph(struct qs_names *names, const Onnx__GraphProto *graph)
{
	bool done = true;

	for (size_t i = 0; i < graph->n_input && done; i++)
		done = qs_names_take(names, graph->input[i]->name);
	for (size_t i = 0; i < graph->n_initializer && done; i++)
		done = qs_names_take(names, graph->initializer[i]->name);
	for (size_t i = 0; i < graph->n_sparse_initializer && done; i++)
		done = !graph->sparse_initializer[i]->values ||
		       qs_names_take(names, graph->sparse_initializer[i]->values->name);
	for (size_t i = 0; i < graph->n_node && done; i++) {
		const Onnx__NodeProto *node = graph->node[i];

		done = qs_names_take(names, node->name) && qs_names_take_bodies(names, node);
		for (size_t j = 0; j < node->n_output && done; j++)
			done = qs_names_take(names, node->output[j]);
	}
	return done;
}

bool qs_names_take_bodies(struct qs_names *names, const Onnx__NodeProto *node)
{
	bool done = true;

	for (size_t i = 0; i < node->n_attribute && done; i++) {
		const Onnx__AttributeProto *attribute = node->attribute[i];

		done = !attribute->g || qs_names_take_graph(names, attribute->g);
		for (size_t j = 0; j < attribute->n_graphs && done; j++)
			done = qs_names_take_graph(names, attribute->graphs[j]);
	}
	return done;
}

/* The number goes on where it stopped for this stem: names in a row cost what they are, and not
 * each time all that were before. */
char *qs_names_make(struct qs_names *names, struct qs_arena *arena, char *stem)
{
	const size_t first = stem ? qs_map_get(&names->next, stem) : QS_MAP_NONE;
	size_t i = first;
	char *made = stem;

	if (first != QS_MAP_NONE) {
		do
			made = qs_arena_printf(arena, "%s_%zu", stem, i++);
		while (made && qs_map_get(&names->next, made) != QS_MAP_NONE);
		if (!qs_map_set(&names->next, stem, i))
			return NULL;
	}
	return made && qs_names_take(names, made) ? made : NULL;
}
