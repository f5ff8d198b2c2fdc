/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a small network, for tests of what selects layers. */
#ifndef TESTS_LAYERS_H
#define TESTS_LAYERS_H

#include "qstrata/model.h"
#include "tests/unit/expect.h"

enum {
	N_TEST_LAYERS = 6
};

static const char *const test_names[][2] = {{"/conv1/Conv", NULL},
    {"/layer1/layer1.0/conv1/Conv", NULL}, {"/layer1/layer1.0/Relu", NULL}, {"/fc/Gemm", NULL},
    {"MatMul#1", NULL}, {"/norm/ReduceMean", "/norm/Div"}};

static const struct qs_layer test_layers[N_TEST_LAYERS] = {
    {.name = "/conv1/Conv",
	.names = test_names[0],
	.n_nodes = 1,
	.path = "conv1",
	.type = "Conv2d",
	.op_type = "Conv",
	.weights = {.name = "conv1.weight"}},
    {.name = "/layer1/layer1.0/conv1/Conv",
	.names = test_names[1],
	.n_nodes = 1,
	.path = "layer1.0.conv1",
	.type = "Conv2d",
	.op_type = "Conv",
	.weights = {.name = "layer1.0.conv1.weight"}},
    {.name = "/layer1/layer1.0/Relu",
	.names = test_names[2],
	.n_nodes = 1,
	.path = "layer1.0.relu",
	.type = "ReLU",
	.op_type = "Relu"},
    {.name = "/fc/Gemm",
	.names = test_names[3],
	.n_nodes = 1,
	.path = "fc",
	.type = "Linear",
	.op_type = "Gemm",
	.weights = {.name = "fc.weight"}},
    {.name = "MatMul#1",
	.names = test_names[4],
	.n_nodes = 1,
	.path = "",
	.type = "matmul",
	.op_type = "MatMul"},
    {.name = "/norm/ReduceMean",
	.names = test_names[5],
	.n_nodes = 2,
	.path = "norm",
	.type = "LayerNorm",
	.op_type = "ReduceMean"},
};

#endif
