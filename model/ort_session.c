/* SPDX-License-Identifier: Apache-2.0 */
/* Runs models with ONNX Runtime. */
#include <stdlib.h>
#include <string.h>

#include "model/ort_internal.h"
#include "model/tensor.h"

struct ort_run {
	struct qs_session base;
	struct ort_runtime *ort;
	struct ort_session *session;
	struct qs_arena arena;
};

static struct qs_place place_of(const struct ort_run *run, struct qs_findings *findings)
{
	return qs_place_of(qs_findings_name_source(findings, run->base.model_name));
}

/* Wraps the caller's memory, which the library only reads. */
static struct ort_status *wrap(
    const struct ort_run *run, const struct qs_blob *array, struct ort_value **ret_value)
{
	static char nothing;

	return run->ort->api.create_tensor(run->ort->memory,
	    array->size ? (void *)array->data : &nothing, array->size, array->dims, array->n_dims,
	    array->element_type, ret_value);
}

/* ---- opening --------------------------------------------------------------------------------- */

static struct ort_status *set_options(
    const struct ort_api *api, const struct qs_session_options *options, struct ort_options *target)
{
	struct ort_status *failure = api->set_optimization(
	    target, options->optimize ? ORT_OPTIMIZE_ALL : ORT_OPTIMIZE_NOTHING);

	if (!failure)
		failure = api->set_threads(target, options->n_threads);
	/* Threads that wait actively for their next task take the processors from the sessions of
	 * other pieces, and from others on the machine. */
	return failure ? failure : api->add_setting(target, "session.intra_op.allow_spinning", "0");
}

/* Weights on their way into a session. */
struct load {
	const char **names;
	struct ort_value **values;
	size_t n;
};

/* Gives the options what the model says is elsewhere. */
static struct ort_status *add_weights(const struct ort_run *run, struct ort_options *target,
    const struct qs_blob *weights, struct load *load)
{
	struct ort_status *failure = NULL;

	for (size_t i = 0; i < load->n && !failure; i++) {
		load->names[i] = weights[i].name;
		failure = wrap(run, &weights[i], &load->values[i]);
	}
	if (failure || !load->n)
		return failure;
	return run->ort->api.add_weights(
	    target, load->names, (const struct ort_value *const *)load->values, load->n);
}

static void unload(const struct ort_run *run, struct load *load)
{
	for (size_t i = 0; load->values && i < load->n; i++) {
		if (load->values[i])
			run->ort->api.release_value(load->values[i]);
	}
	free(load->names);
	free(load->values);
}

static enum qs_status create_session(struct ort_run *run, const void *model, size_t size,
    const struct qs_blob *weights, struct load *load, const struct qs_session_options *options,
    struct qs_findings *findings)
{
	const struct ort_api *api = &run->ort->api;
	struct ort_options *target = NULL;
	struct ort_status *failure = api->create_options(&target);

	if (!failure)
		failure = set_options(api, options, target);
	if (!failure)
		failure = add_weights(run, target, weights, load);
	if (!failure)
		failure = api->create_session(run->ort->env, model, size, target, &run->session);
	if (target)
		api->release_options(target);
	return qs_ort_check(run->ort, failure, place_of(run, findings), findings);
}

/* Type and shape of a tensor; `type` is borrowed. */
static struct ort_status *describe_tensor(
    struct ort_run *run, const struct ort_tensor_type *type, struct qs_port *port, bool *nomem)
{
	const struct ort_api *api = &run->ort->api;
	size_t n_dims = 0;
	struct ort_status *failure = api->get_element_type(type, &port->element_type);
	int64_t *dims;

	if (!failure)
		failure = api->count_dims(type, &n_dims);
	if (failure)
		return failure;
	dims = qs_arena_array(&run->arena, n_dims + 1, sizeof(*dims));
	*nomem = !dims;
	if (*nomem)
		return NULL;
	failure = api->get_dims(type, dims, n_dims);
	for (size_t i = 0; i < n_dims; i++)
		dims[i] = dims[i] < 0 ? -1 : dims[i];
	port->rank = (int)n_dims;
	port->dims = dims;
	return failure;
}

static struct ort_status *describe_port(
    struct ort_run *run, bool is_input, size_t i, struct qs_port *port, bool *nomem)
{
	const struct ort_api *api = &run->ort->api;
	const struct ort_tensor_type *tensor = NULL;
	struct ort_type *type = NULL;
	struct ort_status *failure;
	char *name = NULL;

	failure = (is_input ? api->get_input_name : api->get_output_name)(
	    run->session, i, run->ort->allocator, &name);
	if (failure)
		return failure;
	port->name = qs_arena_strdup(&run->arena, name);
	*nomem = !port->name;
	failure = api->release_piece(run->ort->allocator, name);
	if (!failure && !*nomem)
		failure =
		    (is_input ? api->get_input_type : api->get_output_type)(run->session, i, &type);
	if (!failure && type)
		failure = api->as_tensor_type(type, &tensor);
	if (!failure && tensor)
		failure = describe_tensor(run, tensor, port, nomem);
	if (type)
		api->release_type(type);
	return failure;
}

static enum qs_status describe_ports(struct ort_run *run, bool is_input, size_t n,
    struct qs_port *ports, struct qs_findings *findings)
{
	bool nomem = !ports;

	for (size_t i = 0; i < n && !nomem; i++) {
		struct ort_status *failure = describe_port(run, is_input, i, &ports[i], &nomem);

		if (failure)
			return qs_ort_check(run->ort, failure, place_of(run, findings), findings);
	}
	return nomem ? QS_NOMEM : QS_OK;
}

static enum qs_status describe_session(struct ort_run *run, struct qs_findings *findings)
{
	const struct ort_api *api = &run->ort->api;
	struct qs_session *base = &run->base;
	struct ort_status *failure = api->count_inputs(run->session, &base->n_inputs);
	enum qs_status status;

	if (!failure)
		failure = api->count_outputs(run->session, &base->n_outputs);
	if (failure)
		return qs_ort_check(run->ort, failure, place_of(run, findings), findings);
	base->inputs = qs_arena_array(&run->arena, base->n_inputs + 1, sizeof(*base->inputs));
	base->outputs = qs_arena_array(&run->arena, base->n_outputs + 1, sizeof(*base->outputs));
	status = describe_ports(run, true, base->n_inputs, base->inputs, findings);
	if (status == QS_OK)
		status = describe_ports(run, false, base->n_outputs, base->outputs, findings);
	return status;
}

static void close_session(struct qs_session *session)
{
	struct ort_run *run = (struct ort_run *)session;

	if (run->session)
		run->ort->api.release_session(run->session);
	qs_arena_done(&run->arena);
	free(run);
}

/* ---- running --------------------------------------------------------------------------------- */

/* What goes through one run. */
struct traffic {
	const char **input_names;
	struct ort_value **inputs, **outputs;
	size_t n_inputs, n_outputs;
};

static bool allocate(struct traffic *traffic)
{
	traffic->input_names = calloc(traffic->n_inputs + 1, sizeof(*traffic->input_names));
	traffic->inputs = calloc(traffic->n_inputs + 1, sizeof(*traffic->inputs));
	traffic->outputs = calloc(traffic->n_outputs + 1, sizeof(*traffic->outputs));
	return traffic->input_names && traffic->inputs && traffic->outputs;
}

static void release(const struct ort_api *api, struct traffic *traffic)
{
	for (size_t i = 0; traffic->inputs && i < traffic->n_inputs; i++) {
		if (traffic->inputs[i])
			api->release_value(traffic->inputs[i]);
	}
	for (size_t i = 0; traffic->outputs && i < traffic->n_outputs; i++) {
		if (traffic->outputs[i])
			api->release_value(traffic->outputs[i]);
	}
	free(traffic->input_names);
	free(traffic->inputs);
	free(traffic->outputs);
}

static enum qs_status unusable_output(
    const struct ort_run *run, const char *name, struct qs_findings *findings)
{
	qs_finding_add(findings, QS_FINDING_RUNTIME_FAILED, place_of(run, findings),
	    "output \"%s\" is not a tensor of numbers", name);
	return QS_UNSUPPORTED;
}

/* Copies type and shape out of a value, and says how many bytes it has. */
static struct ort_status *copy_type(
    const struct ort_run *run, struct ort_value *value, struct qs_blob *array, bool *nomem)
{
	const struct ort_api *api = &run->ort->api;
	struct ort_tensor_type *type = NULL;
	struct ort_status *failure = api->get_tensor_type(value, &type);
	int64_t *dims = NULL;

	if (!failure)
		failure = api->get_element_type(type, &array->element_type);
	if (!failure)
		failure = api->count_dims(type, &array->n_dims);
	if (!failure) {
		dims = calloc(array->n_dims + 1, sizeof(*dims));
		*nomem = !dims;
	}
	if (dims)
		failure = api->get_dims(type, dims, array->n_dims);
	array->dims = dims;
	if (type)
		api->release_tensor_type(type);
	return failure;
}

static enum qs_status copy_output(const struct ort_run *run, struct ort_value *value,
    const char *name, struct qs_findings *findings, struct qs_blob *array)
{
	const struct ort_api *api = &run->ort->api;
	int is_tensor = 0;
	struct ort_status *failure = api->is_tensor(value, &is_tensor);
	void *data = NULL, *copy;
	bool nomem = false;
	size_t count;

	if (!failure && !is_tensor)
		return unusable_output(run, name, findings);
	array->name = name;
	if (!failure)
		failure = copy_type(run, value, array, &nomem);
	if (nomem)
		return QS_NOMEM;
	if (!failure && !qs_element_bits(array->element_type))
		return unusable_output(run, name, findings);
	if (!failure)
		failure = api->get_data(value, &data);
	if (failure)
		return qs_ort_check(run->ort, failure, place_of(run, findings), findings);
	if (!qs_shape_count(array->dims, array->n_dims, &count))
		return unusable_output(run, name, findings);
	array->size = (count * qs_element_bits(array->element_type) + 7) / 8;
	copy = malloc(array->size + 1);
	if (!copy)
		return QS_NOMEM;
	if (array->size)
		memcpy(copy, data, array->size);
	array->data = copy;
	return QS_OK;
}

static enum qs_status run_session(struct qs_session *session, const struct qs_blob *inputs,
    size_t n_inputs, const char *const *outputs, size_t n_outputs, struct qs_findings *findings,
    struct qs_blob *ret_outputs)
{
	struct ort_run *run = (struct ort_run *)session;
	struct traffic traffic = {NULL, NULL, NULL, n_inputs, n_outputs};
	struct qs_blob *arrays = calloc(n_outputs + 1, sizeof(*arrays));
	enum qs_status status = arrays && allocate(&traffic) ? QS_OK : QS_NOMEM;
	struct ort_status *failure = NULL;

	for (size_t i = 0; status == QS_OK && !failure && i < n_inputs; i++) {
		traffic.input_names[i] = inputs[i].name;
		failure = wrap(run, &inputs[i], &traffic.inputs[i]);
	}
	if (status == QS_OK && !failure)
		failure = run->ort->api.run(run->session, NULL, traffic.input_names,
		    (const struct ort_value *const *)traffic.inputs, n_inputs, outputs, n_outputs,
		    traffic.outputs);
	if (status == QS_OK)
		status = qs_ort_check(run->ort, failure, place_of(run, findings), findings);
	for (size_t i = 0; status == QS_OK && i < n_outputs; i++)
		status = copy_output(run, traffic.outputs[i], outputs[i], findings, &arrays[i]);
	if (status == QS_OK)
		memcpy(ret_outputs, arrays, n_outputs * sizeof(*arrays));
	for (size_t i = 0; status != QS_OK && arrays && i < n_outputs; i++)
		qs_blob_done(&arrays[i]);
	free(arrays);
	release(&run->ort->api, &traffic);
	return status;
}

enum qs_status qs_ort_open_session(struct qs_runtime *runtime, const char *model_name,
    const void *model, size_t size, const struct qs_blob *weights, size_t n_weights,
    const struct qs_session_options *options, struct qs_findings *findings,
    struct qs_session **ret_session)
{
	struct ort_run *run = calloc(1, sizeof(*run));
	struct load load = {calloc(n_weights + 1, sizeof(*load.names)),
	    calloc(n_weights + 1, sizeof(*load.values)), n_weights};
	enum qs_status status = QS_NOMEM;

	if (!run) {
		free(load.names);
		free(load.values);
		return QS_NOMEM;
	}
	run->ort = (struct ort_runtime *)runtime;
	run->base.runtime = runtime;
	run->base.run = run_session;
	run->base.close = close_session;
	run->base.model_name = qs_arena_strdup(&run->arena, model_name);
	if (run->base.model_name && load.names && load.values)
		status = create_session(run, model, size, weights, &load, options, findings);
	unload(run, &load);
	if (status == QS_OK)
		status = describe_session(run, findings);
	if (status == QS_OK)
		*ret_session = &run->base;
	else
		close_session(&run->base);
	return status;
}
