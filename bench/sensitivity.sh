#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `qstrata sensitivity` costs, in runs of the model a layer.
#
#   sensitivity.sh CONFIG MODEL.onnx DATA...   (pairs of model and data may follow one another)
#
# The runs are counted by multiply-accumulates on the shapes of the data; the scales come from a file.
# $QSTRATA is the program; it needs ONNX Runtime.
set -eu

QSTRATA=${QSTRATA:-build/qstrata}
config=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

seconds()
{
	begin=$(date +%s%N)
	"$@" >"$scratch/told"
	end=$(date +%s%N)
	awk "BEGIN {printf \"%.2f\", ($end - $begin) / 1e9}"
}

printf '%-36s %8s %8s %8s %8s %10s\n' model layers rows seconds runs 'a layer'
while [ $# -ge 2 ]; do
	"$QSTRATA" calibrate --config "$config" --model "$1" --data "$2" --output "$scratch/calib.json"
	for how in '' --exhaustive; do
		time=$(seconds "$QSTRATA" sensitivity --config "$config" --model "$1" --data "$2" \
			--calib "$scratch/calib.json" --top 1 $how)
		sed -n 's/^1 of \([0-9]*\) rows, \([0-9]*\) layers.* as much as \([0-9.]*\) runs of the model, \([0-9.]*\) a layer$/\2 \1 \3 \4/p' \
			"$scratch/told" | while read -r layers rows runs ratio; do
			printf '%-36s %8s %8s %8s %8s %10s %s\n' "$(basename "$1" .onnx)" "$layers" "$rows" "$time" "$runs" "$ratio" "$how"
		done
	done
	shift 2
done
