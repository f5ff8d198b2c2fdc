/* SPDX-License-Identifier: Apache-2.0 */
/* probe: one tensor on its own, calibrated and quantized as a config says. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"

/* Zero points are kept where a double holds every integer. */
#define ZERO_POINT_LIMIT ((int64_t)1 << 53)

/* Numbers of a command line. */
struct numbers {
	double *scales;
	int64_t *zero_points;
	size_t n_scales, n_zero_points;
};

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/* Reads one number into element `at` of the list; returns where it ends, or NULL. */
typedef const char *read_number(const char *text, struct numbers *numbers, size_t at);

static const char *read_scale(const char *text, struct numbers *numbers, size_t at)
{
	const size_t size = strspn(text, "+-.0123456789eE");
	char *end;

	numbers->scales[at] = strtod(text, &end);
	/* strtod() knows more than JSON: infinities, and hexadecimal digits. */
	return size && end == text + size && isfinite(numbers->scales[at]) &&
	               numbers->scales[at] >= 0.0
	           ? end
	           : NULL;
}

static const char *read_zero_point(const char *text, struct numbers *numbers, size_t at)
{
	const size_t size = strspn(text, "+-0123456789");
	char *end;

	errno = 0;
	numbers->zero_points[at] = strtoll(text, &end, 10);
	return size && end == text + size && !errno &&
	               numbers->zero_points[at] <= ZERO_POINT_LIMIT &&
	               numbers->zero_points[at] >= -ZERO_POINT_LIMIT
	           ? end
	           : NULL;
}

/* The end of the elements of a list, or NULL. */
static const char *read_elements(
    const char *text, read_number *read, struct numbers *numbers, size_t *n)
{
	for (;;) {
		text = read(skip_blanks(text), numbers, *n);
		if (!text)
			return NULL;
		(*n)++;
		text = skip_blanks(text);
		if (*text != ',')
			return text;
		text++;
	}
}

/* Reads a number, or a JSON list of them. */
static bool read_list(const char *text, read_number *read, struct numbers *numbers, size_t *n)
{
	text = skip_blanks(text);
	if (*text != '[') {
		text = read(text, numbers, 0);
		*n = 1;
		return text && !*skip_blanks(text);
	}
	text = read_elements(text + 1, read, numbers, n);
	return text && *text == ']' && !*skip_blanks(text + 1);
}

/* A list has one element more than commas. */
static size_t count_elements(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == ',';
	return n;
}

/* Reads --scale and --zero-point. False: it complained, and `*ret_exit` is the exit status. */
static bool read_numbers(const struct arguments *arguments, struct numbers *numbers, int *ret_exit)
{
	const char *scale = arguments->value[OPTION_SCALE];
	const char *zero_point = arguments->value[OPTION_ZERO_POINT];

	numbers->scales = malloc(count_elements(scale ? scale : "") * sizeof(double));
	numbers->zero_points =
	    malloc(count_elements(zero_point ? zero_point : "") * sizeof(int64_t));
	if (!numbers->scales || !numbers->zero_points)
		*ret_exit = out_of_memory();
	else if (scale && !read_list(scale, read_scale, numbers, &numbers->n_scales))
		*ret_exit = usage_error(arguments,
		    "--scale cannot be \"%s\"; expected a number from 0 on or a JSON list of them",
		    scale);
	else if (zero_point &&
		 !read_list(zero_point, read_zero_point, numbers, &numbers->n_zero_points))
		*ret_exit = usage_error(arguments,
		    "--zero-point cannot be \"%s\"; expected an integer or a JSON list of them",
		    zero_point);
	else
		return true;
	return false;
}

static bool read_axis(const struct arguments *arguments, int *ret_axis, int *ret_exit)
{
	const char *text = arguments->value[OPTION_AXIS];

	*ret_axis = 0;
	if (!text)
		return true;
	/* Arrays have less than 100 dimensions. */
	if (text[0] && strlen(text) <= 2 && strspn(text, "0123456789") == strlen(text)) {
		*ret_axis = atoi(text);
		return true;
	}
	*ret_exit = usage_error(arguments, "--axis cannot be \"%s\"; expected 0, 1, 2, ...", text);
	return false;
}

/* Reads --averaging, --first-batch and --scale-law. False: it complained, and `*ret_exit` is the
 * exit status. */
static bool read_laws(const struct arguments *arguments, struct qs_probe *probe, int *ret_exit)
{
	const char *law = arguments->value[OPTION_SCALE_LAW];
	const char *averaging = arguments->value[OPTION_AVERAGING];
	const char *first = arguments->value[OPTION_FIRST_BATCH];
	char *end;

	if (law && strcmp(law, "qmax") != 0 && strcmp(law, "half-span") != 0) {
		*ret_exit = usage_error(
		    arguments, "--scale-law cannot be \"%s\"; expected qmax or half-span", law);
		return false;
	}
	if (law && strcmp(law, "half-span") == 0)
		probe->scale_law = QS_SCALE_LAW_HALF_SPAN;
	if (averaging) {
		probe->averaging = strtod(averaging, &end);
		if (end == averaging || *end || !(probe->averaging > 0.0) ||
		    probe->averaging > 1.0) {
			*ret_exit = usage_error(arguments,
			    "--averaging cannot be \"%s\"; expected more than 0 and at most 1",
			    averaging);
			return false;
		}
	}
	if (first) {
		/* 18 digits are less than 2^63. */
		if (!first[0] || strlen(first) > 18 ||
		    strspn(first, "0123456789") != strlen(first)) {
			*ret_exit = usage_error(arguments,
			    "--first-batch cannot be \"%s\"; expected 0, 1, 2, ...", first);
			return false;
		}
		probe->first_batch = strtoull(first, NULL, 10);
	}
	return true;
}

static int run_probe(
    const struct arguments *arguments, struct qs_probe *probe, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;
	struct config config;
	int result;

	if (open_config(arguments, arguments->value[OPTION_CONFIG], findings, &config, &result)) {
		enum qs_status status = QS_OK;

		probe->registry = config.registry;
		if (config.registry)
			status = qs_registry_use_threads(config.registry, probe->n_threads);
		if (status == QS_OK)
			status = qs_probe_run(config.policy, probe, findings, &text);
		result = tell_document(&text, status);
		/* What is wrong then is wrong with the arrays: the config was read. */
		if (result == EXIT_FINDINGS)
			result = EXIT_UNABLE;
	}
	fflush(stdout);
	tell_findings(
	    arguments, findings, result == EXIT_CLEAN ? stderr : stdout, QS_SEVERITY_WARNING);
	close_config(&config);
	return result;
}

static int probe_with(const struct arguments *arguments, struct qs_probe *probe)
{
	struct qs_findings *findings = qs_findings_new();
	struct numbers numbers = {NULL, NULL, 0, 0};
	const char **states = calloc((size_t)arguments->n_given + 1, sizeof(*states));
	int result = EXIT_UNABLE;

	if (!findings || !states) {
		qs_findings_free(findings);
		free(states);
		return out_of_memory();
	}
	for (size_t i = 0; i < arguments->n_given; i++) {
		if (arguments->given[i].option == OPTION_MERGE)
			states[probe->n_states++] = arguments->given[i].value;
	}
	probe->states = states;
	if (read_laws(arguments, probe, &result) && read_axis(arguments, &probe->axis, &result) &&
	    option_threads(arguments, &probe->n_threads) &&
	    read_numbers(arguments, &numbers, &result)) {
		probe->scales = numbers.scales;
		probe->n_scales = numbers.n_scales;
		probe->zero_points = numbers.zero_points;
		probe->n_zero_points = numbers.n_zero_points;
		result = run_probe(arguments, probe, findings);
	}
	free(numbers.scales);
	free(numbers.zero_points);
	free(states);
	qs_findings_free(findings);
	return result;
}

/* Whether an option stands without the one that it needs; complains then. */
static bool lacks(const struct arguments *arguments, enum option_id option, const char *name,
    enum option_id needed, const char *needed_name)
{
	if (!arguments->value[option] || arguments->value[needed])
		return false;
	usage_error(arguments, "%s needs %s", name, needed_name);
	return true;
}

int command_probe(const struct arguments *arguments)
{
	const int tensor = option_word(arguments, OPTION_TENSOR, qs_tensor_of_word, "tensor kind");
	struct qs_probe probe = {.layer = arguments->value[OPTION_LAYER],
	    .is_graph_input = arguments->value[OPTION_GRAPH_INPUT] != NULL,
	    .observed = (const char *const *)arguments->files,
	    .n_observed = (size_t)arguments->n_files,
	    .quantized = arguments->value[OPTION_QUANTIZE],
	    .output = arguments->value[OPTION_OUTPUT],
	    .state_output = arguments->value[OPTION_SAVE_STATE]};

	if (tensor == -2)
		return EXIT_UNABLE;
	if (!arguments->value[OPTION_CONFIG])
		return usage_error(arguments, "--config is missing");
	if (tensor < 0)
		return usage_error(arguments, "--tensor is missing");
	if (lacks(arguments, OPTION_QUANTIZE, "--quantize", OPTION_OUTPUT, "--output") ||
	    lacks(arguments, OPTION_OUTPUT, "--output", OPTION_QUANTIZE, "--quantize") ||
	    lacks(arguments, OPTION_ZERO_POINT, "--zero-point", OPTION_SCALE, "--scale"))
		return EXIT_UNABLE;
	probe.tensor = (enum qs_tensor)tensor;
	return probe_with(arguments, &probe);
}
