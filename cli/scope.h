/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for a file: the nearest settings file in its folder and those above, up to the top of
 * the repository, with the command line on top.
 */
#ifndef CLI_SCOPE_H
#define CLI_SCOPE_H

#include "cli/report.h"
#include "cli/settings.h"

/* The files of one settings file, or of none. It stays as it is while files are checked. */
struct scope {
	struct settings settings;
	const struct arguments *arguments; /* those of the settings */
	struct qs_findings *decided; /* an empty list that knows what was decided about codes */
	struct ignore_list excluded;
	struct model model;
	bool used; /* by a file that is checked */
	struct scope *next;
};

/* All scopes of a run. */
struct scopes {
	const struct arguments *line; /* the command line */
	struct scope *first;
	void *folders; /* a tree of the folders that were looked at */
	bool failed;   /* something could not be read, which was complained about */
};

/* Starts with what --settings or --no-settings ask for. End with scopes_done() either way. */
bool scopes_init(struct scopes *scopes, const struct arguments *line);
void scopes_done(struct scopes *scopes);

/*
 * The scope of a file or folder by its absolute path, which stays as it is. NULL after a complaint:
 * settings cannot be read.
 */
struct scope *scopes_find(struct scopes *scopes, char *path);

/*
 * Lays what settings say of a run as a whole over `*run`, which starts as the command line. False
 * after a complaint: scopes in use differ there.
 */
bool scopes_agree(const struct scopes *scopes, struct arguments *run);

/* Whether a path is excluded in its scope: an is_excluded of a walk. */
bool scopes_exclude(void *scopes, char *path, bool is_folder);

/* Adds to a list of findings why some do not count in a file. False: memory ran out. */
bool scope_excuse(const struct scope *scope, char *path, struct qs_findings *findings);

#endif
