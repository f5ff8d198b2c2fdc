#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library exports what its headers declare: the declarations, qstrata.map and the library agree.
# UPDATE_GENERATED=1 writes qstrata.map.
set -u
srcdir=${srcdir:-$(dirname "$0")/..}
library=${LIBRARY:-.libs/libqstrata.so}
NM=${NM:-nm}
LC_ALL=C
export LC_ALL
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0

compare()
{
	if ! diff -u "$1" "$2" >"$scratch/diff"; then
		echo "FAIL: $3"
		sed 1,2d "$scratch/diff"
		failed=1
	fi
}

sh "$srcdir/tools/list-symbols.sh" "$srcdir"/include/qstrata/*.h >"$scratch/map"
if [ "${UPDATE_GENERATED:-}" = 1 ]; then cp "$scratch/map" "$srcdir/qstrata.map"; fi
compare "$srcdir/qstrata.map" "$scratch/map" 'qstrata.map is not the list of QS_API declarations'
grep -c QS_API "$srcdir"/include/qstrata/*.h | grep -q ':[1-9]' || { echo 'FAIL: no declarations'; failed=1; }
sed -n 's/^	\(qs_.*\);$/\1/p' "$srcdir/qstrata.map" >"$scratch/declared"
if [ -f "$library" ]; then
	$NM -D --defined-only "$library" | sed 's/.* //; s/@.*//' | grep -vx QSTRATA_0 | sort -u >"$scratch/exported"
	compare "$scratch/declared" "$scratch/exported" 'the library exports something else than it declares'
elif [ $failed -eq 0 ]; then
	echo "there is no $library: its symbols are not compared"
	exit 77
fi
exit $failed
