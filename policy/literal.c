/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts that a regular expression cannot do without.
 *
 * Of what stands in sequence the best is taken: a run of literal characters, or the texts of a
 * group. Alternatives have the texts of all of them together, unless one has none. Classes and
 * groups of other kinds are passed over, and an expression with options or with verbs has no such
 * text.
 */
#include "policy/literal.h"

#include <ctype.h>
#include <string.h>

enum {
	DEPTH_LIMIT = 16, /* of groups */
	TEXT_LIMIT = 16   /* of alternatives */
};

/* A group that is being read, or the whole expression. */
struct group {
	struct qs_literals best;         /* of the alternative at hand */
	struct qs_literals alternatives; /* of those before it */
	bool none;                       /* one of them has none */
};

struct reading {
	const char *at, *end;
	struct qs_text run; /* literal characters in sequence */
	size_t last;        /* where the last character of the run begins */
	struct group groups[DEPTH_LIMIT];
	size_t depth;
	bool none; /* the expression is one of those that are not understood */
};

void qs_literals_done(struct qs_literals *literals)
{
	qs_text_done(&literals->texts);
	literals->n = literals->shortest = 0;
}

static void clear(struct qs_literals *literals)
{
	qs_text_clear(&literals->texts);
	literals->n = literals->shortest = 0;
}

/* Adds all of some literals to others. */
static void add_all(struct qs_literals *literals, const struct qs_literals *more)
{
	if (literals->n == 0 || more->shortest < literals->shortest)
		literals->shortest = more->shortest;
	literals->n += more->n;
	qs_text_add(&literals->texts, more->texts.data, more->texts.size);
	literals->texts.failed |= more->texts.failed;
}

static struct group *group_of(struct reading *reading)
{
	return &reading->groups[reading->depth];
}

/* Offers literals that the alternative at hand cannot do without. */
static void offer(struct reading *reading, const struct qs_literals *literals)
{
	struct qs_literals *best = &group_of(reading)->best;

	if (best->n && (literals->shortest < best->shortest ||
			   (literals->shortest == best->shortest && literals->n >= best->n)))
		return;
	clear(best);
	add_all(best, literals);
}

static void end_run(struct reading *reading)
{
	const size_t size = reading->run.size;

	if (size) {
		qs_text_add(&reading->run, "", 1);
		offer(reading, &(struct qs_literals){reading->run, 1, size});
	}
	qs_text_clear(&reading->run);
}

static void end_alternative(struct reading *reading)
{
	struct group *group = group_of(reading);

	end_run(reading);
	group->none |= group->best.n == 0 || group->alternatives.n + group->best.n > TEXT_LIMIT;
	if (!group->none)
		add_all(&group->alternatives, &group->best);
	clear(&group->best);
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

/* Starts a group whose texts count outside of it as well, from its parenthesis on. */
static void open_group(struct reading *reading)
{
	const bool is_marked = reading->at + 1 < reading->end && reading->at[1] == '?';

	if (reading->depth + 1 == DEPTH_LIMIT) {
		reading->none = true;
		return;
	}
	reading->at += is_marked ? 3 : 1;
	reading->depth++;
	group_of(reading)->none = false;
}

/* Ends a group; one that may be left out has no say. */
static void close_group(struct reading *reading)
{
	struct group *group = group_of(reading);

	if (reading->depth == 0) {
		reading->none = true;
		return;
	}
	end_alternative(reading);
	reading->depth--;
	reading->at++;
	if (!group->none && !(reading->at < reading->end && strchr("*?{", *reading->at)))
		offer(reading, &group->alternatives);
	clear(&group->alternatives);
}

static void read_group(struct reading *reading)
{
	const char *s = reading->at + 1;
	const bool is_noted = s >= reading->end || (*s != '?' && *s != '*');

	end_run(reading);
	if (is_noted || (reading->end - s > 1 && s[0] == '?' && s[1] == ':'))
		open_group(reading);
	else
		pass_group(reading);
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
	/* \p{Lu}, \x{41}, \k<name>, \012: what is behind these is no literal either. */
	reading->none |= strchr("pPxogkNcu0123456789", *reading->at) != NULL;
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
		end_alternative(reading);
		reading->at++;
		break;
	case '\\':
		read_escape(reading);
		break;
	case '(':
		read_group(reading);
		break;
	case ')':
		close_group(reading);
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
	case '\0': /* is in no name */
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

void qs_literals_of(const char *pattern, size_t size, struct qs_literals *literals)
{
	struct reading reading = {.at = pattern, .end = pattern + size, .run = QS_TEXT_INIT};
	struct group *whole = &reading.groups[0];

	for (size_t i = 0; i < DEPTH_LIMIT; i++)
		reading.groups[i] = (struct group){QS_LITERALS_INIT, QS_LITERALS_INIT, false};
	clear(literals);
	while (reading.at < reading.end && !reading.none)
		read_one(&reading);
	end_alternative(&reading);
	if (!reading.none && reading.depth == 0 && !whole->none)
		add_all(literals, &whole->alternatives);
	literals->texts.failed |= reading.run.failed;
	for (size_t i = 0; i < DEPTH_LIMIT; i++) {
		literals->texts.failed |= reading.groups[i].best.texts.failed ||
		                          reading.groups[i].alternatives.texts.failed;
		qs_literals_done(&reading.groups[i].best);
		qs_literals_done(&reading.groups[i].alternatives);
	}
	qs_text_done(&reading.run);
}
