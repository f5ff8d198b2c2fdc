/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody meant by a word that is not known, and how it is said. */
#ifndef POLICY_GUESS_H
#define POLICY_GUESS_H

#include "base/finding.h"
#include "base/json.h"

struct qs_guess {
	const char *best; /* of the known words, or NULL */
	int index;        /* of it, or -1 */
	bool sure;        /* no other one is as near */
	bool blanks;      /* the word is it, with blanks around */
};

/* A word without blanks around it. */
struct qs_json_string qs_trimmed(struct qs_json_string word);

/* Guesses among known words. */
struct qs_guess qs_guess(struct qs_json_string word, const char *const *known, size_t n_known);

/* Writes that a key is not known in a place, with the guess. */
void qs_guess_write(const struct qs_guess *guess, struct qs_json_string key, const char *where,
    struct qs_text *text);

/* Offers the guess, in quotes, in place of what stands at a place. */
void qs_guess_offer(const struct qs_guess *guess, struct qs_findings *findings,
    struct qs_finding *finding, struct qs_place place);

#endif
