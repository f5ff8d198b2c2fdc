/* SPDX-License-Identifier: Apache-2.0 */
/* Scales that checks advise to fix, and the scales file that says them. */
#include <string.h>

#include "analysis/doctor.h"
#include "base/json_document.h"
#include "engine/scales.h"

/* Why one of the formats of a value cannot have a scale, or NULL. */
static const char *find_obstacle(const struct qs_doctor *doctor, size_t value, double scale)
{
	const struct qs_plan *plan = doctor->plan;
	const size_t own = plan->site_of_value[value];
	const char *obstacle = own == QS_NONE ? NULL : qs_scale_obstacle(&plan->sites[own], scale);

	for (size_t i = plan->reading_of_value[value]; i != QS_NONE && !obstacle;
	     i = plan->sites[i].next)
		obstacle = qs_scale_obstacle(&plan->sites[i], scale);
	return obstacle;
}

const char *qs_doctor_fix_scale(
    struct qs_doctor *doctor, const struct qs_site *site, const char *scale)
{
	const char **fixed;
	const char *obstacle;
	double number;

	if (!qs_scale_parse(scale, &number))
		return "no float32 holds it";
	obstacle = find_obstacle(doctor, site->value, number);
	if (obstacle)
		return obstacle;
	fixed = &doctor->fixed_of_value[site->value];
	if (*fixed)
		return strcmp(*fixed, scale) == 0 ? NULL : "another check asks for another scale";
	*fixed = qs_arena_strdup(&doctor->arena, scale);
	return *fixed ? NULL : "memory ran out";
}

/* The format of a value that a scales file says something about: all of them have it alike. */
static const struct qs_site *first_site(const struct qs_plan *plan, size_t value)
{
	const size_t own = plan->site_of_value[value], read = plan->reading_of_value[value];

	if (own != QS_NONE)
		return &plan->sites[own];
	return read == QS_NONE ? NULL : &plan->sites[read];
}

/* What the file says of a value: what is advised, or what was given before; NULL for nothing. */
static struct json_object *tensor_json(const struct qs_doctor *doctor, size_t value)
{
	const struct qs_site *site = first_site(doctor->plan, value);
	const char *fixed = doctor->fixed_of_value[value];
	struct json_object *object;

	if (!site || (!fixed && !(site->fixed_scale > 0) && site->scale_law < 0))
		return NULL;
	object = json_object_new_object();
	qs_json_put(object, "name", qs_json_text(qs_doctor_name(doctor, value)));
	if (fixed)
		qs_json_put(object, "scale", qs_json_text(fixed));
	else if (site->fixed_scale > 0)
		qs_json_put(object, "scale", qs_json_number(site->fixed_scale));
	else
		qs_json_put(object, "scale_law",
		    qs_json_text(qs_scale_law_word((enum qs_scale_law)site->scale_law)));
	return object;
}

enum qs_status qs_doctor_write_scales(const struct qs_doctor *doctor, struct qs_text *text)
{
	struct json_object *document = json_object_new_object(), *list = json_object_new_array();
	const enum qs_scale_law law = doctor->plan->scale_law;

	for (size_t i = 0; i < doctor->graph->n_values; i++) {
		struct json_object *tensor = tensor_json(doctor, i);

		if (tensor)
			json_object_array_add(list, tensor);
	}
	qs_json_put(document, "format", json_object_new_string(QS_SCALES_FORMAT));
	qs_json_put(document, "version", json_object_new_int(1));
	qs_json_put(document, "scale_law", json_object_new_string(qs_scale_law_word(law)));
	qs_json_put(document, "tensors", list);
	return qs_json_write(document, text);
}
