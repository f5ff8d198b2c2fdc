#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Times `qstrata validate` on a small config, a large one and a thousand: validate.sh [PROGRAM]
#
# Beside it, on the same files and in the same rounds, what validates JSON by a schema, as far as it is there:
# ajv (npm's ajv-cli), jsonschema (npm's @sourcemeta/jsonschema) on the PATH, and python3's jsonschema. They check by
# schemas/config.schema.json, which knows no device rules and no effects. ROUNDS=9 sets how often each runs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
schema=$here/../schemas/config.schema.json
program=${1:-qstrata}
# npm has a script in front of the program, which takes longer than the work: JSONSCHEMA may name the program.
# Python has a program of that name too, which knows no "version".
jsonschema=${JSONSCHEMA:-$(command -v jsonschema || true)}
[ -z "$jsonschema" ] || "$jsonschema" version >/dev/null 2>&1 || jsonschema=
rounds=${ROUNDS:-15}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 "$here/make-config.py" 10 >"$scratch/small.json"
python3 "$here/make-config.py" 10000 >"$scratch/large.json"
mkdir "$scratch/many"
for i in $(seq 1000); do cp "$scratch/small.json" "$scratch/many/quantize_config_$i.json"; done

# compare LABEL FILE...: a table of all programs on some files.
compare()
{
	label=$1
	shift
	echo "## $label"
	python3 "$here/time-processes.py" "bare process start" "$rounds" /bin/true -- "$@"
	echo
}

# run LABEL FILE ROUNDS_OF_OTHERS: all programs that are there, on a file or a folder.
run()
{
	label=$1
	files=$2
	each=$3
	set -- "qstrata validate" "$rounds" "$program" validate -q --no-settings "$files"
	if [ -n "$jsonschema" ]; then
		set -- "$@" -- "@sourcemeta/jsonschema" "$each" "$jsonschema" validate "$schema" "$files"
	fi
	if command -v ajv >/dev/null; then
		pattern=$files
		if [ -d "$files" ]; then pattern="$files/*.json"; fi
		set -- "$@" -- "ajv-cli" "$each" "$(command -v ajv)" validate --strict=false -s "$schema" -d "$pattern"
	fi
	if python3 -c 'import jsonschema' 2>/dev/null; then
		set -- "$@" -- "python3 jsonschema" "$each" "$(command -v python3)" "$here/validate-with-python.py" "$schema" "$files"
	fi
	compare "$label" "$@"
}

run "$(wc -c <"$scratch/small.json") bytes" "$scratch/small.json" "$rounds"
run "$(wc -c <"$scratch/large.json") bytes, 10,000 entries" "$scratch/large.json" 3
run "1,000 files of $(wc -c <"$scratch/small.json") bytes" "$scratch/many" 3
