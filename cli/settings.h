/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings files: options that a project keeps in .qstrata.json, as JSON.
 *
 * What they say becomes options as if they were given; an option of the command line stands in
 * place of its key. Each key is a row of settings.def; "per-path" is a list of codes that do not
 * count in some files, each with its reason.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "cli/ignore.h"
#include "cli/options.h"
#include "qstrata/qstrata.h"

#define SETTINGS_NAME ".qstrata.json"

/* Codes that do not count in files, and why. */
struct per_path {
	struct ignore_list paths;
	const struct qs_form_value **codes; /* prefixes */
	size_t n_codes;
	const char *reason;
};

/* A settings file as read, with the command line on top. */
struct settings {
	char *path;   /* as messages call it; NULL: there is no file */
	char *folder; /* absolute: what its paths are relative to */
	struct qs_source *source;
	struct qs_form *form;
	struct arguments arguments;
	char **texts; /* made for the arguments */
	size_t n_texts;
	struct per_path *per_path;
	size_t n_per_path;
};

/*
 * Reads a settings file, or with a NULL path takes the command line alone. False after a complaint.
 * End with settings_done() either way.
 */
bool settings_read(
    const struct arguments *arguments, const char *path, struct settings *ret_settings);
void settings_done(struct settings *settings);

/* Whether two files say the same about a run as a whole. False after a complaint. */
bool settings_agree(const struct settings *one, const struct settings *other);

/* Whether two files say the same about an option. False after a complaint. */
bool settings_agree_on(
    const struct settings *one, const struct settings *other, enum option_id option);

/* Takes what a file says about a run as a whole over into `*run`. */
void settings_take(const struct settings *settings, struct arguments *run);

/* Prints the effective options with their origins. */
void settings_show(const struct settings *settings);

#endif
