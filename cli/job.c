/* SPDX-License-Identifier: Apache-2.0 */
/* What commands that run a model over data share. */
#include "cli/job.h"

#include "cli/report.h"

enum qs_status read_image_options(const struct arguments *arguments, struct qs_findings *findings,
    struct qs_image_options *ret_options)
{
	enum qs_status status = QS_OK;

	qs_image_options_init(ret_options);
	for (size_t i = 0; i < arguments->n_given; i++) {
		if (arguments->given[i].option == OPTION_IMAGE &&
		    qs_image_options_set(ret_options, arguments->given[i].value, findings) != QS_OK)
			status = QS_INVALID;
	}
	return status;
}

/* Whether all errors are about the config: then the job could have been done with another one. */
static bool blames_config(const struct qs_findings *findings)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity == QS_SEVERITY_ERROR &&
		    (finding->code[2] < '1' || finding->code[2] > '5'))
			return false;
	}
	return true;
}

int exit_of_job(enum qs_status status, const struct qs_findings *findings)
{
	if (status == QS_INVALID && !blames_config(findings))
		return EXIT_UNABLE;
	return exit_of(status);
}
