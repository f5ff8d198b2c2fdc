/* SPDX-License-Identifier: Apache-2.0 */
/* Guesses what somebody meant. */
#include "policy/guess.h"

#include "base/nearest.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

struct qs_json_string qs_trimmed(struct qs_json_string word)
{
	while (word.size && is_blank(word.bytes[0])) {
		word.bytes++;
		word.size--;
	}
	while (word.size && is_blank(word.bytes[word.size - 1]))
		word.size--;
	return word;
}

struct qs_guess qs_guess(struct qs_json_string word, const char *const *known, size_t n_known)
{
	const struct qs_json_string trim = qs_trimmed(word);
	struct qs_nearest nearest = qs_nearest_to(trim.bytes, trim.size);
	struct qs_guess guess = {NULL, -1, false, false};

	for (size_t i = 0; i < n_known; i++) {
		qs_nearest_offer(&nearest, known[i]);
		if (nearest.best == known[i])
			guess.index = (int)i;
	}
	guess.best = nearest.best;
	guess.sure = !nearest.tie;
	guess.blanks =
	    nearest.best && trim.size != word.size && qs_json_string_is(trim, nearest.best);
	return guess;
}

void qs_guess_write(const struct qs_guess *guess, struct qs_json_string key, const char *where,
    struct qs_text *text)
{
	qs_text_addf(text, "unknown key \"%.*s\"", qs_json_shown(key, 80), key.bytes);
	if (guess->blanks)
		qs_text_addf(text, ": it has blanks around \"%s\"", guess->best);
	else if (guess->best)
		qs_text_addf(text, "; did you mean \"%s\"?", guess->best);
	else
		qs_text_addf(text, " in %s", where);
}

void qs_guess_offer(const struct qs_guess *guess, struct qs_findings *findings,
    struct qs_finding *finding, struct qs_place place)
{
	struct qs_text quoted = QS_TEXT_INIT;

	if (!guess->best)
		return;
	qs_text_addf(&quoted, "\"%s\"", guess->best);
	qs_finding_fix(findings, finding, guess->sure, place, quoted.data, "did you mean \"%s\"?",
	    guess->best);
	qs_findings_end_text(findings, &quoted);
}
