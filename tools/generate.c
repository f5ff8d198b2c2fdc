/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what is made from the tables to the standard output: generate KIND, or generate manual
 * TEMPLATE.
 *
 * The results are committed, so that who has only the files can use them; tools/check-generated.sh
 * compares.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "policy/param.h"
#include "qstrata/policy.h"
#include "tools/generate.h"
#include "tools/generate_checks.h"
#include "tools/generate_manual.h"

/* ---- the JSON Schema of a config ------------------------------------------------------------- */

void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

void put_text(struct json_object *object, const char *key, const char *text)
{
	put(object, key, json_object_new_string(text));
}

void append_text(struct json_object *list, const char *text)
{
	json_object_array_add(list, json_object_new_string(text));
}

struct json_object *reference(const char *name)
{
	struct json_object *object = json_object_new_object();
	char path[64];

	snprintf(path, sizeof(path), "#/definitions/%s", name);
	put_text(object, "$ref", path);
	return object;
}

void put_words(struct json_object *object, const struct qs_word_set *set, bool nullable)
{
	struct json_object *words = json_object_new_array(), *meanings = json_object_new_array();

	for (int i = 0; i < set->n_words; i++) {
		append_text(words, set->words[i].word);
		append_text(meanings, set->words[i].meaning);
	}
	if (nullable) {
		json_object_array_add(words, NULL);
		append_text(meanings, "not given");
	}
	put(object, "enum", words);
	put(object, "enumDescriptions", meanings);
}

static void put_nullable(struct json_object *object, const char *type)
{
	struct json_object *types = json_object_new_array();

	append_text(types, type);
	append_text(types, "null");
	put(object, "type", types);
}

/* Examples, as a JSON list. */
static void put_examples(struct json_object *object, const char *list)
{
	put(object, "examples", json_tokener_parse(list));
}

/* What editors that read Markdown show: the text, the words with their meanings, the default. */
static void put_markdown(
    struct json_object *object, const char *help, const struct qs_word_set *set, const char *value)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_adds(&text, help);
	for (int i = 0; set && i < set->n_words; i++)
		qs_text_addf(&text, "%s- `%s`: %s", i ? "\n" : "\n\n", set->words[i].word,
		    set->words[i].meaning);
	if (value)
		qs_text_addf(&text, "\n\nDefault: `%s`", value);
	put_text(object, "markdownDescription", text.data);
	qs_text_done(&text);
}

static struct json_object *parameter_schema(enum qs_param param, enum qs_tensor tensor)
{
	const struct qs_param_info *info = qs_param_info(param);
	const bool own = tensor == QS_TENSOR_ACTIVATION && info->defaults[1][0];
	struct json_object *object = json_object_new_object();

	put_text(object, "title", info->key);
	put_text(object, "description", info->help);
	switch (info->kind) {
	case QS_KIND_BOOL:
		put_nullable(object, "boolean");
		break;
	case QS_KIND_INT:
		put_nullable(object, "integer");
		put(object, "minimum", json_object_new_int((int)info->least));
		put(object, "maximum", json_object_new_int((int)info->most));
		break;
	case QS_KIND_REAL:
		put_nullable(object, "number");
		put(object, "exclusiveMinimum", json_object_new_int((int)info->least));
		put(object, "maximum", json_object_new_int((int)info->most));
		break;
	case QS_KIND_CHOICE:
		put_words(object, &info->set, true);
		break;
	}
	put(object, "default", json_tokener_parse(info->defaults[own]));
	put_markdown(object, info->help, &info->set, info->defaults[own]);
	if (param == QS_PARAM_BIT_WIDTH)
		put_examples(object, "[8, 4, 16]");
	else if (param == QS_PARAM_PERCENTAGE)
		put_examples(object, "[99.99, 99.9]");
	return object;
}

struct json_object *closed_object(const char *description, struct json_object *properties)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "description", description);
	put_text(object, "type", "object");
	put(object, "additionalProperties", json_object_new_boolean(false));
	put(object, "properties", properties);
	return object;
}

static struct json_object *block_schema(const char *description, enum qs_tensor tensor)
{
	struct json_object *properties = json_object_new_object();

	for (int p = 0; p < QS_PARAM__COUNT; p++)
		put(properties, qs_param_info((enum qs_param)p)->key,
		    parameter_schema((enum qs_param)p, tensor));
	return closed_object(description, properties);
}

static struct json_object *kinds_schema(void)
{
	struct json_object *object = json_object_new_object(), *items = json_object_new_object();

	put_words(items, &qs_tensor_words, false);
	put_text(object, "type", "array");
	put(object, "items", items);
	return object;
}

static struct json_object *tensor_blocks_schema(void)
{
	struct json_object *properties = json_object_new_object();

	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		put(properties, qs_tensor_words.words[t].word,
		    reference(t == QS_TENSOR_ACTIVATION ? "activation" : "parameters"));
	return closed_object("Parameters by tensor kind.", properties);
}

/* Exactly one selector: the given one a string, the other null or absent. */
static struct json_object *selector_schema(const char *given, const char *other)
{
	struct json_object *object = json_object_new_object(), *required = json_object_new_array();
	struct json_object *properties = json_object_new_object(), *text = json_object_new_object();
	struct json_object *null = json_object_new_object();

	append_text(required, given);
	put(object, "required", required);
	put_text(text, "type", "string");
	put(text, "minLength", json_object_new_int(1));
	put_text(null, "type", "null");
	put(properties, given, text);
	put(properties, other, null);
	put(object, "properties", properties);
	return object;
}

static struct json_object *switch_schema(const struct qs_policy *policy, enum qs_switch which)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "type", "boolean");
	put(object, "default", json_object_new_boolean(qs_policy_switch(policy, which)));
	return object;
}

/* What a key other than a switch takes. */
static struct json_object *other_schema(const char *key)
{
	struct json_object *object = json_object_new_object();

	if (strcmp(key, "target_device") == 0) {
		put_words(object, &qs_device_words, false);
	} else if (strcmp(key, "onnx_opset_version") == 0) {
		put_text(object, "type", "integer");
		put(object, "minimum", json_object_new_int(1));
		put(object, "maximum", json_object_new_int(1000));
	} else if (strcmp(key, "layer_quantize_config") == 0) {
		put_text(object, "type", "array");
		put(object, "maxItems", json_object_new_int(QS_ENTRY_LIMIT));
		put(object, "items", reference("entry"));
	} else if (strcmp(key, "layer_type") == 0 || strcmp(key, "layer_name") == 0) {
		put_nullable(object, "string");
	} else {
		struct json_object *all = json_object_new_array();

		json_object_array_add(
		    all, reference(strcmp(key, "quantizable_data_type") == 0     ? "kinds"
				   : strcmp(key, "overall_quantize_config") == 0 ? "parameters"
										 : "tensors"));
		put(object, "allOf", all);
	}
	return object;
}

/* The words of a key, or NULL. */
static const struct qs_word_set *set_of(const char *key)
{
	return strcmp(key, "target_device") == 0           ? &qs_device_words
	       : strcmp(key, "quantizable_data_type") == 0 ? &qs_tensor_words
	                                                   : NULL;
}

static void put_key_examples(struct json_object *object, const char *key)
{
	static const struct {
		const char *key, *examples;
	} rows[] = {
	    {"onnx_opset_version", "[13]"},
	    {"quantizable_data_type",
		"[[\"input\", \"weights\", \"bias\", \"activation\"], [\"weights\"]]"},
	    {"overall_quantize_config", "[{\"bit_width\": 8, \"method\": \"maxmin\"}]"},
	    {"tensor_quantize_config", "[{\"weights\": {\"per_channel\": true}}]"},
	    {"layer_type", "[\"torch.nn.Conv2d\", \"Linear\"]"},
	    {"layer_name", "[\"layer1.0.conv1\", \"re:decoder\\\\..*\"]"},
	    {"layer_quantize_config",
		"[[{\"layer_type\": \"Conv2d\", \"quantizable_data_type\": [\"weights\"], "
		"\"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4}}}]]"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].key, key) == 0)
			put_examples(object, rows[i].examples);
	}
}

/* The keys of a place, TOP or ENTRY, as properties. */
static struct json_object *properties_of(const struct qs_policy *policy, const char *place)
{
	struct json_object *properties = json_object_new_object();
	struct json_object *object;
	int which = 0;

#define SCHEMA_SWITCH(key) switch_schema(policy, (enum qs_switch)which++)
#define SCHEMA_OTHER(key) other_schema(key)
#define KEY(PLACE, ID, key, SHAPE, versions, help)                                                 \
	if (strcmp(#PLACE, place) == 0) {                                                          \
		object = SCHEMA_##SHAPE(key);                                                      \
		put_text(object, "title", key);                                                    \
		put_text(object, "description", help);                                             \
		put_markdown(object, help, set_of(key), NULL);                                     \
		put_key_examples(object, key);                                                     \
		put(properties, key, object);                                                      \
	}
#include "qstrata/keys.def"
#undef KEY
#undef SCHEMA_OTHER
#undef SCHEMA_SWITCH
	return properties;
}

static struct json_object *entry_schema(const struct qs_policy *policy)
{
	struct json_object *object = closed_object(
	    "Parameters of the layers that the entry selects.", properties_of(policy, "ENTRY"));
	struct json_object *required = json_object_new_array(),
			   *selectors = json_object_new_array();

	append_text(required, "quantizable_data_type");
	put(object, "required", required);
	json_object_array_add(selectors, selector_schema("layer_type", "layer_name"));
	json_object_array_add(selectors, selector_schema("layer_name", "layer_type"));
	put(object, "oneOf", selectors);
	return object;
}

static struct json_object *schema(const struct qs_policy *policy)
{
	struct json_object *object = json_object_new_object();
	struct json_object *required = json_object_new_array();
	struct json_object *definitions = json_object_new_object();

	put_text(object, "$schema", "http://json-schema.org/draft-07/schema#");
	put_text(object, "title", "Quantize config");
	put_text(object, "description",
	    "How each tensor of a neural network is quantized; the format of Vitis AI 3.5.");
	put_text(object, "type", "object");
	append_text(required, "target_device");
	put(object, "required", required);
	put(object, "additionalProperties", json_object_new_boolean(false));
	put(object, "properties", properties_of(policy, "TOP"));
	put(definitions, "kinds", kinds_schema());
	put(definitions, "parameters", block_schema("Parameters of tensors.", QS_TENSOR_WEIGHTS));
	put(definitions, "activation",
	    block_schema("Parameters of activations.", QS_TENSOR_ACTIVATION));
	put(definitions, "tensors", tensor_blocks_schema());
	put(definitions, "entry", entry_schema(policy));
	put(object, "definitions", definitions);
	put_examples(object,
	    "[{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": "
	    "\"maxmin\", \"scale_type\": \"float\", \"calib_statistic_method\": \"max\"}}]");
	return object;
}

static bool write_schema(void)
{
	static const char least[] = "{\"target_device\": \"CPU\"}";
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	struct qs_policy *policy = NULL;
	struct json_object *document;

	if (!findings || qs_source_new("", least, sizeof(least) - 1, &source) != QS_OK ||
	    qs_policy_read(source, findings, &policy) != QS_OK)
		return false;
	document = schema(policy);
	puts(json_object_to_json_string_ext(document,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
	return true;
}

/* ---- the dictionary of the fuzzer ------------------------------------------------------------ */

void write_token(const char *token)
{
	printf("\"\\\"%s\\\"\"\n", token);
}

void write_set(const struct qs_word_set *set)
{
	for (int i = 0; i < set->n_words; i++)
		write_token(set->words[i].word);
}

static bool write_dictionary(void)
{
	static const char *const plain[] = {
	    "true", "false", "null", "99.99", "8", "re:", "\\\\u0000"};

	puts("# Made from the tables by tools/generate.c.");
#define KEY(PLACE, ID, key, SHAPE, versions, help) write_token(key);
#include "qstrata/keys.def"
#undef KEY
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		write_token(qs_param_info((enum qs_param)p)->key);
		write_set(&qs_param_info((enum qs_param)p)->set);
	}
	write_set(&qs_device_words);
	write_set(&qs_tensor_words);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		printf("\"%s\"\n", plain[i]);
	return true;
}

/* ---- the table of findings ------------------------------------------------------------------- */

static void write_row(const char *code, const char *name, const char *severity, const char *title)
{
	printf("| %s | %s | %s | %s |\n", code, name, severity, title);
}

static bool write_findings(void)
{
	const struct qs_code *codes;
	struct qs_catalog *catalog;
	size_t n;

	if (qs_catalog_new(&catalog) != QS_OK)
		return false;
	codes = qs_catalog_list(catalog, &n);
	puts("# Findings\n\n"
	     "Codes are never used again for something else. Made from `base/findings.def` and\n"
	     "the rules of `schemas/`; of a device rule the last column says what to do. `qstrata "
	     "rule CODE`\n"
	     "shows one of them with its page, which is in [pages.md](pages.md).\n\n"
	     "| code | name | severity | what it is |\n|---|---|---|---|");
	for (size_t i = 0; i < n; i++)
		write_row(codes[i].code, codes[i].name, qs_severity_name(codes[i].severity),
		    codes[i].title);
	qs_catalog_free(catalog);
	return write_checks();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*write)(void);
	} kinds[] = {{"schema", write_schema}, {"dictionary", write_dictionary},
	    {"findings", write_findings}, {"rules", write_rules_schema},
	    {"profile", write_profile_schema}, {"rules-dictionary", write_rules_dictionary},
	    {"stats", write_stats_schema}, {"compare", write_compare_schema}};

	for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(argv[1], kinds[i].name) == 0)
			return kinds[i].write() && fflush(stdout) == 0 ? EXIT_SUCCESS
			                                               : EXIT_FAILURE;
	}
	if (argc == 3 && strcmp(argv[1], "manual") == 0)
		return write_manual(argv[2]) && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	fputs("usage: generate KIND, or generate manual TEMPLATE\n", stderr);
	return EXIT_FAILURE;
}
