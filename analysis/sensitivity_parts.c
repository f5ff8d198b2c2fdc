/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts batches into parts. */
#include "analysis/sensitivity_parts.h"

#include <stdlib.h>
#include <string.h>

/* Whether the inputs of a model take any number of samples. */
static bool takes_any_batch(const struct qs_feed *feed)
{
	for (size_t i = 0; i < feed->n_inputs; i++) {
		if (feed->inputs[i].rank < 1 || feed->inputs[i].dims[0] >= 0)
			return false;
	}
	return true;
}

/* Samples of the batch, the same for all inputs; 0 when there is no such number. */
static size_t count_samples(const struct qs_feed *feed)
{
	int64_t n = 0;

	for (size_t i = 0; i < feed->n_inputs; i++) {
		const struct qs_blob *blob = &feed->blobs[i];

		if (!blob->n_dims || blob->dims[0] <= 0 || (i && blob->dims[0] != n))
			return 0;
		n = blob->dims[0];
	}
	return (size_t)n;
}

enum qs_status qs_feed_parts(
    struct qs_feed *feed, size_t fewest, struct qs_findings *findings, size_t *ret_n_parts)
{
	const size_t n = feed->dataset.n_batches;
	size_t wanted, samples;
	enum qs_status status;

	*ret_n_parts = 1;
	if (n >= fewest || !takes_any_batch(feed))
		return QS_OK;
	status = qs_feed_read(feed, 0, findings);
	if (status != QS_OK)
		return status;
	wanted = (fewest + n - 1) / n;
	samples = count_samples(feed);
	*ret_n_parts = samples < wanted ? samples + !samples : wanted;
	return QS_OK;
}

static void cut_blob(struct qs_blob *blob, int64_t *dims, size_t begin, size_t end)
{
	const size_t size = blob->size / (size_t)blob->dims[0];

	memcpy(dims, blob->dims, blob->n_dims * sizeof(*dims));
	dims[0] = (int64_t)(end - begin);
	blob->dims = dims;
	blob->data = (const char *)blob->data + begin * size;
	blob->size = (end - begin) * size;
}

enum qs_status qs_feed_cut(
    const struct qs_feed *feed, size_t part, size_t n_parts, struct qs_blob **ret_blobs)
{
	const size_t samples = count_samples(feed), n = feed->n_inputs;
	/* What is over goes to the first parts, so that these are never empty. */
	const size_t begin = (samples * part + n_parts - 1) / n_parts;
	const size_t end = (samples * (part + 1) + n_parts - 1) / n_parts;
	struct qs_blob *blobs;
	int64_t *dims;

	*ret_blobs = NULL;
	if (samples && n_parts > 1 ? begin == end : part > 0)
		return QS_OK;
	blobs = malloc((n + 1) * (sizeof(*blobs) + QS_ARRAY_RANK_LIMIT * sizeof(*dims)));
	if (!blobs)
		return QS_NOMEM;
	dims = (int64_t *)(blobs + n + 1);
	for (size_t i = 0; i < n; i++) {
		blobs[i] = feed->blobs[i];
		if (samples && n_parts > 1)
			cut_blob(&blobs[i], dims + i * QS_ARRAY_RANK_LIMIT, begin, end);
	}
	*ret_blobs = blobs;
	return QS_OK;
}
