/* SPDX-License-Identifier: Apache-2.0 */
/* Plug-ins in shared objects. */
#include <dlfcn.h>
#include <string.h>

#include "base/finding.h"
#include "numbers/registry.h"

static void close_file(void *file)
{
	dlclose(file);
}

/* dlerror() begins with the path, which a finding says by itself. */
static enum qs_status refuse(
    const char *path, const char *why, enum qs_status status, struct qs_findings *findings)
{
	const size_t size = strlen(path);
	const bool repeats = strncmp(why, path, size) == 0 && strncmp(why + size, ": ", 2) == 0;

	qs_finding_add(findings, QS_FINDING_PLUGIN_FILE,
	    qs_place_of(qs_findings_name_source(findings, path)), "the plug-in cannot be used: %s",
	    repeats ? why + size + 2 : why);
	return status;
}

static void worsen(enum qs_status *status, enum qs_status next)
{
	if (*status == QS_OK || next == QS_NOMEM)
		*status = next;
}

static enum qs_status add_all(
    struct qs_registry *registry, const struct qs_plugin_set *set, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; set->quantizers && set->quantizers[i]; i++)
		worsen(&status, qs_registry_add_quantizer(registry, set->quantizers[i], findings));
	for (size_t i = 0; set->calibrators && set->calibrators[i]; i++)
		worsen(
		    &status, qs_registry_add_calibrator(registry, set->calibrators[i], findings));
	for (size_t i = 0; set->roundings && set->roundings[i]; i++)
		worsen(&status, qs_registry_add_rounding(registry, set->roundings[i], findings));
	return status;
}

enum qs_status qs_registry_load(
    struct qs_registry *registry, const char *path, struct qs_findings *findings)
{
	void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct qs_plugin_set *set;

	if (!file)
		return refuse(path, dlerror(), QS_IO, findings);
	if (qs_registry_keep(registry, file, close_file) != QS_OK) {
		dlclose(file);
		return QS_NOMEM;
	}
	set = dlsym(file, QS_PLUGIN_SYMBOL);
	if (!set)
		return refuse(
		    path, "it has no symbol \"" QS_PLUGIN_SYMBOL "\"", QS_INVALID, findings);
	if (set->abi != QS_PLUGIN_ABI) {
		qs_finding_add(findings, QS_FINDING_REFUSED_PLUGIN,
		    qs_place_of(qs_findings_name_source(findings, path)),
		    "the plug-in has plug-in ABI %u, and this library has %u", set->abi,
		    QS_PLUGIN_ABI);
		return QS_INVALID;
	}
	return add_all(registry, set, findings);
}
