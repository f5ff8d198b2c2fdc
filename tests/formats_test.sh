#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What lint writes for programs is what those programs take: SARIF by the schema of OASIS, XML that is
# well-formed, JSON in each line. Several runs: mistakes, nothing, broken text, strange names.
set -u
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
failed=0
n=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# Runs lint in all formats for programs at once: write NAME FILE...
write()
{
	n=$((n + 1))
	formats=
	for format in json json-lines sarif rdjson gitlab junit checkstyle; do
		formats="$formats --format $format:$scratch/$1.$format"
	done
	shift
	"$QSTRATA" lint $formats "$@" >/dev/null 2>&1 </dev/null
	[ $? -le 2 ] || fail "lint $* ended badly"
}

write mistakes "$srcdir/examples/mistakes/quantize_config.json"
write good "$srcdir/examples/int8.json" "$srcdir/examples/dpu.json"
write missing "$scratch/no such file.json" "$srcdir/examples/dpu.json"
write layers --model "$srcdir/examples/digits/model.onnx" "$srcdir/examples/per-layer.json" "$srcdir/examples/mixed.json"
write model --model "$srcdir/examples/dpu.json" "$srcdir/examples/dpu.json"
write chosen --select QS2 --severity QS2=info --max-diagnostics 1 "$srcdir/examples/mistakes/quantize_config.json"
for file in "$srcdir"/tests/data/json/*.json; do
	write "$(basename "$file")" "$file"
done
strange=$(printf '%s/a:b %%<&">\303\244\377.json' "$scratch")
printf '{"\\u0000\\u001f\\uffff<&]]>\\ud83d\\ude00": 1, "x\377": 2}' >"$strange"
write strange "$strange"
"$QSTRATA" lint -q --baseline "$scratch/baseline" --update-baseline "$srcdir/examples/mistakes/quantize_config.json" ||
    fail 'a baseline does not take what is found'
write known --baseline "$scratch/baseline" "$srcdir/examples/mistakes/quantize_config.json"
sed 's/QS201/QS202/' "$scratch/baseline" >"$scratch/other-baseline"
write gone --baseline "$scratch/other-baseline" "$srcdir/examples/mistakes/quantize_config.json"
write all "$strange" "$srcdir"/tests/data/json/*.json "$srcdir/examples/mistakes/quantize_config.json"

skipped=
if python3 -c 'import jsonschema' 2>/dev/null; then
	python3 - "$srcdir/schemas/findings.schema.json" "$scratch" "$srcdir/tests/golden" <<'END' || failed=1
import glob, json, sys
import jsonschema
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
golden = [p for t in ("lint/json*", "lint/*-json", "formats/json-*", "baseline/json") for p in glob.glob(sys.argv[3] + "/" + t + "/stdout")]
bad = known = gone = n = 0
for path in glob.glob(sys.argv[2] + "/*.json") + golden:
    text = open(path, encoding="utf-8", errors="replace").read()
    if not text.startswith('{\n  "format_version"'):
        continue
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        text = text[end:].lstrip()
        n += 1
        for error in validator.iter_errors(document):
            print("FAIL:", path, list(error.absolute_path), error.message[:200])
            bad += 1
        known += document["summary"]["suppressed"]
        gone += len(document["unused_suppressions"])
print(n, "documents are as the schema has them")
sys.exit(bad > 0 or n < 30 or known == 0 or gone == 0)
END
	python3 - "$srcdir/tests/data/sarif-schema-2.1.0.json" "$scratch" <<'END' || failed=1
import glob, json, sys
import jsonschema
schema = json.load(open(sys.argv[1], encoding="utf-8"))
validator = jsonschema.Draft4Validator(schema)
bad = results = 0
for path in sorted(glob.glob(sys.argv[2] + "/*.sarif")):
    document = json.load(open(path, encoding="utf-8"))
    for error in validator.iter_errors(document):
        print("FAIL:", path, list(error.absolute_path), error.message[:200])
        bad += 1
    run = document["runs"][0]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    if len(set(prints)) != len(prints):
        print("FAIL:", path, "a fingerprint stands twice")
        bad += 1
    for result in run["results"]:
        results += 1
        if run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] != result["ruleId"]:
            print("FAIL:", path, "a result points to another rule")
            bad += 1
print(results, "results are valid SARIF")
sys.exit(bad > 0 or results < 50)
END
else
	skipped="$skipped SARIF by its schema (python3-jsonschema),"
fi
if python3 -c '' 2>/dev/null; then
	python3 - "$scratch" <<'END' || failed=1
import glob, json, sys
lines = 0
for path in glob.glob(sys.argv[1] + "/*.json-lines"):
    whole = json.load(open(path[:-len("-lines")], encoding="utf-8"))
    each = [json.loads(line) for line in open(path, encoding="utf-8")]
    if each != whole["diagnostics"]:
        sys.exit("FAIL: " + path + " differs from the document")
    lines += len(each)
    review = json.load(open(path[:-len("json-lines")] + "rdjson", encoding="utf-8"))["diagnostics"]
    if [one["code"]["value"] for one in review] != [one["code"] for one in each if not one["suppressed"]]:
        sys.exit("FAIL: diagnostics for reviewdog of " + path)
    report = json.load(open(path[:-len("json-lines")] + "gitlab", encoding="utf-8"))
    if len({entry["fingerprint"] for entry in report}) != sum(not one["suppressed"] for one in each):
        sys.exit("FAIL: fingerprints for GitLab of " + path)
print(lines, "lines are objects")
END
else
	skipped="$skipped lines (python3),"
fi
if python3 -c '' 2>/dev/null; then
	"$QSTRATA" lint --format text "$srcdir/examples/mistakes/quantize_config.json" 2>/dev/null >"$scratch/text"
	python3 - "$srcdir/schemas/problem-matcher.json" "$scratch/text" <<'END' || failed=1
import json, re, sys
pattern = json.load(open(sys.argv[1]))["problemMatcher"][0]["pattern"][0]
lines = open(sys.argv[2], encoding="utf-8").read().splitlines()
for line in lines:
    found = re.match(pattern["regexp"], line)
    if not found or not found[pattern["file"]].endswith(".json") or not found[pattern["code"]].startswith("QS"):
        sys.exit("FAIL: the problem matcher does not take " + line)
sys.exit(not lines)
END
fi
if command -v xmllint >/dev/null; then
	xmllint --noout "$scratch"/*.junit "$scratch"/*.checkstyle || fail 'a report is not well-formed XML'
else
	skipped="$skipped XML (xmllint),"
fi
[ -z "$skipped" ] || echo "passed over, as programs are missing:${skipped%,}"
echo "$n runs"
exit $failed
