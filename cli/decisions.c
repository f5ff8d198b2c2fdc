/* SPDX-License-Identifier: Apache-2.0 */
/* Reads decisions about codes and counts codes. */
#include "cli/decisions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "cli/settings.h"

/* What is read, and where it goes. */
struct reading {
	const struct arguments *arguments;
	const struct qs_catalog *catalog;
	struct qs_findings *findings;
};

int severity_of_word(const char *word, size_t size)
{
	for (int s = 0; s < QS_SEVERITY__COUNT; s++) {
		const char *name = qs_severity_name((enum qs_severity)s);

		if (strlen(name) == size && memcmp(name, word, size) == 0)
			return s;
	}
	return -1;
}

static bool is_prefix_of_a_code(const struct qs_catalog *catalog, const char *word)
{
	size_t n;
	const struct qs_code *codes = qs_catalog_list(catalog, &n);

	for (size_t i = 0; i < n; i++) {
		if (word[0] && strncmp(codes[i].code, word, strlen(word)) == 0)
			return true;
	}
	return false;
}

static bool check_prefix(
    const struct reading *reading, const struct given *given, const char *prefix)
{
	if (is_prefix_of_a_code(reading->catalog, prefix))
		return true;
	refuse_value(reading->arguments, given, NULL, 0,
	    ": no code starts with \"%s\"; expected codes as QS201 or families as QS4", prefix);
	return false;
}

/* Decides about one code or prefix. */
static bool judge(const struct reading *reading, const struct given *given, const char *prefix,
    enum qs_decision decision)
{
	if (!check_prefix(reading, given, prefix))
		return false;
	if (qs_findings_judge(reading->findings, prefix, decision) == QS_OK)
		return true;
	out_of_memory();
	return false;
}

/* Decides about a list of codes, the first `size` bytes of a value, with commas between. */
static bool judge_list(const struct reading *reading, const struct given *given, size_t size,
    enum qs_decision decision)
{
	char *words = strndup(given->value, size), *next = words;
	bool good = words != NULL;

	if (!words)
		out_of_memory();
	while (good && next) {
		char *comma = strchr(next, ',');

		if (comma)
			*comma++ = '\0';
		good = judge(reading, given, next, decision);
		next = comma;
	}
	free(words);
	return good;
}

static bool read_select(const struct reading *reading, const struct given *given)
{
	return judge_list(reading, given, strlen(given->value), QS_DECISION_ON);
}

static bool read_ignore(const struct reading *reading, const struct given *given)
{
	return judge_list(reading, given, strlen(given->value), QS_DECISION_OFF);
}

static bool read_severity(const struct reading *reading, const struct given *given)
{
	static const char *const words[] = {"info", "warning", "error", "off"};
	const char *sign = strchr(given->value, '=');
	const char *level = sign ? sign + 1 : "";
	const int severity = severity_of_word(level, strlen(level));

	if (severity >= 0 || strcmp(level, "off") == 0)
		return judge_list(reading, given, (size_t)(sign - given->value),
		    severity >= 0 ? (enum qs_decision)severity : QS_DECISION_OFF);
	refuse_value(reading->arguments, given, words, sizeof(words) / sizeof(*words),
	    " cannot be \"%s\"; expected CODES=LEVEL with info, warning, error or off",
	    given->value);
	return false;
}

/* The options that decide, and how their values are read. */
static const struct {
	enum option_id option;
	bool (*read)(const struct reading *reading, const struct given *given);
} readers[] = {
    {OPTION_SELECT, read_select},
    {OPTION_IGNORE, read_ignore},
    {OPTION_SEVERITY, read_severity},
};

static bool read_given(const struct reading *reading, const struct given *given)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		if (readers[i].option == given->option)
			return readers[i].read(reading, given);
	}
	return true;
}

static bool has_decisions(const struct arguments *arguments)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		if (arguments->value[readers[i].option])
			return true;
	}
	return false;
}

/* The codes there are. False after a complaint. */
static bool open_catalog(struct qs_catalog **ret_catalog)
{
	if (qs_catalog_new(ret_catalog) == QS_OK)
		return true;
	out_of_memory();
	return false;
}

bool decisions_read(const struct arguments *arguments, struct qs_findings *findings)
{
	struct qs_catalog *catalog = NULL;
	struct reading reading = {arguments, NULL, findings};
	bool good = true;

	if (!has_decisions(arguments))
		return true;
	if (!open_catalog(&catalog))
		return false;
	reading.catalog = catalog;
	for (size_t i = 0; i < arguments->n_given; i++) {
		if (!read_given(&reading, &arguments->given[i]))
			good = false;
	}
	qs_catalog_free(catalog);
	return good;
}

bool decisions_check(const struct settings *settings)
{
	struct qs_catalog *catalog = NULL;
	struct reading reading = {&settings->arguments, NULL, NULL};
	bool good = true;

	if (settings->n_per_path == 0)
		return true;
	if (!open_catalog(&catalog))
		return false;
	reading.catalog = catalog;
	for (size_t i = 0; i < settings->n_per_path; i++) {
		const struct per_path *per_path = &settings->per_path[i];

		for (size_t k = 0; k < per_path->n_codes; k++) {
			const struct given given = {
			    OPTION_IGNORE, per_path->codes[k]->text, per_path->codes[k]};

			if (!check_prefix(&reading, &given, given.value))
				good = false;
		}
	}
	qs_catalog_free(catalog);
	return good;
}

/* ---- statistics -------------------------------------------------------------------------------
 */

struct count {
	const struct qs_finding *finding; /* the first of its code */
	size_t n;
};

static int compare_counts(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->finding->code, y->finding->code);
}

static size_t count_codes(
    const struct qs_findings *findings, enum qs_severity at_least, struct count *counts)
{
	size_t n = 0, at;

	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity < at_least || finding->suppressed)
			continue;
		for (at = 0; at < n && strcmp(counts[at].finding->code, finding->code) != 0; at++)
			;
		n += at == n;
		counts[at].finding = finding;
		counts[at].n++;
	}
	return n;
}

void tell_statistics(const struct qs_findings *findings, enum qs_severity at_least)
{
	struct count *counts = calloc(qs_findings_count(findings) + 1, sizeof(*counts));
	size_t n;

	if (!counts) {
		out_of_memory();
		return;
	}
	n = count_codes(findings, at_least, counts);
	qsort(counts, n, sizeof(*counts), compare_counts);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%7zu  %s  %-7s  %s\n", counts[i].n, counts[i].finding->code,
		    qs_severity_name(counts[i].finding->severity), counts[i].finding->name);
	free(counts);
}
