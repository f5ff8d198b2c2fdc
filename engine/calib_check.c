/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a calibration file tells about how it was made.
 *
 * Fake-quantize nodes begin with a scale of 1 and observe in some of their states only, so that a
 * training script that sets the states wrongly leaves scales of 1, ranges without values, or
 * scales of what was quantized already. Exporters may add what nodes know: "min_val" and "max_val",
 * "observer_enabled" and "fake_quant_enabled".
 */
#include "engine/calib_file.h"

#include "base/finding.h"
#include "qstrata/numbers.h"

/* A flag of a node, which PyTorch keeps as a tensor of one number; -1 when there is none. */
static int flag_of(struct json_object *tensor, const char *key)
{
	struct json_object *value = json_object_object_get(tensor, key);

	if (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 1)
		value = json_object_array_get_idx(value, 0);
	if (!json_object_is_type(value, json_type_boolean) &&
	    !json_object_is_type(value, json_type_int))
		return -1;
	return json_object_get_boolean(value) != 0;
}

/* How many numbers there are: those of a list, or one. */
static size_t count_numbers(struct json_object *value)
{
	return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 1;
}

static double number_at(struct json_object *value, size_t i)
{
	return json_object_get_double(json_object_is_type(value, json_type_array)
					  ? json_object_array_get_idx(value, i)
					  : value);
}

/* ---- scales of 1 ----------------------------------------------------------------------------- */

static bool is_all_ones(struct json_object *scale)
{
	for (size_t i = 0; i < count_numbers(scale); i++) {
		const double number = number_at(scale, i);

		if (number < 1.0 || number > 1.0)
			return false;
	}
	return count_numbers(scale) > 0;
}

static bool is_activation(struct json_object *tensor)
{
	struct json_object *kind = json_object_object_get(tensor, "kind");
	const char *word =
	    json_object_is_type(kind, json_type_string) ? json_object_get_string(kind) : "";
	const int found = qs_tensor_of_word(word);

	return found == QS_TENSOR_INPUT || found == QS_TENSOR_ACTIVATION;
}

/* One activation may have that scale; not all of several. */
static enum qs_status check_ones(const struct qs_calib_reader *reader, struct json_object *tensors)
{
	size_t n = 0, n_ones = 0;

	json_object_object_foreach(tensors, name, tensor)
	{
		struct json_object *scale = NULL;

		(void)name;
		if (!json_object_is_type(tensor, json_type_object) || !is_activation(tensor) ||
		    !json_object_object_get_ex(tensor, "scale", &scale))
			continue;
		n++;
		n_ones += is_all_ones(scale);
	}
	if (n < 2 || n_ones < n)
		return QS_OK;
	qs_finding_hint(reader->findings,
	    qs_finding_add(
		reader->findings, QS_FINDING_NEVER_OBSERVED, reader->place, QS_NEVER_OBSERVED, n),
	    QS_OBSERVE_AGAIN);
	return QS_INVALID;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* Whether an observer's range has no value in it: none at all, or its ends as they begin. */
static bool is_empty(struct json_object *least, struct json_object *most)
{
	const size_t n = count_numbers(least);

	if (!n || n != count_numbers(most))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (!(number_at(least, i) <= number_at(most, i)))
			return true;
	}
	return false;
}

static enum qs_status check_ranges(
    const struct qs_calib_reader *reader, struct json_object *tensors)
{
	enum qs_status status = QS_OK;

	json_object_object_foreach(tensors, name, tensor)
	{
		struct json_object *least, *most;

		if (json_object_is_type(tensor, json_type_object) &&
		    json_object_object_get_ex(tensor, "min_val", &least) &&
		    json_object_object_get_ex(tensor, "max_val", &most) && is_empty(least, most))
			status = qs_calib_complain(reader, QS_FINDING_EMPTY_RANGE,
			    "the range of tensor \"%s\" is empty: nothing was observed", name);
	}
	return status;
}

/* ---- states ---------------------------------------------------------------------------------- */

/* The states that no calibration leaves nodes in, by what they do. */
static const struct {
	int observes, quantizes;
	const char *told;
} wrong_states[] = {
    {1, 1, "observe and quantize, which is QAT: what they observed was quantized already"},
    {0, 0, "neither observe nor quantize: what was evaluated with them is the float model"},
};

static void check_state(
    const struct qs_calib_reader *reader, struct json_object *tensors, size_t state)
{
	const char *first = NULL;
	size_t n = 0;

	json_object_object_foreach(tensors, name, tensor)
	{
		if (!json_object_is_type(tensor, json_type_object) ||
		    flag_of(tensor, "observer_enabled") != wrong_states[state].observes ||
		    flag_of(tensor, "fake_quant_enabled") != wrong_states[state].quantizes)
			continue;
		first = first ? first : name;
		n++;
	}
	if (n)
		qs_calib_complain(reader, QS_FINDING_NODE_STATE, "%zu node%s, \"%s\" first, %s", n,
		    n == 1 ? "" : "s", first, wrong_states[state].told);
}

enum qs_status qs_calib_check(const struct qs_calib_reader *reader, struct json_object *tensors)
{
	const enum qs_status ones = check_ones(reader, tensors);
	const enum qs_status ranges = check_ranges(reader, tensors);

	for (size_t i = 0; i < sizeof(wrong_states) / sizeof(*wrong_states); i++)
		check_state(reader, tensors, i);
	return ones == QS_OK ? ranges : ones;
}
