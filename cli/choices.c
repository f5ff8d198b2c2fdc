/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the model commands that take one of a few words. */
#include "cli/choices.h"

#include <string.h>

#include "qstrata/qstrata.h"

#define MOST_WORDS 8

static const char *const words[OPTION__COUNT][MOST_WORDS] = {
    [OPTION_OBSERVED] = {[QS_OBSERVE_QUANTIZED] = "quantized", [QS_OBSERVE_FLOAT] = "float"},
    [OPTION_DPU_ARITHMETIC] =
	{[QS_ARITHMETIC_AUTO] = "auto", [QS_ARITHMETIC_ON] = "on", [QS_ARITHMETIC_OFF] = "off"},
    [OPTION_WRITTEN] = {[QS_WRITTEN_QDQ] = "qdq",
	[QS_WRITTEN_FAKE] = "fake",
	[QS_WRITTEN_INT_WEIGHTS] = "int-weights-only"},
    [OPTION_ROUNDING] = {[QS_ROUNDING_NATIVE] = "native", [QS_ROUNDING_EXACT] = "exact"},
    [OPTION_REPORT] = {"text", "json"},
    [OPTION_TABLE_FORMAT] =
	{[QS_TABLE_TEXT] = "text", [QS_TABLE_JSON] = "json", [QS_TABLE_CSV] = "csv"},
    [OPTION_METRIC] =
	{
#define METRIC(id, name, better, what) [QS_METRIC_##id] = #name,
#include "qstrata/metrics.def"
	},
    [OPTION_CUMULATIVE] = {"input", "output"},
};

const char *const *choice_words(enum option_id option)
{
	return words[option][0] ? words[option] : NULL;
}

/* The place of a word in a list; -1 when it is not there. */
static int find_word(const char *const *list, const char *word)
{
	for (int i = 0; list[i]; i++) {
		if (strcmp(list[i], word) == 0)
			return i;
	}
	return -1;
}

static bool complain(const struct arguments *arguments, enum option_id option)
{
	const char *const *list = words[option];
	struct qs_text expected = QS_TEXT_INIT;

	for (int i = 0; list[i]; i++)
		qs_text_addf(&expected, "%s%s", i == 0 ? "" : list[i + 1] ? ", " : " or ", list[i]);
	usage_error(arguments, "--%s cannot be \"%s\"; expected %s", option_name(option),
	    arguments->value[option], expected.data ? expected.data : "");
	qs_text_done(&expected);
	return false;
}

bool choices_are_known(const struct arguments *arguments)
{
	for (int option = 0; option < OPTION__COUNT; option++) {
		if (words[option][0] && arguments->value[option] &&
		    find_word(words[option], arguments->value[option]) < 0)
			return complain(arguments, (enum option_id)option);
	}
	return true;
}

int choice_of(const struct arguments *arguments, enum option_id option)
{
	const char *word = arguments->value[option];
	const int index = word ? find_word(words[option], word) : 0;

	return index < 0 ? 0 : index;
}
