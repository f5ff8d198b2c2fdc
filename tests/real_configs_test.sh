#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares verdicts on configs that people wrote with those of vai_q_pytorch 3.5: real_configs_test.sh [FOLDER]
#
# The folder, or $QSTRATA_REAL_CONFIGS, holds the configs and VERDICTS.tsv, a line for each: its name and
# accept, refuse or crash. They are not the project's to give away, so without the folder the test is skipped.
set -u
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
folder=${1:-${QSTRATA_REAL_CONFIGS:-}}
if [ ! -f "$folder/VERDICTS.tsv" ]; then
	echo 'QSTRATA_REAL_CONFIGS names no folder with VERDICTS.tsv'
	exit 77
fi
n=0
failed=0
tab=$(printf '\t')
while IFS="$tab" read -r file verdict _; do
	[ "$file" != file ] || continue
	n=$((n + 1))
	case $verdict in accept) expected=0 ;; *) expected=1 ;; esac
	"$QSTRATA" validate -q "$folder/$file" >/dev/null 2>&1 </dev/null
	status=$?
	if [ "$status" -ne "$expected" ]; then
		echo "FAIL: $file: exit status $status where the tool says $verdict"
		failed=1
	fi
done <"$folder/VERDICTS.tsv"
echo "$n configs compared"
[ "$n" -gt 0 ] && [ "$failed" -eq 0 ]
