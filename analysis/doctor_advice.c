/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about a finding: the entry of a config to write. */
#include <string.h>

#include "analysis/doctor.h"
#include "base/json_document.h"
#include "numbers/registry.h"

/* The keys of parameters, as a config has them. */
static const char *const keys[] = {
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, versions, help) key,
#include "qstrata/params.def"
#undef PARAM
};

/* Whether a parameter says something about a kind of tensor: not all of them do for every value. */
static bool says_something(
    const struct qs_spec *spec, enum qs_param param, enum qs_tensor kind, bool is_observed_only)
{
	if (is_observed_only && kind != QS_TENSOR_INPUT && kind != QS_TENSOR_ACTIVATION)
		return false;
	return param != QS_PARAM_PERCENTAGE || spec->method == QS_METHOD_PERCENTILE;
}

/* A whole block: a part of one would leave the others to the model level. */
static struct json_object *block_json(const struct qs_registry *registry,
    const struct qs_site *site, enum qs_param changed, const char *json)
{
	const struct qs_spec *spec = &site->spec;
	struct json_object *block = json_object_new_object();

	if (changed == QS_PARAM_DATATYPE) {
		qs_json_put(block, keys[changed], json_tokener_parse(json));
		return block;
	}
#define ALL false
#define OBSERVED true
#define VALUE_BOOL(ID, value) json_object_new_boolean(value)
#define VALUE_INT(ID, value) json_object_new_int(value)
#define VALUE_REAL(ID, value) qs_json_number(value)
#define VALUE_CHOICE(ID, value) qs_json_text(qs_registry_word(registry, QS_PARAM_##ID, value))
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, versions, help)            \
	if (says_something(spec, QS_PARAM_##ID, site->kind, tensors))                              \
		qs_json_put(block, key,                                                            \
		    QS_PARAM_##ID == changed ? json_tokener_parse(json)                            \
					     : VALUE_##KIND(ID, spec->field));
#include "qstrata/params.def"
#undef PARAM
#undef VALUE_BOOL
#undef VALUE_INT
#undef VALUE_REAL
#undef VALUE_CHOICE
#undef ALL
#undef OBSERVED
	return block;
}

/* What enters the graph has no layer: it has the format of the activations of the model. */
static struct json_object *entry_json(const struct qs_registry *registry,
    const struct qs_site *site, enum qs_param param, const char *json)
{
	const char *kind = qs_tensor_word(site->kind);
	struct json_object *entry = json_object_new_object();
	struct json_object *kinds, *inner;

	if (!site->layer[0]) {
		struct json_object *tensors = json_object_new_object();

		inner = json_object_new_object();
		qs_json_put(inner, keys[param], json_tokener_parse(json));
		qs_json_put(tensors, qs_tensor_word(QS_TENSOR_ACTIVATION), inner);
		qs_json_put(entry, "tensor_quantize_config", tensors);
		return entry;
	}
	kinds = json_object_new_array();
	json_object_array_add(kinds, json_object_new_string(kind));
	qs_json_put(entry, "layer_type", NULL);
	qs_json_put(entry, "layer_name", qs_json_text(site->layer));
	qs_json_put(entry, "quantizable_data_type", kinds);
	qs_json_put(entry, "overall_quantize_config", block_json(registry, site, param, json));
	return entry;
}

void qs_doctor_advise(struct qs_doctor *doctor, struct qs_finding *finding,
    const struct qs_site *site, enum qs_param param, const char *json, const char *words)
{
	struct json_object *entry = entry_json(doctor->job->registry, site, param, json);

	qs_finding_hint(doctor->findings, finding, "%s; %s %s", words,
	    site->layer[0] ? "in layer_quantize_config" : "at the top of the config",
	    json_object_to_json_string_ext(
		entry, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(entry);
}
