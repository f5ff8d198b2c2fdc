/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: many small pieces of memory that end together.
 *
 * Pieces are zeroed, aligned for any type and live until qs_arena_done(). Every function that
 * allocates returns NULL when memory runs out. For what outgrows its memory, use struct qs_text or
 * malloc().
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct qs_arena_block;

struct qs_arena {
	struct qs_arena_block *blocks;
	size_t total; /* bytes handed out */
};

#define QS_ARENA_INIT                                                                              \
	{                                                                                          \
		NULL, 0                                                                            \
	}

/* Releases every piece. The arena may be used again. */
void qs_arena_done(struct qs_arena *arena);

/* Takes over the pieces of another arena, which is empty afterwards. */
void qs_arena_join(struct qs_arena *arena, struct qs_arena *from);

/* Gets room for about `size` more bytes at once, where that many are expected. Only a wish: without
 * it blocks grow as they are needed. Large room that is not used costs addresses and no memory. */
void qs_arena_expect(struct qs_arena *arena, size_t size);

/* `size` zeroed bytes. */
void *qs_arena_alloc(struct qs_arena *arena, size_t size);

/* `count` zeroed elements of `size` bytes; NULL also when the product overflows. */
void *qs_arena_array(struct qs_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of `size` bytes. */
char *qs_arena_strndup(struct qs_arena *arena, const char *bytes, size_t size);

/* A copy of a string. */
char *qs_arena_strdup(struct qs_arena *arena, const char *string);

/* Formatted text. */
char *qs_arena_printf(struct qs_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
