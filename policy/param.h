/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of a quantization as descriptors, made from params.def and the word lists of
 * spec.h.
 *
 * A value of a parameter is an integer (booleans are 0 and 1, choices are values of their enum) or
 * a real. Reading one value, writing it, and finding the parameter or the word that somebody meant,
 * are the same few functions for every parameter.
 */
#ifndef POLICY_PARAM_H
#define POLICY_PARAM_H

#include "base/finding.h"
#include "base/json.h"
#include "qstrata/spec.h"

enum qs_param_kind {
	QS_KIND_BOOL,
	QS_KIND_INT,
	QS_KIND_REAL,
	QS_KIND_CHOICE
};

union qs_param_value {
	int integer;
	double real;
};

/* Versions of the tool, both ends inside. */
struct qs_versions {
	uint8_t first, last; /* enum qs_tool */
};

/* How the tables say versions. */
#define SINCE(first)                                                                               \
	{                                                                                          \
		QS_TOOL_##first, QS_TOOL_NEWEST                                                    \
	}
#define BETWEEN(first, last)                                                                       \
	{                                                                                          \
		QS_TOOL_##first, QS_TOOL_##last                                                    \
	}

static inline bool qs_versions_have(struct qs_versions versions, enum qs_tool tool)
{
	return tool >= versions.first && tool <= versions.last;
}

struct qs_word {
	const char *word;
	size_t size;
	struct qs_versions versions;
	const char *meaning;
};

/* The words of a choice, in order. */
struct qs_word_set {
	const struct qs_word *words;
	int n_words;
};

struct qs_param_info {
	const char *key;
	size_t key_size;
	enum qs_param_kind kind;
	double least, most;      /* of integers and reals; a real must be above least */
	struct qs_word_set set;  /* of choices */
	const char *defaults[2]; /* JSON text: in general, for activations ("" when the same) */
	bool observed_only;      /* input and activation only */
	struct qs_versions versions;
	const char *help;
};

const struct qs_param_info *qs_param_info(enum qs_param param);

/* The parameter of a key, or -1. */
int qs_param_find(struct qs_json_string key);

/* The word sets that are no parameters. */
extern const struct qs_word_set qs_device_words, qs_tensor_words, qs_tool_words;

/* The index of a word in a set, or -1. */
int qs_word_find(const struct qs_word_set *set, struct qs_json_string word);

/* Writes a value as it would stand in a config. */
void qs_param_write(enum qs_param param, union qs_param_value value, struct qs_text *text);

/* Whether two values of a parameter are the same. */
bool qs_param_same(enum qs_param param, union qs_param_value a, union qs_param_value b);

/* The built-in default of a parameter for a tensor kind. */
union qs_param_value qs_param_default(enum qs_param param, enum qs_tensor tensor);

/* Whether a parameter means something for a tensor kind. */
bool qs_param_applies(enum qs_param param, enum qs_tensor tensor);

/* A field of a spec as a value, and back. */
void qs_spec_put(struct qs_spec *spec, enum qs_param param, union qs_param_value value);

#endif
