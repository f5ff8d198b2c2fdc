#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Quantized, the digits network reads nearly as many digits as in float32: within 0.5 points with
# integers, 0.2 with bfloat16. Of 1000 images a point is ten.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
accuracy=$(dirname "$QSTRATA")/examples/digits/accuracy
digits=$srcdir/examples/digits
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0

# How many images a model reads right.
count()
{
	"$accuracy" "$digits/test" "$1" | sed -n 's/^accuracy [0-9.]* % (\([0-9]*\) of 1000)  .*/\1/p'
}

# check NAME MODEL LEAST
check()
{
	n=$(count "$2")
	echo "$1: ${n:-no number} of 1000, at least $3 expected"
	if [ "${n:-0}" -lt "$3" ]; then
		failed=1
	fi
}

if ! "$accuracy" "$digits/test" "$digits/model.onnx" 2>"$scratch/findings" >/dev/null; then
	cat "$scratch/findings"
	if grep -q 'QS80[12]' "$scratch/findings"; then
		exit 77
	fi
	exit 1
fi
check float32 "$digits/model.onnx" 992
for row in int8:987 bfloat16:990 mixed:987 dpu:987 per-layer:987; do
	config=${row%:*}
	if ! "$QSTRATA" apply --config "$srcdir/examples/$config.json" --model "$digits/model.onnx" \
	    --data "$digits/calib" --output "$scratch/$config.onnx" >"$scratch/report" 2>&1; then
		cat "$scratch/report"
		failed=1
		continue
	fi
	check "$config" "$scratch/$config.onnx" "${row#*:}"
done

# What is written exactly gives the codes that the config asks for, and so does a float model; pairs give
# what QuantizeLinear rounds to. Biases in float16 are quantized by the graph optimizations of ONNX Runtime.
verify()
{
	status=$1 config=$2
	shift 2
	"$QSTRATA" apply --config "$srcdir/examples/$config.json" --model "$digits/model.onnx" --data "$digits/calib" \
	    --output "$scratch/verified.onnx" --verify "$@" >"$scratch/report" 2>&1
	got=$?
	if [ $got -ne "$status" ]; then
		cat "$scratch/report"
		echo "$config $*: exit status $got, expected $status"
		failed=1
	fi
}
for config in int8 dpu mixed bfloat16 per-layer; do
	for form in '--rounding exact' '--format fake'; do
		verify 0 $config $form
		grep -q 'output "logits": 100 % of the codes as configured; by itself 100 % as written$' "$scratch/report" || failed=1
	done
done
verify 0 dpu
grep -q 'by itself 100 % as written$' "$scratch/report" || failed=1
verify 0 int8 --format int-weights-only
verify 1 mixed
grep -q 'without its graph optimizations it gives what was written \[QS907\]' "$scratch/report" || failed=1

# No bit of the scales depends on how many threads look for them.
for threads in 1 3; do
	"$QSTRATA" calibrate -j $threads --config "$srcdir/examples/per-layer.json" --model "$digits/model.onnx" \
	    --data "$digits/calib" --output "$scratch/calib-$threads.json" || failed=1
done
cmp "$scratch/calib-1.json" "$scratch/calib-3.json" || failed=1

# The walk-through says the same, and leaves the models where it is told to.
QSTRATA=$QSTRATA OUT=$scratch/out sh "$digits/run.sh" >"$scratch/told" || failed=1
cat "$scratch/told"
for name in float32 int8 bfloat16; do
	grep -q "^$name  *accuracy 99\.[0-9] % (99[0-9] of 1000)  *[0-9][0-9]* bytes" "$scratch/told" || failed=1
done
cmp "$scratch/int8.onnx" "$scratch/out/int8.onnx" || failed=1
exit $failed
