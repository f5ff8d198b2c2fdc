/* SPDX-License-Identifier: Apache-2.0 */
/* Doctor: measures, and goes through the checks. */
#include "analysis/doctor.h"

#include <stdlib.h>
#include <string.h>

const struct qs_doctor_row qs_doctor_rows[QS_DOCTOR__CHECKS] = {
#define CHECK(ID, run, needs, limit, what, source)                                                 \
	{QS_FINDING_##ID, qs_doctor_check_##run, QS_DOCTOR_NEEDS_##needs, limit, what, source},
#include "analysis/doctor_checks.def"
#undef CHECK
};

void qs_doctor_say(const struct qs_doctor_row *row, struct qs_text *text)
{
	const char *mark = strstr(row->what, "%g");

	qs_text_add(text, row->what, mark ? (size_t)(mark - row->what) : strlen(row->what));
	if (mark)
		qs_text_addf(text, "%g%s", row->limit, mark + 2);
}

struct qs_finding *qs_doctor_add(struct qs_doctor *doctor, const struct qs_doctor_row *row,
    size_t value, const char *format, ...)
{
	const struct qs_place place = qs_model_place(doctor->graph->model, doctor->findings);
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	finding = qs_finding_add(doctor->findings, row->finding, place, "%s", text.data);
	if (value != QS_NONE)
		qs_finding_identity(doctor->findings, finding, qs_doctor_name(doctor, value));
	doctor->n_found[row - qs_doctor_rows]++;
	qs_findings_end_text(doctor->findings, &text);
	return finding;
}

/* Devices that scale by half-span are Horizon's, whose products and sums have 32 bits. */
static bool is_horizon(const struct qs_profile *target)
{
	return target && target->scale_law == QS_SCALE_LAW_HALF_SPAN;
}

/* ---- examining ------------------------------------------------------------------------------- */

static void run_checks(struct qs_doctor *doctor)
{
	unsigned given = QS_DOCTOR_NEEDS_NOTHING;

	if (doctor->has_scales)
		given |= QS_DOCTOR_NEEDS_SCALES;
	if (doctor->is_precise)
		given |= QS_DOCTOR_NEEDS_PRECISE;
	for (size_t i = 0; i < QS_DOCTOR__CHECKS; i++) {
		doctor->is_judged[i] = (qs_doctor_rows[i].needs & ~given) == 0;
		if (doctor->is_judged[i])
			qs_doctor_rows[i].run(doctor, &qs_doctor_rows[i]);
	}
}

/* Passes progress on, and remembers when it is to stop. */
static bool pass_progress(void *context, size_t n_done, size_t n_batches)
{
	struct qs_doctor *doctor = context;
	const struct qs_calibrate_options *run = &doctor->options->run;

	doctor->is_stopped = run->progress && !run->progress(run->context, n_done, n_batches);
	return !doctor->is_stopped;
}

/* Data that cannot be calibrated with is told of, and what needs no scales is checked all the
 * same. A calibration that cannot be used is another mistake: nothing is known about it then. */
static enum qs_status find_scales(struct qs_doctor *doctor)
{
	const char *calibration = doctor->options->calibration;
	const enum qs_status status =
	    calibration ? qs_job_read_calibration(doctor->job, calibration, doctor->findings)
			: qs_job_calibrate(doctor->job, &doctor->run, doctor->findings);

	doctor->has_scales = status == QS_OK;
	if (calibration || doctor->is_stopped)
		return status;
	return status == QS_INVALID || status == QS_UNSUPPORTED ? QS_OK : status;
}

static enum qs_status examine(struct qs_doctor *doctor)
{
	enum qs_status status = qs_doctor_survey(doctor);

	if (status == QS_OK)
		status = qs_doctor_measure_float(doctor);
	if (status == QS_OK && doctor->is_finite)
		status = find_scales(doctor);
	if (status == QS_OK && doctor->has_scales)
		status = qs_doctor_measure_both(doctor);
	if (status != QS_OK)
		return status;
	run_checks(doctor);
	return qs_findings_status(doctor->findings);
}

enum qs_status qs_doctor_new(struct qs_job *job, const struct qs_doctor_options *options,
    struct qs_findings *findings, struct qs_doctor **ret_doctor)
{
	struct qs_doctor *doctor;
	enum qs_status status;

	if (job->stage != QS_JOB_PLANNED || !options->run.data)
		return QS_BUG;
	doctor = calloc(1, sizeof(*doctor));
	if (!doctor)
		return QS_NOMEM;
	doctor->job = job;
	doctor->plan = job->plan;
	doctor->graph = job->layers->graph;
	doctor->options = options;
	doctor->findings = findings;
	doctor->run = options->run;
	doctor->run.progress = pass_progress;
	doctor->run.context = doctor;
	doctor->target = options->target;
	if (is_horizon(options->target)) {
		doctor->is_precise = true;
		qs_job_set_scale_law(job, QS_SCALE_LAW_HALF_SPAN);
	}
	doctor->data = qs_arena_strdup(&doctor->arena, options->run.data);
	doctor->fixed_of_value = qs_arena_array(
	    &doctor->arena, doctor->graph->n_values + 1, sizeof(*doctor->fixed_of_value));
	status = doctor->data && doctor->fixed_of_value ? examine(doctor) : QS_NOMEM;
	doctor->findings = NULL;
	doctor->options = NULL;
	if (status != QS_OK) {
		qs_doctor_free(doctor);
		return status;
	}
	*ret_doctor = doctor;
	return QS_OK;
}

void qs_doctor_free(struct qs_doctor *doctor)
{
	if (!doctor)
		return;
	qs_arena_done(&doctor->arena);
	free(doctor);
}
