/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aho and Corasick, "Efficient string matching: an aid to bibliographic search" (1975).
 *
 * A trie of all texts, in which each node knows the node of the longest proper suffix that is in
 * the trie too. Children of a node are a list; those of the root, which is asked most often, are a
 * table.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/literal.h"

#define ROOT 0
#define NONE UINT32_MAX

struct node {
	uint32_t child, sibling; /* NONE: there is none */
	uint32_t fail;           /* the node of the longest suffix */
	uint32_t report; /* the nearest node on the way of suffixes, itself included, that ends
	                            a text; NONE */
	uint32_t texts;  /* first of its texts; NONE */
	unsigned char byte;
};

/* A number of a text; texts that are equal form a list. */
struct number {
	size_t number;
	uint32_t next;
};

struct qs_finder {
	struct node *nodes;
	size_t n_nodes, nodes_capacity;
	struct number *numbers;
	size_t n_numbers, numbers_capacity;
	uint32_t first[256]; /* children of the root */
};

/* Makes room for one more item of an array. */
static bool reserve(void **items, size_t size, size_t n, size_t *capacity)
{
	const size_t wanted = *capacity ? *capacity * 2 : 64;
	void *grown;

	if (n < *capacity)
		return true;
	if (wanted > UINT32_MAX / 2)
		return false;
	grown = realloc(*items, wanted * size);
	if (!grown)
		return false;
	*items = grown;
	*capacity = wanted;
	return true;
}

static uint32_t new_node(struct qs_finder *finder, unsigned char byte)
{
	void *nodes = finder->nodes;
	const bool room =
	    reserve(&nodes, sizeof(struct node), finder->n_nodes, &finder->nodes_capacity);

	finder->nodes = nodes;
	if (!room)
		return NONE;
	finder->nodes[finder->n_nodes] = (struct node){NONE, NONE, ROOT, NONE, NONE, byte};
	return (uint32_t)finder->n_nodes++;
}

struct qs_finder *qs_finder_new(void)
{
	struct qs_finder *finder = calloc(1, sizeof(*finder));

	if (!finder)
		return NULL;
	for (size_t i = 0; i < 256; i++)
		finder->first[i] = NONE;
	if (new_node(finder, 0) == NONE) {
		qs_finder_free(finder);
		return NULL;
	}
	return finder;
}

void qs_finder_free(struct qs_finder *finder)
{
	if (!finder)
		return;
	free(finder->nodes);
	free(finder->numbers);
	free(finder);
}

static uint32_t find_child(const struct qs_finder *finder, uint32_t node, unsigned char byte)
{
	uint32_t child;

	if (node == ROOT)
		return finder->first[byte];
	child = finder->nodes[node].child;
	while (child != NONE && finder->nodes[child].byte != byte)
		child = finder->nodes[child].sibling;
	return child;
}

static uint32_t make_child(struct qs_finder *finder, uint32_t node, unsigned char byte)
{
	const uint32_t child = new_node(finder, byte);

	if (child == NONE)
		return NONE;
	finder->nodes[child].sibling = finder->nodes[node].child;
	finder->nodes[node].child = child;
	if (node == ROOT)
		finder->first[byte] = child;
	return child;
}

bool qs_finder_add(struct qs_finder *finder, const char *text, size_t size, size_t number)
{
	void *numbers = finder->numbers;
	const bool room =
	    reserve(&numbers, sizeof(struct number), finder->n_numbers, &finder->numbers_capacity);
	uint32_t node = ROOT;

	finder->numbers = numbers;
	if (!room)
		return false;
	for (size_t i = 0; i < size; i++) {
		const unsigned char byte = (unsigned char)text[i];
		uint32_t child = find_child(finder, node, byte);

		if (child == NONE)
			child = make_child(finder, node, byte);
		if (child == NONE)
			return false;
		node = child;
	}
	finder->numbers[finder->n_numbers] = (struct number){number, finder->nodes[node].texts};
	finder->nodes[node].texts = (uint32_t)finder->n_numbers++;
	return true;
}

/* The node for what was read at `node` and one byte more. */
static uint32_t step(const struct qs_finder *finder, uint32_t node, unsigned char byte)
{
	for (;;) {
		const uint32_t child = find_child(finder, node, byte);

		if (child != NONE)
			return child;
		if (node == ROOT)
			return ROOT;
		node = finder->nodes[node].fail;
	}
}

/* Breadth first: the suffix of a node is one of those that are shorter. */
bool qs_finder_ready(struct qs_finder *finder)
{
	uint32_t *queue = malloc(finder->n_nodes * sizeof(*queue));
	size_t n = 0;

	if (!queue)
		return false;
	queue[n++] = ROOT;
	for (size_t i = 0; i < n; i++) {
		struct node *node = &finder->nodes[queue[i]];

		node->report = node->texts != NONE ? queue[i]
		               : queue[i] == ROOT  ? NONE
		                                   : finder->nodes[node->fail].report;
		for (uint32_t c = node->child; c != NONE; c = finder->nodes[c].sibling) {
			if (queue[i] != ROOT)
				finder->nodes[c].fail =
				    step(finder, node->fail, finder->nodes[c].byte);
			queue[n++] = c;
		}
	}
	free(queue);
	return true;
}

void qs_finder_search(
    const struct qs_finder *finder, const char *string, qs_finder_found *found, void *context)
{
	uint32_t at = ROOT;

	for (const char *s = string; *s; s++) {
		at = step(finder, at, (unsigned char)*s);
		for (uint32_t n = finder->nodes[at].report; n != NONE;
		     n = finder->nodes[finder->nodes[n].fail].report) {
			for (uint32_t t = finder->nodes[n].texts; t != NONE;
			     t = finder->numbers[t].next)
				found(context, finder->numbers[t].number);
		}
	}
}
