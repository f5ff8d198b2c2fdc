#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual page is well-formed, and has every command and option.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
page=$srcdir/docs/qstrata.1
failed=0
checked=
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT

if command -v mandoc >/dev/null; then
	checked="$checked mandoc"
	mandoc -T lint -W warning "$page" >"$scratch/told" || { echo 'FAIL: mandoc finds mistakes'; cat "$scratch/told"; failed=1; }
fi
if command -v groff >/dev/null; then
	checked="$checked groff"
	groff -ww -man -T utf8 -z "$page" >"$scratch/told" 2>&1
	[ ! -s "$scratch/told" ] || { echo 'FAIL: groff warns'; cat "$scratch/told"; failed=1; }
fi
for command in $(sed -n 's/^COMMAND([A-Z]*, \([a-z]*\), .*/\1/p' "$srcdir/cli/commands.def"); do
	grep -qx "\.B $command" "$page" || { echo "FAIL: no command $command"; failed=1; }
done
[ "$(grep -c '^\.BR.*\\-\\-' "$page")" -ge "$(grep -c '^OPTION(' "$srcdir/cli/options.def")" ] || { echo 'FAIL: options are missing'; failed=1; }
for section in NAME SYNOPSIS COMMANDS OPTIONS 'EXIT STATUS' ENVIRONMENT FILES EXAMPLES; do
	grep -qx "\.SH $section" "$page" || { echo "FAIL: no section $section"; failed=1; }
done
echo "checked with:${checked:- nothing but grep, as there is no mandoc and no groff}"
exit $failed
