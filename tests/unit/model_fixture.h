/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small models for tests, written as lines of words:
 *
 *   "opset 13"
 *   "in x 1 3 8 8"           an input with its shape, "in x -" a scalar; "out y" is an output
 *   "init w 8 3 3 3"         float32 weights, (index * 7 % 11 - 5) / 8 each
 *   "full s 0.5 3 3"         float32 values that are all the same
 *   "external w w.bin 3 3"   float32 values in a file
 *   "type w float16"         the element type of an input, output or initializer of before
 *   "node Conv c1 x,w,b y"   operator, name, inputs, outputs; "-" is empty, "none" is no list
 *   "domain a.b"             the domain of the node before
 *   "body then_branch"       lines up to "end" are a graph that is an attribute of the node before
 *   "import a.b 1"           a version of another domain
 *   "function a.b F x,w y"   lines up to "end" are a function: domain, name, inputs, outputs
 *   "ref axis of_call"       an attribute of the node before that has the value of the call's
 *   "ints strides 2 2"       an attribute of the node before; also "int group 2", "float alpha 0.5"
 */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/graph.h"
#include "model/onnx.h"
#include "model/tensor.h"

/* A model of lines, ended by NULL. */
struct qs_model *fixture_model(struct qs_findings *findings, const char *const *lines);

/* The same with the lines as arguments. */
#define FIXTURE_MODEL(findings, ...)                                                               \
	fixture_model(findings, (const char *const[]){__VA_ARGS__, NULL})

/* Opens a file of tests/data/models. */
struct qs_model *fixture_open(struct qs_findings *findings, const char *name);

/* The path of a file of tests/data/models; overwritten by the next call. */
const char *fixture_path(const char *name);

/* A path for a file that the test writes; overwritten by the next call. */
const char *fixture_output(const char *name);

/* Writes a file. */
void fixture_write(const char *path, const void *bytes, size_t size);

/* The code of the only finding; fails the test when there is none or more than one. */
const char *fixture_only_code(const struct qs_findings *findings);

/* Ends the test, skipped, where models cannot be brought to later opsets. */
void fixture_need_opset_module(void);

#endif
