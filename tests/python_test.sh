#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Python module of examples/python against NumPy, and against PyTorch where it is installed.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA_LIBRARY=$(pwd)/.libs/libqstrata.so
export QSTRATA_LIBRARY

if ${NM:-nm} -D "$QSTRATA_LIBRARY" | grep -q __asan_init; then
	echo "Python does not load a library with AddressSanitizer"
	exit 77
fi
for python in python3 /usr/bin/python3; do
	if "$python" -c 'import numpy' 2>/dev/null; then
		exec "$python" -B "$srcdir/examples/python/test_qstrata.py"
	fi
done
echo "there is no Python 3 with NumPy"
exit 77
