#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which tensor costs accuracy: in the digits network, in one that was harmed on purpose, and whatever
# happens to the file that keeps what was measured.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
scale_slice=$(dirname "$QSTRATA")/tests/scale_slice
make_model=$(dirname "$QSTRATA")/tests/make_model
digits=$srcdir/examples/digits
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/kept"
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# sensitivity OPTION...: of the digits network
sensitivity()
{
	"$QSTRATA" sensitivity --config "$srcdir/examples/int8.json" --model "$digits/model.onnx" \
		--data "$digits/calib" "$@"
}

if ! sensitivity --calib no.json >"$scratch/findings" 2>&1 && grep -q 'QS80[12]' "$scratch/findings"; then
	cat "$scratch/findings"
	exit 77
fi
if ! "$QSTRATA" calibrate --config "$srcdir/examples/int8.json" --model "$digits/model.onnx" \
    --data "$digits/calib" --output "$scratch/calib.json" >"$scratch/findings" 2>&1; then
	cat "$scratch/findings"
	grep -q 'QS80[12]' "$scratch/findings" && exit 77
	exit 1
fi

# The columns, one row for each weight and each activation, and at most half a run a layer.
sensitivity --calib "$scratch/calib.json" >"$scratch/table" || fail 'no table'
head -1 "$scratch/table" | tr -s ' ' | grep -qx 'op_name sensitive_type op_type cosine quant_dtype flops' ||
	fail "other columns: $(head -1 "$scratch/table")"
[ "$(grep -c ' weight ' "$scratch/table")" -eq 6 ] || fail 'not six rows of weights'
[ "$(grep -c ' activation ' "$scratch/table")" -eq 10 ] || fail 'not ten rows of activations'
grep -q '^/conv2/Conv  *weight  *Conv2d  *0\.9[0-9]*  *qint8  *903168(69\.37%)$' "$scratch/table" ||
	fail 'no row of conv2'
grep -q '^/Add  *activation  *Add  *0\.9[0-9]*  *qint8  *0(0%)$' "$scratch/table" || fail 'no row of Add'
runs=$(sed -n 's/.* \([0-9.]*\) a layer$/\1/p' "$scratch/table")
awk "BEGIN {exit !($runs <= 0.5)}" || fail "$runs runs of the model a layer"

# No bit depends on threads, on scales from a file, or on where the work was broken off.
sensitivity --format json --calib "$scratch/calib.json" -j 1 --cache "$scratch/kept/cache" >"$scratch/1.json" ||
	fail 'one thread'
sensitivity --format json -j 3 >"$scratch/3.json" || fail 'three threads'
cmp "$scratch/1.json" "$scratch/3.json" || fail 'the values depend on threads'
sensitivity --format json --cache "$scratch/kept/cache" >"$scratch/cached.json" || fail 'a whole cache'
grep -q '"runs": 0[,.]' "$scratch/cached.json" || fail 'what is in the cache was measured again'
grep -v '"runs"' "$scratch/cached.json" >"$scratch/cached"
grep -v '"runs"' "$scratch/1.json" | cmp - "$scratch/cached" || fail 'a cache changes values'
cp "$scratch/kept/cache" "$scratch/whole"
for seconds in 0.1 0.2 0.3; do
	rm -f "$scratch/kept/cache"
	timeout -s INT $seconds "$QSTRATA" sensitivity --config "$srcdir/examples/int8.json" \
		--model "$digits/model.onnx" --data "$digits/calib" --calib "$scratch/calib.json" \
		--cache "$scratch/kept/cache" >"$scratch/told" 2>&1
	sensitivity --format json --calib "$scratch/calib.json" --cache "$scratch/kept/cache" |
		grep -v '"runs"' | cmp - "$scratch/cached" || fail "broken off after $seconds s"
	cmp "$scratch/kept/cache" "$scratch/whole" || fail "another cache after $seconds s"
done
[ "$(ls "$scratch/kept")" = cache ] || fail 'something is left beside the cache'

# A cache of other scales is replaced; what is no cache is told and kept.
sed 's/"half_even"/"half_up"/' "$srcdir/examples/int8.json" >"$scratch/other.json"
"$QSTRATA" sensitivity --config "$scratch/other.json" --model "$digits/model.onnx" --data "$digits/calib" \
	--cache "$scratch/kept/cache" --top 1 >"$scratch/told" || fail 'a cache of another config'
grep -q 'everything was in the cache' "$scratch/told" && fail 'a cache of another config was taken'
for harm in 'head -c 1000' 'sed s/0x1/0x2/' 'cat /dev/null'; do
	$harm "$scratch/whole" >"$scratch/harmed"
	[ "$harm" = 'cat /dev/null' ] && : >"$scratch/harmed"
	cp "$scratch/harmed" "$scratch/before"
	sensitivity --calib "$scratch/calib.json" --cache "$scratch/harmed" >"$scratch/told" 2>&1
	status=$?
	[ $status -eq 2 ] && grep -q 'QS835' "$scratch/told" || fail "$harm: status $status"
	cmp "$scratch/harmed" "$scratch/before" || fail "$harm: the file was written"
done

# Step by step: all is all, however it is come to.
sensitivity --calib "$scratch/calib.json" --cumulative input --format csv | tail -1 | cut -d, -f2- >"$scratch/in"
sensitivity --calib "$scratch/calib.json" --cumulative output --format csv | tail -1 | cut -d, -f2- >"$scratch/out"
sensitivity --calib "$scratch/calib.json" --except /fc/Gemm --format csv >"$scratch/except"
tail -1 "$scratch/except" | cut -d, -f2- >"$scratch/all"
cmp "$scratch/in" "$scratch/out" || fail 'both ends do not come together'
cmp "$scratch/in" "$scratch/all" || fail 'all are not all'
grep -q '^all but /fc/Gemm,20,' "$scratch/except" || fail 'not twenty tensors without fc'
sensitivity --calib "$scratch/calib.json" --only Conv2d image --format csv | grep -q '^"only Conv2d, image",16,' ||
	fail 'not 16 tensors of convolutions and the input'
sensitivity --calib "$scratch/calib.json" --only conv9 nothing >"$scratch/told" 2>&1
[ "$(grep -c QS505 "$scratch/told")" -eq 2 ] || fail 'not both missing layers are told'

# One column of the weights of fc is blown up, where its input is always 0.
"$scale_slice" "$digits/model.onnx" "$scratch/harmed.onnx" bn3.weight 0 5 0 bn3.bias 0 5 0 fc.weight 1 5 300 ||
	fail 'the network cannot be harmed'
"$QSTRATA" sensitivity --config "$srcdir/examples/int8.json" --model "$scratch/harmed.onnx" \
	--data "$digits/calib" --top 1 --metric sqnr >"$scratch/told" || fail 'the harmed network'
grep -q '^/fc/Gemm  *weight ' "$scratch/told" || fail "another layer is first: $(sed -n 2p "$scratch/told")"

# One picture cannot be cut: neighbours are measured together within half a run a layer, and all of them
# alone if they are to be. What is alone in both is the same.
mkdir "$scratch/one"
{
	head -c 128 "$digits/calib/0.npy" | sed 's/(32, 1, 28, 28)/(1, 1, 28, 28) /'
	tail -c +129 "$digits/calib/0.npy" | head -c $((4 * 28 * 28))
} >"$scratch/one/0.npy"
for how in '' --exhaustive; do
	"$QSTRATA" sensitivity --config "$srcdir/examples/int8.json" --model "$digits/model.onnx" --data "$scratch/one" \
		--format csv $how >"$scratch/one$how.csv" || fail "one picture $how"
done
runs=$("$QSTRATA" sensitivity --config "$srcdir/examples/int8.json" --model "$digits/model.onnx" --data "$scratch/one" |
	sed -n 's/.* \([0-9.]*\) a layer$/\1/p')
awk "BEGIN {exit !($runs <= 0.5)}" || fail "$runs runs of the model a layer for one picture"
grep -q ',1,1$' "$scratch/one.csv" || fail 'nothing is measured alone'
grep -qv ',1,1$' "$scratch/one--exhaustive.csv" && [ "$(grep -cv ',1,1$' "$scratch/one--exhaustive.csv")" -ne 1 ] &&
	fail 'not all are measured alone'
grep ',1,1$' "$scratch/one.csv" | while read -r row; do
	grep -qxF "$row" "$scratch/one--exhaustive.csv" || echo "$row"
done >"$scratch/differing"
[ -s "$scratch/differing" ] && fail "another value alone: $(head -1 "$scratch/differing")"

# A model without numbers at its end.
"$make_model" "$scratch/strings.onnx" 'opset 13' 'in x 1 4' 'init w 4 4' 'node MatMul m x,w y' 'init c 2' \
	'node Identity i c z' 'out z' || fail 'no model'
mkdir "$scratch/data" && cp "$digits/calib/0.npy" "$scratch/data"
"$QSTRATA" sensitivity --config "$srcdir/examples/bfloat16.json" --model "$scratch/strings.onnx" \
	--data "$scratch/data" >"$scratch/told" 2>&1
grep -q QS836 "$scratch/told" || fail "nothing to measure: $(cat "$scratch/told")"
exit $failed
