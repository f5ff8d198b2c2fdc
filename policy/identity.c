/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a finding is about, for people (a JSON Pointer) and for tools that compare runs: the same
 * with the selector of an entry instead of its index, which changes when another entry is inserted.
 */
#include "policy/policy.h"

static const struct qs_json *selector_of(const struct qs_json *entry)
{
	if (entry->type != QS_JSON_OBJECT)
		return NULL;
	for (const struct qs_json *member = entry->children.first; member; member = member->next) {
		if (member->type == QS_JSON_STRING &&
		    (qs_json_string_is(member->key, "layer_name") ||
			qs_json_string_is(member->key, "layer_type")))
			return member;
	}
	return NULL;
}

static void write_identity(const struct qs_json *value, struct qs_text *text)
{
	const struct qs_json *selector;

	if (!value->parent)
		return;
	write_identity(value->parent, text);
	selector = value->key.bytes ? NULL : selector_of(value);
	if (selector)
		qs_text_addf(text, "/[%.*s=%.*s]", (int)selector->key.size, selector->key.bytes,
		    (int)selector->string.size, selector->string.bytes);
	else if (value->key.bytes)
		qs_text_addf(text, "/%.*s", (int)value->key.size, value->key.bytes);
	else
		qs_text_addf(text, "/%u", value->key.size);
}

void qs_policy_point(
    struct qs_findings *findings, struct qs_finding *finding, const struct qs_json *value)
{
	struct qs_text text = QS_TEXT_INIT;

	if (!finding)
		return;
	qs_json_pointer(value, &text);
	qs_finding_pointer(findings, finding, text.data);
	qs_findings_end_text(findings, &text);
	write_identity(value, &text);
	qs_finding_identity(findings, finding, text.data);
	qs_findings_end_text(findings, &text);
}

struct qs_finding *qs_policy_tell(struct qs_findings *findings, enum qs_finding_id id,
    struct qs_place place, const struct qs_json *about, const char *format, va_list arguments)
{
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;

	qs_text_addv(&text, format, arguments);
	finding = qs_finding_add(findings, id, place, "%s", text.data);
	qs_findings_end_text(findings, &text);
	if (about)
		qs_policy_point(findings, finding, about);
	return finding;
}
