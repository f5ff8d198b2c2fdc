/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of plug-ins. */
#include "numbers/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "numbers/cpu.h"
#include "numbers/pool.h"
#include "numbers/round.h"
#include "policy/param.h"

/* The tables of one kind; each begins with its struct qs_plugin. */
struct shelf {
	const struct qs_plugin **items;
	const char **names; /* of the items */
	size_t n_items, capacity;
	size_t n_builtin; /* the first ones */
};

/* What is released together with a registry, the last first. */
struct kept {
	struct kept *next;
	void *thing;
	void (*release)(void *thing);
};

struct qs_registry {
	struct shelf shelves[QS_PLUGIN__KINDS];
	struct qs_kernels kernels;
	struct qs_pool *pool;
	size_t n_threads;
	struct qs_vocabulary vocabulary;
	struct kept *kept;
};

/* The parameter whose words the plug-ins of a kind are. */
static const enum qs_param params[QS_PLUGIN__KINDS] = {
    [QS_PLUGIN_QUANTIZER] = QS_PARAM_DATATYPE,
    [QS_PLUGIN_CALIBRATOR] = QS_PARAM_METHOD,
    [QS_PLUGIN_ROUNDING] = QS_PARAM_ROUND_MODE,
};

static const struct qs_plugin *find(const struct shelf *shelf, const char *name)
{
	for (size_t i = 0; name && i < shelf->n_items; i++) {
		if (strcmp(shelf->items[i]->name, name) == 0)
			return shelf->items[i];
	}
	return NULL;
}

static bool is_name(const char *name)
{
	return name && *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static enum qs_status make_room(struct shelf *shelf)
{
	const size_t capacity = shelf->capacity ? shelf->capacity * 2 : 8;
	const struct qs_plugin **items;
	const char **names;

	if (shelf->n_items < shelf->capacity)
		return QS_OK;
	items = realloc(shelf->items, capacity * sizeof(*items));
	if (!items)
		return QS_NOMEM;
	shelf->items = items;
	names = realloc(shelf->names, capacity * sizeof(*names));
	if (!names)
		return QS_NOMEM;
	shelf->names = names;
	shelf->capacity = capacity;
	return QS_OK;
}

static enum qs_status put(struct shelf *shelf, const struct qs_plugin *plugin)
{
	enum qs_status status = make_room(shelf);

	if (status != QS_OK)
		return status;
	shelf->items[shelf->n_items] = plugin;
	shelf->names[shelf->n_items++] = plugin->name;
	return QS_OK;
}

static const char *const kind_words[QS_PLUGIN__KINDS] = {
    [QS_PLUGIN_QUANTIZER] = "quantizer",
    [QS_PLUGIN_CALIBRATOR] = "calibrator",
    [QS_PLUGIN_ROUNDING] = "rounding mode",
};

/* Every reason is told, since a writer of plug-ins mends them together. */
static enum qs_status add(struct qs_registry *registry, enum qs_plugin_kind kind,
    const struct qs_plugin *plugin, bool complete, struct qs_findings *findings)
{
	const struct qs_place nowhere = {NULL, 0, 0};
	const char *word = kind_words[kind];
	const char *name = is_name(plugin->name) ? plugin->name : "";
	struct shelf *shelf = &registry->shelves[kind];
	const bool taken = find(shelf, name) != NULL;
	const bool full = shelf->n_items - shelf->n_builtin == QS_PLUGIN_LIMIT;

	if (plugin->abi != QS_PLUGIN_ABI) {
		/* Nothing that follows the number can be trusted. */
		qs_finding_add(findings, QS_FINDING_REFUSED_PLUGIN, nowhere,
		    "a %s has plug-in ABI %u, and this library has %u", word, plugin->abi,
		    QS_PLUGIN_ABI);
		return QS_INVALID;
	}
	if (!*name)
		qs_finding_add(findings, QS_FINDING_REFUSED_PLUGIN, nowhere,
		    "a %s is called \"%s\", and a name consists of lower-case letters, digits and "
		    "\"_\"",
		    word, plugin->name ? plugin->name : "");
	if (taken)
		qs_finding_add(findings, QS_FINDING_REFUSED_PLUGIN, nowhere,
		    "there is a %s \"%s\" already", word, name);
	if (!complete)
		qs_finding_add(findings, QS_FINDING_REFUSED_PLUGIN, nowhere,
		    "%s \"%s\" lacks an obligatory function", word, name);
	if (full)
		qs_finding_add(findings, QS_FINDING_REFUSED_PLUGIN, nowhere,
		    "%s \"%s\" is one too many; a registry takes %d of plug-ins", word, name,
		    QS_PLUGIN_LIMIT);
	return *name && !taken && complete && !full ? put(shelf, plugin) : QS_INVALID;
}

enum qs_status qs_registry_add_quantizer(struct qs_registry *registry,
    const struct qs_quantizer *quantizer, struct qs_findings *findings)
{
	return add(registry, QS_PLUGIN_QUANTIZER, &quantizer->plugin,
	    quantizer->plugin.abi == QS_PLUGIN_ABI && quantizer->storage && quantizer->fake &&
		quantizer->encode && quantizer->decode,
	    findings);
}

enum qs_status qs_registry_add_calibrator(struct qs_registry *registry,
    const struct qs_calibrator *calibrator, struct qs_findings *findings)
{
	return add(registry, QS_PLUGIN_CALIBRATOR, &calibrator->plugin,
	    calibrator->plugin.abi == QS_PLUGIN_ABI && calibrator->decide &&
		!calibrator->begin == !calibrator->observe &&
		!calibrator->begin == !calibrator->end,
	    findings);
}

enum qs_status qs_registry_add_rounding(
    struct qs_registry *registry, const struct qs_rounding *rounding, struct qs_findings *findings)
{
	return add(registry, QS_PLUGIN_ROUNDING, &rounding->plugin,
	    rounding->plugin.abi == QS_PLUGIN_ABI && rounding->round, findings);
}

static const struct qs_quantizer *const quantizers[] = {
    &qs_quant_int, &qs_quant_bfloat16, &qs_quant_float16, &qs_quant_float32};
static const struct qs_calibrator *const calibrators[] = {
    &qs_calib_maxmin, &qs_calib_diffs, &qs_calib_percentile, &qs_calib_mse, &qs_calib_entropy};

/*
 * As a foreign registration would be; a refusal is a mistake in a table, and the findings are for
 * tests.
 */
static enum qs_status add_builtins(struct qs_registry *registry, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < sizeof(quantizers) / sizeof(*quantizers) && !status; i++)
		status = qs_registry_add_quantizer(registry, quantizers[i], findings);
	for (size_t i = 0; i < sizeof(calibrators) / sizeof(*calibrators) && !status; i++)
		status = qs_registry_add_calibrator(registry, calibrators[i], findings);
	for (size_t i = 0; i < QS_KERNEL__ROUNDINGS && !status; i++)
		status = qs_registry_add_rounding(registry, &qs_round_builtin[i], findings);
	for (size_t kind = 0; kind < QS_PLUGIN__KINDS; kind++)
		registry->shelves[kind].n_builtin = registry->shelves[kind].n_items;
	return status;
}

struct qs_registry *qs_registry_new(void)
{
	struct qs_registry *registry = calloc(1, sizeof(*registry));
	struct qs_findings *findings = qs_findings_new();

	if (registry)
		qs_kernels_init(&registry->kernels, qs_cpu_sets());
	if (!registry || !findings || add_builtins(registry, findings) != QS_OK) {
		qs_registry_free(registry);
		registry = NULL;
	}
	qs_findings_free(findings);
	return registry;
}

void qs_registry_free(struct qs_registry *registry)
{
	if (!registry)
		return;
	for (size_t kind = 0; kind < QS_PLUGIN__KINDS; kind++) {
		free(registry->shelves[kind].items);
		free(registry->shelves[kind].names);
	}
	for (struct kept *next, *kept = registry->kept; kept; kept = next) {
		next = kept->next;
		kept->release(kept->thing);
		free(kept);
	}
	qs_pool_free(registry->pool);
	free(registry);
}

enum qs_status qs_registry_keep(
    struct qs_registry *registry, void *thing, void (*release)(void *thing))
{
	struct kept *kept = malloc(sizeof(*kept));

	if (!kept)
		return QS_NOMEM;
	*kept = (struct kept){registry->kept, thing, release};
	registry->kept = kept;
	return QS_OK;
}

/*
 * A table begins with its struct qs_plugin, so that a pointer to the one is a pointer to the other.
 */
const struct qs_quantizer *qs_registry_quantizer(
    const struct qs_registry *registry, const char *name)
{
	return (const void *)find(&registry->shelves[QS_PLUGIN_QUANTIZER], name);
}

const struct qs_calibrator *qs_registry_calibrator(
    const struct qs_registry *registry, const char *name)
{
	return (const void *)find(&registry->shelves[QS_PLUGIN_CALIBRATOR], name);
}

const struct qs_rounding *qs_registry_rounding(const struct qs_registry *registry, const char *name)
{
	return (const void *)find(&registry->shelves[QS_PLUGIN_ROUNDING], name);
}

const struct qs_plugin *qs_registry_at(
    const struct qs_registry *registry, enum qs_plugin_kind kind, size_t index)
{
	const struct shelf *shelf = &registry->shelves[kind];

	return index < shelf->n_items ? shelf->items[index] : NULL;
}

const struct qs_vocabulary *qs_registry_vocabulary(struct qs_registry *registry)
{
	for (size_t kind = 0; kind < QS_PLUGIN__KINDS; kind++) {
		const struct shelf *shelf = &registry->shelves[kind];

		registry->vocabulary.words[params[kind]] = shelf->names + shelf->n_builtin;
		registry->vocabulary.n_words[params[kind]] = shelf->n_items - shelf->n_builtin;
	}
	return &registry->vocabulary;
}

const char *qs_registry_word(const struct qs_registry *registry, enum qs_param param, int value)
{
	const struct qs_word_set *set = &qs_param_info(param)->set;
	size_t kind = 0, at;

	if (value >= 0 && value < set->n_words)
		return set->words[value].word;
	while (kind < QS_PLUGIN__KINDS && params[kind] != param)
		kind++;
	if (value < 0 || kind == QS_PLUGIN__KINDS)
		return NULL;
	at = registry->shelves[kind].n_builtin + (size_t)(value - set->n_words);
	return at < registry->shelves[kind].n_items ? registry->shelves[kind].names[at] : NULL;
}

const char *qs_registry_datatype(const struct qs_registry *registry, const struct qs_spec *spec)
{
	return qs_registry_word(registry, QS_PARAM_DATATYPE, spec->datatype);
}

const char *qs_registry_method(const struct qs_registry *registry, const struct qs_spec *spec)
{
	return qs_registry_word(registry, QS_PARAM_METHOD, spec->method);
}

const char *qs_registry_round_mode(const struct qs_registry *registry, const struct qs_spec *spec)
{
	return qs_registry_word(registry, QS_PARAM_ROUND_MODE, spec->round_mode);
}

const struct qs_kernels *qs_registry_kernels(const struct qs_registry *registry)
{
	return &registry->kernels;
}

struct qs_pool *qs_registry_pool(const struct qs_registry *registry)
{
	return registry->pool;
}

enum qs_status qs_registry_use_threads(struct qs_registry *registry, size_t n_threads)
{
	const size_t wanted = n_threads ? n_threads : qs_cpu_count();
	const size_t n = wanted < QS_THREADS_LIMIT ? wanted : QS_THREADS_LIMIT;
	struct qs_pool *pool = NULL;
	enum qs_status status = QS_OK;

	if (n > 1)
		status = qs_pool_new(n, &pool);
	if (status != QS_OK)
		return status;
	qs_pool_free(registry->pool);
	registry->pool = pool;
	registry->n_threads = n_threads ? n : 0;
	return QS_OK;
}

size_t qs_registry_threads(const struct qs_registry *registry)
{
	return registry->n_threads;
}

enum qs_status qs_registry_lack(
    enum qs_plugin_kind kind, const char *name, const struct qs_subject *subject)
{
	qs_finding_add(subject->findings, QS_FINDING_NO_SUCH_PLUGIN, subject->place,
	    "%s: there is no %s \"%s\"", subject->name, kind_words[kind], name ? name : "");
	return QS_UNSUPPORTED;
}
