/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands share: reading configs, and telling findings and documents.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "qstrata/qstrata.h"

#include "cli/options.h"

/* What a file is called: its path, or what stands for the standard input. */
const char *name_of_file(const struct arguments *arguments, const char *path);

/* Reads a file into a source; "-" is the standard input. */
enum qs_status read_source(const struct arguments *arguments, const char *path,
    struct qs_findings *findings, struct qs_source **ret_source);

/* A model that configs are held against. */
struct model {
	struct qs_model *model; /* NULL when --model is not given */
	struct qs_layers *layers;
};

/* Opens the model at a path; a NULL path gives none. End it with close_model() either way. */
enum qs_status open_model(const char *path, struct qs_findings *findings, struct model *ret_model);
void close_model(struct model *model);

/* Finds the winners of all layers; without a model there is no selection, which is fine. */
enum qs_status select_layers(const struct arguments *arguments, const struct qs_policy *policy,
    const struct model *model, struct qs_findings *findings, struct qs_selection **ret_selection);

/* Writes findings to a stream, with frames and hints. */
void tell_findings(const struct arguments *arguments, struct qs_findings *findings, FILE *stream,
    enum qs_severity at_least);

/* Writes a document to the standard output and ends it; returns the exit status. */
int tell_document(struct qs_text *text, enum qs_status status);

/* The number of a word given to an option, -1 when none is given, -2 after a complaint. */
int option_word(const struct arguments *arguments, enum option_id option,
    int (*find)(const char *word), const char *what);

/*
 * Complains about the value of an option, where it stands: the words follow the option's name. For
 * a settings file, the nearest of `words` is offered; they may be NULL.
 */
void refuse_value(const struct arguments *arguments, const struct given *given,
    const char *const *words, size_t n_words, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Checks --docs-url, when it is given. False after a complaint. */
bool check_docs_url(const struct arguments *arguments);

/* Whether --format says json rather than text, which is the default. False after a complaint. */
bool option_json(const struct arguments *arguments, bool *ret_json);

/* Writes a difference to the standard output; returns the exit status of a comparison. */
int tell_difference(const struct qs_difference *difference, bool json);

/* Reads an option that is a whole number from `least`. False after a complaint; `*ret` stays as it
 * was when the option is not given. */
bool option_count(
    const struct arguments *arguments, enum option_id option, size_t least, size_t *ret);

/* Reads --threads; 0 when it is not given. False after a complaint. */
bool option_threads(const struct arguments *arguments, size_t *ret_n_threads);

/* The exit status of a status that is not QS_OK; says what findings cannot say. */
int exit_of(enum qs_status status);

/* Complains that memory ran out; returns the exit status. */
int out_of_memory(void);

#endif
