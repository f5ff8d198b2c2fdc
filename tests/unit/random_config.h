/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configs made at random, right and wrong: with mistakes in keys and values, repeated members and
 * entries, comments and other marks, and at times with bytes out of place.
 */
#ifndef TESTS_UNIT_RANDOM_CONFIG_H
#define TESTS_UNIT_RANDOM_CONFIG_H

#include "qstrata/base.h"

/* Appends a config; the state of the generator goes on. */
void random_config(uint64_t *state, struct qs_text *text);

#endif
