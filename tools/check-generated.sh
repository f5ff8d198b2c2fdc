#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares the committed files that are made from the tables with what would be made now.
# UPDATE_GENERATED=1 writes them instead.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
generate=${GENERATE:-$(pwd)/tools/generate}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0

# compare KIND FILE [TEMPLATE]
compare()
{
	if ! "$generate" "$1" ${3:+"$3"} >"$scratch/new"; then
		echo "FAIL: cannot generate the $1"
		failed=1
	elif [ "${UPDATE_GENERATED:-}" = 1 ]; then
		cp "$scratch/new" "$srcdir/$2"
	elif ! diff -u "$srcdir/$2" "$scratch/new" >"$scratch/diff"; then
		echo "FAIL: $2 is stale; UPDATE_GENERATED=1 make check makes it anew"
		sed 1,2d "$scratch/diff"
		failed=1
	fi
}

compare schema schemas/config.schema.json
compare dictionary tests/fuzz/policy.dict
compare findings docs/findings.md
compare rules schemas/rules.schema.json
compare profile schemas/profile.schema.json
compare stats schemas/stats.schema.json
compare compare schemas/compare.schema.json
compare rules-dictionary tests/fuzz/rules.dict
compare manual docs/qstrata.1 "$srcdir/docs/qstrata.1.in"
exit $failed
