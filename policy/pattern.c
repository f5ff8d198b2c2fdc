/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions over layer names. */
#include "policy/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* Backtracking steps for one name; names are short, so only a pathological pattern gets there. */
#define MATCH_LIMIT 1000000

struct qs_pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

static enum qs_status describe(int error, char ret_message[160])
{
	pcre2_get_error_message(error, (PCRE2_UCHAR *)ret_message, 160);
	return error == PCRE2_ERROR_HEAP_FAILED ? QS_NOMEM : QS_INVALID;
}

enum qs_status qs_pattern_new(const char *text, size_t size, struct qs_pattern **ret_pattern,
    char ret_message[160], size_t *ret_offset)
{
	struct qs_pattern *pattern = calloc(1, sizeof(*pattern));
	PCRE2_SIZE offset = 0;
	enum qs_status status = QS_NOMEM;
	int error = 0;

	if (!pattern)
		return QS_NOMEM;
	pattern->code = pcre2_compile((PCRE2_SPTR)text, size,
	    PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &offset, NULL);
	if (!pattern->code) {
		*ret_offset = offset;
		status = describe(error, ret_message);
		goto out;
	}
	pattern->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
	pattern->context = pcre2_match_context_create(NULL);
	if (!pattern->data || !pattern->context)
		goto out;
	pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
	*ret_pattern = pattern;
	return QS_OK;
out:
	qs_pattern_free(pattern);
	return status;
}

void qs_pattern_free(struct qs_pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->context);
	pcre2_match_data_free(pattern->data);
	pcre2_code_free(pattern->code);
	free(pattern);
}

void qs_pattern_hurry(struct qs_pattern *pattern)
{
	/* Without JIT support matching is only slower. */
	(void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
}

enum qs_status qs_pattern_match(struct qs_pattern *pattern, const char *name, bool *ret_matches)
{
	const int result = pcre2_match(
	    pattern->code, (PCRE2_SPTR)name, strlen(name), 0, 0, pattern->data, pattern->context);

	/* A name that is not UTF-8 (the errors down to ERR21) matches nothing; other errors are
	 * limits. */
	if (result < PCRE2_ERROR_UTF8_ERR21)
		return QS_UNSUPPORTED;
	*ret_matches = result >= 0;
	return QS_OK;
}

void qs_pattern_add_library(struct qs_text *text)
{
	char version[64] = "";

	/* A version with its date has about twenty bytes. */
	if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) <= (int)sizeof(version))
		pcre2_config(PCRE2_CONFIG_VERSION, version);
	qs_text_addf(text, "PCRE2       %s\n", version);
}
