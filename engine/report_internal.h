/* SPDX-License-Identifier: Apache-2.0 */
/* What a job did, put together for the report as text and as JSON. */
#ifndef ENGINE_REPORT_INTERNAL_H
#define ENGINE_REPORT_INTERNAL_H

#include "engine/job.h"

/* Sites of one kind and format. */
struct qs_format_row {
	enum qs_tensor kind;
	char format[40];
	size_t count;
};

/* Kept tensors of one kind and reason. */
struct qs_kept_row {
	enum qs_tensor kind;
	const char *reason;
	const struct qs_kept *first;
	size_t count;
};

/* There are a few formats and reasons, however many tensors there are. */
#define QS_REPORT_ROWS 64

struct qs_summary {
	struct qs_format_row formats[QS_REPORT_ROWS];
	size_t n_formats;
	struct qs_kept_row kept[QS_REPORT_ROWS];
	size_t n_kept;
};

/* Ties among calibration values, of activations that are written with another rounding mode. */
struct qs_tie_summary {
	uint64_t n_values, n_ties;
	const struct qs_site *most; /* the site with the largest share of ties, or NULL */
};

/* Switches that are on and that vai_q_pytorch, too, reads and passes over. */
struct qs_reserved_switch {
	enum qs_switch which;
	const char *key;
};
#define QS_N_RESERVED 2
extern const struct qs_reserved_switch qs_reserved_switches[QS_N_RESERVED];

void qs_report_summarize(const struct qs_job *job, struct qs_summary *summary);

/* Ties where rounding modes are not written as they are; nothing where all are. */
struct qs_tie_summary qs_report_ties(const struct qs_job *job);

/* The word of a rounding mode; that of QS_ROUND_MODE__COUNT stands for those of plug-ins. */
const char *qs_report_mode(int mode);

/* The largest of a bias's corrections; 0 for a site without. */
double qs_report_largest_correction(const struct qs_site *site);

#endif
