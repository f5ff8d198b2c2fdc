/* SPDX-License-Identifier: Apache-2.0 */
/* Text as XML 1.0 has it. */
#include "base/finding.h"
#include "base/finding_write.h"

#include <string.h>

/* U+FFFE and U+FFFF are no characters of XML. */
static bool is_refused(const char *bytes)
{
	return memcmp(bytes, "\xEF\xBF", 2) == 0 && ((unsigned char)bytes[2] & 0xFE) == 0xBE;
}

static const char *entity_of(char c)
{
	static const struct {
		char character;
		const char *entity;
	} entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};

	for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++) {
		if (entities[i].character == c)
			return entities[i].entity;
	}
	return NULL;
}

void qs_text_add_xml(struct qs_text *text, const char *string)
{
	struct qs_text clean = QS_TEXT_INIT;

	qs_text_add_visible(&clean, string, strlen(string));
	for (size_t i = 0; i < clean.size; i++) {
		const char *entity = entity_of(clean.data[i]);

		if (entity) {
			qs_text_adds(text, entity);
		} else if (clean.size - i >= 3 && is_refused(clean.data + i)) {
			qs_text_adds(text, "?");
			i += 2;
		} else {
			qs_text_add(text, clean.data + i, 1);
		}
	}
	text->failed = text->failed || clean.failed;
	qs_text_done(&clean);
}

void qs_text_add_attribute(struct qs_text *text, const char *name, const char *value)
{
	qs_text_addf(text, " %s=\"", name);
	qs_text_add_xml(text, value);
	qs_text_adds(text, "\"");
}
