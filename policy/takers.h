/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which entries would take one layer, without asking the others: what explain needs of a model of
 * which nobody asks for all layers. It agrees with qs_policy_select() on who wins.
 */
#ifndef POLICY_TAKERS_H
#define POLICY_TAKERS_H

#include "policy/selection.h"

struct qs_takers;

/* Prepares a search; `layers` are those of the model, or NULL when none is at hand. Both are
 * borrowed. May return QS_NOMEM. */
enum qs_status qs_takers_new(const struct qs_policy *policy, const struct qs_layer *layers,
    size_t n_layers, struct qs_takers **ret_takers);
void qs_takers_free(struct qs_takers *takers);

/*
 * Finds the entries that take a layer, the strongest first, equally strong ones from the last to
 * the first. The list stands until the next search. May return QS_NOMEM.
 */
enum qs_status qs_takers_find(struct qs_takers *takers, const struct qs_layer *layer,
    const struct qs_entry *const **ret_entries, size_t *ret_n);

/* Whether one entry takes a layer. May return QS_NOMEM. */
enum qs_status qs_takers_takes(struct qs_takers *takers, const struct qs_entry *entry,
    const struct qs_layer *layer, bool *ret_takes);

#endif
