/* SPDX-License-Identifier: Apache-2.0 */
/* Parameter descriptors, made from params.def and the word lists of spec.h. */
#include "policy/param.h"
#include "qstrata/policy.h"

#include <stdlib.h>
#include <string.h>

#define WORD(SET, ID, word, versions, meaning) {word, sizeof(word) - 1, versions, meaning},
static const struct qs_word datatype_words[] = {QS_DATATYPE_LIST(WORD)};
static const struct qs_word method_words[] = {QS_METHOD_LIST(WORD)};
static const struct qs_word round_mode_words[] = {QS_ROUND_MODE_LIST(WORD)};
static const struct qs_word scale_type_words[] = {QS_SCALE_TYPE_LIST(WORD)};
static const struct qs_word statistic_words[] = {QS_STATISTIC_LIST(WORD)};
static const struct qs_word device_words[] = {QS_DEVICE_LIST(WORD)};
static const struct qs_word tensor_words[] = {QS_TENSOR_LIST(WORD)};
static const struct qs_word tool_words[] = {QS_TOOL_LIST(WORD)};
#undef WORD

const struct qs_word_set qs_device_words = {device_words, QS_DEVICE__COUNT};
const struct qs_word_set qs_tensor_words = {tensor_words, QS_TENSOR__COUNT};
const struct qs_word_set qs_tool_words = {tool_words, QS_TOOL__COUNT};

/* What a DOMAIN of params.def gives a descriptor: least, most, words. */
#define NONE                                                                                       \
	0, 1,                                                                                      \
	{                                                                                          \
		NULL, 0                                                                            \
	}
#define RANGE(least, most)                                                                         \
	least, most,                                                                               \
	{                                                                                          \
		NULL, 0                                                                            \
	}
#define DATATYPE                                                                                   \
	0, 0,                                                                                      \
	{                                                                                          \
		datatype_words, QS_DATATYPE__COUNT                                                 \
	}
#define METHOD                                                                                     \
	0, 0,                                                                                      \
	{                                                                                          \
		method_words, QS_METHOD__COUNT                                                     \
	}
#define ROUND_MODE                                                                                 \
	0, 0,                                                                                      \
	{                                                                                          \
		round_mode_words, QS_ROUND_MODE__COUNT                                             \
	}
#define SCALE_TYPE                                                                                 \
	0, 0,                                                                                      \
	{                                                                                          \
		scale_type_words, QS_SCALE_TYPE__COUNT                                             \
	}
#define STATISTIC                                                                                  \
	0, 0,                                                                                      \
	{                                                                                          \
		statistic_words, QS_STATISTIC__COUNT                                               \
	}
#define ALL false
#define OBSERVED true

static const struct qs_param_info params[] = {
#define PARAM(ID, field, key, KIND, DOMAIN, value, activation, TENSORS, versions, help)            \
	{key, sizeof(key) - 1, QS_KIND_##KIND, DOMAIN, {value, activation}, TENSORS, versions,     \
	    help},
#include "qstrata/params.def"
#undef PARAM
};

const struct qs_param_info *qs_param_info(enum qs_param param)
{
	return &params[param];
}

int qs_param_find(struct qs_json_string key)
{
	for (int i = 0; i < QS_PARAM__COUNT; i++) {
		if (qs_json_string_equals(key, params[i].key, params[i].key_size))
			return i;
	}
	return -1;
}

int qs_word_find(const struct qs_word_set *set, struct qs_json_string word)
{
	for (int i = 0; i < set->n_words; i++) {
		if (qs_json_string_equals(word, set->words[i].word, set->words[i].size))
			return i;
	}
	return -1;
}

bool qs_param_same(enum qs_param param, union qs_param_value a, union qs_param_value b)
{
	return params[param].kind == QS_KIND_REAL ? a.real == b.real : a.integer == b.integer;
}

void qs_param_write(enum qs_param param, union qs_param_value value, struct qs_text *text)
{
	const struct qs_param_info *info = &params[param];

	switch (info->kind) {
	case QS_KIND_BOOL:
		qs_text_adds(text, value.integer ? "true" : "false");
		break;
	case QS_KIND_INT:
		qs_text_addf(text, "%d", value.integer);
		break;
	case QS_KIND_REAL:
		qs_text_addf(text, "%.15g", value.real);
		break;
	case QS_KIND_CHOICE:
		qs_text_addf(text, "\"%s\"", info->set.words[value.integer].word);
		break;
	}
}

int qs_tool_of_word(const char *word)
{
	return qs_word_find(&qs_tool_words, (struct qs_json_string){word, (uint32_t)strlen(word)});
}

union qs_param_value qs_param_default(enum qs_param param, enum qs_tensor tensor)
{
	const struct qs_param_info *info = &params[param];
	const bool own = tensor == QS_TENSOR_ACTIVATION && info->defaults[1][0];
	const char *text = info->defaults[own];
	union qs_param_value value = {0};

	switch (info->kind) {
	case QS_KIND_BOOL:
		value.integer = strcmp(text, "true") == 0;
		break;
	case QS_KIND_INT:
		value.integer = atoi(text);
		break;
	case QS_KIND_REAL:
		value.real = atof(text);
		break;
	case QS_KIND_CHOICE:
		value.integer = qs_word_find(
		    &info->set, (struct qs_json_string){text + 1, (uint32_t)strlen(text) - 2});
		break;
	}
	return value;
}

bool qs_param_applies(enum qs_param param, enum qs_tensor tensor)
{
	return !params[param].observed_only || tensor == QS_TENSOR_INPUT ||
	       tensor == QS_TENSOR_ACTIVATION;
}

void qs_spec_put(struct qs_spec *spec, enum qs_param param, union qs_param_value value)
{
	switch (param) {
#define PUT_BOOL(name) spec->name = value.integer != 0
#define PUT_INT(name) spec->name = value.integer
#define PUT_REAL(name) spec->name = value.real
#define PUT_CHOICE(name) spec->name = value.integer
#define PARAM(ID, field, key, KIND, domain, v, activation, tensors, versions, help)                \
	case QS_PARAM_##ID:                                                                        \
		PUT_##KIND(field);                                                                 \
		break;
#include "qstrata/params.def"
#undef PARAM
	case QS_PARAM__COUNT:
		break;
	}
}

struct qs_spec qs_spec_default(enum qs_tensor tensor)
{
	struct qs_spec spec = {0};

	for (int i = 0; i < QS_PARAM__COUNT; i++)
		qs_spec_put(&spec, (enum qs_param)i, qs_param_default((enum qs_param)i, tensor));
	return spec;
}

struct qs_int_range qs_spec_int_range(const struct qs_spec *spec)
{
	const int64_t half = (int64_t)1 << (spec->bit_width - 1);

	if (spec->is_signed && spec->symmetry)
		return (struct qs_int_range){-half + spec->narrow_range, half - 1};
	return (struct qs_int_range){0, half * 2 - 1};
}

static const char *word_of(const struct qs_word *words, int count, int value)
{
	return value >= 0 && value < count ? words[value].word : NULL;
}

const char *qs_datatype_word(enum qs_datatype value)
{
	return word_of(datatype_words, QS_DATATYPE__COUNT, (int)value);
}

const char *qs_method_word(enum qs_method value)
{
	return word_of(method_words, QS_METHOD__COUNT, (int)value);
}

const char *qs_round_mode_word(enum qs_round_mode value)
{
	return word_of(round_mode_words, QS_ROUND_MODE__COUNT, (int)value);
}

const char *qs_statistic_word(enum qs_statistic value)
{
	return word_of(statistic_words, QS_STATISTIC__COUNT, (int)value);
}

const char *qs_tensor_word(enum qs_tensor value)
{
	return word_of(tensor_words, QS_TENSOR__COUNT, (int)value);
}

const char *qs_tool_word(enum qs_tool value)
{
	return word_of(tool_words, QS_TOOL__COUNT, (int)value);
}
