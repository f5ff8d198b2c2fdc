/* SPDX-License-Identifier: Apache-2.0 */
/* Loads modules of qstrata. */
#include "base/module.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "qstrata/base.h"

static void *open_module(const char *file)
{
	const char *folder = getenv(QS_MODULE_VARIABLE);
	struct qs_text path = QS_TEXT_INIT;
	void *library = NULL;

	qs_text_addf(&path, "%s/%s", folder && *folder ? folder : QSTRATA_MODULE_FOLDER, file);
	if (qs_text_status(&path) == QS_OK)
		library = dlopen(path.data, RTLD_NOW | RTLD_LOCAL);
	qs_text_done(&path);
	return library;
}

/* Why the last call of <dlfcn.h> failed. */
static const char *last_error(void)
{
	const char *error = dlerror();

	return error ? error : "it is not the one of qstrata";
}

const char *qs_module_load(
    const char *file, const char *const *names, size_t n_names, void **ret_symbols)
{
	void *library = open_module(file);

	if (!library)
		return last_error();
	for (size_t i = 0; i < n_names; i++) {
		ret_symbols[i] = dlsym(library, names[i]);
		if (!ret_symbols[i])
			return last_error();
	}
	return NULL;
}
