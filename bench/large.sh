#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Times `qstrata apply` on weights of several gigabytes beside copying their file: large.sh [PROGRAM [GIGABYTES]]
#
# The model is matrix products with 4096 x 4096 weights in another file; only the weights are quantized. It takes
# three times the room on the disk of TMPDIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$(command -v "${1:-qstrata}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -B "$here/make-large.py" "${2:-4}" "$scratch/model.onnx"
printf '%s\n' '{"target_device": "CPU", "overall_quantize_config": {"datatype": "float32"}, "tensor_quantize_config":' \
	'{"weights": {"datatype": "int", "bit_width": 8, "round_mode": "half_even", "method": "maxmin", "per_channel": true, "scale_type": "float"}}}' \
	> "$scratch/config.json"
mkdir "$scratch/out"
python3 -B "$here/time-processes.py" "cp of the weights" 3 \
	"$(command -v cp)" "$scratch/model.onnx.data" "$scratch/out/copy" -- "qstrata apply" 3 \
	"$program" apply -c "$scratch/config.json" -m "$scratch/model.onnx" -o "$scratch/out/model.onnx"
