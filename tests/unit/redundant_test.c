/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be left out of a config, and that patterns find their layers: each claim is tried, by
 * leaving out and by trying every pattern on every layer.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/literal.h"
#include "policy/pattern.h"
#include "policy/selection.h"
#include "tests/unit/layers.h"
#include "tests/unit/random.h"

/* Findings of these codes only. */
static struct qs_findings *findings_of(const char *const codes[])
{
	struct qs_findings *findings = qs_findings_new();

	assert_non_null(findings);
	for (; *codes; codes++)
		assert_int_equal(qs_findings_judge(findings, *codes, QS_DECISION_ON), QS_OK);
	return findings;
}

static void expect_row(void **state)
{
	static const char *const codes[] = {"QS411", "QS413", "QS414", "QS508", "QS509", NULL};
	const struct row *row = *state;
	struct qs_findings *findings = findings_of(codes);
	struct qs_source *source = source_of(row->text);
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;

	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	assert_int_equal(
	    qs_policy_select(policy, test_layers, N_TEST_LAYERS, true, findings, &selection),
	    QS_OK);
	expect_findings(findings, row->findings);
	qs_selection_free(selection);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

#define CPU "{\"target_device\": \"CPU\", "
#define OVERALL "\"overall_quantize_config\": "
#define TENSOR "\"tensor_quantize_config\": "
#define LAYERS "\n\"layer_quantize_config\": "
#define WEIGHTS "\"quantizable_data_type\": [\"weights\"], "
#define BITS(n) TENSOR "{\"weights\": {\"bit_width\": " n "}}"
#define OVER_ALL "{\"layer_name\": \"re:.*\", " WEIGHTS BITS("7") "}"

static const struct row rows[] = {
    {"what_the_overall_block_says_too",
	CPU OVERALL "{\"bit_width\": 4},\n" TENSOR "{\"weights\": {\"bit_width\": 4}}}",
	"QS413 2:40 /tensor_quantize_config/weights/bit_width => (nothing)"},
    {"a_default_that_is_written_out", CPU TENSOR "{\"weights\": {\"bit_width\": 8}}}", ""},
    {"a_percentage_that_would_go_back",
	CPU OVERALL "{\"scale_type\": \"float\", \"method\": \"percentile\", \"percentage\": 99.9, "
		    "\"calib_statistic_method\": \"max\"},\n" TENSOR
		    "{\"activation\": {\"percentage\": 99.9}}}",
	""},
    {"the_same_for_every_kind_is_not_overridden",
	CPU OVERALL "{\"bit_width\": 4},\n" TENSOR
		    "{\"input\": {\"bit_width\": 4},\n\"weights\": {\"bit_width\": 4},\n\"bias\": "
		    "{\"bit_width\": 4},\n\"activation\": {\"bit_width\": 4}}}",
	"QS413 2:38 /tensor_quantize_config/input/bit_width => (nothing)\n"
	"QS413 3:13 /tensor_quantize_config/weights/bit_width => (nothing)\n"
	"QS413 4:10 /tensor_quantize_config/bias/bit_width => (nothing)\n"
	"QS413 5:16 /tensor_quantize_config/activation/bit_width => (nothing)"},
    {"an_entry_that_says_what_holds",
	CPU LAYERS "[{\"layer_type\": \"ReLU\", " WEIGHTS BITS("8") "},\n" OVER_ALL "]}",
	"QS414 2:42 /layer_quantize_config/0/layer_type => (nothing)"},
    {"an_entry_that_shields_from_another",
	CPU LAYERS
	"[{\"layer_type\": \"Conv2d\", " WEIGHTS BITS("4") "},\n{\"layer_name\": "
							   "\"conv1\", " WEIGHTS BITS("8") "}]}",
	"QS509 2:1 /layer_quantize_config"},
    {"an_entry_that_would_shield_elsewhere",
	CPU LAYERS
	"[{\"layer_type\": \"Conv2d\", " WEIGHTS BITS("4") "},\n{\"layer_name\": "
							   "\"fc\", " WEIGHTS BITS("8") "}]}",
	"QS509 2:1 /layer_quantize_config\n"
	"QS508 3:16 /layer_quantize_config/1/layer_name => (nothing)"},
    {"an_entry_that_says_what_a_weaker_one_says",
	CPU LAYERS
	"[{\"layer_type\": \"Conv2d\", " WEIGHTS BITS("4") "},\n{\"layer_name\": "
							   "\"conv1\", " WEIGHTS BITS("4") "}]}",
	"QS509 2:1 /layer_quantize_config\n"
	"QS508 3:16 /layer_quantize_config/1/layer_name => (nothing)"},
    {"entries_that_reach_all", CPU LAYERS "[" OVER_ALL "]}", ""},
};

/* ---- tried on random configs ----------------------------------------------------------------- */

static const char *const selectors[] = {"\"layer_type\": \"Conv2d\"", "\"layer_type\": \"Conv\"",
    "\"layer_type\": \"ReLU\"", "\"layer_name\": \"conv1\"", "\"layer_name\": \"/conv1/Conv\"",
    "\"layer_name\": \"fc\"", "\"layer_name\": \"re:.*conv1.*\"", "\"layer_name\": \"re:.*\"",
    "\"layer_name\": \"re:(/fc|MatMul).*\"", "\"layer_name\": \"re:layer1\\\\.[0-9]\\\\.conv1\"",
    "\"layer_name\": \"re:/?[a-z]+1/.*Conv?\""};
static const char *const kinds[] = {"\"weights\"", "\"weights\", \"bias\"", "\"activation\""};
static const char *const widths[] = {"8", "4", "6"};

#define PICK(words) words[random_below(random, sizeof(words) / sizeof(*(words)))]
#define MOST_ENTRIES 6

/* The text of a config of some entries, one of them left out. */
static void write_config(struct qs_text *text, char entries[][256], size_t n, size_t without)
{
	const char *separator = "";

	qs_text_clear(text);
	qs_text_adds(text, CPU LAYERS "[");
	for (size_t i = 0; i < n; i++) {
		if (i == without)
			continue;
		qs_text_addf(text, "%s\n%s", separator, entries[i]);
		separator = ",";
	}
	qs_text_adds(text, "]}");
}

/* What every layer has under a config, as JSON; the findings are added. */
static void resolve(const char *config, struct qs_findings *findings, struct qs_text *ret_json)
{
	struct qs_source *source = source_of(config);
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;

	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	assert_int_equal(
	    qs_policy_select(policy, test_layers, N_TEST_LAYERS, true, findings, &selection),
	    QS_OK);
	qs_text_clear(ret_json);
	for (size_t l = 0; l < N_TEST_LAYERS; l++) {
		for (int t = 0; t < QS_TENSOR__COUNT; t++)
			qs_text_addf(ret_json, " %d",
			    qs_selection_spec(selection, l, (enum qs_tensor)t).bit_width);
	}
	qs_selection_free(selection);
	qs_policy_free(policy);
	qs_source_free(source);
}

/* Leaves out each entry that is said to change nothing. */
static void try_without(
    char entries[][256], size_t n, const struct qs_findings *findings, const struct qs_text *with)
{
	struct qs_text config = QS_TEXT_INIT, json = QS_TEXT_INIT;

	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);
		struct qs_findings *others = qs_findings_new();
		const size_t which =
		    strtoul(finding->pointer + strlen("/layer_quantize_config/"), NULL, 10);

		write_config(&config, entries, n, which);
		resolve(config.data, others, &json);
		assert_string_equal(json.data, with->data);
		qs_findings_free(others);
	}
	qs_text_done(&config);
	qs_text_done(&json);
}

static void what_is_said_to_change_nothing_changes_nothing(void **state)
{
	static const char *const codes[] = {"QS414", "QS508", NULL};
	uint64_t seed = 7, *random = &seed;
	struct qs_text config = QS_TEXT_INIT, json = QS_TEXT_INIT;
	size_t n_said = 0;

	(void)state;
	for (size_t round = 0; round < 2000; round++) {
		const size_t n = 1 + random_below(random, MOST_ENTRIES);
		struct qs_findings *findings = findings_of(codes);
		char entries[MOST_ENTRIES][256];

		for (size_t i = 0; i < n; i++) {
			const char *listed = PICK(kinds);

			snprintf(entries[i], sizeof(entries[i]),
			    "{%s, \"quantizable_data_type\": [%s], \"overall_quantize_config\": "
			    "{\"bit_width\": %s}}",
			    PICK(selectors), listed, PICK(widths));
		}
		write_config(&config, entries, n, n);
		resolve(config.data, findings, &json);
		n_said += qs_findings_count(findings);
		try_without(entries, n, findings, &json);
		qs_findings_free(findings);
	}
	assert_true(n_said > 500);
	qs_text_done(&config);
	qs_text_done(&json);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static void the_texts_of_a_pattern_are_what_it_cannot_do_without(void **state)
{
	static const char *const texts[][2] = {
	    {"conv1", "conv1"},
	    {".*conv1.*", "conv1"},
	    {"layer1\\.0\\.conv1", "layer1.0.conv1"},
	    {"features\\.\\d+\\.conv", "features."},
	    {"ab?cde", "cde"},
	    {"ab*cde", "cde"},
	    {"abc+d", "abc"},
	    {"abc{0,2}d", "ab"},
	    {"abc{2}d", "ab"},
	    {"x(conv|fc)yz", "yz"},
	    {"(conv)", "conv"},
	    {"(conv)?", ""},
	    {"(conv)*x", "x"},
	    {"(conv){0,1}x", "x"},
	    {"(conv)+x", "conv"},
	    {"conv|fc", "conv fc"},
	    {"x(conv|down)yz", "conv down"},
	    {".*\\.(encoder|decoder)\\.[0-9]+", "encoder decoder"},
	    {"(a|b|c)onv", "onv"},
	    {"(one|(two|three)x|four)", "one two three four"},
	    {"(one|)", ""},
	    {"(one|[0-9])", ""},
	    {"(one|two)|", ""},
	    {"(?=conv|fc)x", "x"},
	    {"(?<n>conv|fc)x", "x"},
	    {"(?|conv|fc)x", ""},
	    {"(?:conv1|conv2)\\.w", "conv1 conv2"},
	    {"a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p", "a b c d e f g h i j k l m n o p"},
	    {"a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q", ""},
	    {"(((((((((((((((conv)))))))))))))))", "conv"},
	    {"((((((((((((((((conv))))))))))))))))", ""},
	    {"\\012conv", ""},
	    {"(conv|fc)\\1", ""},
	    {"[ab]conv[^]x]z", "conv"},
	    {"[\\]x]conv", "conv"},
	    {"(a(b)[)]c\\)d)tail", "tail"},
	    {"(?i)conv", ""},
	    {"(?:a)conv", "conv"},
	    {"(?=a)conv", "conv"},
	    {"a(*ACCEPT)conv", ""},
	    {"\\Qa|b\\E", ""},
	    {"\\x{41}bcd", ""},
	    {"^conv$", "conv"},
	    {"caf\xC3\xA9?s", "caf"},
	    {"\xC3\xA9+s", "\xC3\xA9"},
	    {".*", ""},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct qs_literals literals = QS_LITERALS_INIT;

		qs_literals_of(texts[i][0], strlen(texts[i][0]), &literals);
		for (size_t k = 0; k + 1 < literals.texts.size; k++)
			literals.texts.data[k] =
			    literals.texts.data[k] ? literals.texts.data[k] : ' ';
		assert_string_equal(literals.texts.data, texts[i][1]);
		qs_literals_done(&literals);
	}
}

/* Appends a random pattern: letters, classes, groups with alternatives, each perhaps repeated. */
static void add_pattern(uint64_t *state, struct qs_text *text, int depth)
{
	static const char *const atoms[] = {"a", "b", "c", "ab", "abc", "\\.", ".", "[ab]", "[^a]"};
	static const char *const repeats[] = {"", "", "", "?", "*", "+", "{0,2}", "{1,2}", "+?"};
	const size_t n_alternatives = 1 + random_below(state, 3) % 3 * (depth > 0);

	for (size_t a = 0; a < n_alternatives; a++) {
		qs_text_adds(text, a ? "|" : "");
		for (size_t n = random_below(state, 4); n > 0; n--) {
			if (depth < 3 && random_below(state, 3) == 0) {
				qs_text_adds(text, random_below(state, 2) ? "(" : "(?:");
				add_pattern(state, text, depth + 1);
				qs_text_adds(text, ")");
			} else {
				qs_text_adds(text,
				    atoms[random_below(state, sizeof(atoms) / sizeof(*atoms))]);
			}
			qs_text_adds(
			    text, repeats[random_below(state, sizeof(repeats) / sizeof(*repeats))]);
		}
	}
}

static bool has_one_of(const struct qs_literals *literals, const char *name)
{
	const char *text = literals->texts.data;

	for (size_t i = 0; i < literals->n; i++) {
		if (strstr(name, text))
			return true;
		text += strlen(text) + 1;
	}
	return literals->n == 0;
}

static void every_name_that_a_pattern_takes_has_one_of_its_texts(void **state)
{
	struct qs_literals literals = QS_LITERALS_INIT;
	struct qs_text pattern = QS_TEXT_INIT;
	size_t n_matches = 0, n_telling = 0;
	uint64_t random = 7;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct qs_pattern *compiled;
		char message[160];
		size_t offset;

		qs_text_clear(&pattern);
		add_pattern(&random, &pattern, (int)random_below(&random, 2));
		qs_literals_of(pattern.data, pattern.size, &literals);
		if (qs_pattern_new(pattern.data, pattern.size, &compiled, message, &offset) !=
		    QS_OK)
			fail_msg("\"%s\": %s", pattern.data, message);
		for (int k = 0; k < 20; k++) {
			char name[8];
			const size_t size = random_below(&random, sizeof(name));
			bool matches;

			for (size_t c = 0; c < size; c++)
				name[c] = "abc."[random_below(&random, 4)];
			name[size] = '\0';
			/* Nests of repeats reach the limit of what a match may do. */
			if (qs_pattern_match(compiled, name, &matches) != QS_OK)
				continue;
			n_matches += matches;
			n_telling += matches && literals.n > 1;
			if (matches && !has_one_of(&literals, name))
				fail_msg("\"%s\" takes \"%s\"", pattern.data, name);
		}
		qs_pattern_free(compiled);
	}
	/* That is no law of nothing. */
	assert_true(n_matches > 2000 && n_telling > 200);
	qs_text_done(&pattern);
	qs_literals_done(&literals);
}

static void note_found(void *context, size_t number)
{
	((size_t *)context)[number]++;
}

static void all_texts_are_found_however_they_overlap(void **state)
{
	static const char *const texts[] = {"he", "she", "his", "hers", "he", "s", "xyz"};
	static const size_t expected[] = {1, 1, 0, 1, 1, 2, 0};
	struct qs_finder *finder = qs_finder_new();
	size_t found[7] = {0};

	(void)state;
	for (size_t i = 0; i < 7; i++)
		assert_true(qs_finder_add(finder, texts[i], strlen(texts[i]), i));
	assert_true(qs_finder_ready(finder));
	qs_finder_search(finder, "ushers", note_found, found);
	qs_finder_search(finder, "", note_found, found);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(found[i], expected[i]);
	qs_finder_free(finder);
}

/* The winner of every layer, by trying every entry on it. */
static void patterns_win_what_trying_them_all_gives(void **state)
{
	uint64_t seed = 11, *random = &seed;

	(void)state;
	for (size_t round = 0; round < 500; round++) {
		const size_t n = 1 + random_below(random, MOST_ENTRIES);
		struct qs_findings *findings = qs_findings_new();
		struct qs_selection *selection = NULL;
		struct qs_text config = QS_TEXT_INIT;
		struct qs_policy *policy = NULL;
		char entries[MOST_ENTRIES][256];
		struct qs_source *source;

		for (size_t i = 0; i < n; i++)
			snprintf(entries[i], sizeof(entries[i]), "{%s, " WEIGHTS BITS("4") "}",
			    selectors[6 + random_below(random, 5)]);
		write_config(&config, entries, n, n);
		source = source_of(config.data);
		assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
		assert_int_equal(qs_policy_select(policy, test_layers, N_TEST_LAYERS, true,
				     findings, &selection),
		    QS_OK);
		for (size_t l = 0; l < N_TEST_LAYERS; l++) {
			const struct qs_entry *strongest;

			assert_int_equal(
			    qs_policy_strongest(policy, &test_layers[l], &strongest), QS_OK);
			assert_ptr_equal(selection->winners[l], strongest);
		}
		qs_selection_free(selection);
		qs_policy_free(policy);
		qs_source_free(source);
		qs_text_done(&config);
		qs_findings_free(findings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_said_to_change_nothing_changes_nothing),
	    cmocka_unit_test(the_texts_of_a_pattern_are_what_it_cannot_do_without),
	    cmocka_unit_test(every_name_that_a_pattern_takes_has_one_of_its_texts),
	    cmocka_unit_test(all_texts_are_found_however_they_overlap),
	    cmocka_unit_test(patterns_win_what_trying_them_all_gives),
	};
	int n_failed = cmocka_run_group_tests_name("redundant", tests, NULL, NULL);

	n_failed += RUN_ROWS("redundant: rows", rows, expect_row);
	return n_failed;
}
