/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers that are quantized as one ask for one activation format.
 *
 * A group has one quantized activation, with the parameters of its first layer, as vai_q_pytorch
 * 3.5 has it. So an entry that wants another one for a later layer cannot be followed.
 */
#include <stdlib.h>

#include "policy/selection.h"

/* The first groups in which an entry wants another format than the group has, and how many. */
struct conflict {
	size_t first, member; /* layers */
	size_t n;
};

struct check {
	const struct qs_selection *selection;
	struct qs_findings *findings;
	struct conflict *conflicts; /* by entry */
};

static const struct qs_settings *activation_of(const struct check *check, size_t layer)
{
	return qs_selection_settings(check->selection, layer, QS_TENSOR_ACTIVATION);
}

/* Notes a layer of a group that an entry gives an activation format of its own. */
static void note_member(struct check *check, size_t first, size_t member)
{
	const struct qs_entry *entry = check->selection->winners[member];
	struct conflict *conflict;

	if (!entry || !(entry->tensors >> QS_TENSOR_ACTIVATION & 1) ||
	    qs_settings_equal(
		activation_of(check, first), activation_of(check, member), QS_TENSOR_ACTIVATION))
		return;
	conflict = &check->conflicts[entry - check->selection->policy->entries];
	if (conflict->n++ == 0) {
		conflict->first = first;
		conflict->member = member;
	}
}

/* The first parameter in which two settings differ. */
static enum qs_param first_difference(const struct qs_settings *a, const struct qs_settings *b)
{
	int p = 0;

	while (p + 1 < QS_PARAM__COUNT &&
	       qs_param_same((enum qs_param)p, a->param[p]->value, b->param[p]->value))
		p++;
	return (enum qs_param)p;
}

/* Where a setting of a layer is from: its own place, or nowhere for a built-in default. */
static struct qs_place place_of(const struct check *check, const struct qs_setting *setting)
{
	if (!setting->member)
		return (struct qs_place){NULL, 0, 0};
	return qs_policy_value_place(check->selection->policy, setting->member);
}

static void report(struct check *check, const struct qs_entry *entry)
{
	const struct conflict *conflict =
	    &check->conflicts[entry - check->selection->policy->entries];
	const struct qs_settings *firsts = activation_of(check, conflict->first);
	const struct qs_settings *own = activation_of(check, conflict->member);
	const enum qs_param param = first_difference(firsts, own);
	const struct qs_json *value = entry->selector.value;
	const char *first = check->selection->layers[conflict->first].name;
	const char *member = check->selection->layers[conflict->member].name;
	struct qs_text is = QS_TEXT_INIT, has = QS_TEXT_INIT;
	struct qs_finding *finding;

	qs_param_write(param, own->param[param]->value, &is);
	qs_param_write(param, firsts->param[param]->value, &has);
	finding = qs_finding_add(check->findings, QS_FINDING_GROUP_CONFLICT,
	    qs_policy_value_place(check->selection->policy, value),
	    "\"%s\" is quantized as one with \"%s\" before it, but has %s %s for activation where "
	    "that one has %s",
	    member, first, qs_param_info(param)->key, is.data, has.data);
	qs_policy_point(check->findings, finding, value);
	qs_finding_relate(check->findings, finding, place_of(check, firsts->param[param]),
	    "%s %s of \"%s\" is %s", qs_param_info(param)->key, has.data, first,
	    firsts->param[param]->member ? "set here" : "the built-in default");
	qs_policy_trace(check->findings, finding, check->selection->policy, QS_TENSOR_ACTIVATION,
	    param, own->param[param]);
	qs_policy_trace(check->findings, finding, check->selection->policy, QS_TENSOR_ACTIVATION,
	    param, firsts->param[param]);
	if (conflict->n > 1)
		qs_finding_hint(check->findings, finding,
		    "the group has the format of its first layer: give it to that one; %zu groups "
		    "are concerned",
		    conflict->n);
	else
		qs_finding_hint(check->findings, finding,
		    "the group has the format of its first layer: give it to that one");
	qs_findings_end_text(check->findings, &is);
	qs_findings_end_text(check->findings, &has);
}

enum qs_status qs_selection_check_groups(
    const struct qs_selection *selection, const size_t *firsts, struct qs_findings *findings)
{
	const struct qs_policy *policy = selection->policy;
	struct check check = {selection, findings, NULL};
	enum qs_status status = QS_OK;

	check.conflicts = calloc(policy->n_entries + 1, sizeof(*check.conflicts));
	if (!check.conflicts)
		return QS_NOMEM;
	for (size_t i = 0; i < selection->n_layers; i++) {
		if (firsts[i] != i)
			note_member(&check, firsts[i], i);
	}
	for (size_t i = 0; i < policy->n_entries; i++) {
		if (!check.conflicts[i].n)
			continue;
		report(&check, &policy->entries[i]);
		status = QS_INVALID;
	}
	free(check.conflicts);
	return qs_findings_status(findings) == QS_OK ? status : QS_NOMEM;
}
