/* SPDX-License-Identifier: Apache-2.0 */
/* Small models for tests. */
#include "model_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data.h"
#include "model/opset.h"

#define MAX_ITEMS 64

static char *copy(struct qs_model *model, const char *text)
{
	char *string = qs_arena_strdup(&model->arena, strcmp(text, "-") == 0 ? "" : text);

	assert_non_null(string);
	return string;
}

static void *zeroed(struct qs_model *model, size_t size)
{
	void *piece = qs_arena_alloc(&model->arena, size);

	assert_non_null(piece);
	return piece;
}

/* Splits at a set of characters, in place. */
static size_t split(char *text, const char *separators, char **words)
{
	char *state;
	size_t n = 0;

	for (char *w = strtok_r(text, separators, &state); w;
	     w = strtok_r(NULL, separators, &state)) {
		assert_true(n < MAX_ITEMS);
		words[n++] = w;
	}
	return n;
}

static size_t numbers(char **words, size_t n, int64_t *values)
{
	for (size_t i = 0; i < n; i++)
		values[i] = strtoll(words[i], NULL, 10);
	return n;
}

static Onnx__ValueInfoProto *value_info(struct qs_model *model, char **words, size_t n)
{
	Onnx__ValueInfoProto *info = zeroed(model, sizeof(*info));
	Onnx__TypeProto__Tensor *tensor = zeroed(model, sizeof(*tensor));
	Onnx__TensorShapeProto *shape = zeroed(model, sizeof(*shape));

	onnx__value_info_proto__init(info);
	onnx__type_proto__tensor__init(tensor);
	onnx__tensor_shape_proto__init(shape);
	info->name = copy(model, words[1]);
	info->type = zeroed(model, sizeof(*info->type));
	onnx__type_proto__init(info->type);
	info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
	info->type->tensor_type = tensor;
	tensor->has_elem_type = true;
	tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
	if (n == 2)
		return info;
	tensor->shape = shape;
	shape->dim = zeroed(model, MAX_ITEMS * sizeof(*shape->dim));
	for (size_t i = 2; i < n && strcmp(words[i], "-") != 0; i++) {
		Onnx__TensorShapeProto__Dimension *dim = zeroed(model, sizeof(*dim));

		onnx__tensor_shape_proto__dimension__init(dim);
		dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
		dim->dim_value = strtoll(words[i], NULL, 10);
		shape->dim[shape->n_dim++] = dim;
	}
	return info;
}

static Onnx__TensorProto *initializer(struct qs_model *model, char **words, size_t n)
{
	int64_t dims[MAX_ITEMS];
	size_t count;
	float *values;
	Onnx__TensorProto *tensor;

	numbers(words + 2, n - 2, dims);
	assert_true(qs_shape_count(dims, n - 2, &count));
	values = zeroed(model, (count + 1) * sizeof(*values));
	for (size_t i = 0; i < count; i++)
		values[i] = ((float)(i * 7 % 11) - 5) / 8;
	tensor = qs_tensor_new(
	    model, words[1], ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, dims, n - 2, values);
	assert_non_null(tensor);
	return tensor;
}

/* float32 values that are all the same; without dimensions, one. */
static Onnx__TensorProto *filled(struct qs_model *model, char **words, size_t n)
{
	const float value = strtof(words[2], NULL);
	int64_t dims[MAX_ITEMS];
	size_t count;
	float *values;
	Onnx__TensorProto *tensor;

	numbers(words + 3, n - 3, dims);
	assert_true(qs_shape_count(dims, n - 3, &count));
	values = zeroed(model, count * sizeof(*values));
	for (size_t i = 0; i < count; i++)
		values[i] = value;
	tensor = qs_tensor_new(
	    model, words[1], ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, dims, n - 3, values);
	assert_non_null(tensor);
	return tensor;
}

/* The bits of a float32 that is zero or normal in a narrower type as well, and exact in it. */
static uint16_t narrow(int element_type, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	if (element_type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16)
		return (uint16_t)(bits >> 16);
	if (!(bits << 1))
		return (uint16_t)(bits >> 16);
	return (uint16_t)((bits >> 16 & 0x8000) | ((bits >> 13 & 0x3ffff) - (112U << 10)));
}

static void retype_tensor(struct qs_model *model, Onnx__TensorProto *tensor, int element_type)
{
	const float *values = (const float *)tensor->raw_data.data;
	const size_t n = tensor->raw_data.len / sizeof(*values);
	void *elements = zeroed(model, (n + 1) * sizeof(int64_t));

	for (size_t i = 0; i < n; i++) {
		if (element_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
			((double *)elements)[i] = (double)values[i];
		else if (element_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
			((int64_t *)elements)[i] = (int64_t)values[i];
		else if (element_type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL)
			((bool *)elements)[i] = values[i] > 0;
		else
			((uint16_t *)elements)[i] = narrow(element_type, values[i]);
	}
	assert_int_equal(qs_tensor_set(model, tensor, element_type, elements), QS_OK);
}

static void retype_info(Onnx__ValueInfoProto *const *infos, size_t n, char **words, int type)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(infos[i]->name, words[1]) == 0)
			infos[i]->type->tensor_type->elem_type = type;
	}
}

/* Gives what has a name another element type. */
static void retype(struct qs_model *model, Onnx__GraphProto *graph, char **words)
{
	int type = 1;

	while (type < 32 && strcmp(qs_element_name(type), words[2]) != 0)
		type++;
	assert_true(type < 32);
	retype_info(graph->input, graph->n_input, words, type);
	retype_info(graph->output, graph->n_output, words, type);
	for (size_t i = 0; i < graph->n_initializer; i++) {
		if (strcmp(graph->initializer[i]->name, words[1]) == 0)
			retype_tensor(model, graph->initializer[i], type);
	}
}

/* float32 values that are in a file beside the model. */
static Onnx__TensorProto *external(struct qs_model *model, char **words, size_t n)
{
	Onnx__TensorProto *tensor = filled(model, words, n);
	Onnx__StringStringEntryProto *location = zeroed(model, sizeof(*location));

	onnx__string_string_entry_proto__init(location);
	location->key = copy(model, "location");
	location->value = copy(model, words[2]);
	tensor->external_data = zeroed(model, sizeof(location));
	tensor->external_data[tensor->n_external_data++] = location;
	tensor->has_data_location = true;
	tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	tensor->has_raw_data = false;
	return tensor;
}

static char **names(struct qs_model *model, char *list, size_t *ret_n)
{
	char *words[MAX_ITEMS], **all = zeroed(model, MAX_ITEMS * sizeof(*all));

	*ret_n = strcmp(list, "none") == 0 ? 0 : split(list, ",", words);
	for (size_t i = 0; i < *ret_n; i++)
		all[i] = copy(model, words[i]);
	return all;
}

static Onnx__NodeProto *node(struct qs_model *model, char **words)
{
	Onnx__NodeProto *proto = zeroed(model, sizeof(*proto));

	onnx__node_proto__init(proto);
	proto->op_type = copy(model, words[1]);
	if (strcmp(words[2], "-") != 0)
		proto->name = copy(model, words[2]);
	proto->input = names(model, words[3], &proto->n_input);
	proto->output = names(model, words[4], &proto->n_output);
	proto->attribute = zeroed(model, MAX_ITEMS * sizeof(Onnx__AttributeProto *));
	return proto;
}

static void attribute(struct qs_model *model, Onnx__NodeProto *owner, char **words, size_t n)
{
	Onnx__AttributeProto *proto = zeroed(model, sizeof(*proto));

	onnx__attribute_proto__init(proto);
	proto->name = copy(model, words[1]);
	proto->has_type = true;
	if (strcmp(words[0], "ref") == 0) {
		proto->ref_attr_name = copy(model, words[2]);
	} else if (strcmp(words[0], "ints") == 0) {
		proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
		proto->ints = zeroed(model, MAX_ITEMS * sizeof(*proto->ints));
		proto->n_ints = numbers(words + 2, n - 2, proto->ints);
	} else if (strcmp(words[0], "int") == 0) {
		proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
		proto->has_i = true;
		proto->i = strtoll(words[2], NULL, 10);
	} else {
		proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
		proto->has_f = true;
		proto->f = strtof(words[2], NULL);
	}
	owner->attribute[owner->n_attribute++] = proto;
}

/* Says the version of a domain from here on: what is before keeps its list. */
static void import(struct qs_model *model, const char *domain, const char *version)
{
	Onnx__ModelProto *proto = model->proto;
	Onnx__OperatorSetIdProto **list = zeroed(model, MAX_ITEMS * sizeof(*list));
	Onnx__OperatorSetIdProto *import = zeroed(model, sizeof(*import));
	size_t n = 0;

	onnx__operator_set_id_proto__init(import);
	import->domain = copy(model, *domain ? domain : "-");
	import->has_version = true;
	import->version = strtoll(version, NULL, 10);
	for (size_t i = 0; i < proto->n_opset_import; i++) {
		if (strcmp(proto->opset_import[i]->domain, import->domain) != 0)
			list[n++] = proto->opset_import[i];
	}
	list[n++] = import;
	proto->opset_import = list;
	proto->n_opset_import = n;
}

/* The graphs that a line is within, the innermost last. */
struct nest {
	Onnx__GraphProto *graphs[MAX_ITEMS];
	size_t n;
	Onnx__FunctionProto *function; /* whose nodes are those of the outermost but one */
};

static void make_lists(struct qs_model *model, Onnx__GraphProto *graph)
{
	graph->node = zeroed(model, MAX_ITEMS * sizeof(*graph->node));
	graph->input = zeroed(model, MAX_ITEMS * sizeof(*graph->input));
	graph->output = zeroed(model, MAX_ITEMS * sizeof(*graph->output));
	graph->initializer = zeroed(model, MAX_ITEMS * sizeof(*graph->initializer));
}

/* Starts a graph that is an attribute of the node before. */
static void start_body(struct qs_model *model, struct nest *nest, const char *name)
{
	Onnx__GraphProto *graph = zeroed(model, sizeof(*graph)), *outer = nest->graphs[nest->n - 1];
	Onnx__NodeProto *owner = outer->node[outer->n_node - 1];
	Onnx__AttributeProto *proto = zeroed(model, sizeof(*proto));

	onnx__attribute_proto__init(proto);
	onnx__graph_proto__init(graph);
	make_lists(model, graph);
	graph->name = copy(model, name);
	proto->name = copy(model, name);
	proto->has_type = true;
	proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
	proto->g = graph;
	owner->attribute[owner->n_attribute++] = proto;
	nest->graphs[nest->n++] = graph;
}

/* Starts a function, whose nodes are collected as those of a graph. It has the versions of before.
 */
static void start_function(struct qs_model *model, struct nest *nest, char **words)
{
	Onnx__FunctionProto *function = zeroed(model, sizeof(*function));
	Onnx__GraphProto *graph = zeroed(model, sizeof(*graph));
	Onnx__ModelProto *proto = model->proto;

	onnx__function_proto__init(function);
	onnx__graph_proto__init(graph);
	make_lists(model, graph);
	function->domain = copy(model, words[1]);
	function->name = copy(model, words[2]);
	function->input = names(model, words[3], &function->n_input);
	function->output = names(model, words[4], &function->n_output);
	function->opset_import = proto->opset_import;
	function->n_opset_import = proto->n_opset_import;
	if (!proto->n_functions)
		proto->functions = zeroed(model, MAX_ITEMS * sizeof(function));
	proto->functions[proto->n_functions++] = function;
	nest->function = function;
	nest->graphs[nest->n++] = graph;
}

static void end(struct nest *nest)
{
	const Onnx__GraphProto *graph = nest->graphs[--nest->n];

	if (!nest->function || nest->n != 1)
		return;
	nest->function->node = graph->node;
	nest->function->n_node = graph->n_node;
	nest->function = NULL;
}

static void read_line(struct qs_model *model, struct nest *nest, const char *line)
{
	Onnx__GraphProto *graph = nest->graphs[nest->n - 1];
	char text[512], *words[MAX_ITEMS];
	size_t n;

	snprintf(text, sizeof(text), "%s", line);
	n = split(text, " ", words);
	if (strcmp(words[0], "opset") == 0)
		import(model, "", words[1]);
	else if (strcmp(words[0], "import") == 0)
		import(model, words[1], words[2]);
	else if (strcmp(words[0], "function") == 0)
		start_function(model, nest, words);
	else if (strcmp(words[0], "body") == 0)
		start_body(model, nest, words[1]);
	else if (strcmp(words[0], "end") == 0)
		end(nest);
	else if (strcmp(words[0], "in") == 0)
		graph->input[graph->n_input++] = value_info(model, words, n);
	else if (strcmp(words[0], "out") == 0)
		graph->output[graph->n_output++] = value_info(model, words, n);
	else if (strcmp(words[0], "init") == 0)
		graph->initializer[graph->n_initializer++] = initializer(model, words, n);
	else if (strcmp(words[0], "full") == 0)
		graph->initializer[graph->n_initializer++] = filled(model, words, n);
	else if (strcmp(words[0], "external") == 0)
		graph->initializer[graph->n_initializer++] = external(model, words, n);
	else if (strcmp(words[0], "type") == 0)
		retype(model, graph, words);
	else if (strcmp(words[0], "domain") == 0)
		graph->node[graph->n_node - 1]->domain = copy(model, words[1]);
	else if (strcmp(words[0], "node") == 0)
		graph->node[graph->n_node++] = node(model, words);
	else
		attribute(model, graph->node[graph->n_node - 1], words, n);
}

struct qs_model *fixture_model(struct qs_findings *findings, const char *const *lines)
{
	/* ir_version 8, an opset import of version 1 and a graph with the name "g". */
	static const unsigned char least[] = "\x08\x08\x42\x02\x10\x01\x3a\x03\x12\x01g";
	struct qs_model *model = NULL;
	struct nest nest;

	assert_int_equal(
	    qs_model_parse("fixture.onnx", least, sizeof(least) - 1, findings, &model), QS_OK);
	nest = (struct nest){{model->proto->graph}, 1, NULL};
	make_lists(model, model->proto->graph);
	model->proto->n_opset_import = 0;
	for (; *lines; lines++)
		read_line(model, &nest, *lines);
	if (!model->proto->n_opset_import)
		import(model, "", "13");
	return model;
}

const char *fixture_path(const char *name)
{
	static char path[512];
	char below[256];

	snprintf(below, sizeof(below), "models/%s", name);
	return data_path(path, below);
}

struct qs_model *fixture_open(struct qs_findings *findings, const char *name)
{
	struct qs_model *model = NULL;

	assert_int_equal(qs_model_open(fixture_path(name), findings, &model), QS_OK);
	assert_int_equal(qs_findings_count(findings), 0);
	return model;
}

const char *fixture_output(const char *name)
{
	static char path[4096];

	mkdir("tests", 0777);
	mkdir("tests/out", 0777);
	snprintf(path, sizeof(path), "tests/out/%s", name);
	return path;
}

void fixture_write(const char *path, const void *bytes, size_t size)
{
	FILE *stream = fopen(path, "wb");

	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
}

const char *fixture_only_code(const struct qs_findings *findings)
{
	assert_int_equal(qs_findings_count(findings), 1);
	return qs_findings_at(findings, 0)->code;
}

void fixture_need_opset_module(void)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model =
	    FIXTURE_MODEL(findings, "opset 9", "in x 1 4", "node Relu r x y", "out y");
	const enum qs_status status = qs_opset_raise(model, 13, findings);

	qs_model_free(model);
	qs_findings_free(findings);
	if (status == QS_OK)
		return;
	assert_int_equal(status, QS_UNSUPPORTED);
	print_message("skipped: the opset module was not built\n");
	skip();
}
