/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the model commands that take one of a few words. */
#ifndef CLI_CHOICES_H
#define CLI_CHOICES_H

#include "cli/options.h"

/* The words of an option in the order of what they stand for, ended by NULL; NULL for an option
 * that takes others. */
const char *const *choice_words(enum option_id option);

/* Whether all options that are given have one of their words; complains of the first that has
 * not. */
bool choices_are_known(const struct arguments *arguments);

/* The index of the word that is given; 0 when none is. */
int choice_of(const struct arguments *arguments, enum option_id option);

#endif
