/* SPDX-License-Identifier: Apache-2.0 */
/* Fixes of values: the number or boolean that a string spells, and the removal of what is idle. */
#include <stdlib.h>
#include <string.h>

#include "base/json_fix.h"
#include "policy/policy.h"

/* The integer that a string of digits or a number without a fraction is. */
static bool read_integer(struct qs_json_string written, struct qs_text *ret_text)
{
	uint32_t n = 0;

	while (n < written.size && written.bytes[n] >= '0' && written.bytes[n] <= '9')
		n++;
	if (n == 0 || n > 9 || (n > 1 && written.bytes[0] == '0'))
		return false;
	for (uint32_t i = n + 1; i < written.size; i++) {
		if (written.bytes[i] != '0')
			return false;
	}
	if (n < written.size && (written.bytes[n] != '.' || n + 1 == written.size))
		return false;
	qs_text_add(ret_text, written.bytes, n);
	return true;
}

/* The number with a decimal point that a string is. */
static bool read_real(struct qs_json_string written, struct qs_text *ret_text)
{
	uint32_t n = 0, points = 0;

	for (; n < written.size; n++) {
		if (written.bytes[n] == '.')
			points++;
		else if (written.bytes[n] < '0' || written.bytes[n] > '9')
			return false;
	}
	if (n == 0 || n > 30 || points > 1 ||
	    !qs_json_mend_number(written.bytes, written.size, ret_text))
		return false;
	qs_text_adds(ret_text, points ? "" : ".0");
	return true;
}

static bool read_bool(struct qs_json_string written, struct qs_text *ret_text)
{
	static const char *const words[] = {"true", "false", "True", "False", "TRUE", "FALSE"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!qs_json_string_is(written, words[i]))
			continue;
		qs_text_adds(ret_text, i % 2 ? "false" : "true");
		return true;
	}
	return false;
}

/* The text of a value of the kind that a string spells; false when it spells none. */
static bool read_string(
    struct qs_json_string string, enum qs_param_kind kind, struct qs_text *ret_text)
{
	switch (kind) {
	case QS_KIND_INT:
		return read_integer(string, ret_text);
	case QS_KIND_REAL:
		return read_real(string, ret_text);
	case QS_KIND_BOOL:
		return read_bool(string, ret_text);
	case QS_KIND_CHOICE:
		break;
	}
	return false;
}

void qs_offer_value(struct qs_policy *policy, struct qs_finding *finding,
    const struct qs_json *member, enum qs_param_kind kind, double least, double most)
{
	const bool number = kind == QS_KIND_INT || kind == QS_KIND_REAL;
	struct qs_text text = QS_TEXT_INIT;
	bool good = false, safe = true;

	if (member->type == QS_JSON_STRING) {
		good = read_string(member->string, kind, &text);
	} else if (member->type == QS_JSON_REAL && kind == QS_KIND_INT) {
		good = read_integer(qs_json_written(&policy->document, member), &text);
	} else if (member->type == QS_JSON_INT && kind == QS_KIND_BOOL) {
		good = member->integer == 0 || member->integer == 1;
		safe = false; /* vai_q_pytorch takes 0 for not given */
		qs_text_adds(&text, member->integer ? "true" : "false");
	}
	if (good && number)
		good = strtod(text.data, NULL) >= least && strtod(text.data, NULL) <= most;
	if (good)
		qs_finding_fix(policy->findings, finding, safe,
		    qs_policy_value_place(policy, member), text.data, "write %s", text.data);
	qs_findings_end_text(policy->findings, &text);
}

void qs_offer_removal(
    struct qs_policy *policy, struct qs_finding *finding, const struct qs_json *child, bool safe)
{
	if (finding)
		qs_finding_fix(policy->findings, finding, safe,
		    qs_json_removal(&policy->document, child), "", "remove it");
}
