#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What lint passes over in folders is what git ignores: the same patterns, asked of both.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}

command -v git >/dev/null || { echo 'skipped: there is no git'; exit 77; }
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
HOME=$scratch
GIT_CONFIG_NOSYSTEM=1
LC_ALL=C
export HOME GIT_CONFIG_NOSYSTEM LC_ALL
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
mkdir "$scratch/net"
cd "$scratch/net" && git init -q . || exit 99
n=0
failed=0

for folder in . a a/b a/b/c b c/a 'd e' '[x]' .f; do
	mkdir -p "./$folder"
	for name in quantize_config.json x_quantize_config.json 'quantize_config .json' quantize_config.a.json \
	    '#quantize_config.json' '!quantize_config.json' 'quantize_config[1].json' Quantize_quantize_config-9.json; do
		echo '{"target_device": "CPU"}' >"$folder/$name"
	done
done

# Compares the files that are left with the patterns as they are.
compare()
{
	n=$((n + 1))
	git -c core.quotePath=false ls-files -z --others --exclude-standard | tr '\0' '\n' | grep -v gitignore | sort >"$scratch/git"
	"$QSTRATA" lint --allow-empty --format junit . | sed -n 's/^.*<testsuite name="\([^"]*\)".*/\1/p' | sort >"$scratch/own"
	if ! cmp -s "$scratch/git" "$scratch/own"; then
		echo "FAIL: git and qstrata differ about"
		cat .gitignore
		diff "$scratch/git" "$scratch/own"
		failed=1
	fi
}

# One pattern a line, and pairs of neighbours, in which later ones may take back what earlier ones ignore.
cat >"$scratch/patterns" <<'END'
*
a
a/
/a
a/b
/a/b/
a/b/
b/*
a/*/c
**/b
**/b/c
a/**
a/**/c
a/**/quantize_config.json
**/quantize_config.json
/**/x_*
a**
a**b
**
*/
*/*
*/b
!a
!a/
!a/b
!/a/quantize_config.json
!*/
!*.json
*.json
quantize*
*_config*
*.a.*
?_quantize_config.json
quantize_config?.json
quantize_config??.json
quantize_config[.].json
quantize_config[[]1].json
quantize_config\[1\].json
quantize_config[1].json
[!x]_*
[^a-c]
[a-c]
[a-c]/
[[:alpha:]]_*
*[[:digit:]].json
*[![:digit:]].json
*-[0-9].*
[]x]*
[!]x]*
[a
\#*
#*
\!*
!\!*
\[x\]
\[x]/
[[]x]
d e
d e/
d\ e
quantize_config .json
quantize_config\ .json
.f
.*
.f/*
./a
a//b
a/./b
a/../b
/
//
!
\
a\
x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*
*a*b*c*d*e*f*g*h*i*j*k*l*m*n*o*p*q*r*
END
before=
while IFS= read -r pattern; do
	printf '%s\n' "$pattern" >.gitignore
	compare
	[ -z "$before" ] || printf '%s\n%s\n' "$before" "$pattern" >.gitignore
	compare
	printf '*\n!*/\n!.gitignore\n!%s\n' "$pattern" >.gitignore
	compare
	before=$pattern
done <"$scratch/patterns"

# Blanks at the end, and line ends of Windows.
printf 'quantize_config*   \n' >.gitignore
compare
printf 'x_*\\  \n  a\n' >.gitignore
compare

# Lists of folders below go before those above.
printf 'quantize*\n!*.a.json\n' >.gitignore
printf '!quantize_config.json\n/b/*\n' >a/.gitignore
printf '!/c\n*.a.json' >a/b/.gitignore
compare
printf 'quantize_config.json\r\n# a comment\r\nx*\r\n' >b/.gitignore
compare

echo "$n lists of patterns"
[ $n -gt 200 ] || failed=1
exit $failed
