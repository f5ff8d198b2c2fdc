/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns against layers.
 *
 * Trying each pattern on each layer is the product of both, and most tries fail. So the texts that
 * a pattern cannot do without, one for each of its alternatives, are taken from each, all of them
 * are looked for in a name at once, and only the patterns that have a text there are tried. Those
 * without such texts are tried on all.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/literal.h"
#include "policy/pattern.h"
#include "policy/selection_run.h"

struct pattern_run {
	struct qs_selector_run *run;
	struct qs_finder *finder;
	struct qs_pattern **patterns; /* by entry; NULL: none, or not needed so far */
	size_t *seen;                 /* by entry: the layer that it was last found for, from 1 */
	size_t *always, n_always;     /* entries whose patterns are tried on all layers */
	size_t *hits, n_hits;         /* entries whose patterns are tried on this layer */
	size_t layer;
};

static const struct qs_policy *policy_of(const struct pattern_run *patterns)
{
	return patterns->run->selection->policy;
}

/* The pattern of an entry, compiled at its first use; it was compiled before, when the config was
 * read. */
static struct qs_pattern *pattern_of(struct pattern_run *patterns, size_t index)
{
	const struct qs_json_string text = policy_of(patterns)->entries[index].selector.text;
	char message[160];
	size_t offset;

	if (!patterns->patterns[index] &&
	    qs_pattern_new(text.bytes, text.size, &patterns->patterns[index], message, &offset) !=
		QS_OK)
		patterns->run->status = QS_NOMEM;
	return patterns->patterns[index];
}

/* Files the pattern of an entry under each text of its own. */
static void file_under(
    struct pattern_run *patterns, size_t index, const struct qs_literals *literals)
{
	const char *text = literals->texts.data;

	for (size_t i = 0; i < literals->n && patterns->run->status == QS_OK; i++) {
		const size_t size = strlen(text);

		if (!qs_finder_add(patterns->finder, text, size, index))
			patterns->run->status = QS_NOMEM;
		text += size + 1;
	}
}

/* Files the pattern of an entry under what a name must contain for it. */
static void file_pattern(struct pattern_run *patterns, size_t index, struct qs_literals *literals)
{
	const struct qs_json_string text = policy_of(patterns)->entries[index].selector.text;
	struct qs_pattern *pattern;

	qs_literals_of(text.bytes, text.size, literals);
	if (literals->texts.failed) {
		patterns->run->status = QS_NOMEM;
	} else if (literals->n) {
		file_under(patterns, index, literals);
	} else {
		pattern = pattern_of(patterns, index);
		if (pattern)
			qs_pattern_hurry(pattern);
		patterns->always[patterns->n_always++] = index;
	}
}

static void file_patterns(struct pattern_run *patterns)
{
	const struct qs_policy *policy = policy_of(patterns);
	struct qs_literals literals = QS_LITERALS_INIT;

	for (size_t i = 0; i < policy->n_entries && patterns->run->status == QS_OK; i++) {
		if (policy->entries[i].selector.kind == QS_SELECT_PATTERN &&
		    !policy->entries[i].later)
			file_pattern(patterns, i, &literals);
	}
	qs_literals_done(&literals);
	if (!qs_finder_ready(patterns->finder))
		patterns->run->status = QS_NOMEM;
}

/* Notes a pattern for the layer at hand, once; a qs_finder_found. */
static void note_hit(void *context, size_t index)
{
	struct pattern_run *patterns = context;

	if (patterns->seen[index] == patterns->layer + 1)
		return;
	patterns->seen[index] = patterns->layer + 1;
	patterns->hits[patterns->n_hits++] = index;
}

static int compare_sizes(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* The patterns to try on the layer at hand, in file order. */
static void find_hits(struct pattern_run *patterns)
{
	const struct qs_layer *layer = &patterns->run->selection->layers[patterns->layer];

	memcpy(patterns->hits, patterns->always, patterns->n_always * sizeof(*patterns->hits));
	patterns->n_hits = patterns->n_always;
	qs_finder_search(patterns->finder, layer->name, note_hit, patterns);
	qs_finder_search(patterns->finder, layer->path, note_hit, patterns);
	if (patterns->n_hits > patterns->n_always)
		qsort(patterns->hits, patterns->n_hits, sizeof(*patterns->hits), compare_sizes);
}

/* Tries a pattern on the layer at hand; one that gave up is not tried again. */
static void try_pattern(struct pattern_run *patterns, size_t index)
{
	struct qs_selector_run *run = patterns->run;
	const struct qs_layer *layer = &run->selection->layers[patterns->layer];
	const struct qs_entry *entry = &policy_of(patterns)->entries[index];
	struct qs_pattern *pattern;
	enum qs_status status;
	bool matches = false;

	if (run->n_taken[index] == QS_TAKEN_UNKNOWN)
		return;
	pattern = pattern_of(patterns, index);
	if (!pattern)
		return;
	status = qs_pattern_match(pattern, layer->name, &matches);
	if (status == QS_OK && !matches && layer->path[0])
		status = qs_pattern_match(pattern, layer->path, &matches);
	if (matches)
		qs_selector_take(run, entry, patterns->layer);
	if (status == QS_OK)
		return;
	qs_selector_say(run, entry, QS_FINDING_PATTERN_LIMIT,
	    "the pattern takes too many steps on the name of a layer");
	run->n_taken[index] = QS_TAKEN_UNKNOWN;
}

static void run_patterns(struct pattern_run *patterns)
{
	const size_t n_layers = patterns->run->selection->n_layers;

	file_patterns(patterns);
	for (size_t i = 0; i < n_layers && patterns->run->status == QS_OK; i++) {
		patterns->layer = i;
		find_hits(patterns);
		for (size_t h = 0; h < patterns->n_hits; h++)
			try_pattern(patterns, patterns->hits[h]);
	}
}

static bool has_patterns(const struct qs_policy *policy)
{
	for (size_t i = 0; i < policy->n_entries; i++) {
		if (policy->entries[i].selector.kind == QS_SELECT_PATTERN)
			return true;
	}
	return false;
}

void qs_selector_run_patterns(struct qs_selector_run *run)
{
	const size_t n = run->selection->policy->n_entries;
	struct pattern_run patterns = {.run = run};

	if (!has_patterns(run->selection->policy))
		return;
	patterns.finder = qs_finder_new();
	patterns.patterns = calloc(n, sizeof(*patterns.patterns));
	patterns.seen = calloc(n, sizeof(*patterns.seen));
	patterns.always = calloc(n, sizeof(*patterns.always));
	patterns.hits = calloc(n, sizeof(*patterns.hits));
	if (patterns.finder && patterns.patterns && patterns.seen && patterns.always &&
	    patterns.hits)
		run_patterns(&patterns);
	else
		run->status = QS_NOMEM;
	for (size_t i = 0; patterns.patterns && i < n; i++)
		qs_pattern_free(patterns.patterns[i]);
	free(patterns.patterns);
	free(patterns.seen);
	free(patterns.always);
	free(patterns.hits);
	qs_finder_free(patterns.finder);
}
