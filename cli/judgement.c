/* SPDX-License-Identifier: Apache-2.0 */
/* Reads how configs are judged. */
#include "cli/judgement.h"

#include <stdlib.h>
#include <string.h>

#include "cli/report.h"

/* What an option's value is read with. */
struct reading {
	const struct arguments *arguments;
	struct qs_findings *findings;
	struct judgement *judgement;
};

/* False, after a complaint if findings do not tell. */
static bool is_good(enum qs_status status)
{
	if (status == QS_NOMEM || status == QS_BUG)
		exit_of(status);
	return status == QS_OK;
}

static bool read_tool(const struct reading *reading, const struct given *given)
{
	const char *const words[] = {
	    qs_tool_word(QS_TOOL_2_5), qs_tool_word(QS_TOOL_3_0), qs_tool_word(QS_TOOL_3_5)};
	const int tool = qs_tool_of_word(given->value);

	if (tool >= 0) {
		reading->judgement->options.tool = (enum qs_tool)tool;
		return true;
	}
	refuse_value(reading->arguments, given, words, sizeof(words) / sizeof(*words),
	    " cannot be \"%s\"; expected %s, %s or %s", given->value, words[0], words[1], words[2]);
	return false;
}

/* A file of rules or of a profile, kept as long as what is read from it. */
static enum qs_status open_source(
    const struct reading *reading, const char *path, const struct qs_source **ret_source)
{
	struct judgement *judgement = reading->judgement;
	struct qs_source **source = &judgement->sources[judgement->n_sources];
	const enum qs_status status =
	    qs_source_read(path, path, QS_RULES_LIMIT, reading->findings, source);

	if (status == QS_OK) {
		judgement->n_sources++;
		*ret_source = *source;
	}
	return status;
}

static bool read_rules(const struct reading *reading, const struct given *given)
{
	const struct qs_source *source;
	enum qs_status status = open_source(reading, given->value, &source);

	if (status == QS_OK)
		status =
		    qs_rulebook_add_rules(reading->judgement->rulebook, source, reading->findings);
	return is_good(status);
}

static bool is_device(const struct qs_rulebook *rulebook, const char *name, size_t size)
{
	size_t n;
	const struct qs_profile *profiles = qs_rulebook_profiles(rulebook, &n);

	for (size_t i = 0; i < n; i++) {
		if (strlen(profiles[i].name) == size && memcmp(profiles[i].name, name, size) == 0)
			return true;
	}
	return false;
}

/* Refuses a device where a settings file names it. */
static void refuse_device(
    const struct reading *reading, const struct given *given, const char *name, size_t size)
{
	size_t n;
	const struct qs_profile *profiles = qs_rulebook_profiles(reading->judgement->rulebook, &n);
	const char *words[QS_DEVICE_LIMIT];
	struct qs_text list = QS_TEXT_INIT;

	for (size_t i = 0; i < n; i++) {
		words[i] = profiles[i].name;
		qs_text_addf(&list, "%s%s", i ? ", " : "", words[i]);
	}
	refuse_value(reading->arguments, given, words, n,
	    ": there is no device \"%.*s\"; expected one of %s", (int)size, name, list.data);
	qs_text_done(&list);
}

static bool add_device(
    const struct reading *reading, const struct given *given, const char *name, size_t size)
{
	struct judgement *judgement = reading->judgement;
	size_t device;
	enum qs_status status;

	if (given->origin && !is_device(judgement->rulebook, name, size)) {
		refuse_device(reading, given, name, size);
		return false;
	}
	status =
	    qs_rulebook_find_device(judgement->rulebook, name, size, reading->findings, &device);

	if (status == QS_OK)
		judgement->options.devices |= (uint64_t)1 << device;
	return is_good(status);
}

/* A name has no dot and no slash, a path of a profile has one of them. */
static bool read_profile(const struct reading *reading, const struct given *given)
{
	const char *word = given->value;
	struct judgement *judgement = reading->judgement;
	const struct qs_source *source;
	enum qs_status status;
	size_t device;

	if (!strpbrk(word, "./"))
		return add_device(reading, given, word, strlen(word));
	status = open_source(reading, word, &source);
	if (status == QS_OK)
		status = qs_rulebook_add_profile(
		    judgement->rulebook, source, reading->findings, &device);
	if (status == QS_OK)
		judgement->options.devices |= (uint64_t)1 << device;
	return is_good(status);
}

/* Devices with commas between. */
static bool read_targets(const struct reading *reading, const struct given *given)
{
	size_t size;
	bool good = true;

	for (const char *word = given->value; word; word = word[size] ? word + size + 1 : NULL) {
		size = strcspn(word, ",");
		good &= add_device(reading, given, word, size);
	}
	return good;
}

/*
 * In this order, whatever the one on the command line: rules name devices that profiles make
 * known.
 */
static const struct {
	enum option_id option;
	bool (*read)(const struct reading *reading, const struct given *given);
} readers[] = {
    {OPTION_TOOL_VERSION, read_tool},
    {OPTION_PROFILE, read_profile},
    {OPTION_RULES, read_rules},
    {OPTION_TARGET, read_targets},
};

bool judgement_read(const struct arguments *arguments, struct qs_findings *findings,
    struct judgement *ret_judgement)
{
	const struct reading reading = {arguments, findings, ret_judgement};
	bool good = true;

	*ret_judgement = (struct judgement){.options = QS_POLICY_OPTIONS_INIT};
	ret_judgement->sources = calloc(arguments->n_given + 1, sizeof(*ret_judgement->sources));
	if (!ret_judgement->sources) {
		out_of_memory();
		return false;
	}
	if (!is_good(qs_rulebook_new(&ret_judgement->rulebook)))
		return false;
	for (size_t r = 0; r < sizeof(readers) / sizeof(*readers); r++) {
		for (size_t i = 0; i < arguments->n_given; i++) {
			const struct given *given = &arguments->given[i];

			if (given->option == readers[r].option)
				good &= readers[r].read(&reading, given);
		}
	}
	ret_judgement->options.rulebook = ret_judgement->rulebook;
	return good;
}

void judgement_done(struct judgement *judgement)
{
	qs_rulebook_free(judgement->rulebook);
	for (size_t i = 0; i < judgement->n_sources; i++)
		qs_source_free(judgement->sources[i]);
	free(judgement->sources);
	*judgement = (struct judgement){.options = QS_POLICY_OPTIONS_INIT};
}
