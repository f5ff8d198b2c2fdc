#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Models from elsewhere: each is quantized and runs, or is refused with the reason; none crashes.
# usage: public_models_test.sh FOLDER, with QSTRATA and QSTRATA_ONNXRUNTIME set, in the build folder after
# make tests/compare_models. Prints a table of the cosine to the float model on random data.
set -u
folder=${1:?a folder of models}
srcdir=${srcdir:-$(dirname "$0")/..}
QSTRATA=${QSTRATA:-./qstrata}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' '{"target_device": "CPU", "quantizable_data_type": ["input", "weights", "bias", "activation"],' \
	'"overall_quantize_config": {"datatype": "float16"}}' > "$work/float16.json"
sed 's/"weights": {"per_channel": true}/&, "activation": {"bit_width": 16}, "input": {"bit_width": 16}/' \
	"$srcdir/examples/int8.json" > "$work/w8a16.json"
cp "$srcdir/examples/int8.json" "$work/int8.json"
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# check MODEL CONFIG DATA: sets result
check()
{
	"$QSTRATA" apply --config "$work/$2.json" --model "$1" ${3:+--data "$3"} --allow-unmatched \
		--output "$work/out.onnx" > "$work/log" 2>&1
	status=$?
	case $status in
	0)	;;
	1 | 2)	result="refused: $(sed -n 's/.*error: //p' "$work/log" | head -1)"
		grep -q 'error: ' "$work/log" || fail "$1 as $2: status $status without a reason"
		return ;;
	*)	result=crash; fail "$1 as $2: status $status"; return ;;
	esac
	result='written; the runtime does not run the float model'
	[ -n "$3" ] || return
	result=$(./tests/compare_models run "$1" "$work/out.onnx" "$3" 2> "$work/log") ||
		fail "$1 as $2 does not run: $(cat "$work/log")"
}

for model in $(find "$folder" -name '*.onnx' | sort); do
	data=$work/data
	rm -rf "$data"
	./tests/compare_models make "$model" "$data" 3 2> "$work/log" || data=
	for config in int8 w8a16 float16; do
		check "$model" "$config" "$data"
		printf '%-36s %-8s %s\n' "${model##*/}" "$config" "$result"
	done
done
exit $failed
