#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every case of tests/golden and compares what people read: run-golden.sh [TOPIC/CASE...]
#
# A case is a folder with cmd (run by sh in a copy of the folder, with the program as `qstrata` on the
# PATH), stdout, stderr and exit (the status; a file that is not there means nothing, or 0). $EXAMPLES
# and $DATA are the project's examples/ and tests/data/. UPDATE_GOLDEN=1 writes what was found instead.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
EXAMPLES=$srcdir/examples
DATA=$srcdir/tests/data
LC_ALL=C
export EXAMPLES DATA LC_ALL
unset NO_COLOR GITHUB_ACTIONS GITHUB_STEP_SUMMARY
scratch=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$QSTRATA" "$scratch/bin/qstrata"
PATH=$scratch/bin:$PATH
export PATH

# The expected text of a case, which may be no file.
expected()
{
	if [ -f "$1" ]; then cat "$1"; fi
}

# Keeps a result as expected; what is the default needs no file.
keep()
{
	if [ "$(cat "$1")" = "$3" ]; then rm -f "$2"; else cp "$1" "$2"; fi
}

compare()
{
	case=$1
	for part in stdout stderr exit; do
		default=
		if [ "$part" = exit ]; then default=0; fi
		if [ "${UPDATE_GOLDEN:-}" = 1 ]; then
			keep "$scratch/$part" "$srcdir/tests/golden/$case/$part" "$default"
			continue
		fi
		expected "$srcdir/tests/golden/$case/$part" >"$scratch/expected"
		if [ "$part" = exit ] && [ ! -s "$scratch/expected" ]; then echo 0 >"$scratch/expected"; fi
		if ! diff -u "$scratch/expected" "$scratch/$part" >"$scratch/diff"; then
			echo "FAIL: $case: $part differs from what is expected"
			sed 1,2d "$scratch/diff"
			n_failed=$((n_failed + 1))
		fi
	done
}

run_case()
{
	rm -rf "$scratch/run"
	mkdir "$scratch/run"
	cp -R "$srcdir/tests/golden/$1/." "$scratch/run/"
	chmod -R u+w "$scratch/run"
	(cd "$scratch/run" && rm -f stdout stderr exit && sh ./cmd) \
	    >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
	echo $? >"$scratch/exit"
	n_cases=$((n_cases + 1))
	compare "$1"
}

n_cases=0
n_failed=0
if [ $# -eq 0 ]; then
	set -- $(cd "$srcdir/tests/golden" && ls -d */*/)
fi
for case; do
	run_case "${case%/}"
done
echo "$n_cases golden cases, $n_failed differences"
[ "$n_cases" -gt 0 ] && [ "$n_failed" -eq 0 ]
