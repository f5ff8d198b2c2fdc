/* SPDX-License-Identifier: Apache-2.0 */
/* What every runtime does alike: checks of what is put in, and blobs. */
#include "model/runtime.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "model/tensor.h"

void qs_runtime_close(struct qs_runtime *runtime)
{
	if (runtime)
		runtime->close(runtime);
}

enum qs_status qs_session_new(struct qs_runtime *runtime, const char *model_name, const void *model,
    size_t size, const struct qs_session_options *options, struct qs_findings *findings,
    struct qs_session **ret_session)
{
	return runtime->open_session(
	    runtime, model_name, model, size, NULL, 0, options, findings, ret_session);
}

void qs_session_free(struct qs_session *session)
{
	if (session)
		session->close(session);
}

const struct qs_port *qs_port_find(const struct qs_port *ports, size_t n_ports, const char *name)
{
	for (size_t i = 0; i < n_ports; i++) {
		if (strcmp(ports[i].name, name) == 0)
			return &ports[i];
	}
	return NULL;
}

static struct qs_place place_of(const struct qs_session *session, struct qs_findings *findings)
{
	return qs_place_of(qs_findings_name_source(findings, session->model_name));
}

static void add_dims(struct qs_text *text, const int64_t *dims, size_t n_dims)
{
	qs_text_adds(text, "[");
	for (size_t i = 0; i < n_dims; i++) {
		qs_text_adds(text, i ? "," : "");
		if (dims[i] < 0)
			qs_text_adds(text, "?");
		else
			qs_text_addf(text, "%" PRId64, dims[i]);
	}
	qs_text_adds(text, "]");
}

static enum qs_status wrong_shape(const struct qs_session *session, const struct qs_blob *array,
    const struct qs_port *port, struct qs_findings *findings)
{
	struct qs_text expected = QS_TEXT_INIT, found = QS_TEXT_INIT;

	add_dims(&expected, port->dims, (size_t)port->rank);
	add_dims(&found, array->dims, array->n_dims);
	qs_finding_add(findings, QS_FINDING_RUNTIME_INPUT, place_of(session, findings),
	    "input \"%s\" takes the shape %s and is given %s", array->name, expected.data,
	    found.data);
	qs_text_done(&expected);
	qs_text_done(&found);
	return QS_INVALID;
}

static bool fits(const struct qs_blob *array, const struct qs_port *port)
{
	if (array->n_dims != (size_t)port->rank)
		return false;
	for (size_t i = 0; i < array->n_dims; i++) {
		if (port->dims[i] >= 0 && port->dims[i] != array->dims[i])
			return false;
	}
	return true;
}

static enum qs_status check_array(
    const struct qs_session *session, const struct qs_blob *array, struct qs_findings *findings)
{
	const struct qs_port *port = qs_port_find(session->inputs, session->n_inputs, array->name);
	const size_t bits = qs_element_bits(array->element_type);
	size_t count;

	if (!port) {
		qs_finding_add(findings, QS_FINDING_RUNTIME_INPUT, place_of(session, findings),
		    "the model has no input \"%s\"", array->name);
		return QS_INVALID;
	}
	if (port->element_type != array->element_type) {
		qs_finding_add(findings, QS_FINDING_RUNTIME_INPUT, place_of(session, findings),
		    "input \"%s\" takes %s and is given %s", array->name,
		    qs_element_name(port->element_type), qs_element_name(array->element_type));
		return QS_INVALID;
	}
	if (!fits(array, port))
		return wrong_shape(session, array, port, findings);
	if (!bits || !qs_shape_count(array->dims, array->n_dims, &count) ||
	    count > (SIZE_MAX - 7) / bits || array->size != (count * bits + 7) / 8) {
		qs_finding_add(findings, QS_FINDING_RUNTIME_INPUT, place_of(session, findings),
		    "the data of input \"%s\" is not as long as its shape takes", array->name);
		return QS_INVALID;
	}
	return QS_OK;
}

static enum qs_status check_inputs(const struct qs_session *session, const struct qs_blob *inputs,
    size_t n_inputs, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < n_inputs; i++)
		status = check_array(session, &inputs[i], findings);
	for (size_t i = 0; status == QS_OK && i < session->n_inputs; i++) {
		size_t j = 0;

		while (j < n_inputs && strcmp(inputs[j].name, session->inputs[i].name) != 0)
			j++;
		if (j < n_inputs)
			continue;
		qs_finding_add(findings, QS_FINDING_RUNTIME_INPUT, place_of(session, findings),
		    "input \"%s\" is not given", session->inputs[i].name);
		status = QS_INVALID;
	}
	return status;
}

enum qs_status qs_session_run(struct qs_session *session, const struct qs_blob *inputs,
    size_t n_inputs, const char *const *outputs, size_t n_outputs, struct qs_findings *findings,
    struct qs_blob *ret_outputs)
{
	const enum qs_status status = check_inputs(session, inputs, n_inputs, findings);

	if (status != QS_OK)
		return status;
	return session->run(session, inputs, n_inputs, outputs, n_outputs, findings, ret_outputs);
}

void qs_blob_done(struct qs_blob *array)
{
	free((void *)array->data);
	free((void *)array->dims);
	*array = (struct qs_blob){0};
}

float *qs_blob_floats(const struct qs_blob *array, size_t *ret_count)
{
	float *values;
	size_t count;

	if (!qs_shape_count(array->dims, array->n_dims, &count))
		return NULL;
	values = malloc(count * sizeof(*values) + 1);
	if (values && !qs_elements_to_float(array->element_type, array->data, count, values)) {
		free(values);
		return NULL;
	}
	*ret_count = count;
	return values;
}
