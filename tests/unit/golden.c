/* SPDX-License-Identifier: Apache-2.0 */
/* Golden data for tests. */
#include "tests/unit/golden.h"

#include <stdlib.h>

#include "data/npy.h"

json_object *golden_get(json_object *object, const char *key)
{
	json_object *member = NULL;

	assert_true(json_object_object_get_ex(object, key, &member));
	return member;
}

double golden_real(json_object *object, const char *key)
{
	return json_object_get_double(golden_get(object, key));
}

int64_t golden_integer(json_object *object, const char *key)
{
	return json_object_get_int64(golden_get(object, key));
}

bool golden_bool(json_object *object, const char *key)
{
	return json_object_get_boolean(golden_get(object, key));
}

const char *golden_string(json_object *object, const char *key)
{
	return json_object_get_string(golden_get(object, key));
}

uint32_t golden_bits(json_object *object, const char *key)
{
	return (uint32_t)strtoul(golden_string(object, key), NULL, 16);
}

struct qs_array golden_array(const char *name)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_array array = {0};
	char path[512];

	assert_int_equal(qs_npy_read(data_path(path, name), findings, &array), QS_OK);
	qs_findings_free(findings);
	return array;
}
