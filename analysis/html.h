/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of HTML that needs nothing else: no network, no file beside it. Style and script are
 * within it, plots are SVG. It follows the light or dark of the reader, prints, and can be read
 * without a script, which only sorts and filters tables.
 */
#ifndef ANALYSIS_HTML_H
#define ANALYSIS_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "qstrata/base.h"

/* Begins a page, up to its main part; and ends it. */
void qs_html_begin(struct qs_text *text, const char *title);
void qs_html_end(struct qs_text *text);

/* Words of any writer, made harmless. */
void qs_html_words(struct qs_text *text, const char *words);

/* A number to six digits; infinities and NaN as words. */
void qs_html_number(struct qs_text *text, double number);

/* A column of a table. */
struct qs_html_column {
	const char *head, *meaning; /* the meaning is shown when somebody points to the head */
	bool is_number;
};

/* Begins a table that can be sorted by any column, with its caption; rows follow. */
void qs_html_begin_table(struct qs_text *text, const char *id, const char *caption,
    const struct qs_html_column *columns, size_t n);
void qs_html_end_table(struct qs_text *text);

/* A cell of a number, which sorts as one; NaN is an empty one. */
void qs_html_number_cell(struct qs_text *text, double number);
/* A cell of words. */
void qs_html_word_cell(struct qs_text *text, const char *words);

/* ---- plots ----------------------------------------------------------------------------------- */

/* How often values are, with the grid of integers that they are rounded to. */
struct qs_html_distribution {
	const uint64_t *counts; /* of equal bins from the least to the most value */
	size_t n_bins;
	double least, most;
	bool has_grid;
	double step, grid_least, grid_most; /* in units of the data; both ends are codes */
	const char *title;                  /* for those who do not see it */
};
void qs_html_distribution(struct qs_text *text, const struct qs_html_distribution *distribution);
/* How many codes apart the lines of its grid are. */
double qs_html_distribution_lines(const struct qs_html_distribution *distribution);

/* A point of a line along the model. */
struct qs_html_point {
	double value;     /* NaN: none */
	const char *name; /* of the tensor */
	size_t id;        /* where it leads to: #tN; SIZE_MAX: nowhere */
};

/* Two lines of decibels along the model; `own` has as many points. */
void qs_html_decibels(struct qs_text *text, const struct qs_html_point *all,
    const struct qs_html_point *own, size_t n);

extern const char qs_html_style[], qs_html_script[];

#endif
