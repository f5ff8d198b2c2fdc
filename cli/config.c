/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the configs of commands under the settings of their projects. */
#include "cli/config.h"

#include <stdlib.h>

#include "cli/path.h"

/* A registry with all plug-ins of the command line, each refusal told; NULL when there are none. */
static enum qs_status load_plugins(const struct arguments *arguments, struct qs_findings *findings,
    struct qs_registry **ret_registry)
{
	enum qs_status worst = QS_OK;

	if (!arguments->value[OPTION_PLUGIN])
		return QS_OK;
	*ret_registry = qs_registry_new();
	if (!*ret_registry)
		return QS_NOMEM;
	for (size_t i = 0; i < arguments->n_given; i++) {
		enum qs_status status = QS_OK;

		if (arguments->given[i].option == OPTION_PLUGIN)
			status =
			    qs_registry_load(*ret_registry, arguments->given[i].value, findings);
		if (status != QS_OK)
			worst = status == QS_INVALID ? QS_UNSUPPORTED : status;
	}
	return worst;
}

bool find_config(const struct arguments *line, const char *path, struct config *ret_config)
{
	char *absolute = path_absolute(name_of_file(line, path));

	*ret_config = (struct config){.scope = NULL};
	if (!absolute)
		out_of_memory();
	else if (scopes_init(&ret_config->scopes, line))
		ret_config->scope = scopes_find(&ret_config->scopes, absolute);
	free(absolute);
	if (!ret_config->scope)
		return false;
	ret_config->arguments = ret_config->scope->arguments;
	ret_config->options = ret_config->scope->judgement.options;
	return true;
}

bool read_config(
    struct config *config, const char *path, struct qs_findings *findings, int *ret_exit)
{
	enum qs_status status = load_plugins(config->arguments, findings, &config->registry);

	config->options.awaits_model = config->arguments->value[OPTION_MODEL] != NULL;
	if (config->registry)
		config->options.vocabulary = qs_registry_vocabulary(config->registry);
	if (status == QS_OK)
		status = read_source(config->arguments, path, findings, &config->source);
	if (status == QS_OK)
		status =
		    qs_policy_read_for(config->source, &config->options, findings, &config->policy);
	*ret_exit = exit_of(status);
	return status == QS_OK;
}

bool open_config(const struct arguments *line, const char *path, struct qs_findings *findings,
    struct config *ret_config, int *ret_exit)
{
	*ret_exit = EXIT_UNABLE;
	return find_config(line, path, ret_config) &&
	       read_config(ret_config, path, findings, ret_exit);
}

void close_config(struct config *config)
{
	qs_policy_free(config->policy);
	qs_source_free(config->source);
	qs_registry_free(config->registry);
	scopes_done(&config->scopes);
}

static int use_with_model(
    const struct config *config, struct qs_findings *findings, config_use *use)
{
	struct model model;
	enum qs_status status =
	    open_model(config->arguments->value[OPTION_MODEL], findings, &model);
	int result = status == QS_NOMEM ? out_of_memory() : EXIT_UNABLE;

	if (status == QS_OK)
		result = use(config->arguments, config, &model, findings);
	close_model(&model);
	return result;
}

int use_config(const struct arguments *line, config_use *use)
{
	struct qs_findings *findings;
	struct config config;
	int result;

	if (line->n_files != 1)
		return usage_error(line, "exactly one file is expected, found %d", line->n_files);
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	if (open_config(line, line->files[0], findings, &config, &result))
		result = use_with_model(&config, findings, use);
	tell_findings(line, findings, stderr, QS_SEVERITY_ERROR);
	close_config(&config);
	qs_findings_free(findings);
	return result;
}

int use_rulebook(const struct arguments *line, const char *what, rulebook_use *use)
{
	struct qs_findings *findings;
	struct config config;
	int result = EXIT_UNABLE;

	if (line->n_files > 1)
		return usage_error(
		    line, "at most one %s is expected, found %d", what, line->n_files);
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	/* Settings are those of a file in the working folder. */
	if (find_config(line, "x", &config))
		result = use(config.arguments, config.scope->judgement.rulebook, findings);
	tell_findings(line, findings, stderr, QS_SEVERITY_INFO);
	close_config(&config);
	qs_findings_free(findings);
	return result;
}
