#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The two tables of README.md: forms of a linear layer, and masks.
#
# $QSTRATA is the program (build/qstrata), and $OUT the folder for the models (a temporary one). Needs
# ONNX Runtime, as calibration does.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
QSTRATA=${QSTRATA:-build/qstrata}
build=$(dirname "$QSTRATA")
agree=$build/examples/horizon/agree
make_models=$build/examples/horizon/make_models
for program in "$QSTRATA" "$agree" "$make_models"; do
	[ -x "$program" ] || { echo "run.sh: $program is missing; build qstrata first" >&2; exit 2; }
done
if [ -d "$build/.libs" ]; then
	QSTRATA_MODULE_DIR=${QSTRATA_MODULE_DIR:-$(cd "$build/.libs" && pwd)}
	export QSTRATA_MODULE_DIR
fi
if [ -n "${OUT:-}" ]; then
	mkdir -p "$OUT"
else
	OUT=$(mktemp -d)
	trap 'rm -rf "$OUT"' EXIT
fi
"$make_models" "$OUT"

# quantize CONFIG MODEL DATA NAME
quantize()
{
	"$QSTRATA" apply --config "$here/$1.json" --model "$2" --data "$3" --scales "$here/scales.json" \
		--observe float --output "$OUT/$4.onnx" >"$OUT/$4.txt" || { cat "$OUT/$4.txt" >&2; exit 2; }
}

# agreement FLOAT INPUT MODEL INPUT: cosine, SQNR and largest difference, with blanks between
agreement()
{
	"$agree" "$@" | sed 's/^cosine \([^ ]*\)  SQNR \([^ ]*\) dB  largest difference \([^ ]*\) .*/\1 \2 \3/'
}

# What is said of a layer's formats: the answer, and the place in the order of latencies.
judge()
{
	"$QSTRATA" place --model "$1" --config "$here/$2.json" --target j6m 2>/dev/null |
		awk -v layer="$3" '$1 == layer && NF > 7 {print $7, $8}'
}

# linear TITLE CONFIG MODEL NAME LAYER
linear()
{
	quantize "$2" "$3" "$OUT/small" "$4"
	set -- "$1" $(judge "$3" "$2" "$5") $(agreement "$OUT/small.onnx" "$OUT/small/0.npy" \
		"$OUT/$4.onnx" "$OUT/small/0.npy")
	printf '%-28s  %-9s  %-5s  %s  %5s dB  %s\n' "$@"
}

echo 'linear2                       on j6m     order  cosine       SQNR  largest difference'
linear 'int8'                      int8           "$OUT/small.onnx" int8    linear2
linear 'input and output of 16'    in16-w8-out16  "$OUT/small.onnx" in16    linear2
linear 'weights and output of 16'  in8-w16-out16  "$OUT/small.onnx" w16     linear2
linear 'all of 16'                 all16          "$OUT/small.onnx" all16   linear2
"$QSTRATA" rewrite --model "$OUT/small.onnx" --linear-to-mul linear2 --output "$OUT/mul.onnx" >"$OUT/rewrite.txt"
linear 'Mul and ReduceSum, all of 16' in16-w8-out16 "$OUT/mul.onnx" mul16 linear2_Mul

# kept MODEL DATA LARGEST: the cosine of what a quantized model keeps of the actors
kept()
{
	quantize in16-w8-out16 "$1" "$2" masked
	input=$2/0
	[ -d "$input" ] || input=$input.npy
	set -- $(agreement "$here/equal-one.onnx" "$here/$3/0.npy" "$OUT/masked.onnx" "$input")
	echo "$1"
}

# mask TITLE MODEL COSINE...
mask()
{
	on=$("$QSTRATA" place --model "$2" --target j6m 2>/dev/null | awk '$2 == "Mul" {print $3; exit}')
	printf '%-28s  %-6s  %-8s  %s\n' "$1" "$on" "$3" "$4"
}

# both TITLE MODEL: with 60.5 as the largest of the actors, and with 70000
both()
{
	mask "$1" "$2" "$(kept "$2" "$here/actors" actors)" "$(kept "$2" "$here/actors-70000" actors-70000)"
}

echo
echo 'mask                          Mul on  cosine with 60.5, and with 70000'
both 'equal to 1'                 "$here/equal-one.onnx"
both 'not equal to 0'             "$here/not-zero.onnx"
both 'not equal to 0, own scale'  "$here/own-scale.onnx"
"$QSTRATA" rewrite --model "$here/equal-one.onnx" --nonzero mask --mask --output "$OUT/mask.onnx" \
	>>"$OUT/rewrite.txt"
both '--nonzero --mask'           "$OUT/mask.onnx"
"$QSTRATA" rewrite --model "$here/equal-one.onnx" --split actors --nonzero mask --mask \
	--output "$OUT/split.onnx" >>"$OUT/rewrite.txt"
mask '--split --nonzero --mask' "$OUT/split.onnx" - \
	"$(kept "$OUT/split.onnx" "$here/split-70000" actors-70000)"
