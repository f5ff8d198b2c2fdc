/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and loads ONNX Runtime. */
#include "model/ort.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/ort_find.h"
#include "model/ort_internal.h"

/* A search for a library that can be used. */
struct search {
	struct ort_runtime *ort;
	struct qs_text why_not; /* of the last library that was there */
	bool tried;
};

/*
 * Messages carry places in the library's source: a path and a signature that ends at the bracket
 * which closes its own, with template arguments in square brackets behind it. Gives what follows.
 */
static const char *skip_source_place(const char *text)
{
	static const char folder[] = "/onnxruntime_src/";
	const char *at = strchr(text, '(');
	size_t depth = 0;

	if (strncmp(text, folder, sizeof(folder) - 1) != 0 || !at)
		return text;
	for (; *at; at++) {
		depth += *at == '(';
		depth -= *at == ')';
		if (!depth && (at[1] == ' ' || at[1] == '\0'))
			break;
	}
	if (strncmp(at, ") [with ", 8) == 0)
		at = strchr(at, ']');
	return at && *at ? at + 1 : text;
}

static enum qs_status report(
    const char *message, struct qs_place place, struct qs_findings *findings)
{
	struct qs_text line = QS_TEXT_INIT;

	/* A finding is one line. */
	for (message = skip_source_place(message); *message;
	     message = skip_source_place(message + 1)) {
		const bool gap = strchr(" \n\r\t", *message) != NULL;

		if (!gap)
			qs_text_add(&line, message, 1);
		else if (line.size && line.data[line.size - 1] != ' ')
			qs_text_adds(&line, " ");
	}
	if (line.size && line.data[line.size - 1] == ' ')
		line.data[--line.size] = '\0';
	qs_finding_add(
	    findings, QS_FINDING_RUNTIME_FAILED, place, "ONNX Runtime reports: %s", line.data);
	qs_text_done(&line);
	return QS_INVALID;
}

enum qs_status qs_ort_check(const struct ort_runtime *ort, struct ort_status *failure,
    struct qs_place place, struct qs_findings *findings)
{
	enum qs_status status;

	if (!failure)
		return QS_OK;
	status = report(ort->api.get_error_message(failure), place, findings);
	ort->api.release_status(failure);
	return status;
}

/* The library would write its messages to the standard error. */
static void drop_message(void *context, int severity, const char *category, const char *id,
    const char *location, const char *message)
{
	(void)context;
	(void)severity;
	(void)category;
	(void)id;
	(void)location;
	(void)message;
}

static void take_functions(struct ort_api *api, ort_function *const *table, unsigned minor)
{
#define ORT(index, name, result, parameters) api->name = (result(*) parameters)table[index];
#define ORT_SINCE(version, index, name, result, parameters)                                        \
	api->name = minor < (version) ? NULL : (result(*) parameters)table[index];
#include "model/ort_api.def"
#undef ORT_SINCE
#undef ORT
}

/*
 * The table of the latest version that both sides know. A version beyond the library's own is not
 * asked for, since the library would complain on the standard error.
 */
static ort_function *const *negotiate(
    const struct ort_base *base, const char *version, unsigned *ret_minor)
{
	ort_function *const *table = NULL;
	unsigned minor = 0;

	if (sscanf(version, "1.%u", &minor) != 1)
		return NULL;
	if (minor > ORT_LATEST_API)
		minor = ORT_LATEST_API;
	for (; !table && minor >= ORT_LEAST_API; minor--) {
		table = base->get_api(minor);
		*ret_minor = minor;
	}
	return table;
}

static struct ort_status *start(struct ort_runtime *ort)
{
	const struct ort_api *api = &ort->api;
	struct ort_status *failure;

	failure = api->create_env(drop_message, NULL, ORT_LEVEL_FATAL, "qstrata", &ort->env);
	if (!failure)
		failure = api->disable_telemetry(ort->env);
	if (!failure)
		failure =
		    api->create_cpu_memory(ORT_ALLOCATOR_DEVICE, ORT_MEMORY_DEFAULT, &ort->memory);
	if (!failure)
		failure = api->get_allocator(&ort->allocator);
	return failure;
}

/* Connects to a library that was loaded; says why not when it cannot be used. */
static bool connect(struct ort_runtime *ort, void *library, struct qs_text *why_not)
{
	union {
		void *object;
		ort_get_base *function;
	} symbol = {dlsym(library, "OrtGetApiBase")};
	const struct ort_base *base = symbol.object ? symbol.function() : NULL;
	ort_function *const *table;
	struct ort_status *failure;
	const char *version;
	unsigned minor = 0;

	if (!base) {
		qs_text_adds(why_not, "it is not ONNX Runtime: it has no OrtGetApiBase");
		return false;
	}
	version = base->get_version();
	table = negotiate(base, version, &minor);
	if (!table) {
		qs_text_addf(why_not, "it is ONNX Runtime %s; 1.%d or later is needed", version,
		    ORT_LEAST_API);
		return false;
	}
	take_functions(&ort->api, table, minor);
	ort->base.takes_weights = ort->api.add_weights != NULL;
	failure = start(ort);
	if (failure) {
		qs_text_adds(why_not, ort->api.get_error_message(failure));
		ort->api.release_status(failure);
		return false;
	}
	ort->base.version = qs_arena_strdup(&ort->arena, version);
	return true;
}

/* A library is never unloaded: it keeps threads and destructors of its own. */
static bool try_library(const char *path, void *context)
{
	struct search *search = context;
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const char *error = library ? NULL : dlerror();

	if (!library && !strchr(path, '/'))
		return false;
	search->tried = true;
	qs_text_clear(&search->why_not);
	qs_text_addf(&search->why_not, "\"%s\" cannot be used: ", path);
	if (!library) {
		qs_text_adds(&search->why_not, error ? error : "it cannot be loaded");
		return false;
	}
	if (!connect(search->ort, library, &search->why_not))
		return false;
	search->ort->base.path = qs_arena_strdup(&search->ort->arena, path);
	return true;
}

static void close_runtime(struct qs_runtime *runtime)
{
	struct ort_runtime *ort = (struct ort_runtime *)runtime;

	if (ort->memory)
		ort->api.release_memory(ort->memory);
	if (ort->env)
		ort->api.release_env(ort->env);
	qs_arena_done(&ort->arena);
	free(ort);
}

static enum qs_status not_found(
    const struct search *search, const char *given, struct qs_findings *findings)
{
	const struct qs_place nowhere = {NULL, 0, 0};
	struct qs_finding *finding;

	if (given && !search->tried)
		finding = qs_finding_add(findings, QS_FINDING_RUNTIME_UNUSABLE, nowhere,
		    "there is no libonnxruntime.so in \"%s\"", given);
	else if (search->tried)
		finding = qs_finding_add(
		    findings, QS_FINDING_RUNTIME_UNUSABLE, nowhere, "%s", search->why_not.data);
	else
		finding = qs_finding_add(findings, QS_FINDING_RUNTIME_MISSING, nowhere,
		    "running a model needs ONNX Runtime, which is not found");
	qs_finding_hint(findings, finding,
	    "install it with \"pip install onnxruntime\" or \"npm install onnxruntime-node\", or "
	    "name its "
	    "library with --onnxruntime PATH or " QS_ORT_VARIABLE);
	return QS_UNSUPPORTED;
}

enum qs_status qs_ort_open(
    const char *path, struct qs_findings *findings, struct qs_runtime **ret_runtime)
{
	const char *variable = getenv(QS_ORT_VARIABLE);
	const char *given = path ? path : variable && *variable ? variable : NULL;
	struct ort_runtime *ort = calloc(1, sizeof(*ort));
	struct search search = {ort, QS_TEXT_INIT, false};
	enum qs_status status = QS_OK;
	bool found;

	if (!ort)
		return QS_NOMEM;
	ort->base = (struct qs_runtime){
	    .name = "ONNX Runtime", .open_session = qs_ort_open_session, .close = close_runtime};
	found = given ? qs_ort_visit_path(given, try_library, &search)
	              : qs_ort_visit_usual(try_library, &search);
	if (!found)
		status = not_found(&search, given, findings);
	else if (!ort->base.path || !ort->base.version)
		status = QS_NOMEM;
	qs_text_done(&search.why_not);
	if (status == QS_OK)
		*ret_runtime = &ort->base;
	else
		close_runtime(&ort->base);
	return status;
}
