/* SPDX-License-Identifier: Apache-2.0 */
/* Takes scales by the names of their tensors, as training leaves them. */
#include "engine/calib_file.h"

#include "base/finding.h"
#include "base/map.h"
#include "engine/calibrate.h"
#include "engine/correct.h"

/* Names that a finding lists before it only counts. */
#define LISTED 20

/* Names that are told in one finding. */
struct names {
	struct qs_text text;
	size_t n;
};

static void add_name(struct names *names, const char *name)
{
	if (names->n++ < LISTED)
		qs_text_addf(&names->text, "%s\"%s\"", names->text.size ? ", " : "", name);
}

/* Tells names as an error, or as a warning of what is done without them; ends the list. */
static enum qs_status tell_names(const struct qs_calib_reader *reader, struct names *names,
    enum qs_finding_id id, bool partial, const char *refusal, const char *warning)
{
	enum qs_status status = qs_text_status(&names->text);

	if (status == QS_OK && names->n) {
		if (names->n > LISTED)
			qs_text_addf(&names->text, " and %zu more", names->n - LISTED);
		status = qs_calib_complain(reader, partial ? QS_FINDING_PARTIAL_SCALES : id,
		    "%s: %s", partial ? warning : refusal, names->text.data);
		if (partial)
			status = QS_OK;
	}
	qs_text_done(&names->text);
	return status;
}

/* Takes the corrections of biases; with `partial` those that the config does not ask for are passed
 * over. */
static enum qs_status take_corrections(const struct qs_calib_reader *reader, struct qs_plan *plan,
    struct json_object *tensors, bool partial)
{
	struct names spare = {QS_TEXT_INIT, 0};
	enum qs_status worst = QS_OK, told;

	for (size_t i = 0; i < plan->n_sites; i++) {
		struct qs_site *site = &plan->sites[i];
		struct json_object *tensor = json_object_object_get(tensors, site->name);

		if (!json_object_is_type(tensor, json_type_object) ||
		    !json_object_object_get_ex(tensor, "correction", NULL))
			continue;
		if (partial && !plan->corrects_biases)
			add_name(&spare, site->name);
		else if (qs_calib_read_correction(reader, plan, tensors, site) != QS_OK)
			worst = QS_INVALID;
	}
	told = tell_names(reader, &spare, QS_FINDING_UNEXPECTED_TENSOR, partial, "",
	    "passed over, as the config does not correct biases, are the corrections of");
	return worst == QS_OK ? told : worst;
}

/* Whether a site takes its scales from the file: one tied to other scales follows these. */
static bool is_wanted(const struct qs_site *site)
{
	return qs_site_has_scales(site) && site->input_site == QS_NONE;
}

static enum qs_status take_sites(const struct qs_calib_reader *reader, struct qs_plan *plan,
    struct json_object *tensors, bool partial)
{
	struct names missing = {QS_TEXT_INIT, 0};
	enum qs_status worst = QS_OK, told;

	for (size_t i = 0; i < plan->n_sites; i++) {
		struct qs_site *site = &plan->sites[i];
		enum qs_status status = QS_OK;

		if (!is_wanted(site))
			continue;
		if (json_object_object_get_ex(tensors, site->name, NULL))
			status = qs_calib_read_site(reader, plan, tensors, site);
		else
			add_name(&missing, site->name);
		site->is_given = site->qparams.n != 0;
		worst = status == QS_OK ? worst : status;
	}
	told = tell_names(reader, &missing, QS_FINDING_CALIBRATION_INCOMPLETE, partial,
	    "the file lacks the scales of", "the file lacks, and calibration finds, the scales of");
	return worst == QS_OK ? told : worst;
}

static enum qs_status find_unexpected(const struct qs_calib_reader *reader,
    const struct qs_plan *plan, struct json_object *tensors, bool partial)
{
	struct names unexpected = {QS_TEXT_INIT, 0};
	struct qs_map sites = QS_MAP_INIT;
	bool nomem = false;

	for (size_t i = 0; i < plan->n_sites; i++)
		nomem = !qs_map_set(&sites, plan->sites[i].name, i) || nomem;
	json_object_object_foreach(tensors, name, tensor)
	{
		(void)tensor;
		if (!nomem && qs_map_get(&sites, name) == QS_MAP_NONE)
			add_name(&unexpected, name);
	}
	qs_map_done(&sites);
	return tell_names(reader, &unexpected, QS_FINDING_UNEXPECTED_TENSOR, partial,
		   "the file has scales for what the config does not quantize",
		   "passed over, as the config does not quantize them") == QS_OK
	           ? (nomem ? QS_NOMEM : QS_OK)
	           : QS_INVALID;
}

enum qs_status qs_calib_file_import(
    struct qs_plan *plan, const char *path, bool partial, struct qs_findings *findings)
{
	const struct qs_calib_reader reader = {
	    qs_place_of(qs_findings_name_source(findings, path)), findings};
	struct json_object *document = NULL, *tensors;
	enum qs_status status = qs_calib_parse(&reader, path, &document), other;

	if (status == QS_OK)
		status = qs_calib_find_tensors(&reader, document, &tensors);
	if (status == QS_OK) {
		status = qs_calib_check(&reader, tensors);
		other = take_sites(&reader, plan, tensors, partial);
		status = status == QS_OK ? other : status;
		other = take_corrections(&reader, plan, tensors, partial);
		status = status == QS_OK ? other : status;
		other = find_unexpected(&reader, plan, tensors, partial);
		status = status == QS_OK ? other : status;
	}
	json_object_put(document);
	return status;
}

void qs_calib_file_tell_uncorrected(
    const struct qs_plan *plan, const char *path, struct qs_findings *findings)
{
	const struct qs_calib_reader reader = {
	    qs_place_of(qs_findings_name_source(findings, path)), findings};
	struct names names = {QS_TEXT_INIT, 0};

	for (size_t i = 0; i < plan->layers->n_items; i++) {
		if (qs_correct_wants(plan, i) && !plan->sites[plan->bias_site[i]].correction)
			add_name(&names, plan->sites[plan->bias_site[i]].name);
	}
	tell_names(&reader, &names, QS_FINDING_NOT_CORRECTED, false,
	    "the config corrects biases, but the file has no corrections of", "");
}
