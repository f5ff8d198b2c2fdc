#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What suggest finds for the digits network as it is, and for one that was harmed on purpose: one
# entry that gives the accuracy back, in the formatting of the config; and what it says when it cannot.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
build=$(dirname "$QSTRATA")
digits=$srcdir/examples/digits
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/tmp" "$scratch/data"
cp "$digits/calib/0.npy" "$digits/calib/1.npy" "$scratch/data"
TMPDIR=$scratch/tmp
export TMPDIR
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# suggest CONFIG MODEL OPTION...: tells in $scratch/told, and gives the status
suggest()
{
	config=$1
	model=$2
	shift 2
	"$QSTRATA" suggest --config "$config" --model "$model" --data "$scratch/data" --output "$scratch/new.json" \
		"$@" >"$scratch/told" 2>&1
}

# expect STATUS TEXT WHAT: of the last call
expect()
{
	[ "$status" -eq "$1" ] || fail "$3: status $status: $(cat "$scratch/told")"
	grep -q -- "$2" "$scratch/told" || fail "$3: $(cat "$scratch/told")"
}

# What `accuracy` counts of 1000, quantized by a config; in points of a tenth.
count()
{
	"$QSTRATA" apply --config "$1" --model "$2" --data "$scratch/data" --output "$scratch/q.onnx" >"$scratch/report" 2>&1
	number "$scratch/q.onnx"
}

number()
{
	"$build/examples/digits/accuracy" "$digits/test" "$1" | sed -n 's/^accuracy [0-9.]* % (\([0-9]*\) of 1000)  .*/\1/p'
}

int8=$srcdir/examples/int8.json
suggest "$int8" "$digits/model.onnx" --goal cosine=0.999
status=$?
if [ $status -ne 0 ] && grep -q 'QS80[12]' "$scratch/told"; then
	cat "$scratch/told"
	exit 77
fi

# An unharmed network: nothing.
expect 0 'nothing to suggest' 'the network as it is'
cmp "$scratch/new.json" "$int8" || fail 'the config of an unharmed network was changed'

# One column of the weights of fc is blown up, where its input is always 0: one entry mends it.
"$build/tests/scale_slice" "$digits/model.onnx" "$scratch/harmed.onnx" bn3.weight 0 5 0 bn3.bias 0 5 0 \
	fc.weight 1 5 300 || fail 'the network cannot be harmed'
suggest "$int8" "$scratch/harmed.onnx" --goal cosine=0.999
status=$?
expect 0 '^1 entry, 1 layer:$' 'the harmed network'
expect 0 '^  layer /fc/Gemm: weights' 'the harmed network'
float=$(number "$scratch/harmed.onnx")
before=$(count "$int8" "$scratch/harmed.onnx")
after=$(count "$scratch/new.json" "$scratch/harmed.onnx")
echo "float $float, int8 $before, with the entry $after of 1000"
[ "$before" -lt $((float - 50)) ] || fail 'the network was hardly harmed'
[ "$after" -ge $((float - 3)) ] || fail 'the entry does not mend it'
"$QSTRATA" lint --model "$scratch/harmed.onnx" --fail-level warning "$scratch/new.json" >"$scratch/linted" ||
	fail "the config is not clean: $(cat "$scratch/linted")"
head -c 540 "$int8" >"$scratch/before"
head -c 540 "$scratch/new.json" | cmp - "$scratch/before" || fail 'what stands before the entry was touched'

# What is told of it is what the config gives when it is calibrated as it is.
told=$(sed -n 's/^goal: .* reached with //p' "$scratch/told")
given=$("$QSTRATA" sensitivity --config "$scratch/new.json" --model "$scratch/harmed.onnx" --data "$scratch/data" \
	--cumulative input --format csv | tail -1 | cut -d, -f3)
awk "BEGIN {d = $told - $given; exit !(d < 1e-9 && d > -1e-9)}" || fail "$told is told, and it gives $given"

# Against chance, which a seed repeats; and by types.
for seed in 3 3 4; do
	suggest "$int8" "$scratch/harmed.onnx" --goal cosine=0.999 --random 20 --seed $seed
	status=$?
	expect 0 "^20 random choices of 1 layer (seed $seed): the best has 0\.9" 'random choices'
	grep '^20 random' "$scratch/told" >>"$scratch/chances"
done
[ "$(sort -u "$scratch/chances" | wc -l)" -eq 2 ] || fail "seeds: $(cat "$scratch/chances")"
suggest "$int8" "$scratch/harmed.onnx" --goal cosine=0.999 --strategy types
status=$?
expect 0 '^1 entry, ' 'by types'

# The same by what a command counts; it is told when it cannot. Nothing is left behind.
cat >"$scratch/count.sh" <<END
"$build/examples/digits/accuracy" "$digits/test" "\$1" | sed 's/^accuracy [0-9.]* % (\([0-9]*\) of.*/counted\n\1\n/'
END
suggest "$int8" "$scratch/harmed.onnx" --metric-command "sh '$scratch/count.sh'" --goal ">=$((float - 3))"
status=$?
expect 0 '^1 entry, 1 layer:$' 'a metric command'
cp "$scratch/new.json" "$scratch/kept.json"
for row in 'exit 3 #|exit status 3' 'echo 98.7 % #|no number; its last line is "98.7 %"' 'true #|prints nothing' \
    'nosuchcommand|exit status 127' 'kill -9 $$ #|signal 9'; do
	suggest "$int8" "$scratch/harmed.onnx" --metric-command "${row%%|*}" --goal '>=990'
	status=$?
	expect 2 "${row#*|}.*QS838" "a command that does ${row%%|*}"
done
cmp "$scratch/new.json" "$scratch/kept.json" || fail 'a failure wrote a config'
# In the foreground, since timeout sends the signal twice otherwise, and the second one ends the program.
timeout --foreground -s INT 1 "$QSTRATA" suggest --config "$int8" --model "$scratch/harmed.onnx" --data "$scratch/data" \
	--output "$scratch/new.json" --metric-command 'sleep 2 #' --goal '>=1' >"$scratch/told" 2>&1
cmp "$scratch/new.json" "$scratch/kept.json" || fail 'an interrupt wrote a config'
[ -z "$(find "$TMPDIR" -name 'qstrata*')" ] || fail "something is left: $(ls "$TMPDIR")"

# A goal that nothing reaches, under a budget, on a device without 16 bits, where all is fixed.
suggest "$int8" "$digits/model.onnx" --goal cosine=1 --strategy topk=2
status=$?
expect 1 'QS837' 'a goal that nothing reaches'
expect 1 '^2 configs were tried' 'what was tried'
suggest "$int8" "$scratch/harmed.onnx" --goal cosine=0.999 --budget bytes=20540
status=$?
expect 1 'QS837' 'a budget that is too small'
suggest "$srcdir/examples/dpu.json" "$scratch/harmed.onnx" --goal cosine=0.999
status=$?
expect 1 'there is no layer to change' 'a device without 16 bits'
sed 's/}$/&/; $d' "$int8" >"$scratch/fixed.json"
cat >>"$scratch/fixed.json" <<'END'
  ,"layer_quantize_config": [{"layer_type": null, "layer_name": "fc", "quantizable_data_type": ["weights"],
    "overall_quantize_config": {"bit_width": 8, "method": "maxmin", "round_mode": "half_even", "symmetry": true,
      "per_channel": true, "signed": true, "narrow_range": false, "scale_type": "float", "calib_statistic_method": "max"}}]
}
END
suggest "$scratch/fixed.json" "$scratch/harmed.onnx" --goal cosine=0.999 --strategy thresholds
status=$?
expect 1 'QS837' 'a layer that the config fixes'
grep -q '"/fc/Gemm"' "$scratch/new.json" && fail 'what the config fixes was changed'

# A config on one line, and one with a list that is empty, stay what they are.
tr -d '\n ' <"$int8" >"$scratch/line.json"
suggest "$scratch/line.json" "$scratch/harmed.onnx" --goal cosine=0.999 --strategy topk=1 --format json
status=$?
expect 0 '"reached": true' 'a config on one line'
[ "$(wc -l <"$scratch/new.json")" -le 1 ] || fail 'a config on one line has several now'
"$QSTRATA" validate -q --model "$scratch/harmed.onnx" "$scratch/new.json" || fail 'the line is no config'
exit $failed
