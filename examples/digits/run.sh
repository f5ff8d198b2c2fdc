#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Quantizes the digits network to int8 and to bfloat16, and counts what each version reads right.
#
# $QSTRATA is the program (build/qstrata), and $OUT the folder for the models (a temporary one). Needs
# ONNX Runtime, as calibration does.
set -eu

here=$(dirname "$0")
QSTRATA=${QSTRATA:-build/qstrata}
build=$(dirname "$QSTRATA")
accuracy=$build/examples/digits/accuracy
for program in "$QSTRATA" "$accuracy"; do
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

quantize()
{
	"$QSTRATA" apply --config "$here/../$1.json" --model "$here/model.onnx" --data "$here/calib" \
		--output "$OUT/$1.onnx" >"$OUT/$1.txt" || { cat "$OUT/$1.txt" >&2; exit 2; }
}

# One line of the report: tell NAME MODEL
tell()
{
	line=$("$accuracy" "$here/test" "$2") || exit 2
	printf '%-10s %-31s %6d bytes\n' "$1" "${line%%  *}" "$(wc -c <"$2")"
}

echo "Handwritten digits, 1000 images that the network has not seen:"
tell float32 "$here/model.onnx"
for config in int8 bfloat16; do
	quantize "$config"
	tell "$config" "$OUT/$config.onnx"
done
