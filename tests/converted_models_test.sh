#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The models that PyTorch's exporter gave ONNX for its tests (Debian's libonnx-testdata): quantized to
# int8 and to float16 with their own test data, they give what stands beside it.
set -u
data=${QSTRATA_ONNX_TESTDATA:-/usr/share/libonnx-testdata/data}/pytorch-converted
srcdir=${srcdir:-$(dirname "$0")/..}
QSTRATA=${QSTRATA:-./qstrata}
[ -d "$data" ] || { echo "skipped: $data is not here (Debian: libonnx-testdata)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' '{"target_device": "CPU", "quantizable_data_type": ["input", "weights", "bias", "activation"],' \
	'"overall_quantize_config": {"datatype": "float16"}}' > "$work/float16.json"
cp "$srcdir/examples/int8.json" "$work/int8.json"
failed=0 compared=0 kept=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# check FOLDER CONFIG LEAST
check()
{
	model=$1/model.onnx
	"$QSTRATA" apply --config "$work/$2.json" --model "$model" --data "$1/test_data_set_0" \
		--output "$work/out.onnx" > "$work/log" 2>&1
	status=$?
	# Some have nothing that is quantized.
	if [ $status = 2 ] && grep -q 'QS613' "$work/log"; then
		kept=$((kept + 1))
		return
	fi
	[ $status = 0 ] || { fail "$model as $2: status $status: $(cat "$work/log")"; return; }
	likeness=$(./tests/compare_models expect "$work/out.onnx" "$1/test_data_set_0" 2> "$work/log")
	status=$?
	[ $status = 4 ] && { echo "skipped: ONNX Runtime is not here"; exit 77; }
	[ $status = 0 ] || { fail "$model as $2 does not run: $(cat "$work/log")"; return; }
	compared=$((compared + 1))
	for cosine in $likeness; do
		awk -v a="$cosine" -v b="$3" 'BEGIN {exit !(a >= b)}' || fail "$model as $2: $likeness"
	done
}

for folder in "$data"/*/; do
	check "${folder%/}" int8 0.999
	check "${folder%/}" float16 0.999999
done
echo "$compared compared, $kept with nothing to quantize"
[ $compared -gt 0 ] || fail "no model was compared"
exit $failed
