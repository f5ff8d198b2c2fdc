/* SPDX-License-Identifier: Apache-2.0 */
/* What a job did, put together for the report. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/report_internal.h"

const struct qs_reserved_switch qs_reserved_switches[QS_N_RESERVED] = {
    {QS_SWITCH_KEEP_FIRST_LAST_LAYER_ACCURACY, "keep_first_last_layer_accuracy"},
    {QS_SWITCH_KEEP_ADD_LAYER_ACCURACY, "keep_add_layer_accuracy"},
};

static void format_of(const struct qs_site *site, char format[40])
{
	if (site->spec.datatype == QS_DATATYPE_INT)
		snprintf(format, 40, "%sint%d%s", site->qparams.quant_min < 0 ? "" : "u",
		    site->spec.bit_width, site->qparams.n > 1 ? " per channel" : "");
	else
		snprintf(format, 40, "%s", qs_datatype_word((enum qs_datatype)site->spec.datatype));
}

static void add_site(struct qs_summary *summary, const struct qs_site *site)
{
	char format[40];
	size_t i = 0;

	format_of(site, format);
	while (i < summary->n_formats && (summary->formats[i].kind != site->kind ||
					     strcmp(summary->formats[i].format, format) != 0))
		i++;
	if (i == QS_REPORT_ROWS)
		return;
	if (i == summary->n_formats) {
		summary->formats[i].kind = site->kind;
		memcpy(summary->formats[i].format, format, sizeof(format));
		summary->formats[summary->n_formats++].count = 0;
	}
	summary->formats[i].count++;
}

static void add_kept(struct qs_summary *summary, const struct qs_kept *kept)
{
	size_t i = 0;

	while (i < summary->n_kept &&
	       (summary->kept[i].kind != kept->kind || summary->kept[i].reason != kept->reason))
		i++;
	if (i == QS_REPORT_ROWS)
		return;
	if (i == summary->n_kept)
		summary->kept[summary->n_kept++] =
		    (struct qs_kept_row){kept->kind, kept->reason, kept, 0};
	summary->kept[i].count++;
}

void qs_report_summarize(const struct qs_job *job, struct qs_summary *summary)
{
	memset(summary, 0, sizeof(*summary));
	for (size_t i = 0; i < job->plan->n_sites; i++)
		add_site(summary, &job->plan->sites[i]);
	for (size_t i = 0; i < job->plan->n_kept; i++)
		add_kept(summary, &job->plan->kept[i]);
}

const char *qs_report_mode(int mode)
{
	return mode < QS_ROUND_MODE__COUNT ? qs_round_mode_word((enum qs_round_mode)mode)
	                                   : "a plug-in's mode";
}

double qs_report_largest_correction(const struct qs_site *site)
{
	double most = 0;

	for (size_t i = 0; i < site->n_correction; i++)
		most = fmax(most, fabs((double)site->correction[i]));
	return most;
}

static double share_of_ties(const struct qs_site *site)
{
	return (double)site->n_ties / (double)site->n_rounded;
}

struct qs_tie_summary qs_report_ties(const struct qs_job *job)
{
	const bool native =
	    job->written.written == QS_WRITTEN_QDQ && job->written.rounding == QS_ROUNDING_NATIVE;
	struct qs_tie_summary ties = {0, 0, NULL};

	for (size_t i = 0; native && i < job->plan->n_sites; i++) {
		const struct qs_site *site = &job->plan->sites[i];

		ties.n_values += site->n_rounded;
		ties.n_ties += site->n_ties;
		if (site->n_ties && (!ties.most || share_of_ties(site) > share_of_ties(ties.most)))
			ties.most = site;
	}
	return ties;
}
