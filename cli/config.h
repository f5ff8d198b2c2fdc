/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config that a command works on: read under the settings of its project, with the command line
 * on top of them.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/report.h"
#include "cli/scope.h"

struct config {
	struct scopes scopes;
	const struct scope *scope;
	const struct arguments *arguments; /* the command line, with the settings below it */
	struct qs_policy_options options;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_source *scales;     /* of --scales; NULL without it */
	struct qs_registry *registry; /* with the plug-ins of --plugin; NULL without it */
	bool has_document;            /* on the standard output: findings go to the other one */
};

/*
 * Finds the settings of the config at a path, and what the command is given by them. False after a
 * complaint. End the config with close_config() either way.
 */
bool find_config(const struct arguments *line, const char *path, struct config *ret_config);

/*
 * Reads the config at a path whose settings were found. False: it cannot be used; findings say why,
 * and `*ret_exit` is the exit status.
 */
bool read_config(
    struct config *config, const char *path, struct qs_findings *findings, int *ret_exit);

/* Finds the settings and reads the config. From then on its arguments count. */
bool open_config(const struct arguments *line, const char *path, struct qs_findings *findings,
    struct config *ret_config, int *ret_exit);
void close_config(struct config *config);

/* What a command does with a config that can be used, and with the model of --model, if there is
 * one; returns the exit status. */
typedef int config_use(const struct arguments *arguments, const struct config *config,
    const struct model *model, struct qs_findings *findings);

/* Runs a command over its one config; returns the exit status. */
int use_config(const struct arguments *line, config_use *use);

/* What a command does with the rules that there are; returns the exit status. */
typedef int rulebook_use(const struct arguments *arguments, const struct qs_rulebook *rulebook,
    struct qs_findings *findings);

/* Runs a command over the rules of the working folder's settings, for at most one operand, which
 * messages call `what`; returns the exit status. */
int use_rulebook(const struct arguments *line, const char *what, rulebook_use *use);

#endif
