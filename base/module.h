/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules of qstrata: shared objects beside the library, for what few runs need and every start
 * would pay for.
 *
 * A module is looked for in the folder that QSTRATA_MODULE_DIR names, and else where it was
 * installed. It is never unloaded: not every library below one is made for that.
 */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

#include <stdbool.h>
#include <stddef.h>

/* The environment variable that names the folder of modules. */
#define QS_MODULE_VARIABLE "QSTRATA_MODULE_DIR"

/*
 * Loads a module and finds what it offers: `ret_symbols[i]` is the address of `names[i]`, which the
 * caller turns into a function through a union, as dlsym() has it. Returns NULL, or why it cannot
 * be used; that text lasts until the next call of a function of <dlfcn.h>.
 */
const char *qs_module_load(
    const char *file, const char *const *names, size_t n_names, void **ret_symbols);

#endif
