/* SPDX-License-Identifier: Apache-2.0 */
/* What tests read from tests/data/. */
#include "tests/unit/data.h"

#include <stdlib.h>
#include <string.h>

const char *data_path(char buffer[512], const char *name)
{
	const int n = snprintf(buffer, 512, "%s/%s", QS_TEST_DATA, name);

	assert_true(n > 0 && n < 512);
	return buffer;
}

size_t each_line(
    const char *name, void (*use)(struct json_object *line, void *context), void *context)
{
	char path[512];
	FILE *file = fopen(data_path(path, name), "r");
	char *line = NULL;
	size_t capacity = 0, n = 0;

	assert_non_null(file);
	while (getline(&line, &capacity, file) > 0) {
		struct json_object *object = json_tokener_parse(line);

		assert_non_null(object);
		use(object, context);
		json_object_put(object);
		n++;
	}
	free(line);
	fclose(file);
	return n;
}

void show_findings(const struct qs_findings *findings)
{
	const struct qs_text_style style = {false, true, QS_SEVERITY_INFO};
	struct qs_text text = QS_TEXT_INIT;

	if (qs_findings_write_text(findings, &style, &text) == QS_OK)
		fputs(text.data, stderr);
	qs_text_done(&text);
}
