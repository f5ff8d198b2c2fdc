/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up keys and words in the tables. */
#include "lsp/words.h"

#include "qstrata/qstrata.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define WORD(SET, ID, word, versions, meaning) {"\"" word "\"", meaning},
#define KIND_KEY(SET, ID, word, versions, meaning) {word, meaning},

static const struct lsp_word top_keys[] = {
#define KEY(PLACE, ID, key, SHAPE, versions, help) KEY_##PLACE(key, help)
#define KEY_TOP(key, help) {key, help},
#define KEY_ENTRY(key, help)
#include "qstrata/keys.def"
#undef KEY_ENTRY
#undef KEY_TOP
};
static const struct lsp_word entry_keys[] = {
#define KEY_TOP(key, help)
#define KEY_ENTRY(key, help) {key, help},
#include "qstrata/keys.def"
#undef KEY_ENTRY
#undef KEY_TOP
#undef KEY
};
static const struct lsp_word param_keys[] = {
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, versions, help) {key, help},
#include "qstrata/params.def"
#undef PARAM
};
static const struct lsp_word kind_keys[] = {QS_TENSOR_LIST(KIND_KEY)};
static const struct lsp_word kind_words[] = {QS_TENSOR_LIST(WORD)};
static const struct lsp_word device_words[] = {QS_DEVICE_LIST(WORD)};
static const struct lsp_word bool_words[] = {{"true", ""}, {"false", ""}};

static const struct lsp_word datatype_words[] = {QS_DATATYPE_LIST(WORD)};
static const struct lsp_word method_words[] = {QS_METHOD_LIST(WORD)};
static const struct lsp_word round_mode_words[] = {QS_ROUND_MODE_LIST(WORD)};
static const struct lsp_word scale_type_words[] = {QS_SCALE_TYPE_LIST(WORD)};
static const struct lsp_word statistic_words[] = {QS_STATISTIC_LIST(WORD)};

/* The values of each parameter; of numbers, the default. */
#define CHOICE_DATATYPE datatype_words
#define CHOICE_METHOD method_words
#define CHOICE_ROUND_MODE round_mode_words
#define CHOICE_SCALE_TYPE scale_type_words
#define CHOICE_STATISTIC statistic_words
#define VALUES_BOOL(domain, value) bool_words, COUNT(bool_words)
#define VALUES_INT(domain, value) &(const struct lsp_word){value, "the default"}, 1
#define VALUES_REAL(domain, value) VALUES_INT(domain, value)
#define VALUES_CHOICE(domain, value) CHOICE_##domain, COUNT(CHOICE_##domain)
static const struct {
	const struct lsp_word *words;
	size_t n;
} param_values[] = {
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, versions, help)            \
	{VALUES_##KIND(domain, value)},
#include "qstrata/params.def"
#undef PARAM
};

const struct lsp_word *lsp_keys_of(enum lsp_place place, size_t *ret_n)
{
	switch (place) {
	case LSP_PLACE_TOP:
		*ret_n = COUNT(top_keys);
		return top_keys;
	case LSP_PLACE_ENTRY:
		*ret_n = COUNT(entry_keys);
		return entry_keys;
	case LSP_PLACE_BLOCK:
		*ret_n = COUNT(param_keys);
		return param_keys;
	case LSP_PLACE_TENSORS:
		*ret_n = COUNT(kind_keys);
		return kind_keys;
	case LSP_PLACE_OTHER:
	case LSP_PLACE_KINDS:
	case LSP_PLACE_ENTRIES:
		break;
	}
	*ret_n = 0;
	return NULL;
}

/* The index of a member's key among the keys of its place, or -1. */
static int find_key(enum lsp_place place, const struct lsp_outline *outline, size_t member)
{
	size_t n;
	const struct lsp_word *keys = lsp_keys_of(place, &n);

	for (size_t i = 0; i < n; i++) {
		if (lsp_node_is(outline, member, keys[i].text))
			return (int)i;
	}
	return -1;
}

int lsp_param_of(const struct lsp_outline *outline, size_t member)
{
	return find_key(LSP_PLACE_BLOCK, outline, member);
}

const char *lsp_help_of(enum lsp_place place, const struct lsp_outline *outline, size_t member)
{
	const int key = find_key(place, outline, member);
	size_t n;
	const struct lsp_word *keys = lsp_keys_of(place, &n);

	return key < 0 ? NULL : keys[key].meaning;
}

static bool is_switch(const struct lsp_outline *outline, size_t member)
{
#define IS_SWITCH(key)                                                                             \
	if (lsp_node_is(outline, member, key))                                                     \
		return true;
#define IS_OTHER(key)
#define KEY(PLACE, ID, key, SHAPE, versions, help) IS_##SHAPE(key)
#include "qstrata/keys.def"
#undef KEY
#undef IS_OTHER
#undef IS_SWITCH
	return false;
}

const struct lsp_word *lsp_values_of(
    enum lsp_place place, const struct lsp_outline *outline, size_t member, size_t *ret_n)
{
	const int param = place == LSP_PLACE_BLOCK ? lsp_param_of(outline, member) : -1;

	if (param >= 0) {
		*ret_n = param_values[param].n;
		return param_values[param].words;
	}
	if (place == LSP_PLACE_KINDS) {
		*ret_n = COUNT(kind_words);
		return kind_words;
	}
	if (place == LSP_PLACE_TOP && lsp_node_is(outline, member, "target_device")) {
		*ret_n = COUNT(device_words);
		return device_words;
	}
	if (place == LSP_PLACE_TOP && is_switch(outline, member)) {
		*ret_n = COUNT(bool_words);
		return bool_words;
	}
	*ret_n = 0;
	return NULL;
}
