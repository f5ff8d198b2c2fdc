/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what doctor looks for, from analysis/doctor_checks.def. */
#include <stdio.h>

#include "analysis/doctor.h"
#include "tools/generate_checks.h"

bool write_checks(void)
{
	struct qs_text what = QS_TEXT_INIT;
	bool written = true;

	puts(
	    "\n## What doctor looks for\n\n"
	    "Each check with its limit and who says so, made from `analysis/doctor_checks.def`.\n\n"
	    "| code | name | what it finds | source |\n|---|---|---|---|");
	for (size_t i = 0; i < QS_DOCTOR__CHECKS; i++) {
		const struct qs_doctor_row *row = &qs_doctor_rows[i];
		const struct qs_finding_kind *kind = qs_finding_kind(row->finding);

		qs_text_clear(&what);
		qs_doctor_say(row, &what);
		printf("| %s | %s | %s | %s |\n", kind->code, kind->name, what.data, row->source);
		written = written && qs_text_status(&what) == QS_OK;
	}
	qs_text_done(&what);
	return written;
}
