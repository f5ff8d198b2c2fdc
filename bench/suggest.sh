#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `qstrata suggest` finds, held against the best of 200 random choices of as many layers.
#
#   suggest.sh GOAL MODEL.onnx DATA CONFIG...
#
# $QSTRATA is the program; it needs ONNX Runtime.
set -eu

QSTRATA=${QSTRATA:-build/qstrata}
goal=$1
model=$2
data=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# number NAME: the first of that name in the document
number()
{
	sed -n 's/^ *"'"$1"'": \([0-9.e-]*\),*$/\1/p' "$2" | head -1
}

printf '%-24s %10s %7s %10s %7s %12s %9s %8s\n' config 'as it is' layers value tried 'random best' reaching seconds
for config; do
	begin=$(date +%s%N)
	"$QSTRATA" suggest --config "$config" --model "$model" --data "$data" --goal "$goal" --random 200 \
		--output "$scratch/new.json" --format json >"$scratch/told.json" || [ $? -eq 1 ]
	end=$(date +%s%N)
	sed -n '/"random"/,$p' "$scratch/told.json" >"$scratch/random"
	sed -n '/"pareto"/,$p' "$scratch/told.json" >"$scratch/pareto"
	printf '%-24s %10.6s %7s %10.7s %7s %12.7s %9s %8s\n' "$(basename "$config")" \
		"$(number "${goal%%=*}" "$scratch/pareto")" "$(number layers "$scratch/told.json")" \
		"$(number value "$scratch/told.json")" "$(number tried "$scratch/told.json")" \
		"$(number best "$scratch/random")" "$(number reaching "$scratch/random")" \
		"$(awk "BEGIN {printf \"%.1f\", ($end - $begin) / 1e9}")"
done
