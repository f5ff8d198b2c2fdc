#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints C source that holds each NAME.schema.json as a string schema_NAME: embed-schemas.sh FILE...
set -eu
printf '/* Made from the files of schemas/ by tools/embed-schemas.sh. */\n#include "cli/schema.h"\n'
for file; do
	name=${file##*/}
	printf '\nconst char schema_%s[] = {' "${name%.schema.json}"
	od -An -v -t d1 "$file" | sed 's/  */ /g; s/^ //; s/ $//; s/ /,/g; s/$/,/'
	printf '0};\n'
done
