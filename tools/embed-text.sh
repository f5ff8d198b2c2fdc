#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints C source that holds a file as a NUL-terminated array: embed-text.sh HEADER NAME FILE
set -eu
printf '/* Made from %s by tools/embed-text.sh. */\n#include "%s"\n\nconst char %s[] = {' "${3##*/}" "$1" "$2"
od -An -v -t d1 "$3" | sed 's/  */ /g; s/^ //; s/ $//; s/ /,/g; s/$/,/'
printf '0};\n'
