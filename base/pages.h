/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for much at once, straight from the system: zeroed, and in large pages where there are
 * some, since with small ones most of the time of reading a large text goes into page faults.
 */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

/* From this size on it is worth it: one large page of common processors. */
#define QS_PAGES_LARGE ((size_t)2 << 20)

/* Zeroed memory of a size; NULL when there is none. */
void *qs_pages_new(size_t size);

/* As malloc(), for free() and realloc(); what is large starts at a large page and fills whole
 * ones. */
void *qs_pages_malloc(size_t size);

/* Gives what qs_pages_new() gave back. */
void qs_pages_free(void *pages, size_t size);

#endif
