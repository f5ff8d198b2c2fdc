#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is installed serves: an example is built with pkg-config alone and runs, with a plug-in that
# needs only the installed headers; the installed program runs.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
build=$(pwd)
CC=${CC:-cc}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT

if ${NM:-nm} -D "$build/.libs/libqstrata.so" | grep -q '__asan_init\|__ubsan\|__gcov'; then
	echo "an instrumented library is not installed"
	exit 77
fi
if ! MAKEFLAGS= make -C "$build" install DESTDIR="$scratch" >"$scratch/log" 2>&1; then
	tail -20 "$scratch/log"
	exit 1
fi
pc=$(find "$scratch" -name qstrata.pc)
[ -n "$pc" ] || { echo "FAIL: no qstrata.pc"; exit 1; }
PKG_CONFIG_PATH=${pc%/*}
PKG_CONFIG_SYSROOT_DIR=$scratch
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
LD_LIBRARY_PATH=$scratch$(PKG_CONFIG_SYSROOT_DIR= $PKG_CONFIG --variable=libdir qstrata)
export LD_LIBRARY_PATH
cd "$scratch" || exit 99

cp "$srcdir/examples/numbers/numbers.c" "$srcdir/examples/plugin/plugin.c" .
# shellcheck disable=SC2046
$CC -std=c11 -Wall -Wextra -Werror numbers.c $($PKG_CONFIG --cflags --libs qstrata) -o numbers || exit 1
# shellcheck disable=SC2046
$CC -std=c11 -Wall -Wextra -Werror -shared -fPIC plugin.c $($PKG_CONFIG --cflags qstrata) -lm -o plugin.so || exit 1
./numbers ./plugin.so >told || { cat told; exit 1; }
cat >expected <<END
scale 0.05
values           0.28   0.73  -1.24   1.77  -2.22   2.79  -3.26   6.35
codes               6     15    -25     35    -44     56    -65    127
dequantized      0.30   0.75  -1.25   1.75  -2.20   2.80  -3.25   6.35
codes               5     14    -25     35    -45     55    -66    127
dequantized      0.25   0.70  -1.25   1.75  -2.25   2.75  -3.30   6.35
END
diff -u expected told || { echo "FAIL: the example says something else"; exit 1; }
./numbers ./nowhere.so 2>told && { echo "FAIL: a plug-in that is not there"; exit 1; }
grep -q 'cannot be used' told || { cat told; exit 1; }
# Completion is where shells look for it, and is what the program says.
for where in bash:bash-completion/completions/qstrata zsh:zsh/site-functions/_qstrata fish:fish/vendor_completions.d/qstrata.fish; do
	file=$(find "$scratch" -path "*/share/${where#*:}" -type f)
	[ -n "$file" ] || { echo "FAIL: no completion at ${where#*:}"; exit 1; }
	"$build/qstrata" completion "${where%%:*}" | sed '/^# Goes to/d' | diff - "$file" || exit 1
done
program=$(find "$scratch" -path '*/bin/qstrata' -type f)
"$program" --version >told || { echo "FAIL: the installed program does not run"; exit 1; }
