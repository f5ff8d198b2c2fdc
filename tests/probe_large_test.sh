#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# probe goes through arrays that are larger than its memory: 384 MiB within an address space of 192.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
size=402653184
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
failed=0

if ! (ulimit -v 196608 && "$QSTRATA" --version) >/dev/null 2>&1; then
	echo "the program does not run in 192 MiB of address space (a sanitizer does not)"
	exit 77
fi

# A file of zeros that takes no room, but for its header and its last value: float32, the bytes in octal.
sparse()
{
	header="{'descr': '<f4', 'fortran_order': $2, 'shape': (1024, 98304), }"
	begin=$((10 + ${#header}))
	{
		printf '\223NUMPY\001\000'
		printf "\\$(printf %o ${#header})\\000%s" "$header"
	} >"$1"
	truncate -s $((begin + size - 4)) "$1" || exit 77
	printf "$3" >>"$1"
}

# probe METHOD PATTERN ARGUMENT...
probe()
{
	method=$1
	pattern=$2
	shift 2
	echo "{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"$method\",
\"scale_type\": \"float\", \"calib_statistic_method\": \"max\", \"round_mode\": \"half_even\"}}" >config.json
	(ulimit -v 196608 && exec "$QSTRATA" probe --config config.json --tensor activation "$@") >told 2>&1
	grep -q "$pattern" told || { echo "FAIL: $method: nothing like $pattern"; cat told; failed=1; }
}

sparse c.npy False '\000\000\376\102'
sparse fortran.npy True '\000\000\376\102'
sparse nan.npy False '\000\000\300\177'
probe maxmin '"scale": 1,' --observe c.npy
probe percentile '"scale"' --observe c.npy
probe maxmin '"scale": 1,' --observe fortran.npy
probe maxmin 'nan.npy: error: the array: of 100663296 values, 1 are NaN and 0 are infinite, the first at \[1023, 98303\]; .*\[QS701\]' \
    --observe nan.npy
probe maxmin 'nan.npy: error: the array: 1 of 100663296 values are NaN, the first at \[1023, 98303\] \[QS701\]' \
    --scale 1 --quantize nan.npy --output out.npy
[ ! -e out.npy ] || { echo "FAIL: an output for what was refused"; failed=1; }
exit $failed
