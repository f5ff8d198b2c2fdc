/* SPDX-License-Identifier: Apache-2.0 */
/* Settings files: from JSON to options. */
#include "cli/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/path.h"
#include "cli/report.h"

/* A settings file is at most so large. */
#define SETTINGS_LIMIT ((size_t)1 << 20)

enum scope_of_setting {
	SCOPE_FILE,
	SCOPE_RUN
};

/* The shape that a setting has in JSON; a path is a text there. */
#define SHAPE_FLAG QS_FORM_FLAG
#define SHAPE_COUNT QS_FORM_COUNT
#define SHAPE_TEXT QS_FORM_TEXT
#define SHAPE_LIST QS_FORM_LIST
#define SHAPE_MAP QS_FORM_MAP
#define SHAPE_PATH QS_FORM_TEXT
#define SHAPE_DEVICE QS_FORM_TEXT

/* What a text of it means. */
enum meaning_of_text {
	MEANS_ITSELF,
	MEANS_PATH,
	MEANS_DEVICE /* a path when it has a dot or a slash, else a name */
};
#define MEANING_FLAG MEANS_ITSELF
#define MEANING_COUNT MEANS_ITSELF
#define MEANING_TEXT MEANS_ITSELF
#define MEANING_LIST MEANS_ITSELF
#define MEANING_MAP MEANS_ITSELF
#define MEANING_PATH MEANS_PATH
#define MEANING_DEVICE MEANS_DEVICE

static const struct {
	enum option_id option;
	enum qs_form_shape shape;
	enum meaning_of_text meaning;
	enum scope_of_setting scope;
} rows[] = {
#define SETTING(OPTION, SHAPE, SCOPE)                                                              \
	{OPTION_##OPTION, SHAPE_##SHAPE, MEANING_##SHAPE, SCOPE_##SCOPE},
#include "cli/settings.def"
#undef SETTING
};

/* The keys of a file: those of the rows, in their order, and two more. */
enum {
	N_ROWS = sizeof(rows) / sizeof(*rows),
	KEY_PER_PATH = N_ROWS,
	KEY_SCHEMA,
	N_KEYS
};

enum {
	MEMBER_PATHS,
	MEMBER_IGNORE,
	MEMBER_REASON,
	N_MEMBERS
};

static const struct qs_form_key members[N_MEMBERS] = {
    {"paths", QS_FORM_LIST, true, NULL, 0},
    {"ignore", QS_FORM_LIST, true, NULL, 0},
    {"reason", QS_FORM_TEXT, true, NULL, 0},
};

static enum qs_status read_form(struct settings *settings, struct qs_findings *findings)
{
	struct qs_form_key keys[N_KEYS];
	enum qs_status status;

	for (size_t i = 0; i < N_ROWS; i++)
		keys[i] = (struct qs_form_key){
		    option_name(rows[i].option), rows[i].shape, false, NULL, 0};
	keys[KEY_PER_PATH] =
	    (struct qs_form_key){"per-path", QS_FORM_GROUPS, false, members, N_MEMBERS};
	keys[KEY_SCHEMA] = (struct qs_form_key){"$schema", QS_FORM_TEXT, false, NULL, 0};
	status = qs_source_read(
	    settings->path, settings->path, SETTINGS_LIMIT, findings, &settings->source);
	if (status == QS_OK)
		status = qs_form_read(
		    settings->source, "a settings file", keys, N_KEYS, findings, &settings->form);
	return status;
}

/* ---- options --------------------------------------------------------------------------------- */

/* A path of a settings file as seen from the working folder. NULL: memory ran out. */
static const char *make_path(struct settings *settings, const char *path)
{
	const char *name = path_name(settings->path);
	char *folder, *made;

	if (path[0] == '/')
		return path;
	folder = strndup(settings->path, (size_t)(name - settings->path));
	made = folder ? path_join(folder, path) : NULL;
	free(folder);
	if (made)
		settings->texts[settings->n_texts++] = made;
	return made;
}

/* Makes an option of a value, unless the command line stands in its place, or it is for other
 * commands. */
static bool add_option(
    struct settings *settings, const struct arguments *line, const struct qs_form_value *value)
{
	const enum option_id option = rows[value->key].option;
	const char *text = value->text;

	if (line->value[option] || !option_taken(line, option))
		return true;
	if (rows[value->key].shape == QS_FORM_FLAG) {
		if (strcmp(text, "true") != 0)
			return true;
		text = "";
	}
	if (rows[value->key].meaning == MEANS_PATH ||
	    (rows[value->key].meaning == MEANS_DEVICE && strpbrk(text, "./")))
		text = make_path(settings, text);
	settings->arguments.given[settings->arguments.n_given++] =
	    (struct given){option, text, value};
	return text != NULL;
}

/* Puts the options of the file before those of the command line. */
static bool merge_options(struct settings *settings, const struct arguments *line)
{
	struct arguments *merged = &settings->arguments;
	size_t n = 0;
	const struct qs_form_value *values =
	    settings->form ? qs_form_values(settings->form, &n) : NULL;

	*merged = *line;
	merged->n_given = 0;
	merged->given = calloc(n + line->n_given + 1, sizeof(*merged->given));
	settings->texts = calloc(n + 1, sizeof(*settings->texts));
	if (!merged->given || !settings->texts)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (values[i].key < N_ROWS && !add_option(settings, line, &values[i]))
			return false;
	}
	for (size_t i = 0; i < line->n_given; i++)
		merged->given[merged->n_given++] = line->given[i];
	for (size_t i = 0; i < merged->n_given; i++) {
		const struct given *given = &merged->given[i];

		merged->value[given->option] = given->value;
		merged->from[given->option] = given;
	}
	return true;
}

/* ---- codes by path --------------------------------------------------------------------------- */

static bool take_member(struct settings *settings, struct per_path *per_path,
    const struct qs_form_value *value, struct qs_findings *findings)
{
	const struct qs_form_value **codes;

	switch (value->member) {
	case MEMBER_PATHS:
		return ignore_add(&per_path->paths, value->text, strlen(value->text));
	case MEMBER_IGNORE:
		codes = realloc(per_path->codes, (per_path->n_codes + 1) * sizeof(*codes));
		if (!codes)
			return false;
		per_path->codes = codes;
		codes[per_path->n_codes++] = value;
		return true;
	default:
		if (!value->text[strspn(value->text, " \t\n")])
			qs_form_refuse(findings, value, NULL, 0,
			    "\"reason\" cannot be empty; expected why the codes do not count");
		per_path->reason = value->text;
		return settings->folder != NULL;
	}
}

static bool read_per_path(struct settings *settings, struct qs_findings *findings)
{
	size_t n = 0, group = 0;
	const struct qs_form_value *values =
	    settings->form ? qs_form_values(settings->form, &n) : NULL;

	for (size_t i = 0; i < n; i++)
		group = values[i].group > group ? values[i].group : group;
	settings->per_path = calloc(group + 1, sizeof(*settings->per_path));
	if (!settings->per_path)
		return false;
	for (; settings->n_per_path < group; settings->n_per_path++) {
		if (!ignore_init(&settings->per_path[settings->n_per_path].paths, settings->folder))
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (values[i].group &&
		    !take_member(
			settings, &settings->per_path[values[i].group - 1], &values[i], findings))
			return false;
	}
	return true;
}

/* ---- a file as a whole ----------------------------------------------------------------------- */

/* Names the file and the folder of its paths, which is the working folder without a file. */
static bool name_settings(struct settings *settings, const char *path)
{
	settings->folder = path_absolute(path ? path : ".");
	if (!path || !settings->folder)
		return settings->folder != NULL;
	settings->path = strdup(path);
	path_cut(settings->folder);
	return settings->path != NULL;
}

bool settings_read(
    const struct arguments *arguments, const char *path, struct settings *ret_settings)
{
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status = QS_NOMEM;

	*ret_settings = (struct settings){.path = NULL};
	if (findings && name_settings(ret_settings, path)) {
		status = path ? read_form(ret_settings, findings) : QS_OK;
		if (status == QS_OK && (!merge_options(ret_settings, arguments) ||
					   !read_per_path(ret_settings, findings)))
			status = QS_NOMEM;
		if (status == QS_OK && qs_findings_count(findings))
			status = QS_INVALID;
		tell_findings(arguments, findings, stderr, QS_SEVERITY_ERROR);
	}
	if (status == QS_NOMEM)
		out_of_memory();
	qs_findings_free(findings);
	return status == QS_OK;
}

void settings_done(struct settings *settings)
{
	for (size_t i = 0; i < settings->n_per_path; i++) {
		ignore_done(&settings->per_path[i].paths);
		free(settings->per_path[i].codes);
	}
	for (size_t i = 0; i < settings->n_texts; i++)
		free(settings->texts[i]);
	free(settings->per_path);
	free(settings->texts);
	free(settings->arguments.given);
	qs_form_free(settings->form);
	qs_source_free(settings->source);
	free(settings->folder);
	free(settings->path);
}

/* ---- several files --------------------------------------------------------------------------- */

static void print_place(FILE *stream, const struct settings *settings, const struct given *given)
{
	struct qs_position place;

	if (!given || !given->origin) {
		fputs(given            ? "the command line"
		      : settings->path ? settings->path
				       : "no file",
		    stream);
		return;
	}
	place = qs_source_position(settings->source, given->origin->place.begin);
	fprintf(stream, "%s:%zu:%zu", settings->path, place.line, place.column);
}

static void complain(
    const struct settings *one, const struct settings *other, enum option_id option)
{
	const struct settings *both[] = {one, other};

	fprintf(stderr, "qstrata: settings differ in \"%s\", which has to be one for all files: ",
	    option_name(option));
	for (size_t i = 0; i < 2; i++) {
		const struct given *given = both[i]->arguments.from[option];

		print_place(stderr, both[i], given);
		fprintf(stderr, " has %s%s%s%s", given ? "\"" : "none", given ? given->value : "",
		    given ? "\"" : "", i ? "" : ", ");
	}
	fprintf(stderr, "; give --%s%s\n", option_name(option),
	    option_taken(&one->arguments, OPTION_FILES_FROM) ? ", or check the files apart" : "");
}

static bool is_same(const struct given *a, const struct given *b)
{
	return a && b ? strcmp(a->value, b->value) == 0 : a == b;
}

bool settings_agree_on(
    const struct settings *one, const struct settings *other, enum option_id option)
{
	if (is_same(one->arguments.from[option], other->arguments.from[option]))
		return true;
	complain(one, other, option);
	return false;
}

bool settings_agree(const struct settings *one, const struct settings *other)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].scope == SCOPE_RUN && !settings_agree_on(one, other, rows[i].option))
			return false;
	}
	return true;
}

void settings_take(const struct settings *settings, struct arguments *run)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		const enum option_id option = rows[i].option;

		if (rows[i].scope != SCOPE_RUN)
			continue;
		run->value[option] = settings->arguments.value[option];
		run->from[option] = settings->arguments.from[option];
	}
}

/* ---- showing --------------------------------------------------------------------------------- */

static void show_option(const struct settings *settings, enum option_id option)
{
	const struct arguments *arguments = &settings->arguments;
	bool shown = false;

	for (size_t i = 0; i < arguments->n_given; i++) {
		const struct given *given = &arguments->given[i];

		if (given->option != option)
			continue;
		printf(
		    "  %-16s %-24s ", option_name(option), *given->value ? given->value : "true");
		print_place(stdout, settings, given);
		putchar('\n');
		shown = true;
	}
	if (!shown)
		printf("  %-16s %-24s not given\n", option_name(option), "-");
}

void settings_show(const struct settings *settings)
{
	for (size_t i = 0; i < N_ROWS; i++)
		show_option(settings, rows[i].option);
	for (size_t i = 0; i < settings->n_per_path; i++) {
		const struct per_path *per_path = &settings->per_path[i];

		for (size_t k = 0; k < per_path->n_codes; k++)
			printf("  %-16s %-24s %s: %s\n", "per-path", per_path->codes[k]->text,
			    settings->path, per_path->reason);
	}
}
