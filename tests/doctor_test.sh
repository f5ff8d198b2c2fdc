#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doctor as people use it: a healthy network has no errors and no warnings, the published programs on
# masks have their traps and their cures have none, and what goes wrong is said once.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
examples=$srcdir/examples
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY
failed=0

fail()
{
	echo "FAIL: $*"
	cat "$scratch/out" "$scratch/err"
	failed=1
}

# examine CONFIG MODEL DATA OPTION...: leaves what it says, its status and the codes that it gives.
examine()
{
	config=$1 model=$2 data=$3
	shift 3
	"$QSTRATA" doctor --config "$config" --model "$model" --data "$data" "$@" \
	    >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	codes=$(grep -o '\[QS[0-9]*\]' "$scratch/out" | sort -u | tr -d '[]' | tr '\n' ' ')
}

digits=$examples/digits
examine "$examples/int8.json" "$digits/model.onnx" "$digits/calib" --html "$scratch/digits.html" \
    --measured "$scratch/digits.json"
if grep -q 'QS80[12]' "$scratch/out"; then
	cat "$scratch/out"
	exit 77
fi
# Its pixels are not below 0, which is told and true.
[ "$codes" = 'QS858 ' ] || fail "digits: expected the note on its input alone, found $codes"
[ "$status" -eq 0 ] || fail "digits: exit status $status"
tail -1 "$scratch/digits.html" | grep -q '</html>' || fail 'the page has no end'
! grep -Eq '(src|href)="(https?:)?//' "$scratch/digits.html" || fail 'the page refers to elsewhere'
grep -q '"tensors"' "$scratch/digits.json" || fail 'nothing was measured'

# Layers with formats of their own read in them: the input is that of the model alone.
examine "$examples/per-layer.json" "$digits/model.onnx" "$digits/calib/0.npy" --ignore QS5
[ "$(grep -c 'QS858' "$scratch/out")" -eq 1 ] || fail "per layer: expected one note on the input"
[ "$codes" = 'QS858 ' ] || fail "per layer: found $codes"

# 16 bits for what flows, as the programs have it.
cat >"$scratch/int16.json" <<'CONFIG'
{"target_device": "CPU", "include_cle": false, "include_bias_corr": false,
 "overall_quantize_config": {"datatype": "int", "bit_width": 16, "method": "maxmin",
  "round_mode": "half_even", "symmetry": true, "per_channel": false, "signed": true,
  "narrow_range": false, "scale_type": "float", "calib_statistic_method": "max"},
 "tensor_quantize_config": {"weights": {"bit_width": 8}}}
CONFIG
horizon=$examples/horizon
while read -r model data expected; do
	examine "$scratch/int16.json" "$horizon/$model.onnx" "$horizon/$data" --target j6e
	[ "$codes" = "$(echo "$expected" | tr ',' ' ') " ] || [ "$codes$expected" = none ] ||
	    fail "$model on $data: expected $expected, found $codes"
done <<'CASES'
equal-one actors QS864,QS866
not-zero actors QS866
own-scale actors none
not-zero actors-70000 QS855,QS866,QS867
own-scale actors-70000 QS855,QS867
split split-70000 QS855
CASES

# What hints name cures what they are about.
cure()
{
	"$QSTRATA" rewrite --model "$horizon/$1.onnx" --output "$scratch/cured.onnx" $3 >"$scratch/out" 2>"$scratch/err" ||
	    fail "$1 is not rewritten with $3"
	examine "$scratch/int16.json" "$scratch/cured.onnx" "$horizon/$2" --target j6e
	case " $codes" in *" $4 "*) fail "$1 has $4 after $3" ;; esac
}
cure equal-one actors '--nonzero mask --mask' QS864
cure not-zero actors '--mask' QS866
cure not-zero split-70000 '--split actors' QS867

# A scale that is advised goes by a file into apply, and cures: the mask is that of the float model.
scales="$scratch/scales.json"
examine "$scratch/int16.json" "$horizon/equal-one.onnx" "$horizon/actors" --target j6e --format full --write-scales "$scales"
grep -q 'fix the scale of "actors" to 1/541' "$scratch/out" || fail 'no scale is advised'
examine "$scratch/int16.json" "$horizon/equal-one.onnx" "$horizon/actors" --target j6e --scales "$scales"
[ "$codes" = 'QS866 ' ] || fail "a comparison with a scale for it: found $codes"
run="--config $scratch/int16.json --model $horizon/equal-one.onnx --data $horizon/actors"
for given in "--scales $scales" ''; do
	"$QSTRATA" apply $run $given --output "$scratch/out.onnx" >"$scratch/out" || fail "apply $given"
	"$QSTRATA" compare "$horizon/equal-one.onnx" "$scratch/out.onnx" --data "$horizon/actors" \
	    --fail-worse cosine=0.999 >"$scratch/out" 2>"$scratch/err"
	echo $? >>"$scratch/statuses"
done
[ "$(tr '\n' ' ' <"$scratch/statuses")" = '0 1 ' ] || fail 'the scale makes no difference to what is kept'
# What was given before stays in the file, beside the law of the device.
echo '{"format": "qstrata-scales", "version": 1, "tensors": [{"name": "kept", "scale": 0.25}]}' >"$scratch/given.json"
examine "$scratch/int16.json" "$horizon/equal-one.onnx" "$horizon/actors" --target j6e --scales "$scratch/given.json" \
    --write-scales "$scales"
tr -d ' \n' <"$scales" | grep -q '"scale_law":"half-span","tensors":\[{"name":"actors","scale":"1/541"},{"name":"kept","scale":0.25}\]' ||
    { cat "$scales"; fail 'what was fixed before is lost'; }

# Statuses and formats are those of lint.
examine "$scratch/int16.json" "$horizon/equal-one.onnx" "$horizon/actors" --format json
[ "$status" -eq 1 ] || fail "a lost comparison: exit status $status"
grep -q '"QS864"' "$scratch/out" || fail 'the JSON lacks the lost comparison'
[ ! -s "$scratch/err" ] || fail 'a document is followed by words'
examine "$scratch/int16.json" "$horizon/equal-one.onnx" "$horizon/actors" --ignore QS864
[ "$status" -eq 0 ] || fail "an ignored code: exit status $status"
examine "$examples/int8.json" "$digits/model.onnx" "$digits/calib/0.npy" --fail-level info
[ "$status" -eq 1 ] || fail "a note with --fail-level info: exit status $status"
examine "$examples/int8.json" "$digits/model.onnx" "$scratch/nothing"
[ "$status" -eq 2 ] || fail "no data: exit status $status"
examine "$examples/int8.json" "$digits/model.onnx" "$digits/calib/0.npy" --html "$scratch/no/page.html"
[ "$status" -eq 2 ] || fail "a page without a place: exit status $status"
grep -q '\[QS004\]' "$scratch/out" || fail 'a page without a place is not told'
examine "$examples/int8.json" "$digits/model.onnx" "$digits/calib/0.npy" --calib "$scratch/int16.json"
[ "$status" -eq 2 ] || fail "no calibration: exit status $status"
exit $failed
