/* SPDX-License-Identifier: Apache-2.0 */
/* The page of doctor from the inside: what its sections share. */
#ifndef ANALYSIS_DOCTOR_HTML_H
#define ANALYSIS_DOCTOR_HTML_H

#include "analysis/doctor.h"
#include "analysis/html.h"

/* Rows and plots that a page has at most: some 600 bytes and 4 KiB each. */
#define QS_DOCTOR_MOST_ROWS 2000
#define QS_DOCTOR_MOST_PLOTS 60

struct qs_doctor_page {
	const struct qs_doctor *doctor;
	const struct qs_findings *findings;
	struct qs_text *text;
	bool *has_row, *has_plot; /* by tensor */
	size_t n_plots, n_plottable;
};

/* Decibels of a tensor against the float32 model; NaN when it was not compared. */
double qs_doctor_decibels(const struct qs_doctor_tensor *tensor);

/* The sections about tensors. */
void qs_doctor_add_error(struct qs_doctor_page *page);
void qs_doctor_add_tensors(struct qs_doctor_page *page);
void qs_doctor_add_distributions(struct qs_doctor_page *page);

#endif
