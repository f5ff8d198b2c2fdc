/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that a regular expression cannot do without.
 *
 * Only what stands in sequence at the top of the expression is looked at: groups and classes are
 * passed over, and an expression with an alternative at the top, with options or with verbs has no
 * such text.
 */
#include "policy/literal.h"

#include <ctype.h>
#include <string.h>

struct reading {
	const char *at, *end;
	struct qs_text run; /* literal characters in sequence */
	size_t last;        /* where the last character of the run begins */
	struct qs_text *best;
	bool none; /* the expression is one of those that are not understood */
};

static void end_run(struct reading *reading)
{
	if (reading->run.size > reading->best->size) {
		qs_text_clear(reading->best);
		qs_text_add(reading->best, reading->run.data, reading->run.size);
	}
	qs_text_clear(&reading->run);
}

/* Passes a class, from its bracket on. */
static void pass_class(struct reading *reading)
{
	const char *s = reading->at + 1;

	s += s < reading->end && *s == '^';
	s += s < reading->end && *s == ']';
	for (; s < reading->end && *s != ']'; s++) {
		if (*s == '\\')
			s++;
		else if (*s == '[')
			reading->none = true; /* [:alpha:] and its like */
	}
	reading->at = s < reading->end ? s + 1 : reading->end;
}

/* Whether a group changes nothing about what stands outside of it. */
static bool is_plain_group(const struct reading *reading)
{
	const char *s = reading->at + 1;

	if (s >= reading->end || (*s != '?' && *s != '*'))
		return true;
	return *s == '?' && s + 1 < reading->end && strchr(":=!<>", s[1]) && s[1];
}

/* Passes a group with all in it, from its parenthesis on. */
static void pass_group(struct reading *reading)
{
	size_t depth = 0;

	while (reading->at < reading->end && !reading->none) {
		const char c = *reading->at;

		if (c == '[') {
			pass_class(reading);
			continue;
		}
		if (c == '(' && !is_plain_group(reading))
			reading->none = true;
		depth += c == '(';
		depth -= c == ')';
		reading->at += c == '\\' ? 2 : 1;
		if (depth == 0)
			return;
	}
}

/* Adds a literal character, whole: the bytes of UTF-8 behind the first have the form 10xxxxxx. */
static void add_character(struct reading *reading)
{
	const char *begin = reading->at++;

	while (reading->at < reading->end && ((unsigned char)*reading->at & 0xC0) == 0x80)
		reading->at++;
	reading->last = reading->run.size;
	qs_text_add(&reading->run, begin, (size_t)(reading->at - begin));
}

/* An escape: of punctuation a literal, of letters and digits something else. */
static void read_escape(struct reading *reading)
{
	reading->at++;
	if (reading->at >= reading->end)
		return;
	if (!isalnum((unsigned char)*reading->at)) {
		add_character(reading);
		return;
	}
	reading->none |= *reading->at == 'Q' || *reading->at == 'E';
	/* \p{Lu}, \x{41}, \k<name>: what is in braces is no literal either. */
	reading->none |= strchr("pPxogkNcu", *reading->at) != NULL;
	reading->at++;
	end_run(reading);
}

/* A quantifier that lets the character before it be left out. */
static void drop_last(struct reading *reading)
{
	if (reading->run.size) {
		reading->run.data[reading->last] = '\0';
		reading->run.size = reading->last;
	}
	end_run(reading);
}

static void read_braces(struct reading *reading)
{
	drop_last(reading);
	while (reading->at < reading->end && *reading->at != '}')
		reading->at++;
	reading->at += reading->at < reading->end;
}

static void read_one(struct reading *reading)
{
	switch (*reading->at) {
	case '|':
		reading->none = true;
		break;
	case '\\':
		read_escape(reading);
		break;
	case '(':
		end_run(reading);
		pass_group(reading);
		break;
	case '[':
		end_run(reading);
		pass_class(reading);
		break;
	case '{':
		read_braces(reading);
		break;
	case '*':
	case '?':
		drop_last(reading);
		reading->at++;
		break;
	case '+':
	case '.':
	case '^':
	case '$':
		end_run(reading);
		reading->at++;
		break;
	default:
		add_character(reading);
		break;
	}
}

void qs_literal_of(const char *pattern, size_t size, struct qs_text *ret_literal)
{
	struct reading reading = {pattern, pattern + size, QS_TEXT_INIT, 0, ret_literal, false};

	qs_text_clear(ret_literal);
	while (reading.at < reading.end && !reading.none)
		read_one(&reading);
	end_run(&reading);
	if (reading.none || reading.run.failed)
		qs_text_clear(ret_literal);
	qs_text_done(&reading.run);
}
