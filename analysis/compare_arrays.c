/* SPDX-License-Identifier: Apache-2.0 */
/* Compares two arrays in files. */
#include <math.h>
#include <stdlib.h>

#include "analysis/compare.h"
#include "base/finding.h"
#include "data/npy.h"

/* Reads a file as float32 values; both parts are the caller's to release. */
static enum qs_status read_floats(const char *path, struct qs_findings *findings,
    struct qs_array *ret_array, struct qs_values *ret_values)
{
	enum qs_status status = qs_npy_read(path, findings, ret_array);
	float *values = NULL;

	if (status == QS_OK)
		status = qs_array_floats(ret_array, &values);
	if (status == QS_OK)
		*ret_values = (struct qs_values){values, ret_array->dims, ret_array->rank};
	return status;
}

static enum qs_status compare(const char *expected_path, const char *found_path,
    const struct qs_array *array, const struct qs_values *expected, const struct qs_values *found,
    struct qs_findings *findings, struct qs_comparison **ret_comparison)
{
	const struct qs_compared item = {.type = "array",
	    .layer = found_path,
	    .tensor = found_path,
	    .dtype = qs_element_word(array->element),
	    .attr = QS_ATTR_OUTPUT,
	    .scale = NAN,
	    .is_output = true};
	struct qs_comparison *comparison;
	struct qs_compared *added;
	enum qs_status status = qs_comparison_new(expected_path, found_path, 1, &comparison);

	if (status != QS_OK)
		return status;
	added = qs_comparison_add(comparison, &item);
	status = added ? qs_compared_add(added, expected, found,
			     qs_place_of(qs_findings_name_source(findings, found_path)), findings)
	               : QS_NOMEM;
	if (status == QS_OK)
		*ret_comparison = comparison;
	else
		qs_comparison_free(comparison);
	return status;
}

enum qs_status qs_compare_arrays(const char *expected, const char *found,
    struct qs_findings *findings, struct qs_comparison **ret_comparison)
{
	struct qs_array arrays[2] = {{.data = NULL}, {.data = NULL}};
	struct qs_values values[2] = {{.values = NULL}, {.values = NULL}};
	enum qs_status status = read_floats(expected, findings, &arrays[0], &values[0]);
	const enum qs_status other = read_floats(found, findings, &arrays[1], &values[1]);

	status = status == QS_OK ? other : status;
	if (status == QS_OK)
		status = compare(
		    expected, found, &arrays[1], &values[0], &values[1], findings, ret_comparison);
	for (int i = 0; i < 2; i++) {
		qs_array_done(&arrays[i]);
		free((void *)values[i].values);
	}
	return status;
}
