/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of the pages of findings. The project itself has no public address: whoever shows
 * docs/pages.md somewhere, or pages of their own, says where with an address that holds one of the
 * words below.
 */
#include "base/finding.h"

#include <ctype.h>
#include <string.h>

/* Lower case without what is no letter, digit or one of "-_": as Markdown viewers name headings. */
static void add_anchor(struct qs_text *text, const char *words)
{
	for (; *words; words++) {
		const char c = (char)tolower((unsigned char)*words);

		if (isalnum((unsigned char)c) || c == '-' || c == '_')
			qs_text_add(text, &c, 1);
	}
}

static void add_code(struct qs_text *text, const char *code, const char *name)
{
	(void)name;
	qs_text_adds(text, code);
}

static void add_name(struct qs_text *text, const char *code, const char *name)
{
	(void)code;
	qs_text_adds(text, name);
}

/* The anchor of "## QS201 unknown-key". */
static void add_heading(struct qs_text *text, const char *code, const char *name)
{
	add_anchor(text, code);
	qs_text_adds(text, "-");
	add_anchor(text, name);
}

/* What stands for a finding in an address. */
static const struct {
	const char *word;
	void (*add)(struct qs_text *text, const char *code, const char *name);
} places[] = {
    {"{code}", add_code},
    {"{name}", add_name},
    {"{anchor}", add_heading},
};
#define N_PLACES ((int)(sizeof(places) / sizeof(*places)))

/* The index of the word that a text starts with, or -1. */
static int find_place(const char *text)
{
	for (int i = 0; i < N_PLACES; i++) {
		if (strncmp(text, places[i].word, strlen(places[i].word)) == 0)
			return i;
	}
	return -1;
}

/* The bytes of a scheme with its colon (RFC 3986, 3.1); 0 when there is none. */
static size_t scheme_size(const char *text)
{
	size_t n = 0;

	if (!isalpha((unsigned char)text[0]))
		return 0;
	while (isalnum((unsigned char)text[n]) || (text[n] && strchr("+-.", text[n])))
		n++;
	return text[n] == ':' ? n + 1 : 0;
}

bool qs_page_address_is_good(const char *address)
{
	const size_t scheme = scheme_size(address);
	bool found = false;

	if (!scheme)
		return false;
	for (const char *next = address + scheme; *next;) {
		const int place = find_place(next);

		found |= place >= 0;
		if (place < 0 && (*next <= ' ' || *next >= 0x7F || strchr("\"<>\\^`{|}", *next)))
			return false;
		next += place < 0 ? 1 : strlen(places[place].word);
	}
	return found;
}

void qs_page_address_write(
    const char *address, const char *code, const char *name, struct qs_text *text)
{
	while (*address) {
		const int place = find_place(address);

		if (place < 0) {
			qs_text_add(text, address++, 1);
			continue;
		}
		places[place].add(text, code, name);
		address += strlen(places[place].word);
	}
}
