/* SPDX-License-Identifier: Apache-2.0 */
/* The words of values, each from the table that has them. */
#include "cli/values.h"

#include <string.h>

#include "cli/choices.h"

static void add_word(struct qs_text *words, const char *word)
{
	qs_text_addf(words, "%s%s", words->size ? " " : "", word);
}

static void add_choices(struct qs_text *words, enum option_id option)
{
	const char *const *choices = choice_words(option);

	for (int i = 0; choices[i]; i++)
		add_word(words, choices[i]);
}

static void list_nothing(struct qs_text *words)
{
	(void)words;
}

static void list_when(struct qs_text *words)
{
	qs_text_adds(words, "auto always never");
}

static void list_document_formats(struct qs_text *words)
{
	qs_text_adds(words, "text json");
}

static void list_table_formats(struct qs_text *words)
{
	add_choices(words, OPTION_TABLE_FORMAT);
}

static void list_columns(struct qs_text *words)
{
	qs_text_adds(words, "model");
	for (size_t i = 0; qs_comparison_column(i); i++)
		add_word(words, qs_comparison_column(i));
}

static void list_strategies(struct qs_text *words)
{
	for (int s = 0; s < QS_STRATEGY__COUNT; s++)
		add_word(words, qs_strategy_word((enum qs_strategy)s));
}

static void list_ends(struct qs_text *words)
{
	add_choices(words, OPTION_CUMULATIVE);
}

static void list_metrics(struct qs_text *words)
{
	add_choices(words, OPTION_METRIC);
}

static void list_findings_formats(struct qs_text *words)
{
	size_t n;
	const struct qs_findings_format *formats = qs_findings_formats(&n);

	for (size_t i = 0; i < n; i++)
		add_word(words, formats[i].name);
}

static void list_observed(struct qs_text *words)
{
	add_choices(words, OPTION_OBSERVED);
}

static void list_arithmetics(struct qs_text *words)
{
	add_choices(words, OPTION_DPU_ARITHMETIC);
}

static void list_written(struct qs_text *words)
{
	add_choices(words, OPTION_WRITTEN);
}

static void list_roundings(struct qs_text *words)
{
	add_choices(words, OPTION_ROUNDING);
}

static void list_levels(struct qs_text *words)
{
	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		add_word(words, qs_severity_name((enum qs_severity)s));
	add_word(words, "never");
}

static void list_codes(struct qs_text *words)
{
	struct qs_catalog *catalog;
	const struct qs_code *codes;
	size_t n;

	if (qs_catalog_new(&catalog) != QS_OK) {
		words->failed = true;
		return;
	}
	codes = qs_catalog_list(catalog, &n);
	for (size_t i = 0; i < n; i++)
		add_word(words, codes[i].code);
	qs_catalog_free(catalog);
}

static void list_tensors(struct qs_text *words)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		add_word(words, qs_tensor_word((enum qs_tensor)t));
}

static void list_parameters(struct qs_text *words)
{
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, since, help)               \
	add_word(words, key);
#include "qstrata/params.def"
#undef PARAM
}

static void list_front_ends(struct qs_text *words)
{
	qs_text_adds(words, "onnx pytorch");
}

static void list_schemas(struct qs_text *words)
{
#define SCHEMA(name, about) add_word(words, #name);
#include "cli/schemas.def"
#undef SCHEMA
}

static void list_shells(struct qs_text *words)
{
#define SHELL(name, where) add_word(words, #name);
#include "cli/shells.def"
#undef SHELL
}

#define WORDS VALUE_WORDS
#define FOLDER VALUE_FOLDER
#define FREE VALUE_FREE
static const struct {
	const char *name;
	enum value_shape shape;
	void (*list)(struct qs_text *words);
} values[] = {
#define VALUE(name, SHAPE, words) {name, SHAPE, list_##words},
#include "cli/values.def"
#undef VALUE
};

enum value_shape value_shape_of(const char *name, struct qs_text *words)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		if (strcmp(values[i].name, name) == 0) {
			values[i].list(words);
			return values[i].shape;
		}
	}
	return VALUE_FILE;
}

enum value_shape operand_shape_of(enum command_id command, struct qs_text *words)
{
	const char *operands = command_list[command].operands;
	char name[32];
	size_t size;

	if (operands[0] == '-')
		return VALUE_FREE;
	operands += operands[0] == '[';
	size = strcspn(operands, "]. ");
	if (size >= sizeof(name))
		return VALUE_FILE;
	memcpy(name, operands, size);
	name[size] = '\0';
	return value_shape_of(name, words);
}

void list_commands_of(
    enum option_id option, const char *before, const char *between, struct qs_text *text)
{
	bool first = true;

	for (int c = 0; c < COMMAND__COUNT; c++) {
		if (!(option_list[option].commands >> c & 1))
			continue;
		qs_text_addf(text, "%s%s%s", first ? "" : between, before, command_list[c].name);
		first = false;
	}
}
