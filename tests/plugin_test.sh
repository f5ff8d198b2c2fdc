#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A plug-in of a third party is built on its own, from the public headers alone, and used by the
# program; what is no plug-in of this library is refused, all of it at once.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
CC=${CC:-cc}
plugin=$srcdir/examples/plugin
data=$srcdir/tests/data/golden/calib
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
failed=0

complain()
{
	echo "FAIL: $case: $*"
	sed 's/^/	/' told
	failed=1
}

# build OUTPUT SOURCE
build()
{
	$CC -std=c11 -O2 -Wall -Wextra -shared -fPIC -I"$srcdir/include" "$2" -lm -o "$1" || exit 1
}

# accept CASE PATTERN ARGUMENT...: the program succeeds, and says something.
accept()
{
	case=$1
	pattern=$2
	shift 2
	"$QSTRATA" "$@" >told 2>&1 || complain "exit status $?"
	grep -Eq "$pattern" told || complain "nothing like $pattern"
}

# refuse CASE STATUS CODE N ARGUMENT...: N errors, all of the code, and nothing else.
refuse()
{
	case=$1
	status=$2
	code=$3
	n=$4
	shift 4
	"$QSTRATA" "$@" >told 2>&1
	found=$?
	[ "$found" -eq "$status" ] || complain "exit status $found, expected $status"
	[ "$(grep -c "error: .*\[$code\]" told)" -eq "$n" ] || complain "not $n errors $code"
	[ "$(grep -c 'error: ' told)" -eq "$n" ] || complain "other errors"
}

probe="probe --config $plugin/config.json --observe $data/act_normal_0.npy"

build plugin.so "$plugin/plugin.c"

# ---- use ---------------------------------------------------------------------------------------------

# Four standard deviations of about 1 are less than the largest magnitude.
accept "a method" '"scale": 0.03135134032682907' $probe --tensor activation --plugin ./plugin.so
accept "a rounding mode" '"quant_max": 127' $probe --tensor activation --plugin ./plugin.so --scale 0.5 \
    --quantize "$data/act_normal_0.npy" --output floor.npy
accept "a number format" '"datatype": "float8"' $probe --tensor bias --plugin ./plugin.so \
    --quantize "$data/act_normal_0.npy" --output float8.npy
[ -s floor.npy ] && [ -s float8.npy ] && ! cmp -s floor.npy float8.npy || { echo "FAIL: no results"; failed=1; }
# Its state says the word, and is read with the plug-in again.
accept "a state" '"scale"' $probe --tensor activation --plugin ./plugin.so --save-state state
grep -q '"method": "four_sigma"' state || { echo "FAIL: the state does not name the method"; failed=1; }
accept "a merged state" '"batch_scales": \[' probe --config "$plugin/config.json" --tensor activation \
    --plugin ./plugin.so --merge state

sed 's/"bias": {"datatype": "float8"}/"bias": {"round_mode": "half_even"}/' "$plugin/config.json" >digits.json
digits=$srcdir/examples/digits
"$QSTRATA" apply --plugin ./plugin.so --config digits.json --model "$digits/model.onnx" \
    --data "$digits/calib" --output floor.onnx >told 2>&1
if grep -q 'QS80[12]' told; then
	echo "skipped: a model; there is no ONNX Runtime here"
else
	case="a model"
	[ -s floor.onnx ] || complain "not written"
	refuse "a model in a foreign format" 2 QS901 6 apply --plugin ./plugin.so \
	    --config "$plugin/config.json" --model "$digits/model.onnx" --data "$digits/calib" --output out
	[ ! -e out ] || complain "something was written"
fi

# ---- refusals ----------------------------------------------------------------------------------------

refuse "words without their plug-in" 1 QS203 3 $probe --tensor activation
refuse "the same plug-in twice" 2 QS708 3 $probe --tensor activation --plugin ./plugin.so --plugin ./plugin.so
refuse "no such file" 2 QS727 1 $probe --tensor activation --plugin ./nowhere.so
echo "this is text" >text.so
refuse "text" 2 QS727 1 $probe --tensor activation --plugin ./text.so
refuse "two files that are none" 2 QS727 2 $probe --tensor activation --plugin ./text.so --plugin ./nowhere.so
echo "int nothing = 1;" >empty.c
build empty.so empty.c
refuse "a library without plug-ins" 2 QS727 1 $probe --tensor activation --plugin ./empty.so
sed 's/{QS_PLUGIN_ABI, quantizers/{QS_PLUGIN_ABI + 1, quantizers/' "$plugin/plugin.c" >abi.c
build abi.so abi.c
refuse "another ABI" 2 QS708 1 $probe --tensor activation --plugin ./abi.so
sed 's/{QS_PLUGIN_ABI, "floor"/{QS_PLUGIN_ABI + 1, "floor"/; s/"four_sigma"/"maxmin"/; s/"float8", "4/"Float 8", "4/' \
    "$plugin/plugin.c" >three.c
build three.so three.c
refuse "three mistakes" 2 QS708 3 $probe --tensor activation --plugin ./three.so
sed 's/\.decide = decide,//; s/\.round = floor,//; s/\.fake = fake,//' "$plugin/plugin.c" >gaps.c
$CC -shared -fPIC -w -I"$srcdir/include" gaps.c -lm -o gaps.so || exit 1
refuse "missing functions" 2 QS708 3 $probe --tensor activation --plugin ./gaps.so
sed 's/scale > 0.0 ? scale : 0x1p-18/-scale/' "$plugin/plugin.c" >negative.c
build negative.so negative.c
refuse "a method that gives what is no scale" 2 QS728 1 $probe --tensor activation --plugin ./negative.so

exit $failed
