#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The published schemas and the program say the same, as far as a schema can say it: documents are valid by
# their schemas, and the config schema takes and refuses what the program does for reasons of form.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo "passed over, as python3-jsonschema is missing"
	exit 77
fi
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0
cd "$srcdir/examples" || exit 99
model=digits/model.onnx

# document SCHEMA NAME COMMAND...: a document of a schema; any exit status but 2.
document()
{
	out=$scratch/$1.$2.document
	shift 2
	"$QSTRATA" "$@" >"$out"
	[ $? -ne 2 ] || { echo "FAIL: $*"; failed=1; }
}

names=$(sed -n 's/^SCHEMA(\([a-z]*\),.*/\1/p' "$srcdir/cli/schemas.def")
for name in $names; do
	"$QSTRATA" schema $name >"$scratch/$name.schema" || failed=1
	cmp -s "$scratch/$name.schema" "$srcdir/schemas/$name.schema.json" || { echo "FAIL: schema $name"; failed=1; }
done
for a in *.json mistakes/quantize_config.json; do
	cp "$a" "$scratch/config.$(basename "$a").document"
	[ "$a" = mistakes/quantize_config.json ] && continue
	document explain "$a" explain "$a" --format json
	document explain "$a-type" explain "$a" --format json --model $model --layer Conv2d
	for b in *.json; do
		document diff "$a-$b" diff "$a" "$b" --format json
		document diff "$a-$b-model" diff "$a" "$b" --format json --model $model
	done
	document lock "$a" lock "$a" --model $model
done
rm -f "$scratch/config.quantize_config.json.document"
for entry in 0 fc; do
	document explain "entry-$entry" explain per-layer.json --entry $entry --format json
	document explain "entry-$entry-model" explain per-layer.json --entry $entry --format json --model $model
done
document rewrite mask rewrite --model horizon/equal-one.onnx --split actors --nonzero mask --mask \
    --output "$scratch/mask.onnx" --format json
document rewrite linear rewrite --model $model --linear-to-mul fc --output "$scratch/linear.onnx" --format json
cp ../tests/golden/scales/all-fixed/scales.json "$scratch/scales.all-fixed.document"
for target in j5 j6e CPU; do
	for name in equal-one own-scale; do
		document place "$name-$target" place --model horizon/$name.onnx --target $target --format json
	done
	document place "digits-$target" place --model $model --config int8.json --target $target --format json
done
document place several place --model horizon/own-scale.onnx --target j5,j6e --format json
document place judged place --model $model --config int8.json --target j5,j6m,CPU --format json
for a in *.json; do
	document resolve "$a" resolve "$a"
	document resolve "$a-model" resolve "$a" --model $model
done
document layers digits layers $model --format json
document layers masks layers horizon/equal-one.onnx --format json

# Files that are read again. A trainer adds what its nodes know.
cp ../tests/data/scales/calib.json "$scratch/calibration.calib.document"
sed 's/"kind": "activation",/& "observer_enabled": [1], "fake_quant_enabled": true, "min_val": [], "max_val": 3,/
    s/"fc.bias": {/&"correction": [0.5],/' ../tests/data/scales/calib.json >"$scratch/calibration.trained.document"
"$QSTRATA" lint mistakes/quantize_config.json --baseline "$scratch/baseline.mistakes.document" --update-baseline >"$scratch/told"
[ -s "$scratch/baseline.mistakes.document" ] || { echo 'FAIL: no baseline'; failed=1; }
document probe int8 probe --config int8.json --tensor activation --observe digits/calib/0.npy digits/calib/1.npy
document probe bfloat16 probe --config bfloat16.json --tensor weights

# What takes a run of the model. The widest documents are those of a model with 16 bits and masks.
"$QSTRATA" stats --model $model --data digits/calib/0.npy --format json >"$scratch/stats.float.document" 2>"$scratch/told"
if grep -q 'QS80[12]' "$scratch/told"; then
	rm "$scratch/stats.float.document"
	echo 'documents about runs were passed over, as there is no ONNX Runtime'
else
	run="--config int8.json --model $model --data digits/calib/0.npy"
	masks="--config horizon/in16-w8-out16.json --model horizon/equal-one.onnx --data horizon/actors"
	document stats both stats $run --format json --per-channel
	document stats masks stats $masks --format json
	document compare config compare $run --format json
	document compare masks compare $masks --format json
	"$QSTRATA" doctor $run --measured "$scratch/measured.digits.document" >"$scratch/told"
	"$QSTRATA" doctor $masks --target j6e --measured "$scratch/measured.masks.document" \
	    --write-scales "$scratch/scales.masks.document" >"$scratch/told"
	document findings doctor doctor $masks --target j6e --format json
	sed 's/"include_bias_corr": false/"include_bias_corr": true/' int8.json >"$scratch/corrects"
	echo '{"format": "qstrata-scales", "version": 1, "tensors": [{"name": "image", "scale": "1/127"}]}' >"$scratch/fixed"
	document report whole apply --config "$scratch/corrects" --model $model --data digits/calib/0.npy \
	    --scales "$scratch/fixed" --output "$scratch/out.onnx" --report json --verify
	document report dpu apply --config dpu.json --model $model --data digits/calib/0.npy --output "$scratch/dpu.onnx" \
	    --report json
	document sensitivity rows sensitivity $run --format json
	document sensitivity steps sensitivity $run --format json --cumulative input
	document suggest nothing suggest $run --goal cosine=0.5 --output "$scratch/new.json" --format json
	document suggest chance suggest $run --goal cosine=0.99995 --random 3 --output "$scratch/new.json" --format json
	document suggest missed suggest $run --metric-command 'echo 1 #' --goal '>=2' --strategy topk=1 \
	    --output "$scratch/new.json" --format json
	document compare files compare $model "$scratch/out.onnx" --data digits/calib/0.npy --format json
	"$QSTRATA" calibrate --config dpu.json --model $model --data digits/calib/0.npy \
	    --output "$scratch/calibration.dpu.document" >"$scratch/told" || failed=1
fi
for a in *.json mistakes/quantize_config.json ../tests/data/json/0*.json; do
	document findings "$(basename "$a")" lint --format json --model $model "$a"
done
"$QSTRATA" lock int8.json --model $model --output "$scratch/a.lock" || failed=1
document codes all rule --format json
document codes one rule --format json QS201
cat >"$scratch/ours" <<'END'
{"format": "qstrata-rules", "version": 1, "name": "ours", "rules": [{"code": "OUR001", "name": "our-weights",
 "devices": ["CPU"], "tensors": ["weights"], "require": {"bit_width": [4, 8]}, "hint": "as our board", "source": "our wiki", "date": "2026-02-03"}]}
END
document codes ours rule --format json --rules "$scratch/ours"
document diff lock lock per-layer.json --model $model --check "$scratch/a.lock" --format json

cat >"$scratch/check.py" <<'END'
import glob, json, os, re, subprocess, sys
import jsonschema
scratch, data, program = sys.argv[1:4]
bad = n = 0

def complain(*words):
    global bad
    bad += 1
    if bad < 30:
        print("FAIL:", *words)

validators = {}
for name in sys.argv[4:]:
    schema = json.load(open(f"{scratch}/{name}.schema", encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validators[name] = jsonschema.Draft7Validator(schema)
for path in sorted(glob.glob(scratch + "/*.document")):
    name = os.path.basename(path).split(".")[0]
    for error in validators[name].iter_errors(json.load(open(path, encoding="utf-8"))):
        complain(os.path.basename(path), list(error.absolute_path), error.message[:200])
    n += 1

# Every default and example of the config schema is valid where it stands.
def check_values(schema, where):
    global n
    if isinstance(schema, dict):
        for value in ([schema["default"]] if "default" in schema else []) + schema.get("examples", []):
            n += 1
            resolver = validators["config"].evolve(schema={**schema, "definitions": root["definitions"]}) \
                if hasattr(validators["config"], "evolve") else \
                jsonschema.Draft7Validator({**schema, "definitions": root["definitions"]})
            for error in resolver.iter_errors(value):
                complain("schema", where, value, error.message[:100])
        if "enum" in schema and "enumDescriptions" in schema and \
                len(schema["enum"]) != len(schema["enumDescriptions"]):
            complain("schema", where, "has not one description a word")
        for key, value in schema.items():
            if key not in ("default", "examples", "enum"):
                check_values(value, where + "/" + key)
    elif isinstance(schema, list):
        for i, value in enumerate(schema):
            check_values(value, f"{where}/{i}")

root = validators["config"].schema
check_values(root, "")

# What a schema cannot say: how a number is written, and that of another value of the config depends.
beyond = re.compile(r"percentage must be a number with a decimal point, found [0-9]+$")
with open(data + "/golden/config_cases.jsonl", encoding="utf-8") as lines:
    cases = [json.loads(line) for line in lines]
folder = scratch + "/cases"
os.mkdir(folder)
for i, case in enumerate(cases):
    with open(f"{folder}/{i}.json", "w", encoding="utf-8") as file:
        json.dump(case["config"], file)
report = subprocess.run([program, "lint", "--format", "json"] + [f"{folder}/{i}.json" for i in range(len(cases))],
                        capture_output=True, text=True)
refused = {}
for finding in json.loads(report.stdout)["diagnostics"]:
    if finding["severity"] == "error" and finding["code"].startswith("QS2") and not beyond.match(finding["message"]):
        refused.setdefault(finding["file"], []).append(finding["message"])
for i, case in enumerate(cases):
    valid = validators["config"].is_valid(case["config"])
    messages = refused.get(f"{folder}/{i}.json", [])
    if valid == bool(messages):
        complain(case["id"], "schema", valid, "program", messages[:3])
    n += 1
print(n, "documents and configs")
sys.exit(bad > 0)
END
python3 "$scratch/check.py" "$scratch" "$srcdir/tests/data" "$QSTRATA" $names || failed=1
exit $failed
