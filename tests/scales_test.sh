#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scales go from calibrate into training, by examples/python/scales.py, and come back.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
job="--config $srcdir/tests/data/scales/int8.json --model $srcdir/examples/digits/model.onnx"
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

command -v python3 >/dev/null || { echo "there is no Python 3"; exit 77; }
python3 -B "$srcdir/examples/python/test_scales.py" "$srcdir/tests/data/scales/calib.json" "$scratch/trained.json" ||
    exit 1
"$QSTRATA" calibrate $job --from "$scratch/trained.json" --output "$scratch/calib.json" || fail 'trained scales are refused'
grep -A 6 '"logits"' "$scratch/calib.json" | grep -q '"scale": 0.25,' || fail 'a trained scale is not taken'

# What is missing is calibrated, and what is given stays.
sed 's/"\/relu1\/Relu_output_0"/"lost"/' "$scratch/trained.json" >"$scratch/partial.json"
if "$QSTRATA" calibrate $job --from "$scratch/partial.json" --partial --data "$srcdir/examples/digits/calib" \
    --output "$scratch/calib.json" >"$scratch/told" 2>&1; then
	grep -A 6 '"logits"' "$scratch/calib.json" | grep -q '"scale": 0.25,' || fail 'a given scale is calibrated'
	grep -A 6 '"/relu1/Relu_output_0"' "$scratch/calib.json" | grep -q '"scale": 0.0[0-9]*,' || fail 'a lost scale is not found'
	grep -q 'lacks.*relu1.*\[QS849\]' "$scratch/told" || fail 'what is missing is not told'
elif ! grep -q 'QS80[12]' "$scratch/told"; then
	cat "$scratch/told"
	fail 'a part of the scales'
fi
exit $failed
