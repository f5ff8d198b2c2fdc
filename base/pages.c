/* SPDX-License-Identifier: Apache-2.0 */
/* Memory straight from the system, in large pages where there are some. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS and madvise(), which POSIX lacks */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Asks for large pages. Only a wish: without it everything works, with smaller ones. */
static void prefer_large(void *pages, size_t size)
{
#ifdef MADV_HUGEPAGE
	madvise(pages, size, MADV_HUGEPAGE);
#else
	(void)pages;
	(void)size;
#endif
}

void *qs_pages_new(size_t size)
{
	unsigned char *whole, *aligned;
	size_t before;

	if (size > SIZE_MAX - QS_PAGES_LARGE)
		return NULL;
	whole = mmap(NULL, size + QS_PAGES_LARGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (whole == MAP_FAILED)
		return NULL;
	/* Large pages start at multiples of their size; what lies before and behind goes back. */
	before = (QS_PAGES_LARGE - (uintptr_t)whole % QS_PAGES_LARGE) % QS_PAGES_LARGE;
	aligned = whole + before;
	if (before)
		munmap(whole, before);
	munmap(aligned + size, QS_PAGES_LARGE - before);
	prefer_large(aligned, size);
	return aligned;
}

void *qs_pages_malloc(size_t size)
{
	void *memory;

	if (size < QS_PAGES_LARGE)
		return malloc(size);
	if (size > SIZE_MAX - QS_PAGES_LARGE)
		return NULL;
	size = (size + QS_PAGES_LARGE - 1) / QS_PAGES_LARGE * QS_PAGES_LARGE;
	memory = aligned_alloc(QS_PAGES_LARGE, size);
	if (memory)
		prefer_large(memory, size);
	return memory;
}

void qs_pages_free(void *pages, size_t size)
{
	munmap(pages, size);
}
