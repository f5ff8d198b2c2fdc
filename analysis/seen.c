/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of a tensor over all batches. */
#include "analysis/seen.h"

#include <stdlib.h>
#include <string.h>

#include "numbers/array.h"
#include "model/tensor.h"

/* Notes a shape; false when memory ran out. */
static bool note_shape(struct qs_seen *seen, const int64_t *dims, size_t rank)
{
	if (!seen->dims) {
		seen->dims = malloc((rank + 1) * sizeof(*seen->dims));
		if (seen->dims && rank)
			memcpy(seen->dims, dims, rank * sizeof(*dims));
		seen->rank = rank;
		return seen->dims != NULL;
	}
	/* Of shapes of different ranks the first one is told. */
	for (size_t i = 0; i < rank && rank == seen->rank; i++)
		seen->dims[i] = seen->dims[i] == dims[i] ? dims[i] : -1;
	return true;
}

/* Makes room for channels; false when memory ran out. */
static bool make_room(struct qs_seen *seen, size_t n)
{
	static const struct qs_moments nothing = QS_MOMENTS_INIT;
	struct qs_moments *channels;

	if (n <= seen->n_channels)
		return true;
	channels = realloc(seen->channels, n * sizeof(*channels));
	if (!channels)
		return false;
	seen->channels = channels;
	while (seen->n_channels < n)
		channels[seen->n_channels++] = nothing;
	return true;
}

static enum qs_status add_channels(
    struct qs_seen *seen, const float *values, const int64_t *dims, size_t rank, int channel_axis)
{
	const int axis = channel_axis < 0 ? (int)rank + channel_axis : channel_axis;
	struct qs_layout layout;

	/* A tensor without that axis has no channels. */
	if (axis < 0 || (size_t)axis >= rank || !qs_layout_of(dims, rank, axis, &layout))
		return QS_OK;
	if (!make_room(seen, layout.channels))
		return QS_NOMEM;
	for (size_t o = 0; o < layout.outer; o++) {
		for (size_t c = 0; c < layout.channels; c++) {
			qs_moments_add(&seen->channels[c], values, layout.inner);
			values += layout.inner;
		}
	}
	return QS_OK;
}

enum qs_status qs_seen_add(
    struct qs_seen *seen, const float *values, const int64_t *dims, size_t rank, int channel_axis)
{
	size_t n;

	if (!qs_shape_count(dims, rank, &n))
		return QS_BUG;
	if (!note_shape(seen, dims, rank))
		return QS_NOMEM;
	seen->is_there = true;
	qs_moments_add(&seen->all, values, n);
	return channel_axis == QS_NO_CHANNELS
	           ? QS_OK
	           : add_channels(seen, values, dims, rank, channel_axis);
}

enum qs_status qs_seen_add_blob(struct qs_seen *seen, const struct qs_blob *blob, int channel_axis)
{
	enum qs_status status;
	float *values;
	size_t n;

	if (blob->element_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return qs_seen_add(
		    seen, (const float *)blob->data, blob->dims, blob->n_dims, channel_axis);
	/* Strings, 4 bits and the like are not looked at. */
	if (!qs_elements_to_float(blob->element_type, NULL, 0, NULL))
		return QS_OK;
	values = qs_blob_floats(blob, &n);
	if (!values)
		return QS_NOMEM;
	status = qs_seen_add(seen, values, blob->dims, blob->n_dims, channel_axis);
	free(values);
	return status;
}

void qs_seen_done(struct qs_seen *seen)
{
	free(seen->dims);
	free(seen->channels);
}
