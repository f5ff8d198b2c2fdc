#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Times `qstrata validate` on small and large configs: validate.sh [PROGRAM]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-qstrata}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 "$here/make-config.py" 10 >"$scratch/small.json"
python3 "$here/make-config.py" 10000 >"$scratch/large.json"
python3 "$here/time-processes.py" \
	"bare process start" 20 /bin/true -- \
	"validate, $(wc -c <"$scratch/small.json") bytes" 20 "$program" validate -q "$scratch/small.json" -- \
	"validate, $(wc -c <"$scratch/large.json") bytes" 11 "$program" validate -q "$scratch/large.json"
