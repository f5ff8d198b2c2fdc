/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors whose data lies in a file beside the model. */
#include "model/external.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pages.h"
#include "model/deferred.h"
#include "model/tensor.h"

/* Where the data of one tensor lies. */
struct range {
	const char *location;
	char *path; /* malloc'ed */
	uint64_t offset;
	uint64_t size;
};

bool qs_external_is(const Onnx__TensorProto *tensor)
{
	return tensor->has_data_location &&
	       tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

const char *qs_external_location(const Onnx__TensorProto *tensor)
{
	for (size_t i = 0; i < tensor->n_external_data; i++) {
		const Onnx__StringStringEntryProto *entry = tensor->external_data[i];

		if (entry->key && entry->value && strcmp(entry->key, "location") == 0)
			return entry->value;
	}
	return NULL;
}

static Onnx__StringStringEntryProto *new_pair(
    struct qs_arena *arena, const char *key, const char *value)
{
	Onnx__StringStringEntryProto *pair = qs_arena_alloc(arena, sizeof(*pair));

	if (!pair)
		return NULL;
	onnx__string_string_entry_proto__init(pair);
	pair->key = qs_arena_strdup(arena, key);
	pair->value = qs_arena_strdup(arena, value);
	return pair->key && pair->value ? pair : NULL;
}

bool qs_external_refer(
    struct qs_model *model, Onnx__TensorProto *tensor, const char *const *pairs, size_t n)
{
	Onnx__StringStringEntryProto **list = qs_arena_array(&model->arena, n + 1, sizeof(*list));

	if (!list)
		return false;
	for (size_t i = 0; i < n; i++) {
		list[i] = new_pair(&model->arena, pairs[2 * i], pairs[2 * i + 1]);
		if (!list[i])
			return false;
	}
	tensor->external_data = list;
	tensor->n_external_data = n;
	tensor->has_data_location = true;
	tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	tensor->has_raw_data = false;
	return true;
}

static enum qs_status wrong(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, const char *what)
{
	qs_finding_add(findings, QS_FINDING_EXTERNAL_DATA_RANGE, qs_model_place(model, findings),
	    "the external data of tensor \"%s\" cannot be read: %s", qs_tensor_name(tensor), what);
	return QS_INVALID;
}

/* A decimal number that fits; nothing else is in the key's language. */
static bool parse_number(const char *text, uint64_t *ret_number)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static bool leaves_folder(const char *location)
{
	if (*location == '/')
		return true;
	for (const char *part = location; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return true;
	}
	return false;
}

/* Reads the keys of a tensor's external_data; the size is what the shape asks for. */
static enum qs_status find_range(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, struct range *ret_range)
{
	struct range range = {NULL, NULL, 0, 0};
	bool has_length = false;
	uint64_t length = 0;
	size_t size;

	for (size_t i = 0; i < tensor->n_external_data; i++) {
		const char *key = tensor->external_data[i]->key;
		const char *value = tensor->external_data[i]->value;

		if (key && value && strcmp(key, "location") == 0)
			range.location = value;
		if (key && strcmp(key, "offset") == 0 && !parse_number(value, &range.offset))
			return wrong(model, tensor, findings, "its offset is not a number");
		if (key && strcmp(key, "length") == 0 && !parse_number(value, &length))
			return wrong(model, tensor, findings, "its length is not a number");
		has_length = has_length || (key && strcmp(key, "length") == 0);
	}
	if (!range.location || !*range.location)
		return wrong(model, tensor, findings, "it names no file");
	if (!qs_tensor_data_size(tensor, &size))
		return wrong(model, tensor, findings, "its shape or type is not known");
	if (has_length && length != size)
		return wrong(model, tensor, findings, "its length is not what its shape takes");
	range.size = size;
	*ret_range = range;
	return QS_OK;
}

static enum qs_status find_file(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, struct range *range)
{
	const size_t folder = strlen(model->folder), location = strlen(range->location);
	struct qs_finding *finding;

	if (leaves_folder(range->location)) {
		finding = qs_finding_add(findings, QS_FINDING_EXTERNAL_DATA_PATH,
		    qs_model_place(model, findings),
		    "the external data of tensor \"%s\" is at \"%s\", outside the model's folder",
		    qs_tensor_name(tensor), range->location);
		qs_finding_hint(findings, finding,
		    "external data is named relative to the model and stays below its folder");
		return QS_INVALID;
	}
	range->path = malloc(folder + location + 2);
	if (!range->path)
		return QS_NOMEM;
	memcpy(range->path, model->folder, folder);
	range->path[folder] = '/';
	memcpy(range->path + folder + 1, range->location, location + 1);
	return QS_OK;
}

static enum qs_status missing(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, const struct range *range, const char *why)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_EXTERNAL_DATA_MISSING,
	    qs_model_place(model, findings),
	    "the model keeps the data of tensor \"%s\" in \"%s\", which cannot be opened: %s",
	    qs_tensor_name(tensor), range->location, why);

	qs_finding_hint(findings, finding, "put the file beside the model, under that name");
	return QS_IO;
}

/* Opens the file and makes sure that the range is within it. */
static enum qs_status open_range(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, const struct range *range, int *ret_fd)
{
	/* Without O_NONBLOCK, a named pipe would wait for its writer. */
	int fd = open(range->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat facts;

	if (fd < 0)
		return missing(model, tensor, findings, range, strerror(errno));
	if (fstat(fd, &facts) < 0 || !S_ISREG(facts.st_mode)) {
		close(fd);
		return missing(model, tensor, findings, range, "it is not a regular file");
	}
	if (range->offset > (uint64_t)facts.st_size ||
	    range->size > (uint64_t)facts.st_size - range->offset) {
		qs_finding_add(findings, QS_FINDING_EXTERNAL_DATA_RANGE,
		    qs_model_place(model, findings),
		    "the data of tensor \"%s\" is %" PRIu64 " bytes at offset %" PRIu64
		    " of \"%s\", which has only %" PRIu64,
		    qs_tensor_name(tensor), range->size, range->offset, range->location,
		    (uint64_t)facts.st_size);
		close(fd);
		return QS_INVALID;
	}
	*ret_fd = fd;
	return QS_OK;
}

/* The open file and the range of a tensor's data; range->path is to be freed in any case. */
static enum qs_status locate(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, struct range *range, int *ret_fd)
{
	enum qs_status status = find_range(model, tensor, findings, range);

	if (status == QS_OK)
		status = find_file(model, tensor, findings, range);
	if (status == QS_OK)
		status = open_range(model, tensor, findings, range, ret_fd);
	return status;
}

static bool read_all(int fd, unsigned char *bytes, size_t size, uint64_t offset)
{
	while (size) {
		const ssize_t n = pread(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
		offset += (size_t)n;
	}
	return true;
}

enum qs_status qs_external_read(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, unsigned char **ret_bytes, size_t *ret_size)
{
	struct range range = {NULL, NULL, 0, 0};
	unsigned char *bytes = NULL;
	enum qs_status status;
	int fd = -1;

	if (qs_tensor_is_deferred(model, tensor))
		return qs_tensor_make(model, tensor, findings, ret_bytes, ret_size);
	status = locate(model, tensor, findings, &range, &fd);
	if (status == QS_OK) {
		bytes = qs_pages_malloc((size_t)range.size + 1);
		if (!bytes)
			status = QS_NOMEM;
		else if (!read_all(fd, bytes, (size_t)range.size, range.offset))
			status = missing(model, tensor, findings, &range, "it cannot be read");
	}
	if (fd >= 0)
		close(fd);
	free(range.path);
	if (status != QS_OK) {
		free(bytes);
		return status;
	}
	*ret_bytes = bytes;
	*ret_size = (size_t)range.size;
	return QS_OK;
}

/* Mappings begin where pages do. */
static enum qs_status map_range(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, const struct range *range, int fd, struct qs_mapping *ret_mapping)
{
	const uint64_t before = range->offset % (uint64_t)sysconf(_SC_PAGESIZE);
	const size_t n_bytes = (size_t)(range->size + before);
	unsigned char *pages =
	    mmap(NULL, n_bytes, PROT_READ, MAP_PRIVATE, fd, (off_t)(range->offset - before));

	if (pages == MAP_FAILED)
		return missing(model, tensor, findings, range, strerror(errno));
	*ret_mapping = (struct qs_mapping){pages + before, (size_t)range->size, pages, n_bytes};
	return QS_OK;
}

enum qs_status qs_external_map(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, struct qs_mapping *ret_mapping)
{
	struct range range = {NULL, NULL, 0, 0};
	int fd = -1;
	enum qs_status status = locate(model, tensor, findings, &range, &fd);

	if (status == QS_OK)
		status = map_range(model, tensor, findings, &range, fd, ret_mapping);
	if (fd >= 0)
		close(fd);
	free(range.path);
	return status;
}

void qs_external_unmap(struct qs_mapping *mapping)
{
	if (mapping->pages)
		munmap(mapping->pages, mapping->n_bytes);
	*mapping = (struct qs_mapping){NULL, 0, NULL, 0};
}

enum qs_status qs_external_check(
    const struct qs_model *model, const Onnx__TensorProto *tensor, struct qs_findings *findings)
{
	struct range range = {NULL, NULL, 0, 0};
	enum qs_status status;
	int fd;

	status = locate(model, tensor, findings, &range, &fd);
	if (status == QS_OK)
		close(fd);
	free(range.path);
	return status;
}
