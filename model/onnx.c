/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an ONNX model: from bytes to the message, or to one clear finding. */
#include "model/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/functions.h"
#include "model/regions.h"
#include "model/wire.h"

/* Standard operators without an opset_import exist only up to this IR version. */
#define LAST_IR_WITHOUT_OPSET 2

/* Files that people give instead of a model, by the bytes they start with. */
static const struct signature {
	size_t offset;
	const char *bytes;
	size_t size;
	const char *what;
} signatures[] = {
#define SIGNATURE(offset, bytes, what)                                                             \
	{                                                                                          \
		offset, bytes, sizeof(bytes) - 1, what                                             \
	}
    SIGNATURE(0, "PK\003\004", "a ZIP archive, perhaps a PyTorch checkpoint"),
    SIGNATURE(0, "\x80\x02", "a Python pickle, perhaps a PyTorch checkpoint"),
    SIGNATURE(0, "\x89HDF", "an HDF5 file, perhaps a Keras model"),
    SIGNATURE(0, "\x93NUMPY", "a NumPy array"),
    SIGNATURE(0, "\x1f\x8b", "a gzip archive"),
    SIGNATURE(0,
	"\x7f"
	"ELF",
	"a program or a library"),
    SIGNATURE(4, "TFL3", "a TensorFlow Lite model"),
    SIGNATURE(4, "ORTM", "a model in the format of ONNX Runtime"),
    SIGNATURE(0, "version https://git-lfs", "a Git LFS pointer; the model itself was not fetched"),
    SIGNATURE(0, "<!DOCTYPE", "a web page"),
    SIGNATURE(0, "<html", "a web page"),
    SIGNATURE(0, "<?xml", "an XML document"),
    SIGNATURE(0, "{", "text, perhaps JSON"),
    SIGNATURE(0, "[", "text, perhaps JSON"),
#undef SIGNATURE
};

static bool is_text(const unsigned char *bytes, size_t size)
{
	const size_t n = size < 512 ? size : 512;

	for (size_t i = 0; i < n; i++) {
		const bool control = bytes[i] < 0x20 && !strchr("\t\n\r\f", bytes[i]);

		/* Bytes from 0xF5 on never stand in UTF-8. */
		if (!bytes[i] || control || bytes[i] > 0xF4)
			return false;
	}
	return true;
}

/* What bytes that are no model look like; NULL when they look like nothing. */
static const char *looks_like(const unsigned char *bytes, size_t size)
{
	if (!size)
		return "an empty file";
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *s = &signatures[i];

		if (size >= s->offset + s->size &&
		    memcmp(bytes + s->offset, s->bytes, s->size) == 0)
			return s->what;
	}
	return is_text(bytes, size) ? "text" : NULL;
}

static void *arena_alloc(void *context, size_t size)
{
	return qs_arena_alloc(context, size);
}

static void arena_free(void *context, void *piece)
{
	(void)context;
	(void)piece;
}

struct qs_place qs_model_place(const struct qs_model *model, struct qs_findings *findings)
{
	return qs_place_of(qs_findings_name_source(findings, model->path));
}

int64_t qs_model_opset(const struct qs_model *model)
{
	for (size_t i = 0; i < model->proto->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *import = model->proto->opset_import[i];

		if (!import->domain || !*import->domain || strcmp(import->domain, "ai.onnx") == 0)
			return import->version;
	}
	return 1;
}

static enum qs_status not_onnx(const struct qs_model *model, const void *bytes, size_t size,
    const char *why, struct qs_findings *findings)
{
	const char *what = looks_like(bytes, size);

	if (what)
		qs_finding_add(findings, QS_FINDING_NOT_ONNX, qs_model_place(model, findings),
		    "expected an ONNX model, found %s", what);
	else
		qs_finding_add(findings, QS_FINDING_NOT_ONNX, qs_model_place(model, findings),
		    "expected an ONNX model: %s", why);
	return QS_INVALID;
}

/* Says what is wrong with the encoding. A cut that leaves no sign of a graph is not called a model.
 */
static enum qs_status bad_encoding(const struct qs_model *model, const void *bytes, size_t size,
    const struct qs_wire_report *report, struct qs_findings *findings)
{
	const struct qs_place place = qs_model_place(model, findings);
	const char *field = report->field ? report->field : "a field";

	if (looks_like(bytes, size))
		return not_onnx(model, bytes, size, "", findings);
	switch (report->fault) {
	case QS_WIRE_TRUNCATED:
		qs_finding_add(findings, QS_FINDING_TRUNCATED_MODEL, place,
		    "the file ends at byte %zu, within \"%s\" of %s that starts at byte %zu", size,
		    field, report->message, report->offset);
		break;
	case QS_WIRE_TOO_DEEP:
		qs_finding_add(findings, QS_FINDING_MALFORMED_MODEL, place,
		    "messages are nested deeper than %d at byte %zu", QS_WIRE_DEPTH,
		    report->offset);
		break;
	case QS_WIRE_NUL:
		qs_finding_add(findings, QS_FINDING_MALFORMED_MODEL, place,
		    "the text of \"%s\" of %s at byte %zu holds a NUL byte", field, report->message,
		    report->offset);
		break;
	default:
		return not_onnx(
		    model, bytes, size, "the bytes are not those of a protobuf message", findings);
	}
	return QS_INVALID;
}

/* What every model has. */
static enum qs_status check_model(
    const struct qs_model *model, const void *bytes, size_t size, struct qs_findings *findings)
{
	const Onnx__ModelProto *proto = model->proto;
	struct qs_finding *finding;

	if (!proto->graph)
		return not_onnx(model, bytes, size, "it has no graph", findings);
	if (proto->n_opset_import || proto->ir_version <= LAST_IR_WITHOUT_OPSET)
		return QS_OK;
	finding = qs_finding_add(findings, QS_FINDING_NO_OPSET, qs_model_place(model, findings),
	    "the model does not say which operator set it uses");
	qs_finding_hint(
	    findings, finding, "the end of the file may be missing; export the model again");
	return QS_INVALID;
}

static enum qs_status unpack(
    struct qs_model *model, const void *bytes, size_t size, struct qs_findings *findings)
{
	const struct qs_wire_report report =
	    qs_wire_check(bytes, size, &onnx__model_proto__descriptor);

	if (report.fault != QS_WIRE_OK)
		return bad_encoding(model, bytes, size, &report, findings);
	if (!size)
		return not_onnx(model, bytes, size, "", findings);
	model->proto = onnx__model_proto__unpack(&model->allocator, size, bytes);
	if (!model->proto)
		return not_onnx(
		    model, bytes, size, "its fields are not those of a model", findings);
	return check_model(model, bytes, size, findings);
}

/* An empty model with its names. */
static struct qs_model *new_model(const char *path)
{
	struct qs_model *model = calloc(1, sizeof(*model));
	const char *slash = strrchr(path, '/');

	if (!model)
		return NULL;
	model->allocator = (ProtobufCAllocator){arena_alloc, arena_free, &model->arena};
	model->path = qs_arena_strdup(&model->arena, path);
	model->folder = slash ? qs_arena_strndup(&model->arena, path, (size_t)(slash - path) + 1)
	                      : qs_arena_strdup(&model->arena, ".");
	if (!model->path || !model->folder) {
		qs_model_free(model);
		return NULL;
	}
	return model;
}

enum qs_status qs_model_parse(const char *path, const void *bytes, size_t size,
    struct qs_findings *findings, struct qs_model **ret_model)
{
	struct qs_model *model = new_model(path);
	enum qs_status status;

	if (!model)
		return QS_NOMEM;
	status = unpack(model, bytes, size, findings);
	if (status == QS_OK)
		status = qs_functions_inline(model, &model->n_calls);
	if (status == QS_OK)
		status = qs_regions_open(model);
	if (status == QS_OK)
		*ret_model = model;
	else
		qs_model_free(model);
	return status;
}

enum qs_status qs_model_open(
    const char *path, struct qs_findings *findings, struct qs_model **ret_model)
{
	enum qs_status status;
	char *bytes;
	size_t size;

	status = qs_file_read(path, QS_MODEL_LIMIT, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_model_parse(path, bytes, size, findings, ret_model);
	free(bytes);
	return status;
}

void qs_model_free(struct qs_model *model)
{
	struct qs_arena arena;

	if (!model)
		return;
	arena = model->arena;
	qs_arena_done(&arena);
	free(model);
}
