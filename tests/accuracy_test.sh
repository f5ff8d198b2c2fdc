#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How many digits are read right under each config is what docs/accuracy.md says. UPDATE_ACCURACY=1 writes it.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
accuracy=$(dirname "$QSTRATA")/examples/digits/accuracy
digits=$srcdir/examples/digits
page=$srcdir/docs/accuracy.md
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0

# Sums in another order move an image at the border now and then.
tolerance=2

if ! "$accuracy" "$digits/test" "$digits/model.onnx" 2>"$scratch/findings" >/dev/null; then
	cat "$scratch/findings"
	grep -q 'QS80[12]' "$scratch/findings" && exit 77
	exit 1
fi

# How many images a config's model reads right: count CONFIG OPTION...
count()
{
	config=$1
	shift
	"$QSTRATA" apply --config "$config" --model "$digits/model.onnx" --calib "$scratch/calib.json" \
	    --output "$scratch/model.onnx" "$@" >"$scratch/report" 2>&1 || cat "$scratch/report" >&2
	"$accuracy" "$digits/test" "$scratch/model.onnx" | sed -n 's/^accuracy [0-9.]* % (\([0-9]*\) of 1000)  .*/\1/p'
}

# A row of the table: row CONFIG "WHAT IT IS"
row()
{
	config=$srcdir/examples/$1.json
	"$QSTRATA" calibrate --config "$config" --model "$digits/model.onnx" --data "$digits/calib" \
	    --output "$scratch/calib.json" >"$scratch/report" 2>&1 || cat "$scratch/report" >&2
	exact=$(count "$config" --rounding exact)
	pairs=$(count "$config")
	echo "| [$1](../examples/$1.json) | $2 | $exact | $pairs | $(($(wc -c <"$scratch/model.onnx"))) |"
}

{
	echo '| config | what it is | right as configured | right as pairs | bytes |'
	echo '|---|---|---|---|---|'
	row int8 '8 bits, weights per channel, maxmin'
	row digits/configs/percentile 'the same, activations by percentile'
	row digits/configs/mse 'the same, activations by mse'
	row digits/configs/entropy 'the same, activations by entropy'
	row digits/configs/asymmetric 'the same, activations with zero points'
	row per-layer 'the same for convolutions; the linear layer is float32'
	row digits/configs/diffs '8 bits, scales by diffs, powers of two'
	row dpu 'the same for the DPU'
	row mixed '8-bit weights, 16-bit activations, float16 biases'
	row bfloat16 'bfloat16'
	row digits/configs/float16 'float16'
	row digits/configs/w4-cle-corr '4-bit weights with one scale a layer, equalized, biases corrected'
	row digits/configs/w4-cle 'the same without `include_bias_corr`'
	row digits/configs/w4-corr 'the same without `include_cle`'
	row digits/configs/w4 'the same without either'
} >"$scratch/table"

if [ "${UPDATE_ACCURACY:-}" = 1 ]; then
	sed -e '/^<!-- table -->$/,/^<!-- end -->$/{/^<!--/!d;}' -e "/^<!-- table -->\$/r $scratch/table" "$page" \
	    >"$scratch/page" && cat "$scratch/page" >"$page"
	exit
fi
sed -n '/^<!-- table -->$/,/^<!-- end -->$/{/^<!--/!p;}' "$page" >"$scratch/recorded"
paste -d '~' "$scratch/recorded" "$scratch/table" >"$scratch/both"
awk -F '~' -v tolerance=$tolerance '
	function differ(a, b) { return a - b > tolerance || b - a > tolerance }
	{
		split($1, old, / *\| */); split($2, new, / *\| */)
		if (NR < 3 ? $1 != $2 : old[2] != new[2] || old[3] != new[3] || differ(old[4], new[4]) ||
		    differ(old[5], new[5]) || old[6] != new[6]) {
			print "recorded: " $1; print "found:    " $2; bad = 1
		}
	}
	END { exit bad }' "$scratch/both" || failed=1

# What the switches do is there to be seen: each helps, and both help most.
right()
{
	sed -n "s,^| \[digits/configs/$1\](.*) |[^|]*| \([0-9]*\) .*,\1,p" "$scratch/table"
}
if [ "$(right w4)" -ge "$(right w4-corr)" ] || [ "$(right w4)" -ge "$(right w4-cle)" ] ||
    [ "$(right w4-corr)" -ge "$(right w4-cle-corr)" ] || [ "$(right w4-cle)" -ge "$(right w4-cle-corr)" ]; then
	echo 'equalization or bias correction does not help'
	failed=1
fi
exit $failed
