#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header stands alone, in C11 and in C++17, and says of every function what it does.
set -u
srcdir=${srcdir:-$(dirname "$0")/..}
CC=${CC:-cc}
CXX=${CXX:-c++}
strict='-Wall -Wextra -Wconversion -Wshadow -pedantic -Werror -fsyntax-only'
failed=0
n=0

for header in "$srcdir"/include/qstrata/*.h; do
	name=qstrata/${header##*/}
	n=$((n + 1))
	echo "#include \"$name\"" | $CC -std=c11 $strict -I"$srcdir/include" -x c - ||
	    { echo "FAIL: $name does not compile alone as C11"; failed=1; }
	echo "#include \"$name\"" | $CXX -std=c++17 $strict -I"$srcdir/include" -x c++ - ||
	    { echo "FAIL: $name does not compile alone as C++17"; failed=1; }
	# One comment may stand above several declarations, until an empty line.
	awk -v name="$name" '
		/^\/\*\*/ {told = 1}
		/^$/ {told = 0}
		/^QS_API/ && !told {print "FAIL: " name ":" FNR " has no comment: " $0; bad = 1}
		END {exit bad}' "$header" || failed=1
done
[ $n -gt 3 ] || { echo "FAIL: found only $n headers"; failed=1; }
exit $failed
