#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shape of files, as far as a machine can see it.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 99
LC_ALL=C.UTF-8
export LC_ALL

failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# Fails with the lines that a command prints.
fail_lines()
{
	if [ -n "$2" ]; then
		fail "$1"
		echo "$2"
	fi
}

folders='include base policy model numbers data engine analysis lsp cli schemas tools tests docs bench examples'
files=$(find $folders ./*.md ./*.am ./*.ac ./*.in ./*.map ./.ci/run ./.pre-commit-hooks.yaml -type f \
    ! -path 'tests/data/*' ! -path 'tests/golden/*' ! -path 'tests/fuzz/corpus/*' ! -path 'examples/*/*' \
    ! -name '*.pb-c.[ch]' ! -name 'embedded.c' ! -name '*_test' ! -name '*_fuzz' ! -name generate \
    ! -name '*.o' ! -name '*.lo' ! -name '*.log' ! -name '*.trs' ! -name '*.in' ! -name '.dirstamp' \
    ! -path '*/.deps/*' ! -path '*/.libs/*' ! -path '*/__pycache__/*' 2>/dev/null)
code=$(echo "$files" | grep -E '\.(c|h|cc|def)$')
marked=$(echo "$files" | grep -E '\.(c|h|cc|def|sh|py|am|ac)$|\.ci/run$')

[ "$(echo "$code" | wc -l)" -gt 50 ] || fail "found too few files"

for file in $marked; do
	sed 2q "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
	    fail "$file does not start with its SPDX line"
done
for file in $files; do
	[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file" | tr -d '\n')" ] || fail "$file has no newline at its end"
done
fail_lines 'blanks at the end of a line' "$(grep -nE '[	 ]+$' $files)"
fail_lines 'blanks before a tab' "$(grep -nE '^ +	' $code)"
fail_lines 'carriage returns' "$(grep -l "$(printf '\r')" $files)"
# The marks are put together here, so that this file has none.
fail_lines 'left-over marks' "$(grep -nwE 'TO''DO|FIX''ME|X''XX' $files)"
fail_lines 'lines of more than 100 columns' "$(for file in $(echo "$code" | grep -v '\.def$'); do
	expand -t 8 "$file" | awk -v file="$file" 'length($0) > 100 {print file ":" FNR ": " length($0)}'
done)"
fail_lines 'comments that are not /* */' "$(for file in $(echo "$code" | grep -v '\.cc$'); do
	sed -E 's/\\\\|\\"//g; s/"[^"]*"//g; s,/\*([^*]|\*[^/])*\*/,,g; s,^[ 	]*\*.*,,; s,/\*.*,,' "$file" |
	    awk -v file="$file" '/\/\// {print file ":" FNR ": " $0}'
done)"
for file in $(echo "$code" | grep -vE '^(bench|examples)/'); do
	grep -qF "$file" Makefile.am || fail "$file is not in Makefile.am"
done
exit $failed
