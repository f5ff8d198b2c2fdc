/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an ONNX model, with external data left where it is or taken in. */
#include "model/onnx.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/output.h"
#include "model/deferred.h"
#include "model/external.h"
#include "model/save_data.h"
#include "model/tensor.h"

/* External data of more than this goes into one file beside the model, not into it: 1 GiB. */
#define EMBED_LIMIT ((uint64_t)1 << 30)

struct external {
	const struct qs_model *model;
	struct qs_findings *findings;
	size_t n_tensors;
	enum qs_status worst;
};

/* Goes on after a finding, so that all of them are said at once, but not when memory ran out. */
static enum qs_status check_external(Onnx__TensorProto *tensor, void *context)
{
	struct external *external = context;
	enum qs_status status = QS_OK;

	if (qs_external_is(tensor))
		status = qs_external_check(external->model, tensor, external->findings);
	if (status != QS_OK)
		external->worst = status;
	return status == QS_NOMEM ? status : QS_OK;
}

enum qs_status qs_model_check_external(const struct qs_model *model, struct qs_findings *findings)
{
	struct external external = {model, findings, 0, QS_OK};

	qs_tensors_visit(model->proto, check_external, &external);
	return external.worst;
}

/* Whether a path lies in the model's folder, however the two are written. */
static bool is_beside(const struct qs_model *model, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	struct stat a, b;
	bool same;

	same = folder && stat(folder, &a) == 0 && stat(model->folder, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	free(folder);
	return same;
}

/* ---- files ----------------------------------------------------------------------------------- */

struct holdings {
	const struct qs_model *model;
	bool deferred;
	uint64_t external; /* bytes in other files */
};

static enum qs_status weigh(Onnx__TensorProto *tensor, void *context)
{
	struct holdings *holdings = context;
	size_t size;

	if (qs_tensor_is_deferred(holdings->model, tensor))
		holdings->deferred = true;
	else if (qs_external_is(tensor) && qs_tensor_data_size(tensor, &size))
		holdings->external += size;
	return QS_OK;
}

static struct holdings weigh_model(const struct qs_model *model)
{
	struct holdings holdings = {model, false, 0};

	qs_tensors_visit(model->proto, weigh, &holdings);
	return holdings;
}

uint64_t qs_model_external_size(const struct qs_model *model)
{
	return weigh_model(model).external;
}

static enum qs_status write_model(const struct qs_model *model, const char *path, bool embed,
    struct qs_findings *findings, size_t *ret_size)
{
	struct qs_output output;
	enum qs_status status;
	unsigned char *bytes;
	size_t size;

	status = qs_model_pack(model, embed, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_output_open(&output, path, findings);
	if (status == QS_OK) {
		fwrite(bytes, 1, size, output.stream);
		status = qs_output_commit(&output);
	}
	free(bytes);
	if (status == QS_OK)
		*ret_size = size;
	return status;
}

static enum qs_status write_with_data(const struct qs_model *model, const char *path, bool external,
    struct qs_findings *findings, uint64_t *ret_size)
{
	struct qs_data_file *data = NULL;
	enum qs_status status = qs_data_file_write(model, path, external, findings, &data);
	size_t size = 0;

	if (status == QS_OK)
		status = qs_data_file_commit(data);
	if (status == QS_OK)
		status = write_model(model, path, false, findings, &size);
	if (status == QS_OK) {
		qs_data_file_clean(data);
		/* All that was deferred is external while the file is open. */
		*ret_size = size + weigh_model(model).external;
	}
	qs_data_file_free(data);
	return status;
}

enum qs_status qs_model_write(const struct qs_model *model, const char *path,
    struct qs_findings *findings, uint64_t *ret_size)
{
	const bool beside = is_beside(model, path);
	const struct holdings holdings = weigh_model(model);
	enum qs_status status;
	size_t size = 0;

	if (holdings.deferred || (!beside && holdings.external > EMBED_LIMIT))
		return write_with_data(model, path, !beside, findings, ret_size);
	status = write_model(model, path, !beside, findings, &size);
	if (status == QS_OK)
		*ret_size = size + (beside ? holdings.external : 0);
	return status;
}

enum qs_status qs_model_save(
    const struct qs_model *model, const char *path, struct qs_findings *findings)
{
	uint64_t size;

	return qs_model_write(model, path, findings, &size);
}
