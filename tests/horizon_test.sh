#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The models of examples/horizon are what their README says, and are written alike everywhere.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
make_models=$(dirname "$QSTRATA")/examples/horizon/make_models
horizon=$srcdir/examples/horizon
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

"$make_models" "$scratch/out" || fail 'make_models does not work'
for file in equal-one.onnx not-zero.onnx own-scale.onnx split.onnx actors/0.npy actors-70000/0.npy \
    split-70000/0/actors_data.npy split-70000/0/actors_mask.npy; do
	cmp "$horizon/$file" "$scratch/out/$file" || fail "make_models writes another $file"
done

# Multiply-accumulates are told for one sample; the input holds two.
"$QSTRATA" layers "$scratch/out/small.onnx" >"$scratch/layers" || fail 'small.onnx has no layers'
grep -q '^linear2 .* 1 536 000$' "$scratch/layers" || fail "linear2 has not 3072000 / 2 MACs"
grep -q ' 8 449 600 MACs for one sample$' "$scratch/layers" || fail "not 16899200 / 2 MACs"

for config in in16-w8-out16 in8-w16-out16 all16 int8; do
	"$QSTRATA" validate "$horizon/$config.json" --model "$scratch/out/small.onnx" -q ||
	    fail "$config.json does not fit small.onnx"
done

# The statistics of the layer that was reported, as they were printed: outliers of 61 and 47 deviations.
if "$QSTRATA" stats --model "$scratch/out/small.onnx" --data "$scratch/out/small" >"$scratch/stats" 2>"$scratch/told"; then
	grep -q '^Linear  *linear2  *weight  *-41\.6590347  *31\.2311363 .*\[256,60\]$' "$scratch/stats" ||
	    fail 'the weights of linear2 are told otherwise'
	grep -q '^Linear  *linear2  *output .*\[2,100,60\]$' "$scratch/stats" || fail 'the shape of linear2'
elif ! grep -q 'QS80[12]' "$scratch/told"; then
	fail 'there are no statistics'
fi

# The README shows what run.sh prints.
if QSTRATA=$QSTRATA sh "$horizon/run.sh" >"$scratch/told" 2>"$scratch/complaints"; then
	sed -n '/^    \$ sh examples\/horizon\/run.sh$/,/^`run.sh`/p' "$horizon/README.md" |
	    sed '1d; $d; s/^    //' | sed '$d' >"$scratch/shown"
	diff -u "$scratch/shown" "$scratch/told" || fail 'README.md shows something else'
elif grep -q 'QS80[12]' "$scratch/complaints"; then
	echo 'run.sh was passed over, as there is no ONNX Runtime'
else
	cat "$scratch/complaints"
	fail 'run.sh does not work'
fi
exit $failed
