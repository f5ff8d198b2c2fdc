/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the models and the data of this folder's README: make_models FOLDER.
 *
 * Every number comes from integers by additions and multiplications of doubles that are exact or
 * rounded once, so that every machine writes the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/npy.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
#define INT64 ONNX__TENSOR_PROTO__DATA_TYPE__INT64
#define BATCH 2
#define ROWS 100
#define WIDE 256
#define NARROW 60
#define PARTS 32 /* nodes, initializers, inputs or outputs of a model */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "make_models: %s\n", what);
	exit(2);
}

/* FOLDER/NAME, with the folders in NAME made. */
static const char *place_of(const char *folder, const char *name)
{
	static char path[4096];
	const int size = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (size < 0 || (size_t)size >= sizeof(path))
		die("the name of the folder is too long");
	for (char *slash = path + strlen(folder); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	return path;
}

/* ---- models ---------------------------------------------------------------------------------- */

/* A model that parts are added to; what it points to is in its own memory. */
struct builder {
	struct qs_model *model;
	Onnx__GraphProto *graph;
	struct qs_findings *findings;
};

static void *room(struct builder *builder, size_t size)
{
	void *memory = qs_arena_alloc(&builder->model->arena, size);

	if (!memory)
		die("out of memory");
	return memory;
}

static char *word(struct builder *builder, const char *text)
{
	char *copy = qs_arena_strdup(&builder->model->arena, text);

	if (!copy)
		die("out of memory");
	return copy;
}

/* A model of the standard operators of version 13. */
static struct builder begin(struct qs_findings *findings)
{
	/* ir_version 8, an import of version 13 and a graph named "horizon". */
	static const unsigned char least[] = "\x08\x08\x42\x02\x10\x0d\x3a\x09\x12\x07horizon";
	struct builder builder = {.findings = findings};

	if (qs_model_parse("", least, sizeof(least) - 1, findings, &builder.model) != QS_OK)
		die("cannot begin a model");
	builder.graph = builder.model->proto->graph;
	builder.graph->node = room(&builder, PARTS * sizeof(*builder.graph->node));
	builder.graph->initializer = room(&builder, PARTS * sizeof(*builder.graph->initializer));
	builder.graph->input = room(&builder, PARTS * sizeof(*builder.graph->input));
	builder.graph->output = room(&builder, PARTS * sizeof(*builder.graph->output));
	return builder;
}

static Onnx__ValueInfoProto *value_info(
    struct builder *builder, const char *name, const int64_t *dims, size_t n_dims)
{
	Onnx__ValueInfoProto *info = room(builder, sizeof(*info));
	Onnx__TypeProto__Tensor *tensor = room(builder, sizeof(*tensor));

	onnx__value_info_proto__init(info);
	onnx__type_proto__tensor__init(tensor);
	info->name = word(builder, name);
	info->type = room(builder, sizeof(*info->type));
	onnx__type_proto__init(info->type);
	info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
	info->type->tensor_type = tensor;
	tensor->has_elem_type = true;
	tensor->elem_type = FLOAT;
	tensor->shape = room(builder, sizeof(*tensor->shape));
	onnx__tensor_shape_proto__init(tensor->shape);
	tensor->shape->dim = room(builder, n_dims * sizeof(*tensor->shape->dim));
	for (size_t i = 0; i < n_dims; i++) {
		Onnx__TensorShapeProto__Dimension *dim = room(builder, sizeof(*dim));

		onnx__tensor_shape_proto__dimension__init(dim);
		dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
		dim->dim_value = dims[i];
		tensor->shape->dim[tensor->shape->n_dim++] = dim;
	}
	return info;
}

static void add_input(struct builder *builder, const char *name, const int64_t *dims, size_t n)
{
	builder->graph->input[builder->graph->n_input++] = value_info(builder, name, dims, n);
}

static void add_output(struct builder *builder, const char *name, const int64_t *dims, size_t n)
{
	builder->graph->output[builder->graph->n_output++] = value_info(builder, name, dims, n);
}

static void add_constant(struct builder *builder, const char *name, int type, const int64_t *dims,
    size_t n, const void *elements)
{
	Onnx__TensorProto *tensor = qs_tensor_new(builder->model, name, type, dims, n, elements);

	if (!tensor)
		die("out of memory");
	builder->graph->initializer[builder->graph->n_initializer++] = tensor;
}

static void add_scalar(struct builder *builder, const char *name, float value)
{
	add_constant(builder, name, FLOAT, NULL, 0, &value);
}

static void add_integers(
    struct builder *builder, const char *name, const int64_t *values, int64_t n)
{
	add_constant(builder, name, INT64, n ? &n : NULL, n ? 1 : 0, values);
}

/* A node; `inputs` are words with blanks between. Its name is that of what it gives. */
static Onnx__NodeProto *add_node(
    struct builder *builder, const char *op_type, const char *inputs, const char *output)
{
	Onnx__NodeProto *node = room(builder, sizeof(*node));
	char *state, *list = word(builder, inputs);

	onnx__node_proto__init(node);
	node->op_type = word(builder, op_type);
	node->name = word(builder, output);
	node->input = room(builder, PARTS * sizeof(*node->input));
	for (char *w = strtok_r(list, " ", &state); w; w = strtok_r(NULL, " ", &state))
		node->input[node->n_input++] = w;
	node->output = room(builder, sizeof(*node->output));
	node->output[node->n_output++] = word(builder, output);
	builder->graph->node[builder->graph->n_node++] = node;
	return node;
}

/* Gives the node that was added last its one attribute, a number or a list of one. */
static void set_attribute(struct builder *builder, const char *name, int64_t value, bool is_list)
{
	Onnx__NodeProto *node = builder->graph->node[builder->graph->n_node - 1];
	Onnx__AttributeProto *attribute = room(builder, sizeof(*attribute));

	onnx__attribute_proto__init(attribute);
	attribute->name = word(builder, name);
	attribute->has_type = true;
	if (is_list) {
		attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
		attribute->ints = room(builder, sizeof(*attribute->ints));
		attribute->ints[attribute->n_ints++] = value;
	} else {
		attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
		attribute->has_i = true;
		attribute->i = value;
	}
	node->attribute = room(builder, sizeof(*node->attribute));
	node->attribute[node->n_attribute++] = attribute;
}

static void end(struct builder *builder, const char *folder, const char *name)
{
	if (qs_model_save(builder->model, place_of(folder, name), builder->findings) != QS_OK)
		die("cannot write a model");
	qs_model_free(builder->model);
}

/* ---- data ------------------------------------------------------------------------------------ */

static void write_array(
    const char *folder, const char *name, const int64_t *dims, size_t rank, const float *values)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_array array = {.element = QS_ELEMENT_FLOAT32, .rank = rank};

	if (!findings || !qs_array_count(dims, rank, sizeof(*values), &array.n_values))
		die("cannot make an array");
	memcpy(array.dims, dims, rank * sizeof(*dims));
	array.data = (void *)values;
	if (qs_npy_write(place_of(folder, name), &array, findings) != QS_OK)
		die("cannot write an array");
	qs_findings_free(findings);
}

/* Twelve numbers of 16 bits make one that is nearly normal, with a variance of 1. */
static double normal(uint64_t *state)
{
	int64_t sum = -12 * 32768;

	for (int i = 0; i < 12; i++) {
		*state = *state * 6364136223846793005u + 1442695040888963407u;
		sum += (int64_t)(*state >> 48);
	}
	return (double)sum / 65536;
}

static void fill(float *values, size_t n, double mean, double deviation, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		values[i] = (float)(mean + deviation * normal(&seed));
}

/* ---- the small model ------------------------------------------------------------------------- */

/*
 * Weights of linear2 as its statistics are printed, from -41.66 to 31.23 with a mean near 0 and a
 * variance of 0.44: a few large ones in some rows, and all others small. A row is what one output
 * is computed from, a column of the matrix that is multiplied.
 */
static void fill_linear2(float *weights)
{
	static const struct {
		int row, input;
		float value;
	} large[] = {{7, 31, -41.6590347f}, {23, 200, 31.2311363f}, {7, 99, 14.5f},
	    {11, 64, -17.25f}, {11, 180, 16.75f}, {23, 12, -13.5f}, {38, 5, 12.25f},
	    {38, 141, -11.5f}, {52, 250, 15.0f}, {52, 77, -14.75f}};

	fill(weights, (size_t)WIDE * NARROW, 0, 0.40625, 2);
	/* What the inputs have in common cancels out, as it does in a layer that was trained. */
	for (int row = 0; row < NARROW; row++) {
		double sum = 0;

		for (int i = 0; i < WIDE; i++)
			sum += weights[i * NARROW + row];
		for (int i = 0; i < WIDE; i++)
			weights[i * NARROW + row] -= (float)(sum / WIDE);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++)
		weights[large[i].input * NARROW + large[i].row] = large[i].value;
}

/* MatMul and Add, as exporters write a linear layer over more than two dimensions. */
static void add_linear(struct builder *builder, const char *name, const float *weights,
    int64_t n_inputs, int64_t n_outputs, const char *input, const char *output)
{
	const int64_t dims[] = {n_inputs, n_outputs};
	char product[64], inputs[192], weights_name[64], bias_name[64];
	float *bias = calloc((size_t)n_outputs, sizeof(*bias));

	if (!bias)
		die("out of memory");
	fill(bias, (size_t)n_outputs, 0.005, 0.1063, (uint64_t)(n_inputs + n_outputs));
	snprintf(weights_name, sizeof(weights_name), "%s.weight", name);
	snprintf(bias_name, sizeof(bias_name), "%s.bias", name);
	snprintf(product, sizeof(product), "%s/product", name);
	add_constant(builder, weights_name, FLOAT, dims, 2, weights);
	add_constant(builder, bias_name, FLOAT, dims + 1, 1, bias);
	snprintf(inputs, sizeof(inputs), "%s %s", input, weights_name);
	add_node(builder, "MatMul", inputs, product)->name = word(builder, name);
	snprintf(inputs, sizeof(inputs), "%s %s", product, bias_name);
	add_node(builder, "Add", inputs, output);
	free(bias);
}

/* A layer norm in the operators of this version. */
static void add_layer_norm(struct builder *builder, const char *input, const char *output)
{
	const int64_t dims[] = {WIDE};
	float gamma[WIDE], beta[WIDE];
	char inputs[64];

	fill(gamma, WIDE, 0.46875, 0.03125, 4);
	fill(beta, WIDE, 4.0625, 0.125, 5);
	gamma[90] = 2.5f; /* one channel is far from the others */
	beta[90] = 6.5f;
	add_constant(builder, "layernorm.weight", FLOAT, dims, 1, gamma);
	add_constant(builder, "layernorm.bias", FLOAT, dims, 1, beta);
	add_scalar(builder, "layernorm.two", 2);
	add_scalar(builder, "layernorm.eps", 1e-5f);
	add_node(builder, "ReduceMean", input, "layernorm/mean")->name = word(builder, "layernorm");
	set_attribute(builder, "axes", -1, true);
	snprintf(inputs, sizeof(inputs), "%s layernorm/mean", input);
	add_node(builder, "Sub", inputs, "layernorm/centred");
	add_node(builder, "Pow", "layernorm/centred layernorm.two", "layernorm/squares");
	add_node(builder, "ReduceMean", "layernorm/squares", "layernorm/variance");
	set_attribute(builder, "axes", -1, true);
	add_node(builder, "Add", "layernorm/variance layernorm.eps", "layernorm/positive");
	add_node(builder, "Sqrt", "layernorm/positive", "layernorm/deviation");
	add_node(builder, "Div", "layernorm/centred layernorm/deviation", "layernorm/normal");
	add_node(builder, "Mul", "layernorm/normal layernorm.weight", "layernorm/scaled");
	add_node(builder, "Add", "layernorm/scaled layernorm.bias", output);
}

static void make_small(struct qs_findings *findings, const char *folder)
{
	static float wide[WIDE * WIDE], middle[WIDE * NARROW], narrow[NARROW * NARROW];
	static float values[BATCH * ROWS * WIDE];
	const int64_t in[] = {BATCH, ROWS, WIDE}, out[] = {BATCH, ROWS, NARROW};
	struct builder builder = begin(findings);

	fill(wide, WIDE * WIDE, 0, 0.0625, 1);
	fill_linear2(middle);
	fill(narrow, NARROW * NARROW, 0, 0.125, 3);
	add_input(&builder, "x", in, 3);
	add_linear(&builder, "linear1", wide, WIDE, WIDE, "x", "linear1/sum");
	add_layer_norm(&builder, "linear1/sum", "layernorm/sum");
	add_node(&builder, "Relu", "layernorm/sum", "relu");
	add_linear(&builder, "linear2", middle, WIDE, NARROW, "relu", "linear2/sum");
	add_linear(&builder, "linear3", narrow, NARROW, NARROW, "linear2/sum", "y");
	add_output(&builder, "y", out, 3);
	end(&builder, folder, "small.onnx");
	for (unsigned batch = 0; batch < 3; batch++) {
		char name[32];

		fill(values, BATCH * ROWS * WIDE, 0, 1, 100 + batch);
		snprintf(name, sizeof(name), "small/%u.npy", batch);
		write_array(folder, name, in, 3, values);
	}
}

/* ---- masks ----------------------------------------------------------------------------------- */

/* Four numbers an actor, of which the last one says whether there is one. */
static const int64_t actors_dims[] = {1, 2, 4, 4};
static const float actors[] = {0.2465f, -0.4717f, 60.5f, 1, -0.2124f, 0.5660f, -1.6637f, 0, 0.3338f,
    1.6051f, -1.5088f, 1, -0.9215f, -0.5901f, 1.4871f, 0, 0.1650f, -0.3785f, 1.6710f, 0, -0.3752f,
    0.2337f, 0.4186f, 0, -0.2221f, -0.1745f, -0.6064f, 1, 0.9174f, -0.6317f, 0.6133f, 1};
#define N_ACTORS 8
#define N_NUMBERS 4

/* actors, and actors[:, :, :, -1] as "flag". */
static struct builder begin_mask(struct qs_findings *findings)
{
	struct builder builder = begin(findings);
	const int64_t last = -1;

	add_input(&builder, "actors", actors_dims, 4);
	add_integers(&builder, "last", &last, 0);
	add_node(&builder, "Gather", "actors last", "flag");
	set_attribute(&builder, "axis", 3, false);
	return builder;
}

/* VALUE[:, :, :, None] */
static void add_dimension(struct builder *builder, const char *value, const char *output)
{
	const int64_t axis = 3;
	char inputs[64];

	add_integers(builder, "axis", &axis, 1);
	snprintf(inputs, sizeof(inputs), "%s axis", value);
	add_node(builder, "Unsqueeze", inputs, output);
}

static void add_cast(struct builder *builder, const char *value, const char *output)
{
	add_node(builder, "Cast", value, output);
	set_attribute(builder, "to", FLOAT, false);
}

/* not (flag == 0) as "mask". */
static void add_not_zero(struct builder *builder)
{
	add_scalar(builder, "zero", 0);
	add_node(builder, "Equal", "flag zero", "is_zero");
	add_node(builder, "Not", "is_zero", "mask");
}

static void end_mask(struct builder *builder, const char *folder, const char *name)
{
	add_output(builder, "kept", actors_dims, 4);
	end(builder, folder, name);
}

/* actors * (flag == 1)[:, :, :, None], with the conversion that a product asks for. */
static void make_equal_one(struct qs_findings *findings, const char *folder)
{
	struct builder builder = begin_mask(findings);

	add_scalar(&builder, "one", 1);
	add_node(&builder, "Equal", "flag one", "mask");
	add_dimension(&builder, "mask", "mask_column");
	add_cast(&builder, "mask_column", "mask_float");
	add_node(&builder, "Mul", "actors mask_float", "kept");
	end_mask(&builder, folder, "equal-one.onnx");
}

/* actors * not(flag == 0)[:, :, :, None] */
static void make_not_zero(struct qs_findings *findings, const char *folder)
{
	struct builder builder = begin_mask(findings);

	add_not_zero(&builder);
	add_dimension(&builder, "mask", "mask_column");
	add_cast(&builder, "mask_column", "mask_float");
	add_node(&builder, "Mul", "actors mask_float", "kept");
	end_mask(&builder, folder, "not-zero.onnx");
}

/* actors * quantize(not(flag == 0).to(float))[:, :, :, None], with the scale 1/32767.5. */
static void make_own_scale(struct qs_findings *findings, const char *folder)
{
	struct builder builder = begin_mask(findings);
	const int16_t zero_point = 0;

	add_not_zero(&builder);
	add_cast(&builder, "mask", "mask_float");
	add_scalar(&builder, "mask_scale", 1 / 32767.5f);
	add_constant(&builder, "mask_zero_point", ONNX__TENSOR_PROTO__DATA_TYPE__INT16, NULL, 0,
	    &zero_point);
	/* The standard operators have had 16 bits since version 21 only. */
	if (qs_model_import(builder.model, "com.microsoft", 1) != QS_OK)
		die("out of memory");
	add_node(&builder, "QuantizeLinear", "mask_float mask_scale mask_zero_point", "mask_codes")
	    ->domain = word(&builder, "com.microsoft");
	add_node(
	    &builder, "DequantizeLinear", "mask_codes mask_scale mask_zero_point", "mask_quantized")
	    ->domain = word(&builder, "com.microsoft");
	add_dimension(&builder, "mask_quantized", "mask_column");
	add_node(&builder, "Mul", "actors mask_column", "kept");
	end_mask(&builder, folder, "own-scale.onnx");
}

/* actors_data * actors_mask, which come in on their own. */
static void make_split(struct qs_findings *findings, const char *folder)
{
	static const int64_t data_dims[] = {1, 2, 4, 3}, mask_dims[] = {1, 2, 4, 1};
	struct builder builder = begin(findings);
	float data[N_ACTORS * (N_NUMBERS - 1)], mask[N_ACTORS];

	add_input(&builder, "actors_data", data_dims, 4);
	add_input(&builder, "actors_mask", mask_dims, 4);
	add_node(&builder, "Mul", "actors_data actors_mask", "kept");
	add_output(&builder, "kept", data_dims, 4);
	end(&builder, folder, "split.onnx");
	for (size_t i = 0; i < N_ACTORS; i++) {
		memcpy(data + i * (N_NUMBERS - 1), actors + i * N_NUMBERS,
		    (N_NUMBERS - 1) * sizeof(*data));
		mask[i] = actors[i * N_NUMBERS + N_NUMBERS - 1];
	}
	data[2] = 70000;
	write_array(folder, "split-70000/0/actors_data.npy", data_dims, 4, data);
	write_array(folder, "split-70000/0/actors_mask.npy", mask_dims, 4, mask);
}

static void write_actors(const char *folder)
{
	float values[N_ACTORS * N_NUMBERS];

	memcpy(values, actors, sizeof(values));
	write_array(folder, "actors/0.npy", actors_dims, 4, values);
	values[2] = 70000;
	write_array(folder, "actors-70000/0.npy", actors_dims, 4, values);
}

int main(int argc, char **argv)
{
	struct qs_findings *findings = qs_findings_new();

	if (argc != 2) {
		fprintf(stderr, "usage: make_models FOLDER\n");
		return 2;
	}
	if (!findings)
		die("out of memory");
	place_of(argv[1], "");
	make_small(findings, argv[1]);
	make_equal_one(findings, argv[1]);
	make_not_zero(findings, argv[1]);
	make_own_scale(findings, argv[1]);
	make_split(findings, argv[1]);
	write_actors(argv[1]);
	qs_findings_free(findings);
	return 0;
}
