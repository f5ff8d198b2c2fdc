/* SPDX-License-Identifier: Apache-2.0 */
/* Finds keys that stand twice in one object. */
#include <stdlib.h>
#include <string.h>

#include "base/json_fix.h"

/* Objects up to this many members are searched for equal keys pair by pair, larger ones are
 * sorted. */
#define FEW_MEMBERS 12

static bool same_string(struct qs_json_string a, struct qs_json_string b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static bool same_value(const struct qs_json *a, const struct qs_json *b);

static bool same_children(const struct qs_json *a, const struct qs_json *b)
{
	const struct qs_json *x = a->children.first, *y = b->children.first;

	for (; x && y; x = x->next, y = y->next) {
		if (!x->key.bytes != !y->key.bytes ||
		    (x->key.bytes && !same_string(x->key, y->key)) || !same_value(x, y))
			return false;
	}
	return !x && !y;
}

/* Whether two values are the same in the same order. Numbers of another spelling are not. */
static bool same_value(const struct qs_json *a, const struct qs_json *b)
{
	if (a->type != b->type)
		return false;
	switch ((enum qs_json_type)a->type) {
	case QS_JSON_BROKEN:
		return false;
	case QS_JSON_NULL:
		return true;
	case QS_JSON_BOOL:
		return a->boolean == b->boolean;
	case QS_JSON_INT:
		return a->integer == b->integer;
	case QS_JSON_REAL:
		return memcmp(&a->real, &b->real, sizeof(a->real)) == 0;
	case QS_JSON_STRING:
		return same_string(a->string, b->string);
	case QS_JSON_ARRAY:
	case QS_JSON_OBJECT:
		break;
	}
	return same_children(a, b);
}

/* Of two equal members one can go; of others the first, which readers of JSON do not see. */
static void offer_removal(struct qs_json_scan *scan, struct qs_finding *finding,
    const struct qs_json *first, const struct qs_json *again)
{
	const bool same = same_value(first, again);

	if (finding && again->type != QS_JSON_BROKEN)
		qs_finding_fix(scan->findings, finding, same,
		    qs_json_removal(scan->document, same ? again : first), "",
		    same ? "remove it, as it says the same" : "remove the first one");
}

static void report_duplicate(
    struct qs_json_scan *scan, struct qs_json *first, struct qs_json *again)
{
	const struct qs_json_document *document = scan->document;
	struct qs_finding *finding;
	struct qs_text pointer = QS_TEXT_INIT;

	first->hidden = true;
	finding = qs_finding_add(scan->findings, QS_FINDING_DUPLICATE_KEY,
	    qs_json_key_place(document, again), "the key \"%.*s\" stands twice in one object",
	    qs_json_shown(again->key, 80), again->key.bytes);
	scan->n_errors++;
	qs_finding_relate(scan->findings, finding, qs_json_key_place(document, first),
	    "first here; a reader of JSON would silently take the last");
	qs_json_pointer(again, &pointer);
	qs_finding_pointer(scan->findings, finding, pointer.data);
	qs_findings_end_text(scan->findings, &pointer);
	offer_removal(scan, finding, first, again);
}

static int compare_members(const void *a, const void *b)
{
	const struct qs_json *x = *(struct qs_json *const *)a, *y = *(struct qs_json *const *)b;
	const uint32_t n = x->key.size < y->key.size ? x->key.size : y->key.size;
	const int order = n ? memcmp(x->key.bytes, y->key.bytes, n) : 0;

	if (order)
		return order;
	if (x->key.size != y->key.size)
		return x->key.size < y->key.size ? -1 : 1;
	return x->key_begin < y->key_begin ? -1 : 1;
}

static void find_duplicates_sorted(struct qs_json_scan *scan, struct qs_json *object)
{
	struct qs_json **members = malloc(object->children.count * sizeof(*members));
	size_t n = 0;

	if (!members) {
		scan->nomem = true;
		return;
	}
	for (struct qs_json *m = object->children.first; m; m = m->next)
		members[n++] = m;
	qsort(members, n, sizeof(*members), compare_members);
	for (size_t i = 1; i < n; i++) {
		if (same_string(members[i - 1]->key, members[i]->key))
			report_duplicate(scan, members[i - 1], members[i]);
	}
	free(members);
}

/* Whether no two keys can be equal, as their sizes and three of their bytes already differ. */
static bool all_differ(const struct qs_json *object)
{
	uint64_t seen[8] = {0};

	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		const unsigned char *bytes = (const unsigned char *)m->key.bytes;
		const uint32_t size = m->key.size;
		const uint32_t mix =
		    size ? size * 37 + bytes[0] * 11U + bytes[size / 2] * 5U + bytes[size - 1] * 3U
			 : 0;
		const uint64_t bit = (uint64_t)1 << (mix & 63);

		if (seen[mix >> 6 & 7] & bit)
			return false;
		seen[mix >> 6 & 7] |= bit;
	}
	return true;
}

void qs_json_find_duplicates(struct qs_json_scan *scan, struct qs_json *object)
{
	if (all_differ(object))
		return;
	if (object->children.count > FEW_MEMBERS) {
		find_duplicates_sorted(scan, object);
		return;
	}
	for (struct qs_json *m = object->children.first; m; m = m->next) {
		for (struct qs_json *n = m->next; n; n = n->next) {
			if (!same_string(m->key, n->key))
				continue;
			report_duplicate(scan, m, n);
			break;
		}
	}
}
