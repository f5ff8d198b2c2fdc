/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources from the inside: lines of the text, for frames.
 *
 * The map of line starts is made when a position is first asked for, since a file without findings
 * never needs it; the map is not part of what the source means, so a const source may grow one.
 * A source is therefore used by one thread at a time.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include "qstrata/base.h"

/* So many bytes behind the end of a text are zero, so that scanners may look at whole words. */
#define QS_SOURCE_PADDING 8

/*
 * Takes over `text`, which was malloc'ed and may be NULL; behind `size` it goes on with
 * QS_SOURCE_PADDING zero bytes.
 */
enum qs_status qs_source_take(
    const char *name, char *text, size_t size, struct qs_source **ret_source);

/* The bytes of a line, counted from 1, without its end; NULL when there is no such line. */
const char *qs_source_line(const struct qs_source *source, size_t line, size_t *ret_size);

#endif
