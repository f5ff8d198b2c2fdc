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

# Statuses and formats are those of lint.
examine "$scratch/int16.json" "$horizon/equal-one.onnx" "$horizon/actors" --format json
[ "$status" -eq 1 ] || fail "a lost comparison: exit status $status"
grep -q '"QS864"' "$scratch/out" || fail 'the JSON lacks the lost comparison'
[ ! -s "$scratch/err" ] || fail 'a document is followed by words'
examine "$scratch/int16.json" "$horizon/equal-one.onnx" "$horizon/actors" --ignore QS864
[ "$status" -eq 0 ] || fail "an ignored code: exit status $status"
examine "$examples/int8.json" "$digits/model.onnx" "$digits/calib" --fail-level info
[ "$status" -eq 1 ] || fail "a note with --fail-level info: exit status $status"
examine "$examples/int8.json" "$digits/model.onnx" "$scratch/nothing"
[ "$status" -eq 2 ] || fail "no data: exit status $status"
examine "$examples/int8.json" "$digits/model.onnx" "$digits/calib" --html "$scratch/no/page.html"
[ "$status" -eq 2 ] || fail "a page without a place: exit status $status"
grep -q '\[QS004\]' "$scratch/out" || fail 'a page without a place is not told'
examine "$examples/int8.json" "$digits/model.onnx" "$digits/calib" --calib "$scratch/int16.json"
[ "$status" -eq 2 ] || fail "no calibration: exit status $status"
exit $failed
