#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A calibration in shards, in any order, and one that was killed and went on, come to the bits of one
# run. Killed at any moment, calibrate and apply leave the old output or the new one.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
KILLS=${KILLS:-50}
model=$srcdir/tests/data/models/mlp.onnx
batches=400
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# Batches of 4x24 numbers, cut out of the pictures of digits.
mkdir data
for i in $(seq 0 $((batches - 1))); do
	printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 24), }" >"data/$i.npy"
	dd if="$srcdir/examples/digits/calib/$((i % 8)).npy" bs=384 skip=$((i / 8 + 10)) count=1 2>/dev/null >>"data/$i.npy"
done
sed 's/"include_bias_corr": false/"include_bias_corr": true/' "$srcdir/examples/int8.json" >config.json
grep -q '"include_bias_corr": true' config.json || sed -i '1s/{/{"include_bias_corr": true,/' config.json

calibrate()
{
	"$QSTRATA" calibrate --threads 1 --config config.json --model "$model" --data data "$@"
}

if ! calibrate --output new.json >findings 2>&1; then
	cat findings
	if grep -q 'QS80[12]' findings; then exit 77; fi
	exit 1
fi
grep -q correction new.json || fail 'no bias is corrected'

# ---- shards ----

calibrate --observe float --output float.json || fail 'the float model cannot be observed'
for n in 1 3 6; do
	parts=
	for i in $(seq "$n"); do
		calibrate --observe float --shard "$i/$n" --output "$i.shard" || fail "shard $i of $n cannot be observed"
		parts="$i.shard $parts"
	done
	# shellcheck disable=SC2086 # one word a file
	"$QSTRATA" merge $parts --output merged.json || fail "$n shards cannot be merged"
	cmp float.json merged.json || fail "$n shards come to other scales"
	if [ "$n" = 3 ]; then
		mkdir three
		mv [123].shard three
	fi
done

# refuse CODE TEXT SHARD...
refuse()
{
	code=$1 text=$2
	shift 2
	rm -f merged.json
	"$QSTRATA" merge "$@" --output merged.json >findings 2>&1 && fail "merged: $*"
	grep -q "$text \\[$code\\]" findings || { fail "not refused for $code $text:"; cat findings; }
	[ ! -f merged.json ] || fail "written all the same: $*"
}

cd three || exit 99
cp ../config.json .
refuse QS768 'shard 2 of 3 is missing' 3.shard 1.shard
refuse QS768 'shards 1 to 2 of 3 are missing' 3.shard
refuse QS769 'shard 1 of 3 is there twice, also in "1.shard"' 1.shard 2.shard 3.shard 1.shard
sed '1s/"done": 133/"done": 132/' 2.shard >less.shard
refuse QS768 'shard 2 of 3 has seen 132 of its 133 batches' 1.shard less.shard 3.shard
sed '1s/"batches": 400/"batches": 401/' 3.shard >other.shard
refuse QS767 'calibration with "batches" 401; expected 400' 1.shard 2.shard other.shard
sed '1s/Runtime [0-9.]*/Runtime 0.1/' 3.shard >other.shard
refuse QS767 'expected ONNX Runtime .*' 1.shard 2.shard other.shard
sed '1s/\("data": {[^}]*fnv1a64:\)\([0-9a-f]\)/\1\2\2/' 3.shard >other.shard
refuse QS767 'another data, "data" as it was then; expected "data" as it is now' 1.shard 2.shard other.shard
sed '$d' 3.shard >short.shard
refuse QS725 'the state ends too early' 1.shard 2.shard short.shard
cat 3.shard 1.shard >long.shard
refuse QS725 'the state goes on behind its end' 1.shard 2.shard long.shard
printf '{"format": "qstrata-observer"}\n' >strange.shard
refuse QS725 'its "format" is not "qstrata-calibration-state"' strange.shard
sed 's/"include_bias_corr": true/"include_bias_corr": false/' ../config.json >config.json
refuse QS767 'expected "config.json" as it is now' --config config.json 1.shard 2.shard 3.shard
cd .. || exit 99
calibrate --shard 1/2 --output x.shard >findings 2>&1 && fail 'a shard of the order of the tool'
grep -q QS770 findings || fail 'a shard of the order of the tool is not refused for that'

# ---- what is not gone on from ----

# forget TEXT OPTION...
forget()
{
	text=$1
	shift
	"$QSTRATA" calibrate --model "$model" "$@" --resume begun.state --output x.json >findings 2>&1 && fail "went on: $*"
	grep -q "$text.*\\[QS767\\]" findings || { fail "not refused for $text:"; cat findings; }
}

# A state that was begun: of a run that is stopped after its first batches.
"$QSTRATA" calibrate --threads 1 --config config.json --model "$model" --data data --resume begun.state --output x.json \
    >/dev/null 2>&1 &
run=$!
while [ ! -s begun.state ]; do
	kill -0 $run 2>/dev/null || break
done
kill -s KILL $run 2>/dev/null
wait $run 2>/dev/null
if [ -s begun.state ]; then
	forget 'another config' --config "$srcdir/examples/int8.json" --data data
	mkdir less
	cp data/1*.npy less
	forget 'another data' --config config.json --data less
	forget '"observe" quantized' --config config.json --data data --observe float
	calibrate --resume begun.state --output begun.state >findings 2>&1 && fail 'a state that is written over'
	grep -q 'same file' findings || fail 'a state that is written over is not refused'
fi
rm -f begun.state

# ---- killed at any moment ----

now()
{
	date +%s%N
}

begin=$(now)
calibrate --output again.json
took=$(($(now) - begin))
cmp new.json again.json || fail 'two runs differ'
begin=$(now)
"$QSTRATA" apply --config config.json --model "$model" --calib new.json --output new.onnx >/dev/null || fail 'apply fails'
applied=$(($(now) - begin))
echo "calibrating takes $((took / 1000000)) ms, applying $((applied / 1000000)) ms"

# Seconds, from 0 to a little more than a run takes: of calibrate and of apply.
awk -v n="$KILLS" -v took="$took" -v applied="$applied" '
	function moment(run) { return rand() * run * 1.1 / 1e9 }
	BEGIN { srand(1); for (i = 0; i < n; i++) printf "%.4f %.4f\n", moment(took), moment(applied) }' >moments

is_one_of()
{
	if ! cmp -s "$1" old && ! cmp -s "$1" "$2"; then fail "killed after $moment s: $1 is neither old nor new"; fi
}

echo 'what was there before' >old
n_resumed=0
while read -r moment moment_of_apply; do
	cp old out.json
	cp old out.onnx
	"$QSTRATA" calibrate --threads 1 --config config.json --model "$model" --data data --resume out.state --output out.json \
	    >/dev/null 2>&1 &
	first=$!
	sleep "$moment"
	kill -s KILL $first 2>/dev/null
	wait $first 2>/dev/null
	is_one_of out.json new.json
	if [ -s out.state ]; then n_resumed=$((n_resumed + 1)); fi
	calibrate --resume out.state --output out.json || fail "killed after $moment s, calibrate does not go on"
	cmp out.json new.json || fail "killed after $moment s, calibrate comes to other scales"
	[ ! -f out.state ] || fail "a state is left behind"
	"$QSTRATA" apply --config config.json --model "$model" --calib out.json --output out.onnx >/dev/null 2>&1 &
	second=$!
	sleep "$moment_of_apply"
	kill -s KILL $second 2>/dev/null
	wait $second 2>/dev/null
	moment=$moment_of_apply
	is_one_of out.onnx new.onnx
	"$QSTRATA" apply --config config.json --model "$model" --calib out.json --output out.onnx >/dev/null ||
	    fail "killed after $moment s, apply does not work again"
	cmp out.onnx new.onnx || fail "killed after $moment s, apply gives another model"
done <moments
echo "of $KILLS killed runs $n_resumed left a state that was gone on from"
[ "$n_resumed" -gt 0 ] || fail 'no run was killed between two batches'
exit $failed
