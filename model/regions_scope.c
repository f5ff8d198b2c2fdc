/* SPDX-License-Identifier: Apache-2.0 */
/* What names of branches and bodies mean in the main graph. */
#include <stdlib.h>

#include "model/regions_internal.h"

void qs_region_scope_done(struct qs_region_scope *scope)
{
	qs_map_done(&scope->names);
	free(scope->now);
}

bool qs_region_define(struct qs_region_scope *scope, const char *name, char *now)
{
	if (!now)
		return false;
	if (scope->n == scope->capacity) {
		const size_t capacity = scope->capacity ? scope->capacity * 2 : 16;
		char **larger = realloc(scope->now, capacity * sizeof(*larger));

		if (!larger)
			return false;
		scope->now = larger;
		scope->capacity = capacity;
	}
	if (!qs_map_set(&scope->names, name, scope->n))
		return false;
	scope->now[scope->n++] = now;
	return true;
}

char *qs_region_resolve(const struct qs_region_scope *scope, char *name)
{
	for (; name && scope; scope = scope->outer) {
		const size_t index = qs_map_get(&scope->names, name);

		if (index != QS_MAP_NONE)
			return scope->now[index];
	}
	return name;
}

/* What a subgraph defines means itself. */
static bool keep(struct qs_region_scope *scope, char *name)
{
	return !name || !*name || qs_region_define(scope, name, name);
}

static bool keep_all(struct qs_region_scope *scope, const Onnx__GraphProto *body)
{
	bool done = true;

	for (size_t i = 0; i < body->n_input && done; i++)
		done = keep(scope, body->input[i]->name);
	for (size_t i = 0; i < body->n_initializer && done; i++)
		done = keep(scope, body->initializer[i]->name);
	for (size_t i = 0; i < body->n_sparse_initializer && done; i++)
		done = !body->sparse_initializer[i]->values ||
		       keep(scope, body->sparse_initializer[i]->values->name);
	for (size_t i = 0; i < body->n_node && done; i++) {
		for (size_t j = 0; j < body->node[i]->n_output && done; j++)
			done = keep(scope, body->node[i]->output[j]);
	}
	return done;
}

static bool resolve_body(const Onnx__GraphProto *body, const struct qs_region_scope *outer)
{
	struct qs_region_scope scope = {.outer = outer, .names = QS_MAP_INIT};
	bool done = keep_all(&scope, body);

	for (size_t i = 0; i < body->n_node && done; i++) {
		for (size_t j = 0; j < body->node[i]->n_input; j++)
			body->node[i]->input[j] =
			    qs_region_resolve(&scope, body->node[i]->input[j]);
		done = qs_region_resolve_bodies(body->node[i], &scope);
	}
	for (size_t i = 0; i < body->n_output && done; i++)
		body->output[i]->name = qs_region_resolve(&scope, body->output[i]->name);
	qs_region_scope_done(&scope);
	return done;
}

bool qs_region_resolve_bodies(const Onnx__NodeProto *node, const struct qs_region_scope *outer)
{
	bool done = true;

	for (size_t i = 0; outer && i < node->n_attribute && done; i++) {
		if (node->attribute[i]->g)
			done = resolve_body(node->attribute[i]->g, outer);
		for (size_t j = 0; j < node->attribute[i]->n_graphs && done; j++)
			done = resolve_body(node->attribute[i]->graphs[j], outer);
	}
	return done;
}
