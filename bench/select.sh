#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Times how entries find their layers, with 1, 2 and 4 times as many of both: select.sh [PROGRAM]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-qstrata}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo '{"target_device": "CPU"}' >"$scratch/none.json"
for times in 1 2 4; do
	layers=$((25000 * times))
	entries=$((2500 * times))
	python3 "$here/make-model.py" $layers "$scratch/model.onnx"
	python3 "$here/make-selectors.py" $entries $layers >"$scratch/entries.json"
	python3 "$here/time-processes.py" \
		"$layers layers" 5 "$program" lint -q --model "$scratch/model.onnx" "$scratch/none.json" -- \
		"$entries entries" 5 "$program" validate -q "$scratch/entries.json" -- \
		"both" 5 "$program" lint -q --model "$scratch/model.onnx" "$scratch/entries.json"
done
