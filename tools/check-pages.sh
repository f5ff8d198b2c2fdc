#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every code has a page in docs/pages.md, and the examples there do what they say: check-pages.sh [CODE...]
#
# A bad example gives findings of its code and of no other, a good one gives none of it.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
LC_ALL=C
export LC_ALL
unset NO_COLOR GITHUB_ACTIONS GITHUB_STEP_SUMMARY
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/examples"
ln -s "$QSTRATA" "$scratch/bin/qstrata"
PATH=$scratch/bin:$PATH
export PATH
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# Each fence becomes a file CODE.NUMBER with the words of the fence in its first line.
awk -v folder="$scratch/examples" '
	/^## / {code = $2; n = 0; next}
	/^```/ && !file && code {file = sprintf("%s/%s.%02d", folder, code, ++n); print substr($0, 4) >file; next}
	/^```$/ {close(file); file = ""; next}
	file {print >file}
' "$srcdir/docs/pages.md"

# All codes, under their names, in their order. A page may be there before its code is; a code never goes.
qstrata rule | sed 's/^\(QS[0-9]*\) *[a-z]* *\([a-z0-9-]*\) .*/## \1 \2/' >"$scratch/wanted"
grep '^## ' "$srcdir/docs/pages.md" >"$scratch/found"
sort -c "$scratch/found" || fail 'docs/pages.md is not in the order of codes'
missing=$(sort "$scratch/wanted" | comm -23 - "$scratch/found")
[ -z "$missing" ] || fail "docs/pages.md lacks pages:" $missing

# Runs an example in a folder of its own and leaves the codes that it gave in $given.
run()
{
	rm -rf "$scratch/run"
	mkdir "$scratch/run"
	ln -s "$srcdir"/tests/data/models/*.onnx "$scratch/run/"
	options=$(sed '1!d; s/^[a-z]* [a-z]* *//' "$1")
	if [ "$language" = json ]; then
		sed 1d "$1" >"$scratch/run/config.json"
		(cd "$scratch/run" && qstrata lint -q $options config.json) >"$scratch/output" 2>&1 </dev/null
	else
		sed 1d "$1" >"$scratch/script"
		(cd "$scratch/run" && sh "$scratch/script") >"$scratch/output" 2>&1 </dev/null
	fi
	status=$?
	given=$(grep -o '\[QS[0-9]*\]' "$scratch/output" | sort -u | tr -d '[]' | tr '\n' ' ')
}

n_examples=0
check()
{
	code=$(basename "$1")
	code=${code%.*}
	language=$(sed '1!d; s/ .*//' "$1")
	case $(sed '1!d; s/^[a-z]* *//' "$1") in
	bad*)
		run "$1"
		[ "$given" = "$code " ] || { fail "a bad example of $code gives: ${given:-nothing}"; cat "$scratch/output"; }
		;;
	good*)
		run "$1"
		case " $given" in *" $code "*) fail "a good example of $code gives it"; cat "$scratch/output" ;; esac
		[ "$status" -eq 0 ] || { fail "a good example of $code ends with status $status"; cat "$scratch/output"; }
		;;
	*)
		[ "$language" = console ] || fail "$code has an example that is neither bad nor good"
		grep -q "\[$code\]" "$1" || fail "the console of $code does not show it"
		;;
	esac
	n_examples=$((n_examples + 1))
}

for code in ${*:-$(sed 's/^## //; s/ .*//' "$scratch/wanted")}; do
	[ -e "$scratch/examples/$code.01" ] || fail "$code has no example"
	for example in "$scratch/examples/$code".*; do
		[ ! -e "$example" ] || check "$example"
	done
done
echo "$n_examples examples"
[ "$n_examples" -gt 0 ] && [ "$failed" -eq 0 ]
