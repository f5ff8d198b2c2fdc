/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a name must contain for a pattern to match it, so that most names need not be tried.
 */
#ifndef POLICY_LITERAL_H
#define POLICY_LITERAL_H

#include "qstrata/base.h"

/* Texts of which every match of a pattern contains one or another. */
struct qs_literals {
	struct qs_text texts; /* each ended by a NUL */
	size_t n;             /* 0: the pattern shows none */
	size_t shortest;      /* bytes of the shortest one */
};

#define QS_LITERALS_INIT                                                                           \
	{                                                                                          \
		.texts = QS_TEXT_INIT                                                              \
	}

/* The longest such texts that a pattern shows, one for each of its alternatives; none when there
 * are too many, or when it is hard to read. Errs only by saying too little. May leave the texts
 * failed: memory ran out. */
void qs_literals_of(const char *pattern, size_t size, struct qs_literals *literals);
void qs_literals_done(struct qs_literals *literals);

/* Many texts that are looked for at once: the automaton of Aho and Corasick (1975). */
struct qs_finder;

/* Called for a text that was found, by its number; once for each time that it is found. */
typedef void qs_finder_found(void *context, size_t number);

/* An empty finder. NULL when memory ran out. */
struct qs_finder *qs_finder_new(void);
/* Releases a finder; NULL is fine. */
void qs_finder_free(struct qs_finder *finder);
/* Adds a text, not empty, under a number; several numbers may have the same. False when memory ran
 * out. Before the first search. */
bool qs_finder_add(struct qs_finder *finder, const char *text, size_t size, size_t number);
/* Ends adding. False when memory ran out. */
bool qs_finder_ready(struct qs_finder *finder);
/* Finds all texts in a string, in time that is the sum of its length and of what is found. */
void qs_finder_search(
    const struct qs_finder *finder, const char *string, qs_finder_found *found, void *context);

#endif
