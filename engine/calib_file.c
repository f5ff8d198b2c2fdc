/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration files: scales as JSON. */
#include "engine/calib_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/finding.h"
#include "base/json_document.h"
#include "engine/calibrate.h"
#include "engine/fingerprint.h"
#include "qstrata/numbers.h"

#define FORMAT "qstrata-calibration"
#define VERSION 1

const char *qs_observe_word(enum qs_observe observe)
{
	return observe == QS_OBSERVE_FLOAT ? "float" : "quantized";
}

/* ---- writing --------------------------------------------------------------------------------- */

static struct json_object *numbers(const struct qs_qparams *qparams, bool scales)
{
	struct json_object *list;

	if (qparams->n == 1)
		return scales ? qs_json_number(qparams->scale[0])
		              : json_object_new_int64(qparams->zero_point[0]);
	list = json_object_new_array();
	for (size_t i = 0; i < qparams->n; i++)
		json_object_array_add(list, scales ? qs_json_number(qparams->scale[i])
						   : json_object_new_int64(qparams->zero_point[i]));
	return list;
}

static struct json_object *correction_json(const struct qs_site *site)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < site->n_correction; i++)
		json_object_array_add(list, qs_json_number(site->correction[i]));
	return list;
}

static struct json_object *site_json(const struct qs_site *site)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "kind", json_object_new_string(qs_tensor_word(site->kind)));
	qs_json_put(object, "layer", json_object_new_string(site->layer));
	qs_json_put(object, "datatype",
	    json_object_new_string(qs_datatype_word((enum qs_datatype)site->spec.datatype)));
	if (site->correction)
		qs_json_put(object, "correction", correction_json(site));
	if (!qs_site_has_scales(site))
		return object;
	qs_json_put(object, "bit_width", json_object_new_int(site->spec.bit_width));
	qs_json_put(object, "scale", numbers(&site->qparams, true));
	if (site->fixed_scale > 0)
		qs_json_put(object, "fixed", json_object_new_boolean(true));
	qs_json_put(object, "zero_point", numbers(&site->qparams, false));
	qs_json_put(object, "quant_min", json_object_new_int64(site->qparams.quant_min));
	qs_json_put(object, "quant_max", json_object_new_int64(site->qparams.quant_max));
	qs_calib_put_ties(object, site);
	if (site->axis >= 0)
		qs_json_put(object, "axis", json_object_new_int(site->axis));
	return object;
}

static struct json_object *fingerprint_text(uint64_t fingerprint)
{
	char text[QS_FINGERPRINT_TEXT];

	qs_fingerprint_write(fingerprint, text);
	return json_object_new_string(text);
}

static struct json_object *named_json(const char *name, uint64_t fingerprint)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "path", json_object_new_string(name));
	qs_json_put(object, "fingerprint", fingerprint_text(fingerprint));
	return object;
}

static struct json_object *document_json(
    const struct qs_plan *plan, const struct qs_calib_identity *identity)
{
	struct json_object *document = json_object_new_object();
	struct json_object *tensors = json_object_new_object();

	for (size_t i = 0; i < plan->n_sites; i++)
		qs_json_put(tensors, plan->sites[i].name, site_json(&plan->sites[i]));
	qs_json_put(document, "format", json_object_new_string(FORMAT));
	qs_json_put(document, "version", json_object_new_int(VERSION));
	qs_json_put(document, "model", named_json(identity->model_name, identity->model));
	qs_json_put(document, "config", named_json(identity->config_name, identity->config));
	qs_json_put(
	    document, "observe", json_object_new_string(qs_observe_word(identity->observe)));
	qs_json_put(
	    document, "scale_law", json_object_new_string(qs_scale_law_word(plan->scale_law)));
	qs_json_put(document, "batches", json_object_new_uint64(identity->n_batches));
	qs_json_put(document, "tensors", tensors);
	return document;
}

enum qs_status qs_calib_file_write(const struct qs_plan *plan,
    const struct qs_calib_identity *identity, const char *path, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = qs_json_write(document_json(plan, identity), &text);

	if (status == QS_OK)
		status = qs_text_save(&text, path, findings);
	qs_text_done(&text);
	return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

enum qs_status qs_calib_complain(
    const struct qs_calib_reader *reader, enum qs_finding_id id, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	qs_finding_add(reader->findings, id, reader->place, "%s", text.data);
	qs_text_done(&text);
	return QS_INVALID;
}

static bool says(struct json_object *object, const char *key, const char *word)
{
	struct json_object *value = json_object_object_get(object, key);

	return json_object_is_type(value, json_type_string) &&
	       strcmp(json_object_get_string(value), word) == 0;
}

static bool says_integer(struct json_object *object, const char *key, int64_t expected)
{
	struct json_object *value = json_object_object_get(object, key);

	return json_object_is_type(value, json_type_int) &&
	       json_object_get_int64(value) == expected;
}

/* A member that is a text, or "" for none. */
static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static enum qs_status check_fingerprint(const struct qs_calib_reader *reader,
    struct json_object *document, const char *key, const char *name, uint64_t fingerprint)
{
	struct json_object *named = json_object_object_get(document, key);
	char expected[QS_FINGERPRINT_TEXT];
	const char *found;

	qs_fingerprint_write(fingerprint, expected);
	if (!json_object_is_type(named, json_type_object))
		return qs_calib_complain(reader, QS_FINDING_CALIBRATION_MISMATCH,
		    "the calibration does not say for which %s it was made, expected \"%s\" with "
		    "the fingerprint %s; calibrate again",
		    key, name, expected);
	found = text_of(named, "fingerprint");
	if (strcmp(found, expected) == 0)
		return QS_OK;
	return qs_calib_complain(reader, QS_FINDING_CALIBRATION_MISMATCH,
	    "the calibration was made for another %s: \"%s\" with the fingerprint \"%s\", expected "
	    "\"%s\" with %s; calibrate again",
	    key, text_of(named, "path"), found, name, expected);
}

/* Element i of a list, or the value itself when there is only one. */
static struct json_object *element(struct json_object *value, size_t n, size_t i)
{
	if (n == 1 && !json_object_is_type(value, json_type_array))
		return value;
	return json_object_is_type(value, json_type_array) && json_object_array_length(value) == n
	           ? json_object_array_get_idx(value, i)
	           : NULL;
}

static bool read_numbers(struct json_object *object, struct qs_qparams *qparams)
{
	struct json_object *scale = json_object_object_get(object, "scale");
	struct json_object *zero_point = json_object_object_get(object, "zero_point");

	for (size_t i = 0; i < qparams->n; i++) {
		struct json_object *s = element(scale, qparams->n, i);
		struct json_object *z = element(zero_point, qparams->n, i);

		if (!json_object_is_type(s, json_type_double) &&
		    !json_object_is_type(s, json_type_int))
			return false;
		if (!json_object_is_type(z, json_type_int))
			return false;
		qparams->scale[i] = json_object_get_double(s);
		qparams->zero_point[i] = json_object_get_int64(z);
		qparams->float_max[i] = qparams->scale[i] * (double)qparams->quant_max;
		if (!(qparams->scale[i] > 0) || !isfinite(qparams->scale[i]))
			return false;
	}
	return true;
}

static size_t count_channels(const struct qs_plan *plan, const struct qs_site *site)
{
	const struct qs_value *value = &plan->layers->graph->values[site->value];

	return site->axis < 0 ? 1 : (size_t)value->dims[site->axis];
}

/* Reads n numbers that a float32 holds. */
static bool read_floats(struct json_object *list, float *values, size_t n)
{
	if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		values[i] = (float)json_object_get_double(item);
		if ((!json_object_is_type(item, json_type_double) &&
			!json_object_is_type(item, json_type_int)) ||
		    !isfinite(values[i]))
			return false;
	}
	return true;
}

enum qs_status qs_calib_read_correction(const struct qs_calib_reader *reader,
    const struct qs_plan *plan, struct json_object *tensors, struct qs_site *site)
{
	const Onnx__TensorProto *constant = plan->layers->graph->values[site->value].constant;
	struct json_object *object = json_object_object_get(tensors, site->name), *list;
	float *values;
	size_t n;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, "correction", &list))
		return QS_OK;
	if (!plan->corrects_biases || site->kind != QS_TENSOR_BIAS || !constant ||
	    !qs_shape_count(constant->dims, constant->n_dims, &n))
		return qs_calib_complain(reader, QS_FINDING_CALIBRATION_MISMATCH,
		    "tensor \"%s\" has a correction, which only biases have with "
		    "include_bias_corr",
		    site->name);
	values = malloc(n * sizeof(*values) + 1);
	if (!values)
		return QS_NOMEM;
	if (!read_floats(list, values, n)) {
		free(values);
		return qs_calib_complain(reader, QS_FINDING_MALFORMED_CALIBRATION,
		    "correction of tensor \"%s\" must be %zu float32 numbers", site->name, n);
	}
	free(site->correction);
	site->correction = values;
	site->n_correction = n;
	return QS_OK;
}

void qs_calib_put_ties(struct json_object *object, const struct qs_site *site)
{
	if (!site->n_rounded)
		return;
	qs_json_put(object, "values", json_object_new_uint64(site->n_rounded));
	qs_json_put(object, "ties", json_object_new_uint64(site->n_ties));
}

void qs_calib_read_ties(struct json_object *object, struct qs_site *site)
{
	struct json_object *values = json_object_object_get(object, "values");
	struct json_object *ties = json_object_object_get(object, "ties");

	if (!json_object_is_type(values, json_type_int) ||
	    !json_object_is_type(ties, json_type_int))
		return;
	site->n_rounded = json_object_get_uint64(values);
	site->n_ties = json_object_get_uint64(ties);
}

/* ---- formats --------------------------------------------------------------------------------- */

static bool is_datatype(const char *word)
{
	for (int i = 0; i < QS_DATATYPE__COUNT; i++) {
		if (strcmp(word, qs_datatype_word((enum qs_datatype)i)) == 0)
			return true;
	}
	return false;
}

/* A word of the file as it is when it is known, else in quotes; `missing` where there is none. */
static void add_word(struct qs_text *text, const char *word, bool is_known, const char *missing)
{
	if (*word)
		qs_text_addf(text, is_known ? "%s" : "\"%s\"", word);
	else
		qs_text_adds(text, missing);
}

/* "weights int8": the format that a tensor has in the file. */
static void add_format(struct qs_text *text, struct json_object *object)
{
	const char *kind = text_of(object, "kind"), *datatype = text_of(object, "datatype");
	struct json_object *bit_width = json_object_object_get(object, "bit_width");

	add_word(text, kind, qs_tensor_of_word(kind) >= 0, "no kind of");
	qs_text_adds(text, " ");
	add_word(text, datatype, is_datatype(datatype), "without a datatype");
	if (strcmp(datatype, qs_datatype_word(QS_DATATYPE_INT)) == 0 &&
	    json_object_is_type(bit_width, json_type_int))
		qs_text_addf(text, "%" PRId64, json_object_get_int64(bit_width));
}

static enum qs_status refuse_format(
    const struct qs_calib_reader *reader, const struct qs_site *site, struct json_object *object)
{
	struct qs_text found = QS_TEXT_INIT;
	enum qs_status status;

	add_format(&found, object);
	status = qs_text_status(&found);
	if (status == QS_OK)
		status = qs_calib_complain(reader, QS_FINDING_CALIBRATION_MISMATCH,
		    "tensor \"%s\" was calibrated as %s, expected %s %s%d", site->name, found.data,
		    qs_tensor_word(site->kind),
		    qs_datatype_word((enum qs_datatype)site->spec.datatype), site->spec.bit_width);
	qs_text_done(&found);
	return status;
}

/* An end of the integers that a tensor was calibrated for, as the file says it. */
static const char *end_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return value ? json_object_get_string(value) : "nothing";
}

static enum qs_status refuse_range(
    const struct qs_calib_reader *reader, const struct qs_site *site, struct json_object *object)
{
	const struct qs_int_range range = qs_spec_int_range(&site->spec);

	return qs_calib_complain(reader, QS_FINDING_CALIBRATION_MISMATCH,
	    "tensor \"%s\" was calibrated for integers from %s to %s, expected %" PRId64
	    " to %" PRId64,
	    site->name, end_of(object, "quant_min"), end_of(object, "quant_max"), range.min,
	    range.max);
}

enum qs_status qs_calib_read_site(const struct qs_calib_reader *reader, const struct qs_plan *plan,
    struct json_object *tensors, struct qs_site *site)
{
	struct json_object *object = json_object_object_get(tensors, site->name);
	struct qs_int_range range = qs_spec_int_range(&site->spec);
	struct qs_qparams qparams;
	enum qs_status status;

	if (!json_object_is_type(object, json_type_object))
		return qs_calib_complain(reader, QS_FINDING_CALIBRATION_INCOMPLETE,
		    "the calibration has no tensor \"%s\"", site->name);
	if (!says(object, "kind", qs_tensor_word(site->kind)) ||
	    !says(object, "datatype", qs_datatype_word((enum qs_datatype)site->spec.datatype)) ||
	    !says_integer(object, "bit_width", site->spec.bit_width))
		return refuse_format(reader, site, object);
	/* Unsigned channels with negative data were calibrated with the signed range. */
	if (!says_integer(object, "quant_min", range.min)) {
		range.min = -((int64_t)1 << (site->spec.bit_width - 1));
		range.max = -range.min - 1;
	}
	if (!says_integer(object, "quant_min", range.min) ||
	    !says_integer(object, "quant_max", range.max))
		return refuse_range(reader, site, object);
	status = qs_qparams_init(&qparams, count_channels(plan, site));
	if (status != QS_OK)
		return status;
	qparams.quant_min = range.min;
	qparams.quant_max = range.max;
	if (!read_numbers(object, &qparams)) {
		qs_calib_complain(reader, QS_FINDING_MALFORMED_CALIBRATION,
		    "scale and zero_point of tensor \"%s\" must be %zu positive numbers and "
		    "integers",
		    site->name, qparams.n);
		qs_qparams_done(&qparams);
		return QS_INVALID;
	}
	qs_qparams_done(&site->qparams);
	site->qparams = qparams;
	qs_calib_read_ties(object, site);
	/* Said again in the report; what is fixed is never moved. */
	site->fixed_scale =
	    json_object_get_boolean(json_object_object_get(object, "fixed")) ? qparams.scale[0] : 0;
	return QS_OK;
}

/* Tensors of branches that no batch took are not there, and stay as they are. */
static enum qs_status drop_unseen(struct qs_plan *plan, struct json_object *tensors)
{
	bool *unseen = calloc(plan->n_sites + 1, sizeof(*unseen));
	size_t n_unseen = 0;
	enum qs_status status = unseen ? QS_OK : QS_NOMEM;

	for (size_t i = 0; unseen && i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];

		unseen[i] = !site->is_constant && qs_site_has_scales(site) &&
		            qs_plan_is_in_branch(plan, site) &&
		            !json_object_object_get_ex(tensors, site->name, NULL);
		n_unseen += unseen[i];
	}
	if (n_unseen)
		status = qs_plan_drop(plan, unseen, qs_plan_unseen);
	free(unseen);
	return status;
}

/* By which law the scales were found, for the report; files from before it was told have none. */
static void read_law(struct qs_plan *plan, struct json_object *document)
{
	const char *word = json_object_get_string(json_object_object_get(document, "scale_law"));
	const int law = word ? qs_scale_law_of_word(word) : -1;

	if (law >= 0)
		plan->scale_law = (enum qs_scale_law)law;
}

enum qs_status qs_calib_find_tensors(const struct qs_calib_reader *reader,
    struct json_object *document, struct json_object **ret_tensors)
{
	if (!json_object_is_type(document, json_type_object) || !says(document, "format", FORMAT))
		return qs_calib_complain(reader, QS_FINDING_MALFORMED_CALIBRATION,
		    "the file is no calibration: its \"format\" is not \"" FORMAT "\"");
	if (!says_integer(document, "version", VERSION))
		return qs_calib_complain(reader, QS_FINDING_MALFORMED_CALIBRATION,
		    "the calibration is of another version; expected %d", VERSION);
	*ret_tensors = json_object_object_get(document, "tensors");
	if (!json_object_is_type(*ret_tensors, json_type_object))
		return qs_calib_complain(
		    reader, QS_FINDING_MALFORMED_CALIBRATION, "the calibration has no \"tensors\"");
	return QS_OK;
}

static enum qs_status read_document(const struct qs_calib_reader *reader, struct qs_plan *plan,
    const struct qs_calib_identity *identity, struct json_object *document)
{
	struct json_object *tensors;
	enum qs_status status = qs_calib_find_tensors(reader, document, &tensors), worst = QS_OK;

	if (status == QS_OK)
		status = check_fingerprint(
		    reader, document, "model", identity->model_name, identity->model);
	if (status == QS_OK)
		status = check_fingerprint(
		    reader, document, "config", identity->config_name, identity->config);
	if (status != QS_OK)
		return status;
	status = drop_unseen(plan, tensors);
	if (status != QS_OK)
		return status;
	read_law(plan, document);
	for (size_t i = 0; i < plan->n_sites; i++) {
		status = qs_calib_read_correction(reader, plan, tensors, &plan->sites[i]);
		if (status == QS_OK && qs_site_has_scales(&plan->sites[i]))
			status = qs_calib_read_site(reader, plan, tensors, &plan->sites[i]);
		if (status != QS_OK && status != QS_INVALID)
			return status;
		if (status != QS_OK)
			worst = status;
	}
	return worst;
}

enum qs_status qs_calib_parse(
    const struct qs_calib_reader *reader, const char *path, struct json_object **ret_document)
{
	const char *trouble;
	enum qs_status status;
	size_t size, at;
	char *bytes;

	status = qs_file_read(path, QS_CALIB_FILE_LIMIT, reader->findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	trouble = qs_json_parse(bytes, size, JSON_TOKENER_DEFAULT_DEPTH, ret_document, &at);
	free(bytes);
	if (!trouble)
		return QS_OK;
	return qs_calib_complain(reader, QS_FINDING_MALFORMED_CALIBRATION,
	    "the file is no JSON: %s at byte %zu", trouble, at);
}

enum qs_status qs_calib_file_read(struct qs_plan *plan, const struct qs_calib_identity *identity,
    const char *path, struct qs_findings *findings)
{
	const struct qs_calib_reader reader = {
	    qs_place_of(qs_findings_name_source(findings, path)), findings};
	struct json_object *document = NULL;
	enum qs_status status = qs_calib_parse(&reader, path, &document);

	if (status == QS_OK)
		status = read_document(&reader, plan, identity, document);
	json_object_put(document);
	return status;
}
