/* SPDX-License-Identifier: Apache-2.0 */
/* Reads layer entries: what each selects, the kinds that it lists, and its blocks. */
#include <stdlib.h>
#include <string.h>

#include "policy/pattern.h"
#include "policy/policy.h"

#define ALL_TENSORS ((1U << QS_TENSOR__COUNT) - 1)

/* The members of an entry by key. */
struct entry_members {
	struct qs_json *type, *name, *tensors, *overall, *blocks;
	bool no_selector, no_tensors; /* misspelt, which is said: nothing is missing */
};

/* Where a member of an entry goes. */
static const struct entry_key {
	const char *key;
	size_t size, offset;
} entry_keys[] = {
#define ENTRY_KEY(key, member)                                                                     \
	{                                                                                          \
		key, sizeof(key) - 1, offsetof(struct entry_members, member)                       \
	}
    ENTRY_KEY("layer_type", type),
    ENTRY_KEY("layer_name", name),
    ENTRY_KEY("quantizable_data_type", tensors),
    ENTRY_KEY("overall_quantize_config", overall),
    ENTRY_KEY("tensor_quantize_config", blocks),
#undef ENTRY_KEY
};
#define N_ENTRY_KEYS (sizeof(entry_keys) / sizeof(*entry_keys))

/* Reports an item that is no tensor kind; returns the one that it seems to be, or -1. */
static int report_tensor_kind(struct qs_policy *policy, const struct qs_json *item)
{
	struct qs_finding *finding;

	if (item->type != QS_JSON_STRING) {
		if (item->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_WRONG_TYPE,
			    qs_policy_value_place(policy, item), item,
			    "a tensor kind is a string, found %s",
			    qs_json_type_name((enum qs_json_type)item->type));
		return -1;
	}
	finding = qs_policy_say(policy, QS_FINDING_ILLEGAL_VALUE,
	    qs_policy_value_place(policy, item), item,
	    "unknown tensor kind \"%.*s\"; expected one of \"input\", \"weights\", \"bias\", "
	    "\"activation\"",
	    qs_json_shown(item->string, 80), item->string.bytes);
	return qs_unknown_word(policy, finding, "quantizable_data_type", item, &qs_tensor_words);
}

unsigned qs_tensors_read(struct qs_policy *policy, struct qs_json *list)
{
	unsigned tensors = 0;

	if (list->type != QS_JSON_ARRAY) {
		if (list->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_WRONG_TYPE,
			    qs_policy_value_place(policy, list), list,
			    "quantizable_data_type must be a list of tensor kinds, found %s",
			    qs_json_type_name((enum qs_json_type)list->type));
		return ALL_TENSORS;
	}
	for (const struct qs_json *item = list->children.first; item; item = item->next) {
		int tensor = item->type == QS_JSON_STRING
		                 ? qs_word_find(&qs_tensor_words, item->string)
		                 : -1;

		if (tensor < 0)
			tensor = report_tensor_kind(policy, item);
		if (tensor >= 0)
			tensors |= 1U << tensor;
	}
	return tensors;
}

static void read_tensor_block(struct qs_policy *policy, struct qs_json *member, enum qs_level level,
    unsigned listed, struct qs_settings settings[QS_TENSOR__COUNT])
{
	const char *known[QS_TENSOR__COUNT];
	const int tensor = qs_word_find(&qs_tensor_words, member->key);
	struct qs_finding *finding;
	struct qs_block block;

	if (tensor < 0) {
		for (int t = 0; t < QS_TENSOR__COUNT; t++)
			known[t] = qs_tensor_words.words[t].word;
		qs_unknown_key(
		    policy, member, "tensor_quantize_config", known, QS_TENSOR__COUNT, &finding);
		return;
	}
	qs_block_read(policy, member, &block);
	if (listed >> tensor & 1) {
		qs_resolve_block(policy, &block, level, 1U << tensor, settings);
		return;
	}
	finding = qs_policy_say(policy, QS_FINDING_UNLISTED_TENSOR,
	    qs_policy_key_place(policy, member), member,
	    "the block for \"%s\" has no effect: quantizable_data_type of the entry does not list "
	    "it",
	    qs_tensor_words.words[tensor].word);
	qs_offer_removal(policy, finding, member, true);
}

void qs_tensor_blocks_read(struct qs_policy *policy, struct qs_json *object, enum qs_level level,
    unsigned listed, struct qs_settings settings[QS_TENSOR__COUNT])
{
	if (object->type != QS_JSON_OBJECT) {
		if (object->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_WRONG_TYPE,
			    qs_policy_value_place(policy, object), object,
			    "tensor_quantize_config must be an object of blocks, found %s",
			    qs_json_type_name((enum qs_json_type)object->type));
		return;
	}
	for (struct qs_json *member = object->children.first; member; member = member->next)
		read_tensor_block(policy, member, level, member->hidden ? 0 : listed, settings);
}

/* ---- selectors ------------------------------------------------------------------------------- */

/* The class name: the last part of a dotted path. */
static struct qs_json_string last_part(struct qs_json_string type)
{
	for (uint32_t i = type.size; i > 0; i--) {
		if (type.bytes[i - 1] == '.')
			return (struct qs_json_string){type.bytes + i, type.size - i};
	}
	return type;
}

static void check_pattern(struct qs_policy *policy, const struct qs_selector *selector)
{
	const struct qs_place place = qs_policy_value_place(policy, selector->value);
	struct qs_pattern *pattern;
	char message[160];
	size_t offset = 0;
	enum qs_status status;

	status =
	    qs_pattern_new(selector->text.bytes, selector->text.size, &pattern, message, &offset);
	if (status == QS_OK) {
		qs_pattern_free(pattern);
		qs_policy_say(policy, QS_FINDING_PATTERN_PORTABILITY, place, selector->value,
		    "vai_q_pytorch would take this pattern for the name of one layer");
	} else if (status == QS_INVALID) {
		qs_policy_say(policy, QS_FINDING_BAD_PATTERN, place, selector->value,
		    "the pattern \"%.*s\" is no regular expression: %s, at its byte %zu",
		    qs_json_shown(selector->text, 80), selector->text.bytes, message, offset + 1);
	} else {
		policy->nomem = true;
	}
}

static bool is_given(const struct qs_json *member)
{
	return member && member->type != QS_JSON_NULL;
}

/* The one selector of an entry; false, with a finding, when there is none or there are two. */
static bool read_selector(struct qs_policy *policy, const struct qs_json *object,
    const struct entry_members *members, struct qs_selector *ret_selector)
{
	const struct qs_json *value = is_given(members->name) ? members->name : members->type;
	const struct qs_place brace = {policy->document.source, object->begin, object->begin + 1};
	struct qs_finding *finding;

	if (is_given(members->type) && is_given(members->name)) {
		finding = qs_policy_say(policy, QS_FINDING_BAD_SELECTOR,
		    qs_policy_key_place(policy, members->name), members->name,
		    "the entry has both layer_type and layer_name; one of them must be null");
		qs_finding_relate(policy->findings, finding,
		    qs_policy_key_place(policy, members->type), "the other selector");
		return false;
	}
	if (!is_given(value)) {
		if (!members->no_selector)
			qs_policy_say(policy, QS_FINDING_BAD_SELECTOR, brace, object,
			    "the entry selects nothing: neither layer_type nor layer_name is "
			    "given");
		return false;
	}
	if (value->type != QS_JSON_STRING || value->string.size == 0) {
		if (value->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_BAD_SELECTOR,
			    qs_policy_value_place(policy, value), value,
			    "%.*s must be a string that is not empty, found %s",
			    (int)value->key.size, value->key.bytes,
			    value->type == QS_JSON_STRING
				? "an empty one"
				: qs_json_type_name((enum qs_json_type)value->type));
		return false;
	}
	*ret_selector = (struct qs_selector){QS_SELECT_NAME, value->string, value};
	if (value == members->type) {
		ret_selector->kind = QS_SELECT_TYPE;
		ret_selector->text = last_part(value->string);
	} else if (value->string.size > 3 && memcmp(value->string.bytes, "re:", 3) == 0) {
		ret_selector->kind = QS_SELECT_PATTERN;
		ret_selector->text =
		    (struct qs_json_string){value->string.bytes + 3, value->string.size - 3};
		check_pattern(policy, ret_selector);
	}
	return true;
}

/* ---- entries --------------------------------------------------------------------------------- */

static void sort_members(
    struct qs_policy *policy, struct qs_json *object, struct entry_members *members)
{
	const char *known[N_ENTRY_KEYS], *meant;
	struct qs_finding *finding;
	size_t i;

	for (struct qs_json *m = object->children.first; m; m = m->next) {
		for (i = 0; i < N_ENTRY_KEYS; i++) {
			if (qs_json_string_equals(m->key, entry_keys[i].key, entry_keys[i].size))
				break;
		}
		if (i < N_ENTRY_KEYS) {
			if (!m->hidden)
				*(struct qs_json **)((char *)members + entry_keys[i].offset) = m;
			continue;
		}
		for (i = 0; i < N_ENTRY_KEYS; i++)
			known[i] = entry_keys[i].key;
		meant = qs_unknown_key(policy, m, "a layer entry", known, N_ENTRY_KEYS, &finding);
		if (!meant)
			continue;
		members->no_selector |= meant == known[0] || meant == known[1];
		members->no_tensors |= meant == known[2];
	}
}

static void read_listed(struct qs_policy *policy, const struct qs_json *object,
    const struct entry_members *members, struct qs_entry *entry)
{
	const struct qs_place brace = {policy->document.source, object->begin, object->begin + 1};

	if (!members->tensors) {
		if (!members->no_tensors)
			qs_policy_say(policy, QS_FINDING_MISSING_KEY, brace, object,
			    "quantizable_data_type is missing in a layer entry; list the tensor "
			    "kinds "
			    "that it is for");
		entry->tensors = ALL_TENSORS;
		return;
	}
	entry->tensors = qs_tensors_read(policy, members->tensors);
	if (entry->tensors == 0 && members->tensors->children.count == 0)
		qs_policy_say(policy, QS_FINDING_EMPTY_TENSOR_LIST,
		    qs_policy_value_place(policy, members->tensors), members->tensors,
		    "quantizable_data_type is empty, so the entry changes nothing");
}

/* What the manual wants in a layer's overall block; datatype and percentage are left out in its own
 * examples. */
static void check_partial(struct qs_policy *policy, const struct qs_block *block)
{
	struct qs_text missing = QS_TEXT_INIT;
	size_t n = 0;

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (block->member[p] || p == QS_PARAM_DATATYPE || p == QS_PARAM_PERCENTAGE)
			continue;
		qs_text_addf(
		    &missing, "%s%s", n++ ? ", " : "", qs_param_info((enum qs_param)p)->key);
	}
	if (n && !(block->member[QS_PARAM_DATATYPE] &&
		     block->value[QS_PARAM_DATATYPE].integer != QS_DATATYPE_INT))
		qs_policy_say(policy, QS_FINDING_PARTIAL_OVERALL,
		    qs_policy_key_place(policy, block->object), block->object,
		    "the layer's overall_quantize_config leaves out %s; the model level decides",
		    missing.data);
	qs_findings_end_text(policy->findings, &missing);
}

static void read_blocks(
    struct qs_policy *policy, const struct entry_members *members, struct qs_entry *entry)
{
	struct qs_block block;

	memcpy(entry->settings, policy->model, sizeof(entry->settings));
	if (members->overall) {
		qs_block_read(policy, members->overall, &block);
		if (members->overall->type == QS_JSON_OBJECT)
			check_partial(policy, &block);
		qs_resolve_block(
		    policy, &block, QS_LEVEL_LAYER_OVERALL, entry->tensors, entry->settings);
	}
	if (members->blocks)
		qs_tensor_blocks_read(policy, members->blocks, QS_LEVEL_LAYER_TENSOR,
		    entry->tensors, entry->settings);
}

/* Eight bytes at a time, as names are long: a word is multiplied into the upper bits, which are
 * folded back into the lower ones. The multiplier is that of the MMIX generator (Knuth, The Art of
 * Computer Programming 2, 3.3.4). */
static uint64_t hash_selector(const struct qs_selector *selector)
{
	const uint32_t size = selector->text.size;
	uint64_t hash = (uint64_t)size << 2 | (uint64_t)selector->kind;

	for (uint32_t at = 0; at < size;) {
		const uint32_t left = size - at;
		uint64_t word = 0;

		if (left >= sizeof(word))
			memcpy(&word, selector->text.bytes + at, sizeof(word));
		else
			memcpy(&word, selector->text.bytes + at, left);
		hash = (hash ^ word) * 6364136223846793005U;
		hash ^= hash >> 32;
		at += left < sizeof(word) ? left : (uint32_t)sizeof(word);
	}
	return hash;
}

static void read_entry(struct qs_policy *policy, struct qs_json *object)
{
	struct entry_members members = {NULL, NULL, NULL, NULL, NULL, false, false};
	struct qs_entry entry;

	memset(&entry, 0, sizeof(entry));
	if (object->type != QS_JSON_OBJECT) {
		if (object->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_WRONG_TYPE,
			    qs_policy_value_place(policy, object), object,
			    "a layer entry must be an object, found %s",
			    qs_json_type_name((enum qs_json_type)object->type));
		return;
	}
	entry.object = object;
	sort_members(policy, object, &members);
	read_listed(policy, object, &members, &entry);
	if (read_selector(policy, object, &members, &entry.selector)) {
		entry.hash = hash_selector(&entry.selector);
		read_blocks(policy, &members, &entry);
		policy->entries[policy->n_entries++] = entry;
		return;
	}
	/* Keys and values are judged everywhere, but what selects nothing has no effect to
	 * judge. */
	read_blocks(policy, &members, &entry);
}

/* An entry under the hash of its selector: sorting compares numbers and seldom looks at texts. */
struct hashed {
	uint64_t hash;
	struct qs_entry *entry;
};

bool qs_selector_same(const struct qs_selector *a, const struct qs_selector *b)
{
	return a->kind == b->kind && a->text.size == b->text.size &&
	       memcmp(a->text.bytes, b->text.bytes, a->text.size) == 0;
}

/* Equal selectors become neighbours, in file order; other equal hashes are told apart by the
 * text. */
static int compare_hashed(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;
	const struct qs_json_string s = x->entry->selector.text, t = y->entry->selector.text;
	int order;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	order = memcmp(s.bytes, t.bytes, s.size < t.size ? s.size : t.size);
	if (order == 0 && s.size != t.size)
		order = s.size < t.size ? -1 : 1;
	return order ? order : x->entry < y->entry ? -1 : 1;
}

/* The order in which selectors are first mentioned is the order of what they resolve to; to keep
 * it, an entry can go when another one was earlier, or the next new selector comes later. */
static void report_repeated(struct qs_policy *policy, const struct qs_entry *entry)
{
	const struct qs_json *value = entry->selector.value;
	const bool stays = entry->earlier || entry->later->rank == entry->rank + 1;
	struct qs_finding *finding;

	finding = qs_policy_say(policy, QS_FINDING_REPEATED_SELECTOR,
	    qs_policy_value_place(policy, value), value,
	    "the entry has no effect: a later one for the same %.*s counts instead",
	    (int)value->key.size, value->key.bytes);
	qs_finding_relate(policy->findings, finding,
	    qs_policy_value_place(policy, entry->later->selector.value), "the entry that counts");
	qs_offer_removal(policy, finding, entry->object, stays);
}

static void report_all_repeated(struct qs_policy *policy)
{
	uint32_t n_mentioned[2] = {0, 0};

	for (size_t i = 0; i < policy->n_entries; i++) {
		struct qs_entry *entry = &policy->entries[i];
		uint32_t *n = &n_mentioned[entry->selector.kind == QS_SELECT_TYPE];

		entry->rank = *n;
		*n += !entry->earlier;
	}
	for (size_t i = 0; i < policy->n_entries; i++) {
		if (policy->entries[i].later)
			report_repeated(policy, &policy->entries[i]);
	}
}

/* Lists the entries whose hash starts as that of another one does. With eight starts for each entry
 * few do that are not of one selector; `counts` are those of each start, up to 2. */
static size_t list_alike(
    const struct qs_policy *policy, unsigned char *counts, int n_bits, struct hashed *ret_alike)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_entries; i++) {
		unsigned char *count = &counts[policy->entries[i].hash >> (64 - n_bits)];

		*count = *count ? 2 : 1;
	}
	for (size_t i = 0; i < policy->n_entries; i++) {
		struct qs_entry *entry = &policy->entries[i];

		if (counts[entry->hash >> (64 - n_bits)] > 1)
			ret_alike[n++] = (struct hashed){entry->hash, entry};
	}
	return n;
}

static void link_alike(struct hashed *alike, size_t n)
{
	qsort(alike, n, sizeof(*alike), compare_hashed);
	for (size_t i = 1; i < n; i++) {
		struct qs_entry *entry = alike[i - 1].entry, *next = alike[i].entry;

		if (alike[i - 1].hash != alike[i].hash ||
		    !qs_selector_same(&entry->selector, &next->selector))
			continue;
		entry->later = next;
		next->earlier = entry;
	}
}

/* Links the entries of equal selectors. Sorting keeps it fast for any number of them, and whatever
 * their hashes are. */
static void link_repeated(struct qs_policy *policy)
{
	struct hashed *alike = malloc((policy->n_entries + 1) * sizeof(*alike));
	unsigned char *counts;
	int n_bits = 3;

	while (((size_t)1 << n_bits) < 8 * policy->n_entries)
		n_bits++;
	counts = calloc((size_t)1 << n_bits, sizeof(*counts));
	if (alike && counts)
		link_alike(alike, list_alike(policy, counts, n_bits, alike));
	else
		policy->nomem = true;
	free(counts);
	free(alike);
	if (!policy->nomem)
		report_all_repeated(policy);
}

void qs_entries_read(struct qs_policy *policy, struct qs_json *list)
{
	if (list->type != QS_JSON_ARRAY) {
		if (list->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_WRONG_TYPE,
			    qs_policy_value_place(policy, list), list,
			    "layer_quantize_config must be a list of entries, found %s",
			    qs_json_type_name((enum qs_json_type)list->type));
		return;
	}
	if (list->children.count > QS_ENTRY_LIMIT) {
		qs_policy_say(policy, QS_FINDING_TOO_MANY_ENTRIES,
		    qs_policy_key_place(policy, list), list,
		    "the config has %u layer entries; the limit is %d", list->children.count,
		    QS_ENTRY_LIMIT);
		return;
	}
	policy->entries = qs_arena_array(
	    &policy->arena, (size_t)list->children.count + 1, sizeof(*policy->entries));
	if (!policy->entries) {
		policy->nomem = true;
		return;
	}
	for (struct qs_json *object = list->children.first; object; object = object->next)
		read_entry(policy, object);
	link_repeated(policy);
}
