/* SPDX-License-Identifier: Apache-2.0 */
/* Reads rule sets and device profiles. */
#include <string.h>

#include "base/map.h"
#include "policy/reading.h"

/* A rule set and a profile as read. */
struct set_file {
	const char *schema, *name, *title;
	bool format;
	const struct qs_json *rules;
};
struct profile_file {
	const char *schema, *name, *title, *architecture, *source, *date;
	bool format;
	uint64_t like;
	enum qs_scale_law scale_law;
	const struct qs_json *facts, *operators, *rules;
};

/* A fact about operators as read. */
struct operator_row {
	struct qs_rule_types names;
	struct qs_operator_fact fact;
};

/* ---- what an element of a document is -------------------------------------------------------- */

/* Keeps a value to be read when the rest is known. */
static void read_later(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	if (qs_reading_is(reading, value, QS_JSON_ARRAY, "a list"))
		*(const struct qs_json **)target = value;
}

/* A format is looked at first. */
static void read_nothing(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	(void)reading;
	(void)value;
	(void)target;
}

#define READ_TEXT qs_read_text
#define READ_NAME qs_read_name
#define READ_CODE qs_read_code
#define READ_DATE qs_read_date
#define READ_SET_FORMAT read_nothing
#define READ_PROFILE_FORMAT read_nothing
#define READ_VERSION qs_read_version
#define READ_TOOL qs_read_tool
#define READ_SEVERITY qs_read_severity
#define READ_FACT_ANSWER qs_read_fact_answer
#define READ_RULE_ANSWER qs_read_rule_answer
#define READ_TENSORS qs_read_tensors
#define READ_DEVICES qs_read_devices
#define READ_RULES read_later
#define READ_FACTS read_later
#define READ_OPERATORS read_later
#define READ_TYPES qs_read_types
#define READ_OPERATOR_NAMES qs_read_operator_names
#define READ_FRONT_END qs_read_front_end
#define READ_CASE qs_read_case
#define READ_UNIT qs_read_unit
#define READ_NUMBERS qs_read_numbers
#define READ_COST qs_read_cost
#define READ_LIMITS qs_read_limits
#define READ_SCALE_LAW qs_read_scale_law
#define READ_CONDITIONS qs_read_conditions
#define READ_REQUIREMENT qs_read_requirement

#define REQUIRED true
#define OPTIONAL false
#define TARGET_SET struct set_file
#define TARGET_PROFILE struct profile_file
#define TARGET_RULE struct qs_rule
#define TARGET_FACT struct qs_device_fact
#define TARGET_OPERATOR struct operator_row

/* The table, place by place. */
enum place {
	PLACE_SET,
	PLACE_PROFILE,
	PLACE_RULE,
	PLACE_FACT,
	PLACE_OPERATOR
};
static const struct row {
	enum place place;
	struct qs_reading_key key;
} rows[] = {
#define RULE_KEY(PLACE, key, SHAPE, field, NEED, help)                                             \
	{PLACE_##PLACE, {key, READ_##SHAPE, offsetof(TARGET_##PLACE, field), NEED}},
#include "policy/rule_keys.def"
#undef RULE_KEY
};
#undef REQUIRED
#undef OPTIONAL

/* Reads an object of a place; in a profile rules name no devices. */
static void read_place(struct qs_reading *reading, enum place place, const struct qs_json *object,
    const char *what, void *target)
{
	struct qs_reading_key keys[QS_READING_KEYS];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].place == place &&
		    !(reading->device >= 0 && rows[i].key.read == qs_read_devices))
			keys[n++] = rows[i].key;
	}
	qs_reading_object(reading, object, what, keys, n, target);
}

static const struct qs_json *member_of(const struct qs_json *object, const char *key)
{
	const struct qs_json *found = NULL;

	if (object->type != QS_JSON_OBJECT)
		return NULL;
	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		if (!m->hidden && qs_json_string_is(m->key, key))
			found = m;
	}
	return found;
}

/* ---- rules ----------------------------------------------------------------------------------- */

/*
 * Codes and names that are taken: of rules that were read, an index; of findings, QS_MAP_NONE -
 * 1.
 */
struct taken {
	struct qs_map codes, names;
};
#define OF_A_FINDING (QS_MAP_NONE - 1)

/* Takes a code or a name for a rule; a finding when it is taken. */
static void take(struct qs_reading *reading, struct qs_map *map, const char *word,
    const struct qs_json *object, const char *key)
{
	const struct qs_rulebook *rulebook = reading->rulebook;
	const size_t other = word ? qs_map_get(map, word) : QS_MAP_NONE;
	const struct qs_json *member = member_of(object, key);
	const struct qs_rule *rule;
	struct qs_finding *finding;

	if (!word || !member)
		return;
	if (other == QS_MAP_NONE) {
		reading->nomem |= !qs_map_set(map, word, rulebook->n_rules - 1);
		return;
	}
	if (other == OF_A_FINDING) {
		qs_reading_say(reading, QS_FINDING_RULES_REPEATED,
		    qs_reading_place(reading, member), member,
		    "the %s \"%s\" is taken by a finding of qstrata itself", key, word);
		return;
	}
	rule = &rulebook->rules[other];
	finding =
	    qs_reading_say(reading, QS_FINDING_RULES_REPEATED, qs_reading_place(reading, member),
		member, "the %s \"%s\" is taken by the rule %s %s", key, word,
		rule->kind.code ? rule->kind.code : "", rule->kind.name ? rule->kind.name : "");
	if (rule->place.source == reading->document.source)
		qs_finding_relate(reading->findings, finding, rule->place, "this one");
}

/* What is taken before a file is read. */
static bool note_taken(const struct qs_rulebook *rulebook, struct taken *taken)
{
	bool good = true;

	*taken = (struct taken){QS_MAP_INIT, QS_MAP_INIT};
	for (int i = 0; i < QS_FINDING__COUNT && good; i++) {
		const struct qs_finding_kind *kind = qs_finding_kind((enum qs_finding_id)i);

		good = qs_map_set(&taken->codes, kind->code, OF_A_FINDING) &&
		       qs_map_set(&taken->names, kind->name, OF_A_FINDING);
	}
	for (size_t i = 0; i < rulebook->n_rules && good; i++)
		good = qs_map_set(&taken->codes, rulebook->rules[i].kind.code, i) &&
		       qs_map_set(&taken->names, rulebook->rules[i].kind.name, i);
	return good;
}

static void settle_rule(
    struct qs_reading *reading, const struct qs_json *object, struct qs_rule *rule)
{
	const struct qs_json *until = member_of(object, "until");

	if (rule->kind.severity == QS_SEVERITY__COUNT)
		rule->kind.severity =
		    rule->answer == QS_ANSWER_FORBIDDEN ? QS_SEVERITY_ERROR : QS_SEVERITY_INFO;
	rule->kind.title = rule->hint;
	if (rule->versions.first > rule->versions.last && until)
		qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE,
		    qs_reading_place(reading, until), until, "until is before since, %s",
		    qs_tool_word(rule->versions.first));
}

static void read_rule(
    struct qs_reading *reading, const struct qs_json *object, size_t set, struct taken *taken)
{
	struct qs_rule *rule = qs_rulebook_more(reading->rulebook);

	if (!rule) {
		reading->nomem = true;
		return;
	}
	rule->answer = QS_ANSWER_FORBIDDEN;
	rule->kind.severity = QS_SEVERITY__COUNT;
	rule->require.same_as = -1;
	rule->versions.last = QS_TOOL_NEWEST;
	rule->set = set;
	rule->place = qs_reading_place(reading, object);
	rule->place.end = rule->place.begin + 1;
	if (reading->device >= 0)
		rule->devices = (uint64_t)1 << reading->device;
	read_place(reading, PLACE_RULE, object,
	    reading->device < 0 ? "a rule" : "a rule of a profile, which names no device", rule);
	settle_rule(reading, object, rule);
	take(reading, &taken->codes, rule->kind.code, object, "code");
	take(reading, &taken->names, rule->kind.name, object, "name");
}

static void read_rules(struct qs_reading *reading, const struct qs_json *list, size_t set)
{
	const size_t room = QS_RULE_LIMIT - reading->rulebook->n_rules;
	struct taken taken;

	if (list->children.count > room) {
		qs_reading_say(reading, QS_FINDING_RULES_LIMIT, qs_reading_place(reading, list),
		    list, "there are %zu rules; the limit is %d",
		    reading->rulebook->n_rules + list->children.count, QS_RULE_LIMIT);
		return;
	}
	reading->nomem |= !note_taken(reading->rulebook, &taken);
	for (const struct qs_json *rule = list->children.first; rule && !reading->nomem;
	     rule = rule->next)
		read_rule(reading, rule, set, &taken);
	qs_map_done(&taken.codes);
	qs_map_done(&taken.names);
}

/* ---- profiles -------------------------------------------------------------------------------- */

/* Room for the elements of a list of a profile; NULL for too many of them, with a finding. */
static void *room_for(struct qs_reading *reading, const struct qs_json *list, size_t limit,
    const char *what, size_t size)
{
	void *room;

	if (list->children.count > limit) {
		qs_reading_say(reading, QS_FINDING_RULES_LIMIT, qs_reading_place(reading, list),
		    list, "the profile has %u %s; the limit is %zu", list->children.count, what,
		    limit);
		return NULL;
	}
	room = qs_arena_array(&reading->rulebook->arena, (size_t)list->children.count + 1, size);
	reading->nomem |= !room;
	return room;
}

/* Whether an object has one of some keys; a finding when it has none. */
static void want_key(struct qs_reading *reading, const struct qs_json *object,
    const char *const *keys, size_t n_keys, const char *complaint)
{
	for (size_t i = 0; i < n_keys; i++) {
		if (member_of(object, keys[i]))
			return;
	}
	if (object->type == QS_JSON_OBJECT && reading->document.complete)
		qs_reading_say(reading, QS_FINDING_RULES_MISSING_KEY,
		    qs_reading_place(reading, object), object, "%s", complaint);
}

static void read_operator(
    struct qs_reading *reading, const struct qs_json *object, struct qs_operator_fact *ret_fact)
{
	static const char *const says[] = {"on", "answer", "limits"};
	struct operator_row row = {.fact.answer = QS_ANSWER__COUNT};
	const char *numbers[QS_TENSOR__COUNT];

	for (int i = 0; i < QS_TENSOR__COUNT; i++)
		numbers[i] = qs_tensor_words.words[i].word;
	for (int i = 0; i < QS_LIMIT__COUNT; i++)
		row.fact.limits[i] = UINT32_MAX;
	read_place(reading, PLACE_OPERATOR, object, "a fact about operators", &row);
	want_key(reading, object, says, sizeof(says) / sizeof(*says),
	    "a fact about operators lacks a key: one of \"on\", \"answer\", \"limits\"");
	if (member_of(object, "answer"))
		want_key(reading, object, numbers, QS_TENSOR__COUNT,
		    "a fact with an answer lacks number formats: one of \"input\", \"weights\", "
		    "\"bias\", \"activation\"");
	row.fact.operators = row.names.words;
	row.fact.n_operators = row.names.n;
	*ret_fact = row.fact;
}

static void read_operators(
    struct qs_reading *reading, const struct qs_json *list, struct qs_profile *profile)
{
	struct qs_operator_fact *facts = room_for(
	    reading, list, QS_OPERATOR_FACT_LIMIT, "facts about operators", sizeof(*facts));

	profile->operators = facts;
	for (const struct qs_json *fact = list->children.first; fact && facts; fact = fact->next)
		read_operator(reading, fact, &facts[profile->n_operators++]);
}

static void read_facts(
    struct qs_reading *reading, const struct qs_json *list, struct qs_profile *profile)
{
	struct qs_device_fact *facts =
	    room_for(reading, list, QS_FACT_LIMIT, "facts", sizeof(*facts));

	profile->facts = facts;
	for (const struct qs_json *fact = list->children.first; fact && facts; fact = fact->next)
		read_place(reading, PLACE_FACT, fact, "a fact", &facts[profile->n_facts++]);
}

/* The index of a profile by its name, new or to be replaced; -1 with a finding for too many. */
static int place_profile(struct qs_reading *reading, const char *name)
{
	struct qs_rulebook *rulebook = reading->rulebook;
	const struct qs_json *root = reading->document.root;
	const int known = qs_rulebook_device(rulebook, name, strlen(name));

	if (known >= 0) {
		qs_rulebook_drop(rulebook, QS_SET_LIMIT + (size_t)known);
		return known;
	}
	if (rulebook->n_profiles < QS_DEVICE_LIMIT)
		return (int)rulebook->n_profiles++;
	qs_reading_say(reading, QS_FINDING_RULES_LIMIT,
	    (struct qs_place){reading->document.source, root->begin, root->begin + 1}, root,
	    "there are more than %d device profiles", QS_DEVICE_LIMIT);
	return -1;
}

static void read_profile(struct qs_reading *reading, bool is_builtin, size_t *ret_device)
{
	struct qs_rulebook *rulebook = reading->rulebook;
	struct profile_file file = {0};
	struct qs_profile *profile;

	read_place(reading, PLACE_PROFILE, reading->document.root, "a device profile", &file);
	reading->device = place_profile(reading, file.name ? file.name : "");
	if (reading->device < 0)
		return;
	*ret_device = (size_t)reading->device;
	profile = &rulebook->profiles[reading->device];
	*profile = (struct qs_profile){.name = file.name ? file.name : "",
	    .title = file.title,
	    .architecture = file.architecture,
	    .source = file.source,
	    .date = file.date,
	    .scale_law = file.scale_law,
	    .is_builtin = is_builtin};
	rulebook->like[reading->device] = file.like | (uint64_t)1 << reading->device;
	if (file.facts)
		read_facts(reading, file.facts, profile);
	if (file.operators)
		read_operators(reading, file.operators, profile);
	if (file.rules)
		read_rules(reading, file.rules, QS_SET_LIMIT + (size_t)reading->device);
}

/* ---- documents ------------------------------------------------------------------------------- */

/* The index of a rule set, new or to be replaced; QS_SET_LIMIT with a finding for too many. */
static size_t place_set(struct qs_reading *reading, const char *name)
{
	struct qs_rulebook *rulebook = reading->rulebook;
	const struct qs_json *root = reading->document.root;
	size_t set = 0;

	while (set < rulebook->n_sets && strcmp(rulebook->sets[set], name) != 0)
		set++;
	if (set < rulebook->n_sets)
		qs_rulebook_drop(rulebook, set);
	else if (set < QS_SET_LIMIT)
		rulebook->sets[rulebook->n_sets++] = name;
	else
		qs_reading_say(reading, QS_FINDING_RULES_LIMIT,
		    (struct qs_place){reading->document.source, root->begin, root->begin + 1}, root,
		    "there are more than %d rule sets", QS_SET_LIMIT);
	return set;
}

static void read_set(struct qs_reading *reading)
{
	struct set_file file = {0};
	size_t set;

	read_place(reading, PLACE_SET, reading->document.root, "a rule set", &file);
	set = place_set(reading, file.name ? file.name : "");
	if (set < QS_SET_LIMIT && file.rules)
		read_rules(reading, file.rules, set);
}

/* Whether a document says that it is of a format; a finding when it does not. */
static bool has_format(struct qs_reading *reading, const char *format, const char *what)
{
	const struct qs_json *root = reading->document.root;
	const struct qs_json *member = root ? member_of(root, "format") : NULL;
	const struct qs_json *about = member ? member : root;

	if (!root || root->type == QS_JSON_BROKEN)
		return false;
	if (member && member->type == QS_JSON_STRING && qs_json_string_is(member->string, format))
		return true;
	qs_reading_say(reading, QS_FINDING_NOT_RULES,
	    member ? qs_reading_place(reading, member)
		   : (struct qs_place){reading->document.source, root->begin, root->begin + 1},
	    about, "%s is an object with \"format\": \"%s\"%s%.*s%s", what, format,
	    member && member->type == QS_JSON_STRING ? ", found \"" : "",
	    member && member->type == QS_JSON_STRING ? qs_json_shown(member->string, 80) : 0,
	    member && member->type == QS_JSON_STRING ? member->string.bytes : "",
	    member && member->type == QS_JSON_STRING ? "\"" : "");
	return false;
}

/* Opens a document; ends it in read_end(). */
static enum qs_status read_begin(struct qs_reading *reading, struct qs_rulebook *rulebook,
    const struct qs_source *source, struct qs_findings *findings)
{
	*reading = (struct qs_reading){.rulebook = rulebook, .findings = findings, .device = -1};
	return qs_json_read(source, findings, &reading->document);
}

static enum qs_status read_end(struct qs_reading *reading, enum qs_status status)
{
	qs_json_done(&reading->document);
	if (reading->nomem || qs_findings_status(reading->findings) != QS_OK)
		return QS_NOMEM;
	return status == QS_OK && reading->n_errors ? QS_INVALID : status;
}

enum qs_status qs_rules_read(
    struct qs_rulebook *rulebook, const struct qs_source *source, struct qs_findings *findings)
{
	struct qs_reading reading;
	const enum qs_status status = read_begin(&reading, rulebook, source, findings);

	if (status != QS_NOMEM && has_format(&reading, "qstrata-rules", "a rule set"))
		read_set(&reading);
	return read_end(&reading, status);
}

enum qs_status qs_profile_read(struct qs_rulebook *rulebook, const struct qs_source *source,
    bool is_builtin, struct qs_findings *findings, size_t *ret_device)
{
	struct qs_reading reading;
	const enum qs_status status = read_begin(&reading, rulebook, source, findings);

	if (status != QS_NOMEM && has_format(&reading, "qstrata-profile", "a device profile"))
		read_profile(&reading, is_builtin, ret_device);
	return read_end(&reading, status);
}
