#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the version script of the library, made from the QS_API declarations: list-symbols.sh HEADER...
set -eu
LC_ALL=C
export LC_ALL
printf 'QSTRATA_0 {\nglobal:\n'
sed -n 's/^QS_API .*[ *]\(qs_[a-z0-9_]*\)(.*/\t\1;/p' "$@" | sort -u
printf 'local:\n\t*;\n};\n'
