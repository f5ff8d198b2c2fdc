/* SPDX-License-Identifier: Apache-2.0 */
/* suggest: the fewest entries that give a config the accuracy that is asked for. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/choices.h"
#include "cli/interrupt.h"
#include "cli/metric_command.h"
#include "cli/work.h"

/* ---- options --------------------------------------------------------------------------------- */

/* A number that is all of a word. */
static bool read_number(const char *word, double *ret_number)
{
	char *end;

	*ret_number = strtod(word, &end);
	return end != word && !*end && isfinite(*ret_number);
}

/* --goal: METRIC=VALUE, or >=VALUE or <=VALUE of a command. */
static bool read_goal(const struct arguments *arguments, struct qs_suggest_options *options)
{
	const char *goal = arguments->value[OPTION_GOAL];
	const char *equals = strchr(goal, '=');
	char name[16] = "";

	if (options->measure) {
		options->less_is_better = goal[0] == '<';
		if ((goal[0] == '>' || goal[0] == '<') && goal[1] == '=' &&
		    read_number(goal + 2, &options->goal))
			return true;
		usage_error(arguments,
		    "--goal cannot be \"%s\" with --metric-command; expected \">=VALUE\" or "
		    "\"<=VALUE\"",
		    goal);
		return false;
	}
	if (equals && (size_t)(equals - goal) < sizeof(name))
		memcpy(name, goal, (size_t)(equals - goal));
	options->metric = qs_metric_of(name);
	if (options->metric != QS_METRIC__COUNT && read_number(equals + 1, &options->goal))
		return true;
	usage_error(arguments,
	    "--goal cannot be \"%s\"; expected METRIC=VALUE, such as cosine=0.999", goal);
	return false;
}

/* --budget: bytes=N or macs16=N. */
static bool read_budget(
    const struct arguments *arguments, const char *budget, struct qs_suggest_options *options)
{
	const char *digits = strchr(budget, '=');
	uint64_t *limit = NULL;
	char *end;

	if (strncmp(budget, "bytes=", 6) == 0)
		limit = &options->bytes_limit;
	else if (strncmp(budget, "macs16=", 7) == 0)
		limit = &options->macs16_limit;
	errno = 0;
	if (limit && digits[1] >= '0' && digits[1] <= '9') {
		*limit = strtoull(digits + 1, &end, 10);
		if (!*end && !errno)
			return true;
	}
	usage_error(arguments, "--budget cannot be \"%s\"; expected bytes=N or macs16=N", budget);
	return false;
}

/* --strategy: a word, for some with a number behind it. */
static bool read_strategy(const struct arguments *arguments, struct qs_suggest_options *options)
{
	const char *word = arguments->value[OPTION_STRATEGY];
	const size_t size = word ? strcspn(word, "=") : 0;
	int found = 0;
	bool is_counted;

	if (!word)
		return true;
	while (found < QS_STRATEGY__COUNT &&
	       (strlen(qs_strategy_word((enum qs_strategy)found)) != size ||
		   strncmp(qs_strategy_word((enum qs_strategy)found), word, size) != 0))
		found++;
	options->strategy = (enum qs_strategy)found;
	is_counted = found == QS_STRATEGY_TOP || found == QS_STRATEGY_RATIO;
	if (found < QS_STRATEGY__COUNT && !is_counted && !word[size])
		return true;
	if (is_counted && word[size] && read_number(word + size + 1, &options->strategy_number) &&
	    options->strategy_number > 0 &&
	    (found == QS_STRATEGY_TOP ? floor(options->strategy_number) >= options->strategy_number
				      : options->strategy_number <= 1))
		return true;
	usage_error(arguments,
	    "--strategy cannot be \"%s\"; expected fewest, types, topk=N, ratio=R with R up to 1, "
	    "thresholds or staged",
	    word);
	return false;
}

/* --random and --seed. */
static bool read_chance(const struct arguments *arguments, struct qs_suggest_options *options)
{
	size_t seed = 1;

	if (!option_count(arguments, OPTION_RANDOM, 0, &options->n_random) ||
	    !option_count(arguments, OPTION_SEED, 0, &seed))
		return false;
	options->seed = seed;
	return true;
}

static bool read_options(const struct arguments *arguments, struct qs_suggest_options *options)
{
	const char *command = arguments->value[OPTION_METRIC_COMMAND];

	options->measure = command ? metric_command : NULL;
	options->measure_context = (void *)command;
	if (!read_goal(arguments, options) || !read_strategy(arguments, options) ||
	    !read_chance(arguments, options) || !option_threads(arguments, &options->n_threads))
		return false;
	for (size_t i = 0; i < arguments->n_given; i++) {
		if (arguments->given[i].option == OPTION_BUDGET &&
		    !read_budget(arguments, arguments->given[i].value, options))
			return false;
	}
	options->model_path = arguments->value[OPTION_MODEL];
	options->allow_unmatched = arguments->value[OPTION_ALLOW_UNMATCHED];
	options->arithmetic = (enum qs_arithmetic)choice_of(arguments, OPTION_DPU_ARITHMETIC);
	options->effort.cache = arguments->value[OPTION_CACHE];
	if (arguments->value[OPTION_EXHAUSTIVE])
		options->effort.runs_a_layer = 0;
	return true;
}

/* ---- work ------------------------------------------------------------------------------------ */

/* How many configs there will be nobody knows. */
static bool show_config(void *context, size_t n_done, size_t n_all)
{
	(void)context;
	(void)n_all;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rtrying config %zu\033[K", n_done + 1);
	return !interrupt_seen();
}

static bool watch(void *context, size_t n_done, size_t n_all)
{
	(void)context;
	(void)n_done;
	(void)n_all;
	return !interrupt_seen();
}

/* Writes the config and what was found. */
static enum qs_status tell(const struct arguments *arguments,
    const struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = qs_text_save(
	    qs_suggestion_config(suggestion), arguments->value[OPTION_OUTPUT], findings);

	if (status == QS_OK)
		status = qs_suggestion_write(suggestion,
		    (enum qs_table_format)choice_of(arguments, OPTION_TABLE_FORMAT), &text);
	if (status == QS_OK)
		fwrite(text.data, 1, text.size, stdout);
	qs_text_done(&text);
	return status;
}

static enum qs_status search(const struct arguments *arguments, struct config *config,
    struct qs_suggest_options *options, struct qs_findings *findings, bool *ret_reached)
{
	struct qs_suggestion *suggestion;
	enum qs_status status = qs_suggest(config->source, options, findings, &suggestion);

	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (status != QS_OK)
		return status;
	status = tell(arguments, suggestion, findings);
	config->has_document = status == QS_OK;
	*ret_reached = qs_suggestion_reached(suggestion);
	qs_suggestion_free(suggestion);
	return status;
}

/* A folder for the models of a metric command, and a name in it. */
static bool make_folder(struct qs_text *folder, struct qs_text *path)
{
	const char *where = getenv("TMPDIR");

	qs_text_addf(folder, "%s/qstrata.XXXXXX", where && *where ? where : "/tmp");
	if (folder->failed || !mkdtemp(folder->data)) {
		fprintf(stderr, "qstrata: cannot make a folder in %s: %s\n",
		    where && *where ? where : "/tmp", strerror(errno));
		return false;
	}
	qs_text_addf(path, "%s/model.onnx", folder->data);
	return !path->failed;
}

static int run_suggest(struct config *config, struct qs_findings *findings, job_work *work)
{
	const struct arguments *arguments = config->arguments;
	struct qs_suggest_options options = QS_SUGGEST_INIT;
	struct qs_text folder = QS_TEXT_INIT, path = QS_TEXT_INIT;
	struct job_options how;
	bool reached = false;
	enum qs_status status;

	(void)work;
	if (!read_options(arguments, &options) || !find_scale_law(config, &options.scale_law) ||
	    (options.measure && !make_folder(&folder, &path))) {
		qs_text_done(&folder);
		return EXIT_UNABLE;
	}
	status = job_options_read(arguments, "", findings, &how);
	how.calibrate.progress = watch;
	options.calibrate = &how.calibrate;
	options.policy = &config->options;
	options.registry = config->registry;
	options.temporary = path.data;
	options.progress = show_config;
	interrupt_watch();
	if (status == QS_OK && config->registry)
		status = qs_registry_use_threads(config->registry, options.n_threads);
	if (status == QS_OK)
		status = qs_output_check(arguments->value[OPTION_OUTPUT], findings);
	if (status == QS_OK && options.effort.cache)
		status = qs_output_check(options.effort.cache, findings);
	if (status == QS_OK)
		status = search(arguments, config, &options, findings, &reached);
	if (folder.size)
		rmdir(folder.data);
	qs_text_done(&folder);
	qs_text_done(&path);
	interrupt_end();
	if (status == QS_OK && !reached)
		return EXIT_FINDINGS;
	return exit_of_job(status, findings);
}

int command_suggest(const struct arguments *line)
{
	static const enum option_id required[] = {
	    OPTION_MODEL, OPTION_DATA, OPTION_GOAL, OPTION_OUTPUT};

	return work_on_config(
	    line, required, sizeof(required) / sizeof(*required), run_suggest, NULL);
}
