/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schemas as texts, made from the files of schemas/ when the program is built.
 */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#define SCHEMA(name, about) extern const char schema_##name[];
#include "cli/schemas.def"
#undef SCHEMA

#endif
