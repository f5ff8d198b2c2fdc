/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes pictures by the module that knows their formats. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/finding.h"
#include "base/module.h"
#include "data/image.h"

/* The largest file that is read: 256 MiB. */
#define FILE_LIMIT ((size_t)256 << 20)

bool qs_image_is_named(const char *path)
{
	static const char *const suffixes[] = {".png", ".jpg", ".jpeg"};
	const char *suffix = strrchr(path, '.');

	for (size_t i = 0; suffix && i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (strcasecmp(suffix, suffixes[i]) == 0)
			return true;
	}
	return false;
}

/* Addresses are objects to dlsym(); functions come out of a union, which POSIX allows. */
static qs_image_module_decode_function *find_decoder(struct qs_findings *findings)
{
	static const char *const name = "qs_image_module_decode";
	union {
		void *object;
		qs_image_module_decode_function *decode;
	} symbol = {NULL};
	const char *error = qs_module_load(QS_IMAGE_MODULE, &name, 1, &symbol.object);
	struct qs_finding *finding;

	if (!error)
		return symbol.decode;
	finding = qs_finding_add(findings, QS_FINDING_IMAGE_MODULE, (struct qs_place){NULL, 0, 0},
	    "the reader of pictures cannot be loaded: %s", error);
	qs_finding_hint(findings, finding,
	    "name the folder of %s in %s, or give the data as .npy files", QS_IMAGE_MODULE,
	    QS_MODULE_VARIABLE);
	return NULL;
}

enum qs_status qs_image_read(
    const char *path, struct qs_findings *findings, struct qs_image *ret_image)
{
	qs_image_module_decode_function *decode = find_decoder(findings);
	enum qs_status status;
	char message[256];
	const char *why;
	char *bytes;
	size_t size;

	if (!decode)
		return QS_UNSUPPORTED;
	status = qs_file_read(path, FILE_LIMIT, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	why = decode(bytes, size, QS_IMAGE_LIMIT, ret_image, message, sizeof(message));
	free(bytes);
	if (!why)
		return QS_OK;
	qs_finding_add(findings, QS_FINDING_MALFORMED_IMAGE,
	    qs_place_of(qs_findings_name_source(findings, path)), "the picture cannot be read: %s",
	    why);
	return QS_INVALID;
}
