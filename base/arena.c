/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: many small pieces of memory that end together. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

/* Small enough that a short-lived arena costs little, large enough that malloc() is rarely
 * asked. */
#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK ((size_t)4 << 20)

struct qs_arena_block {
	struct qs_arena_block *next;
	size_t whole; /* bytes of the allocation */
	size_t size, used;
	alignas(max_align_t) unsigned char bytes[];
};

/* Zeroed, so that pieces are zero without a write. Large blocks are whole large pages. */
static struct qs_arena_block *new_block(size_t whole)
{
	struct qs_arena_block *block =
	    whole < QS_PAGES_LARGE ? calloc(1, whole) : qs_pages_new(whole);

	if (block) {
		block->whole = whole;
		block->size = whole - sizeof(*block);
	}
	return block;
}

static void free_block(struct qs_arena_block *block)
{
	if (block->whole < QS_PAGES_LARGE)
		free(block);
	else
		qs_pages_free(block, block->whole);
}

void qs_arena_done(struct qs_arena *arena)
{
	struct qs_arena_block *block = arena->blocks;

	while (block) {
		struct qs_arena_block *next = block->next;

		free_block(block);
		block = next;
	}
	arena->blocks = NULL;
	arena->total = 0;
}

void qs_arena_join(struct qs_arena *arena, struct qs_arena *from)
{
	struct qs_arena_block **end = &from->blocks;

	/* What was joined comes first: its blocks are few, and those behind it may be many. */
	while (*end)
		end = &(*end)->next;
	*end = arena->blocks;
	arena->blocks = from->blocks;
	arena->total += from->total;
	*from = (struct qs_arena)QS_ARENA_INIT;
}

/* Puts a block with room for `size` bytes in front. Blocks double up to a limit. */
static struct qs_arena_block *add_block(struct qs_arena *arena, size_t size)
{
	size_t whole = arena->blocks ? arena->blocks->whole * 2 : FIRST_BLOCK;
	struct qs_arena_block *block;

	if (size > SIZE_MAX - sizeof(*block) - QS_PAGES_LARGE)
		return NULL;
	if (whole > LARGEST_BLOCK)
		whole = LARGEST_BLOCK;
	if (whole < size + sizeof(*block))
		whole = size + sizeof(*block);
	if (whole > QS_PAGES_LARGE)
		whole = (whole + QS_PAGES_LARGE - 1) / QS_PAGES_LARGE * QS_PAGES_LARGE;
	block = new_block(whole);
	if (!block)
		return NULL;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void qs_arena_expect(struct qs_arena *arena, size_t size)
{
	const struct qs_arena_block *block = arena->blocks;

	if (!block || block->size - block->used < size)
		(void)add_block(arena, size);
}

void *qs_arena_alloc(struct qs_arena *arena, size_t size)
{
	struct qs_arena_block *block = arena->blocks;
	const size_t align = alignof(max_align_t);
	void *piece;

	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) / align * align;
	if (!block || block->size - block->used < size)
		block = add_block(arena, size);
	if (!block)
		return NULL;
	piece = block->bytes + block->used;
	block->used += size;
	arena->total += size;
	return piece;
}

void *qs_arena_array(struct qs_arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return NULL;
	return qs_arena_alloc(arena, count * size);
}

char *qs_arena_strndup(struct qs_arena *arena, const char *bytes, size_t size)
{
	char *copy = size < SIZE_MAX ? qs_arena_alloc(arena, size + 1) : NULL;

	if (copy && size)
		memcpy(copy, bytes, size);
	return copy;
}

char *qs_arena_strdup(struct qs_arena *arena, const char *string)
{
	return qs_arena_strndup(arena, string, strlen(string));
}

char *qs_arena_printf(struct qs_arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;
	int size;

	va_start(arguments, format);
	size = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (size < 0)
		return NULL;
	text = qs_arena_alloc(arena, (size_t)size + 1);
	if (!text)
		return NULL;
	va_start(arguments, format);
	vsnprintf(text, (size_t)size + 1, format, arguments);
	va_end(arguments);
	return text;
}
