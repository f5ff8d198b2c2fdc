/* SPDX-License-Identifier: Apache-2.0 */
/* Counts findings in words. */
#include "cli/summary.h"

#include <stdio.h>

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* What is left out by --max-diagnostics, or since the list was full. */
static void tell_hidden(const struct qs_findings *findings, const struct qs_findings_view *view)
{
	size_t n_hidden = 0, n_kept = 0;

	for (int s = (int)view->at_least; s < QS_SEVERITY__COUNT; s++)
		n_hidden += qs_findings_total(findings, (enum qs_severity)s);
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		n_kept += finding->severity >= view->at_least && !finding->suppressed;
	}
	n_hidden -= view->at_most && view->at_most < n_kept ? view->at_most : n_kept;
	if (n_hidden)
		fprintf(
		    stderr, "%zu finding%s not shown\n", n_hidden, n_hidden == 1 ? " is" : "s are");
}

void tell_summary(const struct qs_findings *findings, const struct qs_findings_view *view)
{
	const size_t errors = qs_findings_total(findings, QS_SEVERITY_ERROR);
	const size_t warnings = qs_findings_total(findings, QS_SEVERITY_WARNING);
	const size_t infos = qs_findings_total(findings, QS_SEVERITY_INFO);
	const size_t suppressed = qs_findings_suppressed(findings);

	tell_hidden(findings, view);
	fprintf(stderr, "%zu error%s", errors, plural(errors));
	if (view->at_least != QS_SEVERITY_ERROR)
		fprintf(stderr, ", %zu warning%s, %zu note%s", warnings, plural(warnings), infos,
		    plural(infos));
	if (suppressed)
		fprintf(stderr, ", %zu suppressed", suppressed);
	fprintf(stderr, " in %zu file%s\n", view->n_files, plural(view->n_files));
}
