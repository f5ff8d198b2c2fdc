/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scales files: what a config cannot say, since its tool would refuse it. A tensor has a scale that
 * is fixed, or a law by which its scale is found, by name.
 */
#include "engine/scales.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/nearest.h"
#include "engine/calibrate.h"
#include "engine/job.h"
#include "qstrata/form.h"

/* So many unknown names are compared with all tensors; who has more has another model. */
#define GUESSES 20

enum key {
	KEY_SCHEMA,
	KEY_FORMAT,
	KEY_VERSION,
	KEY_SCALE_LAW,
	KEY_TENSORS
};

enum member {
	MEMBER_NAME,
	MEMBER_SCALE,
	MEMBER_SCALE_LAW
};

static const struct qs_form_key members[] = {[MEMBER_NAME] = {"name", QS_FORM_TEXT, true, NULL, 0},
    [MEMBER_SCALE] = {"scale", QS_FORM_REAL, false, NULL, 0},
    [MEMBER_SCALE_LAW] = {"scale_law", QS_FORM_TEXT, false, NULL, 0}};

static const struct qs_form_key keys[] = {[KEY_SCHEMA] = {"$schema", QS_FORM_TEXT, false, NULL, 0},
    [KEY_FORMAT] = {"format", QS_FORM_TEXT, true, NULL, 0},
    [KEY_VERSION] = {"version", QS_FORM_COUNT, true, NULL, 0},
    [KEY_SCALE_LAW] = {"scale_law", QS_FORM_TEXT, false, NULL, 0},
    [KEY_TENSORS] = {
	"tensors", QS_FORM_GROUPS, false, members, sizeof(members) / sizeof(*members)}};

/* What one element of "tensors" says. */
struct entry {
	const struct qs_form_value *name, *scale, *law;
};

struct reader {
	struct qs_plan *plan;
	struct qs_findings *findings;
	struct entry entry;
	size_t *first, *next; /* sites of a value, chained; QS_NONE ends */
	bool *named;          /* by site */
	size_t n_unknown;
	bool wrong;
};

static void refuse(struct reader *reader, const struct qs_form_value *about, const char *format,
    ...) QS_PRINTF(3, 4);

static void refuse(
    struct reader *reader, const struct qs_form_value *about, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	qs_finding_add(reader->findings, QS_FINDING_SCALE_REFUSED, about->place, "%s", text.data);
	qs_findings_end_text(reader->findings, &text);
	reader->wrong = true;
}

/* ---- values ---------------------------------------------------------------------------------- */

bool qs_scale_parse(const char *text, double *ret_scale)
{
	char *end;
	double scale = strtod(text, &end), divisor = 1;

	/* Decimals as JSON has them, none of the other forms of C. */
	if (end == text || strspn(text, "0123456789.eE+-/") != strlen(text))
		return false;
	if (*end == '/') {
		const char *rest = end + 1;

		divisor = strtod(rest, &end);
		if (end == rest)
			return false;
	}
	scale /= divisor;
	if (*end || !(scale >= (double)FLT_MIN) || !(scale <= (double)FLT_MAX))
		return false;
	*ret_scale = scale;
	return true;
}

static bool read_law(
    struct reader *reader, const struct qs_form_value *value, enum qs_scale_law *ret_law)
{
	const char *words[QS_SCALE_LAW__COUNT];
	const int law = qs_scale_law_of_word(value->text);

	for (int i = 0; i < QS_SCALE_LAW__COUNT; i++)
		words[i] = qs_scale_law_word((enum qs_scale_law)i);
	if (law < 0) {
		qs_form_refuse(reader->findings, value, words, QS_SCALE_LAW__COUNT,
		    "there is no scale law \"%s\"; expected %s or %s", value->text, words[0],
		    words[1]);
		reader->wrong = true;
		return false;
	}
	*ret_law = (enum qs_scale_law)law;
	return true;
}

/* ---- tensors --------------------------------------------------------------------------------- */

const char *qs_scale_obstacle(const struct qs_site *site, double scale)
{
	if (!qs_site_has_scales(site))
		return "its format has no scale";
	if (site->input_site != QS_NONE)
		return "its scale is the product of those of input and weights";
	if (site->axis >= 0)
		return "it has a scale for each channel";
	if (!site->spec.symmetry)
		return "the config makes it asymmetric, and a fixed scale has the zero point 0";
	if (site->spec.scale_type == QS_SCALE_TYPE_POWEROFTWO && ldexp(1, ilogb(scale)) != scale)
		return "the config asks for a power of two";
	return NULL;
}

static void set_site(struct reader *reader, struct qs_site *site, double scale)
{
	const struct entry *entry = &reader->entry;
	const char *obstacle = entry->scale ? qs_scale_obstacle(site, scale) : NULL;
	enum qs_scale_law law;

	if (reader->named[site - reader->plan->sites]) {
		refuse(reader, entry->name, "tensor \"%s\" stands twice", entry->name->text);
		return;
	}
	reader->named[site - reader->plan->sites] = true;
	if (obstacle) {
		refuse(reader, entry->scale, "tensor \"%s\" cannot have a fixed scale: %s",
		    site->name, obstacle);
		return;
	}
	if (entry->scale)
		site->fixed_scale = scale;
	if (entry->law && read_law(reader, entry->law, &law))
		site->scale_law = (int)law;
}

static void say_unknown(struct reader *reader)
{
	const struct qs_form_value *name = reader->entry.name;
	struct qs_nearest nearest = qs_nearest_to(name->text, strlen(name->text));
	const bool exists = qs_graph_find(reader->plan->layers->graph, name->text) != QS_NONE;
	struct qs_finding *finding;

	finding = qs_finding_add(reader->findings, QS_FINDING_SCALE_UNKNOWN, name->place,
	    exists ? "tensor \"%s\" is not quantized by the config"
		   : "the model has no tensor \"%s\" that is quantized",
	    name->text);
	reader->n_unknown++;
	for (size_t i = 0; i < reader->plan->n_sites && !exists && reader->n_unknown <= GUESSES;
	     i++)
		qs_nearest_offer(&nearest, reader->plan->sites[i].name);
	if (!exists && nearest.best)
		qs_finding_hint(reader->findings, finding, "did you mean \"%s\"?", nearest.best);
	reader->wrong = true;
}

/* Takes over what an element says, for all sites of the tensor. */
static void end_entry(struct reader *reader)
{
	const struct entry *entry = &reader->entry;
	size_t value, site;
	double scale = 0;

	/* Without a name it was complained about. */
	if (!entry->name)
		return;
	if (!entry->scale == !entry->law) {
		refuse(reader, entry->name, "tensor \"%s\" needs %s \"scale\" %s \"scale_law\"",
		    entry->name->text, entry->scale ? "only one of" : "one of",
		    entry->scale ? "and" : "or");
		return;
	}
	if (entry->scale && !qs_scale_parse(entry->scale->text, &scale)) {
		refuse(reader, entry->scale,
		    "scale cannot be \"%s\"; expected a positive number that float32 holds, or a "
		    "fraction as \"7/32767\"",
		    entry->scale->text);
		return;
	}
	value = qs_graph_find(reader->plan->layers->graph, entry->name->text);
	site = value == QS_NONE ? QS_NONE : reader->first[value];
	if (site == QS_NONE)
		say_unknown(reader);
	for (; site != QS_NONE; site = reader->next[site])
		set_site(reader, &reader->plan->sites[site], scale);
}

/* ---- the document ---------------------------------------------------------------------------- */

static void read_top(struct reader *reader, const struct qs_form_value *value)
{
	enum qs_scale_law law;

	if (value->key == KEY_FORMAT && strcmp(value->text, QS_SCALES_FORMAT) != 0)
		refuse(reader, value, "format cannot be \"%s\"; expected \"" QS_SCALES_FORMAT "\"",
		    value->text);
	if (value->key == KEY_VERSION && strcmp(value->text, "1") != 0)
		refuse(reader, value, "version cannot be %s; expected 1", value->text);
	if (value->key == KEY_SCALE_LAW && read_law(reader, value, &law))
		reader->plan->scale_law = law;
}

static void read_values(struct reader *reader, const struct qs_form *form)
{
	size_t n, group = 0;
	const struct qs_form_value *values = qs_form_values(form, &n);

	for (size_t i = 0; i < n; i++) {
		if (values[i].group != group) {
			end_entry(reader);
			reader->entry = (struct entry){NULL, NULL, NULL};
			group = values[i].group;
		}
		if (!values[i].group)
			read_top(reader, &values[i]);
		else if (values[i].member == MEMBER_NAME)
			reader->entry.name = &values[i];
		else if (values[i].member == MEMBER_SCALE)
			reader->entry.scale = &values[i];
		else
			reader->entry.law = &values[i];
	}
	end_entry(reader);
}

/* Chains the sites of each value. */
static bool chain_sites(struct reader *reader)
{
	const struct qs_plan *plan = reader->plan;

	reader->first = qs_plan_none(plan->layers->graph->n_values);
	reader->next = qs_plan_none(plan->n_sites);
	reader->named = calloc(plan->n_sites + 1, sizeof(*reader->named));
	if (!reader->first || !reader->next || !reader->named)
		return false;
	for (size_t i = plan->n_sites; i-- > 0;) {
		reader->next[i] = reader->first[plan->sites[i].value];
		reader->first[plan->sites[i].value] = i;
	}
	return true;
}

enum qs_status qs_job_read_scales(
    struct qs_job *job, const struct qs_source *source, struct qs_findings *findings)
{
	struct reader reader = {.plan = job->plan, .findings = findings};
	struct qs_form *form = NULL;
	enum qs_status status;

	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	status = qs_form_read(
	    source, "a scales file", keys, sizeof(keys) / sizeof(*keys), findings, &form);
	if (status == QS_OK && !chain_sites(&reader))
		status = QS_NOMEM;
	if (status == QS_OK)
		read_values(&reader, form);
	if (status == QS_OK && reader.wrong)
		status = QS_INVALID;
	job->scales = source;
	qs_form_free(form);
	free(reader.first);
	free(reader.next);
	free(reader.named);
	return status;
}

/* ---- sites ----------------------------------------------------------------------------------- */

enum qs_scale_law qs_site_scale_law(const struct qs_plan *plan, const struct qs_site *site)
{
	return site->scale_law < 0 ? plan->scale_law : (enum qs_scale_law)site->scale_law;
}

enum qs_status qs_site_fix(struct qs_site *site)
{
	const struct qs_int_range range = qs_spec_int_range(&site->spec);
	enum qs_status status;

	qs_qparams_done(&site->qparams);
	status = qs_qparams_init(&site->qparams, 1);
	if (status != QS_OK)
		return status;
	site->qparams.quant_min = range.min;
	site->qparams.quant_max = range.max;
	site->qparams.scale[0] = site->fixed_scale;
	site->qparams.float_max[0] = site->fixed_scale * (double)range.max;
	return QS_OK;
}
