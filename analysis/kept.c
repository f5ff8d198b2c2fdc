/* SPDX-License-Identifier: Apache-2.0 */
/* What a model made of a batch. */
#include "analysis/kept.h"

#include <stdlib.h>
#include <string.h>

#include "model/tensor.h"

enum qs_status qs_kept_init(struct qs_kept_tensors *kept, size_t n)
{
	*kept = (struct qs_kept_tensors){calloc(n + 1, sizeof(*kept->items)), n};
	return kept->items ? QS_OK : QS_NOMEM;
}

static void forget(struct qs_kept_tensor *tensor)
{
	free(tensor->values);
	free(tensor->dims);
	*tensor = (struct qs_kept_tensor){.values = NULL};
}

void qs_kept_done(struct qs_kept_tensors *kept)
{
	for (size_t i = 0; kept->items && i < kept->n; i++)
		forget(&kept->items[i]);
	free(kept->items);
}

enum qs_status qs_kept_take(struct qs_kept_tensors *kept, size_t value, const struct qs_blob *blob)
{
	struct qs_kept_tensor *tensor = &kept->items[value];

	forget(tensor);
	if (!qs_elements_to_float(blob->element_type, NULL, 0, NULL))
		return QS_OK;
	tensor->values = qs_blob_floats(blob, &tensor->n);
	tensor->dims = malloc((blob->n_dims + 1) * sizeof(*tensor->dims));
	tensor->rank = blob->n_dims;
	if (!tensor->values || !tensor->dims) {
		forget(tensor);
		return QS_NOMEM;
	}
	if (blob->n_dims)
		memcpy(tensor->dims, blob->dims, blob->n_dims * sizeof(*tensor->dims));
	return QS_OK;
}
