#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is wrong with a model, a config, data or a disk ends calibrate and apply with one error, the
# right exit status, and nothing half-written: 1 where another config would do, else 2.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
build=$(pwd)
QSTRATA=${QSTRATA:-$build/qstrata}
make_model=$build/tests/make_model
digits=$srcdir/examples/digits
int8=$srcdir/examples/int8.json
scratch=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
mkdir out data
failed=0
n_cases=0

complain()
{
	echo "FAIL: $case: $*"
	sed 's/^/	/' told
	failed=1
}

# expect CASE STATUS CODE ARGUMENT...: runs the program; its only error is of the code, and nothing is
# left in out/.
expect()
{
	case=$1
	status=$2
	code=$3
	shift 3
	"$QSTRATA" "$@" >told 2>&1
	found=$?
	n_cases=$((n_cases + 1))
	[ "$found" -eq "$status" ] || complain "exit status $found, expected $status"
	[ "$(grep -c ': error: ' told)" -eq 1 ] || complain "not exactly one error"
	grep -q ": error: .*\[$code\]" told || complain "the error is not $code"
	[ -z "$(ls -A out)" ] || { complain "left behind: $(ls -A out)"; rm -rf out; mkdir out; }
}

# both CASE STATUS CODE MODEL [CONFIG [DATA]]: with calibrate and with apply.
both()
{
	for command in calibrate apply; do
		expect "$1, $command" "$2" "$3" "$command" --model "$4" --config "${5:-$int8}" \
		    --data "${6:-$digits/calib}" --output out/result
	done
}

# npy FILE TYPE SHAPE BYTES: an array of zeros.
npy()
{
	header="{'descr': '$2', 'fortran_order': False, 'shape': ($3), }"
	size=$((${#header} + 1))
	{
		printf '\223NUMPY\001\000'
		printf "\\$(printf %o $((size % 256)))\\$(printf %o $((size / 256)))"
		printf '%s\n' "$header"
		head -c "$4" /dev/zero
	} >"$1"
}

config()
{
	echo "{\"target_device\": \"CPU\", \"overall_quantize_config\": {$1}}"
}

has_runtime()
{
	"$QSTRATA" calibrate --model "$digits/model.onnx" --config "$int8" --data "$digits/calib/0.npy" \
	    --output scales.json >told 2>&1 || ! grep -q 'QS80[12]' told
}

# ---- models ------------------------------------------------------------------------------------------

both "no such model" 2 QS001 nowhere.onnx
both "a folder" 2 QS003 data
: >empty.onnx
both "an empty file" 2 QS601 empty.onnx
echo "this is text" >text.onnx
both "text" 2 QS601 text.onnx
printf '\211PNG\r\n\032\n\000\000\000\rIHDR\000\000\000\001\000\000\000\001' >image.onnx
both "an image" 2 QS601 image.onnx
for size in 1 10 100 1000 40000 89142; do
	head -c $size "$digits/model.onnx" >cut.onnx
	both "the first $size bytes" 2 'QS60[123]' cut.onnx
done
"$make_model" cycle.onnx "in x 2 2" "node Add a x,c b" "node Relu r b c" "out c"
both "a cycle" 2 QS605 cycle.onnx
"$make_model" undefined.onnx "in x 2 2" "node Add a x,nobody y" "out y"
both "an undefined tensor" 2 QS607 undefined.onnx
"$make_model" external.onnx "in x 2 2" "external w weights.bin 2 2" "node MatMul m x,w y" "out y"
both "missing external data" 2 QS608 external.onnx
"$make_model" outside.onnx "in x 2 2" "external w ../weights.bin 2 2" "node MatMul m x,w y" "out y"
both "external data outside the folder" 2 QS610 outside.onnx
"$make_model" nan.onnx "in x 2 2" "full w nan 2 2" "node MatMul m x,w y" "out y"
both "weights that are not numbers" 2 QS701 nan.onnx
"$make_model" infinite.onnx "in x 2 2" "full w inf 2 2" "node MatMul m x,w y" "out y"
both "infinite weights" 2 QS701 infinite.onnx
"$make_model" sigmoid.onnx "in x 2 2" "node Sigmoid s x y" "out y"
both "no layer that is quantized" 2 QS613 sigmoid.onnx
"$make_model" shape.onnx "in x 2 2" "node Shape s x y" "out y"
both "no layer at all" 2 QS613 shape.onnx

# ---- configs -----------------------------------------------------------------------------------------

"$make_model" linear.onnx "in x 2 2" "init w 2 2" "node MatMul m x,w y" "out y"
config '"datatype": "float32"' >float32.json
both "nothing to quantize" 1 QS507 linear.onnx float32.json
echo '{"target_device": "TPU"}' >device.json
both "an unknown device" 1 QS203 linear.onnx device.json
echo '{"target_device": "CPU",' >syntax.json
both "no JSON" 1 QS116 linear.onnx syntax.json
both "no config" 2 QS001 linear.onnx nowhere.json
echo '{"target_device": "CPU", "overall_quantize_config": {"datatype": "bfloat16"},
"layer_quantize_config": [{"layer_name": "fc", "quantizable_data_type": ["bias"]}]}' >entry.json
both "an entry for a layer of another model" 1 QS501 linear.onnx entry.json

# ---- calibration files -------------------------------------------------------------------------------

config '"datatype": "bfloat16"' >half.json
config '"method": "maxmin", "scale_type": "float", "calib_statistic_method": "max"' >maxmin.json
expect "no data" 2 QS703 apply --model linear.onnx --config maxmin.json --output out/result
expect "no such calibration" 2 QS001 apply --model linear.onnx --config maxmin.json \
    --calib nowhere.json --output out/result
echo '{"format": "qstrata-calibration"' >cut.json
expect "a calibration that is cut off" 2 QS715 apply --model linear.onnx --config maxmin.json \
    --calib cut.json --output out/result
"$QSTRATA" calibrate --model linear.onnx --config half.json --data data --output scales.json >told 2>&1
expect "a calibration of another config" 2 QS716 apply --model linear.onnx --config maxmin.json \
    --calib scales.json --output out/result

# ---- data --------------------------------------------------------------------------------------------

both "no such folder" 2 QS001 linear.onnx maxmin.json nowhere
both "an empty folder" 2 QS710 linear.onnx maxmin.json data
if has_runtime; then
	npy data/0.npy '<f4' 3,2 24
	both "data of another shape" 2 QS714 linear.onnx maxmin.json data
	npy data/0.npy '<f8' 2,2 32
	both "data of another type" 2 QS713 linear.onnx maxmin.json data
	npy data/0.npy '<f4' 2,2 12
	both "data that is cut off" 2 QS705 linear.onnx maxmin.json data
	echo "0, 1" >data/0.npy
	both "data that is no array" 2 QS705 linear.onnx maxmin.json data
	npy data/0.npy '<f4' 0,2 0
	both "data without values" 2 'QS7[01][34]' linear.onnx maxmin.json data
	{ npy data/0.npy '<f4' 2,2 12 && printf '\000\000\300\177' >>data/0.npy; }
	both "data that is not a number" 2 QS701 linear.onnx maxmin.json data
	rm data/0.npy
	mkdir data/0
	npy data/0/z.npy '<f4' 2,2 16
	both "data of another name" 2 QS711 linear.onnx maxmin.json data
	rm -r data/0
	echo "PK" >data/0.npz
	both "an archive that is none" 2 QS709 linear.onnx maxmin.json data
	rm data/0.npz
else
	echo "skipped: what is wrong with data; there is no ONNX Runtime here"
fi

# ---- outputs -----------------------------------------------------------------------------------------

expect "a folder that is not there" 2 QS004 apply --model linear.onnx --config half.json \
    --output out/nowhere/result
mkdir locked
chmod a-w locked
if touch locked/probe 2>told; then
	echo "skipped: a folder that cannot be written; this user writes everywhere"
else
	expect "a folder that cannot be written" 2 QS004 apply --model linear.onnx --config half.json \
	    --output locked/result
	[ -z "$(ls -A locked)" ] || complain "left behind: $(ls -A locked)"
fi
# 16 KiB at most, of the 48 that the model takes.
cat >limited <<END
#!/bin/sh
trap '' XFSZ
ulimit -f 32
exec "$QSTRATA" "\$@"
END
chmod +x limited
unlimited=$QSTRATA
QSTRATA=./limited
expect "a file that grows too large" 2 QS004 apply --model "$digits/model.onnx" --config half.json \
    --output out/result
QSTRATA=$unlimited
mkdir disk
if mount -t tmpfs -o size=32k none disk 2>told; then
	echo before >disk/result
	expect "a disk that is full" 2 QS004 apply --model "$digits/model.onnx" --config half.json \
	    --output disk/result
	[ "$(ls -A disk)" = result ] || complain "left behind: $(ls -A disk)"
	[ "$(cat disk/result)" = before ] || complain "what was there is lost"
	umount disk
else
	echo "skipped: a disk that is full; this user cannot mount one"
fi

echo "$n_cases cases"
exit $failed
