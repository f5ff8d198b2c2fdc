#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints C source that holds device profiles and rule sets as bytes: embed.sh PROFILE... RULES...
# A file of which the name ends in .profile.json is a profile.
set -eu
printf '/* Made by tools/embed.sh. */\n#include "policy/builtin.h"\n'
n=0
for file; do
	printf '\nstatic const char text_%d[] = {' $n
	od -An -v -t d1 "$file" | sed 's/  */ /g; s/^ //; s/ $//; s/ /,/g; s/$/,/'
	printf '0};\n'
	n=$((n + 1))
done
printf '\nconst struct qs_builtin qs_builtin[] = {\n'
n=0
for file; do
	case $file in
	*.profile.json) is_profile=true ;;
	*) is_profile=false ;;
	esac
	printf '\t{"%s", %s, text_%d, sizeof(text_%d) - 1},\n' "${file##*/}" $is_profile $n $n
	n=$((n + 1))
done
printf '};\nconst size_t qs_n_builtin = sizeof(qs_builtin) / sizeof(*qs_builtin);\n'
