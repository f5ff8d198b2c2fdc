/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of finding in the order of codes: the rows of findings.def and device rules. */
#include "base/finding.h"
#include "base/json_document.h"
#include "policy/rule.h"
#include "qstrata/policy.h"

#include <stdlib.h>
#include <string.h>

struct qs_catalog {
	struct qs_rulebook *own; /* or NULL: the rules are the caller's */
	struct qs_code *codes;
	size_t n_codes;
};

/* The page of a code: what stands between its heading and the next one. */
static const char *find_page(const char *code, size_t *ret_size)
{
	const size_t size = strlen(code);
	const char *heading = strstr(qs_finding_pages, "\n## ");

	*ret_size = 0;
	while (heading) {
		const char *next = strstr(heading + 4, "\n## ");
		const char *body = strchr(heading + 1, '\n');

		if (strncmp(heading + 4, code, size) == 0 && heading[4 + size] == ' ' && body) {
			while (*body == '\n')
				body++;
			*ret_size = next ? (size_t)(next - body) : strlen(body);
			return body;
		}
		heading = next;
	}
	return NULL;
}

static void add(
    struct qs_catalog *catalog, const struct qs_finding_kind *kind, const struct qs_rule *rule)
{
	struct qs_code *code = &catalog->codes[catalog->n_codes++];

	*code = (struct qs_code){
	    kind->code, kind->name, kind->title, kind->severity, NULL, NULL, NULL, NULL, 0};
	code->page = find_page(kind->code, &code->page_size);
	if (rule) {
		code->hint = rule->hint;
		code->source = rule->source;
		code->date = rule->date;
	}
}

static int compare_codes(const void *a, const void *b)
{
	const struct qs_code *x = a, *y = b;

	return strcmp(x->code, y->code);
}

static enum qs_status fill(struct qs_catalog *catalog, const struct qs_rulebook *rulebook)
{
	catalog->codes = calloc(QS_FINDING__COUNT + rulebook->n_rules, sizeof(*catalog->codes));
	if (!catalog->codes)
		return QS_NOMEM;
	for (int i = 0; i < QS_FINDING__COUNT; i++)
		add(catalog, qs_finding_kind((enum qs_finding_id)i), NULL);
	for (size_t i = 0; i < rulebook->n_rules; i++)
		add(catalog, &rulebook->rules[i].kind, &rulebook->rules[i]);
	qsort(catalog->codes, catalog->n_codes, sizeof(*catalog->codes), compare_codes);
	return QS_OK;
}

enum qs_status qs_catalog_new_for(
    const struct qs_rulebook *rulebook, struct qs_catalog **ret_catalog)
{
	struct qs_catalog *catalog = calloc(1, sizeof(*catalog));
	enum qs_status status = QS_OK;

	if (!catalog)
		return QS_NOMEM;
	if (!rulebook)
		status = qs_rulebook_new(&catalog->own);
	if (status == QS_OK)
		status = fill(catalog, rulebook ? rulebook : catalog->own);
	if (status == QS_OK)
		*ret_catalog = catalog;
	else
		qs_catalog_free(catalog);
	return status;
}

enum qs_status qs_catalog_new(struct qs_catalog **ret_catalog)
{
	return qs_catalog_new_for(NULL, ret_catalog);
}

void qs_catalog_free(struct qs_catalog *catalog)
{
	if (!catalog)
		return;
	qs_rulebook_free(catalog->own);
	free(catalog->codes);
	free(catalog);
}

const struct qs_code *qs_catalog_list(const struct qs_catalog *catalog, size_t *ret_n)
{
	*ret_n = catalog->n_codes;
	return catalog->codes;
}

static struct json_object *code_json(const struct qs_code *code)
{
	struct json_object *object = json_object_new_object();
	struct qs_text page = QS_TEXT_INIT;

	qs_text_add(&page, code->page ? code->page : "", code->page_size);
	qs_json_put(object, "code", json_object_new_string(code->code));
	qs_json_put(object, "name", json_object_new_string(code->name));
	qs_json_put(object, "severity", json_object_new_string(qs_severity_name(code->severity)));
	qs_json_put(object, "title", qs_json_text(code->title));
	qs_json_put(object, "hint", qs_json_text(code->hint));
	qs_json_put(object, "source", qs_json_text(code->source));
	qs_json_put(object, "date", qs_json_text(code->date));
	qs_json_put(object, "page", code->page ? qs_json_end_text(&page) : NULL);
	qs_text_done(&page);
	return object;
}

enum qs_status qs_catalog_write_json(
    const struct qs_catalog *catalog, const struct qs_code *one, struct qs_text *text)
{
	struct json_object *document = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < catalog->n_codes; i++) {
		if (!one || one == &catalog->codes[i])
			json_object_array_add(list, code_json(&catalog->codes[i]));
	}
	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "codes", list);
	return qs_json_write(document, text);
}
