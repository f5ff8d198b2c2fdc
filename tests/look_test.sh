#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stats and compare on the digits network: what people look at fits together.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
digits=$srcdir/examples/digits
masks=$srcdir/examples/horizon
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# The cell of a CSV file: cell FILE LAYER ATTR COLUMN. No cell of interest holds a comma.
cell()
{
	sed 's/"[^"]*"/shape/g' "$1" | awk -F, -v layer="$2" -v attr="$3" -v column="$4" '
		NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; next}
		$(at["layer"]) == layer && $(at["attr"]) == attr {print $(at[column]); exit}'
}

# holds WHAT CONDITION, a condition of awk.
holds()
{
	awk "function near(a, b) {return (a - b) ^ 2 <= (1e-6 * b) ^ 2} BEGIN {exit !($2)}" || fail "$1: $2"
}

model="--model $digits/model.onnx --data $digits/calib"
if ! "$QSTRATA" stats $model >"$scratch/stats" 2>"$scratch/findings"; then
	cat "$scratch/findings"
	if grep -q 'QS80[12]' "$scratch/findings"; then exit 77; fi
	exit 1
fi

# A float model alone: every layer, the widest tensor first in the second table.
grep -q '^Linear .* /fc/Gemm .* output .*\[32,10\]$' "$scratch/stats" || fail 'the last layer is not told'
sed -n '/^by range/,$p' "$scratch/stats" | sed -n 3p | grep -q ' /fc/Gemm .* output ' || fail 'the widest is not first'
if grep -q 'NaN' "$scratch/stats"; then fail 'NaN where there is none'; fi

# Beside the quantized one, and by channel.
"$QSTRATA" stats $model --config "$srcdir/examples/int8.json" --format csv >"$scratch/both" || fail 'stats --config'
holds 'a weight keeps its range in int8' \
    "$(cell "$scratch/both" /fc/Gemm weight q_min) == $(cell "$scratch/both" /fc/Gemm weight min)"
[ "$(cell "$scratch/both" /fc/Gemm weight dtype)" = int8 ] || fail 'the format of a weight'
"$QSTRATA" stats $model --per-channel | grep -q '^/fc/Gemm  *output  *9 ' || fail 'no tenth channel of ten classes'

# The quantized model against the float one: errors of layers, and what they inherit.
"$QSTRATA" compare $model --config "$srcdir/examples/int8.json" --format csv >"$scratch/compare" || fail compare
holds 'int8 is near' "$(cell "$scratch/compare" /fc/Gemm output cosine) > 0.999"
[ "$(cell "$scratch/compare" /pool1/MaxPool output own_sqnr)" = inf ] || fail 'a pool has an error of its own'
holds 'a pool inherits' "$(cell "$scratch/compare" /pool1/MaxPool output sqnr) < 60"
holds 'rounding is half a step' "$(cell "$scratch/compare" /relu1/Relu output own_steps) <= 0.5001"
for threads in 1 3; do
	"$QSTRATA" calibrate -j $threads $model --config "$srcdir/examples/int8.json" --output "$scratch/calib.json"
	"$QSTRATA" compare -j $threads $model --config "$srcdir/examples/int8.json" --calib "$scratch/calib.json" \
	    --format json >"$scratch/compare-$threads.json" || fail "compare with $threads threads"
done
cmp "$scratch/compare-1.json" "$scratch/compare-3.json" || fail 'threads change what is told'

# The model that apply writes is as far from the float one as compare says, in another runtime.
"$QSTRATA" apply $model --config "$srcdir/examples/int8.json" --output "$scratch/int8.onnx" >/dev/null || fail apply
"$QSTRATA" compare "$digits/model.onnx" "$scratch/int8.onnx" --data "$digits/calib" --format csv >"$scratch/models" ||
    fail 'two models'
holds 'the written model is the one that was compared' \
    "$(cell "$scratch/models" /fc/Gemm output sqnr) - $(cell "$scratch/compare" /fc/Gemm output sqnr) < 0.1 &&
	$(cell "$scratch/compare" /fc/Gemm output sqnr) - $(cell "$scratch/models" /fc/Gemm output sqnr) < 0.1"
[ "$(cell "$scratch/models" /fc/Gemm output dtype)" = int8 ] || fail 'the format of a written output'

# So are its weights, with the batch norms that are in them; a layer of several nodes has its own.
for layer in /conv1/Conv /dw/Conv /fc/Gemm; do
	for attr in weight bias; do
		for column in cosine sqnr atol steps own_sqnr; do
			holds "$column of the $attr of $layer in the written model" \
			    "near($(cell "$scratch/models" $layer $attr $column), $(cell "$scratch/compare" $layer $attr $column))"
		done
	done
done
"$QSTRATA" apply $model --config "$srcdir/examples/int8.json" --format fake --output "$scratch/fake.onnx" >/dev/null
"$QSTRATA" compare "$digits/model.onnx" "$scratch/fake.onnx" --data "$digits/calib" --format csv >"$scratch/fake"
holds 'weights that are the values of codes' \
    "near($(cell "$scratch/fake" /dw/Conv weight sqnr), $(cell "$scratch/compare" /dw/Conv weight sqnr))"
[ -z "$(cell "$scratch/fake" /dw/Conv weight steps)" ] || fail 'a weight in float32 has steps'
"$(dirname "$QSTRATA")/examples/horizon/make_models" "$scratch/horizon" || fail make_models
small="--model $scratch/horizon/small.onnx --data $scratch/horizon/small --config $masks/int8.json"
"$QSTRATA" apply $small --output "$scratch/small.onnx" >/dev/null || fail 'apply to small.onnx'
"$QSTRATA" compare "$scratch/horizon/small.onnx" "$scratch/small.onnx" --data "$scratch/horizon/small" --format csv \
    >"$scratch/models"
holds 'the weights that have outliers have the most noise' \
    "$(cell "$scratch/models" linear2 weight sqnr) + 10 < $(cell "$scratch/models" linear1 weight sqnr)"
[ "$(cell "$scratch/models" linear2 bias dtype)" = int32 ] || fail 'the bias of a layer of several nodes'

# Limits, and what is no verdict but trouble.
"$QSTRATA" compare $model --config "$srcdir/examples/int8.json" --calib "$scratch/calib.json" --format json \
    --fail-worse sqnr=60 >"$scratch/told.json" 2>"$scratch/told"
[ $? -eq 1 ] || fail 'a broken limit has not the exit status 1'
cmp "$scratch/told.json" "$scratch/compare-1.json" || fail 'a verdict changes the document'
grep -q 'worse than 60 \[QS830\]' "$scratch/told" || fail 'the verdict is not told'
"$QSTRATA" compare "$masks/not-zero.onnx" "$masks/split.onnx" --data "$masks/split-70000" >"$scratch/told" 2>&1
[ $? -eq 2 ] || fail 'models of other inputs are compared'
grep -q 'takes 2 inputs, expected 1 .*\[QS833\]' "$scratch/told" || { cat "$scratch/told"; fail 'other inputs are not told'; }
exit $failed
