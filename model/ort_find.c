/* SPDX-License-Identifier: Apache-2.0 */
/* The places where pip, npm and the dynamic loader have ONNX Runtime. */
#include "model/ort_find.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qstrata/base.h"

#if defined(__aarch64__)
#define NPM_MACHINE "arm64"
#else
#define NPM_MACHINE "x64"
#endif

#define LIBRARY "libonnxruntime.so*"
#define PIP_PACKAGE "/onnxruntime/capi/" LIBRARY
#define NPM_PACKAGE "/onnxruntime-node/bin/napi-v*/linux/" NPM_MACHINE "/" LIBRARY

/* Packages of Python: folders, perhaps below what a variable holds. */
static const struct place {
	const char *variable; /* NULL: the path is absolute */
	const char *path;
} pip_places[] = {
    {"VIRTUAL_ENV", "/lib/python3*/site-packages"},
    {"CONDA_PREFIX", "/lib/python3*/site-packages"},
    {"HOME", "/.local/lib/python3*/site-packages"},
    {"PYENV_ROOT", "/versions/*/lib/python3*/site-packages"},
    {"HOME", "/.pyenv/versions/*/lib/python3*/site-packages"},
    {NULL, "/usr/local/lib/python3*/site-packages"},
    {NULL, "/usr/local/lib/python3*/dist-packages"},
    {NULL, "/usr/lib/python3*/site-packages"},
    {NULL, "/usr/lib/python3/dist-packages"},
};

/* Global packages of Node.js. */
static const struct place npm_places[] = {
    {"NODE_PATH", ""},
    {"NPM_CONFIG_PREFIX", "/lib/node_modules"},
    {"npm_config_prefix", "/lib/node_modules"},
    {"NVM_BIN", "/../lib/node_modules"},
    {"HOME", "/.npm-global/lib/node_modules"},
    {"HOME", "/node_modules"},
    {NULL, "/usr/local/lib/node_modules"},
    {NULL, "/usr/lib/node_modules"},
};

/* Visits what a pattern matches, the highest version first. Folders with pattern characters are
 * rare. */
static bool visit_pattern(const char *pattern, qs_ort_visitor *visitor, void *context)
{
	bool found = false;
	glob_t matches;

	if (glob(pattern, 0, NULL, &matches) != 0)
		return false;
	for (size_t i = matches.gl_pathc; i-- > 0 && !found;)
		found = visitor(matches.gl_pathv[i], context);
	globfree(&matches);
	return found;
}

static bool visit_below(
    const char *folder, const char *pattern, qs_ort_visitor *visitor, void *context)
{
	struct qs_text path = QS_TEXT_INIT;
	bool found = false;

	qs_text_addf(&path, "%s%s", folder, pattern);
	if (qs_text_status(&path) == QS_OK)
		found = visit_pattern(path.data, visitor, context);
	qs_text_done(&path);
	return found;
}

static bool visit_place(
    const struct place *place, const char *package, qs_ort_visitor *visitor, void *context)
{
	const char *top = place->variable ? getenv(place->variable) : "";
	struct qs_text folder = QS_TEXT_INIT;
	bool found = false;

	if (!top || (place->variable && !*top))
		return false;
	qs_text_addf(&folder, "%s%s", top, place->path);
	if (qs_text_status(&folder) == QS_OK)
		found = visit_below(folder.data, package, visitor, context);
	qs_text_done(&folder);
	return found;
}

/* node_modules of the current folder and of every folder above it. */
static bool visit_node_modules(qs_ort_visitor *visitor, void *context)
{
	char *folder = getcwd(NULL, 0);
	bool found = false, more = folder != NULL;

	while (more && !found) {
		char *slash = strrchr(folder, '/');

		found = visit_below(folder, "/node_modules" NPM_PACKAGE, visitor, context);
		more = slash != NULL;
		if (slash)
			*slash = '\0';
	}
	free(folder);
	return found;
}

bool qs_ort_visit_path(const char *path, qs_ort_visitor *visitor, void *context)
{
	static const char *const inside[] = {"/" LIBRARY, "/lib/" LIBRARY, "/capi/" LIBRARY,
	    PIP_PACKAGE, "/bin/napi-v*/linux/" NPM_MACHINE "/" LIBRARY, NPM_PACKAGE,
	    "/node_modules" NPM_PACKAGE};
	struct stat facts;

	if (stat(path, &facts) != 0 || !S_ISDIR(facts.st_mode))
		return visitor(path, context);
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		if (visit_below(path, inside[i], visitor, context))
			return true;
	}
	return false;
}

bool qs_ort_visit_usual(qs_ort_visitor *visitor, void *context)
{
	bool found =
	    visitor("libonnxruntime.so.1", context) || visitor("libonnxruntime.so", context);

	for (size_t i = 0; !found && i < sizeof(pip_places) / sizeof(pip_places[0]); i++)
		found = visit_place(&pip_places[i], PIP_PACKAGE, visitor, context);
	if (!found)
		found = visit_node_modules(visitor, context);
	for (size_t i = 0; !found && i < sizeof(npm_places) / sizeof(npm_places[0]); i++)
		found = visit_place(&npm_places[i], NPM_PACKAGE, visitor, context);
	return found;
}
