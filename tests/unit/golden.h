/* SPDX-License-Identifier: Apache-2.0 */
/* Golden data for tests: members of JSON objects that have to be there, and arrays. */
#ifndef TESTS_UNIT_GOLDEN_H
#define TESTS_UNIT_GOLDEN_H

#include "numbers/array.h"
#include "tests/unit/data.h"

/* The members of an object; a test without one fails. */
json_object *golden_get(json_object *object, const char *key);
double golden_real(json_object *object, const char *key);
int64_t golden_integer(json_object *object, const char *key);
bool golden_bool(json_object *object, const char *key);
const char *golden_string(json_object *object, const char *key);

/* A number written as "0x1f". */
uint32_t golden_bits(json_object *object, const char *key);

/* The array of a .npy file below tests/data. */
struct qs_array golden_array(const char *name);

#endif
