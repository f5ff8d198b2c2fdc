#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every kind of finding has a code and a name of its own, and is found somewhere.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 99
LC_ALL=C
export LC_ALL
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# Rows as "ID CODE NAME SEVERITY"; rules have no id.
rows=$(sed -n 's/^FINDING(\([A-Z0-9_]*\), "\([^"]*\)", "\([^"]*\)", \([A-Z]*\), ".*/\1 \2 \3 \4/p' base/findings.def)
rules=$(sed -n 's/^ *"code": "\([^"]*\)",$/- \1/p' schemas/*.json)
names=$(sed -n 's/^      "name": "\([^"]*\)",$/\1/p' schemas/*.json)
[ "$(echo "$rows" | wc -l)" -eq "$(grep -c '^FINDING(' base/findings.def)" ] || fail 'a row of findings.def cannot be read'
[ "$(echo "$rules" | wc -l)" -gt 10 ] || fail 'the rules cannot be read'

again=$(printf '%s\n%s\n' "$rows" "$rules" | awk '{print $2}' | sort | uniq -d)
[ -z "$again" ] || fail "codes that stand twice:" $again
again=$({ echo "$rows" | awk '{print $3}'; echo "$names"; } | sort | uniq -d)
[ -z "$again" ] || fail "names that stand twice:" $again
bad=$(printf '%s\n%s\n' "$rows" "$rules" | awk '$2 !~ /^QS[0-9][0-9][0-9]$/ {print $2}')
[ -z "$bad" ] || fail "codes of another form:" $bad
echo "$rows" | awk '{print $2}' | sort -c || fail 'findings.def is not in the order of codes'

sources=$(find base policy model numbers data engine analysis cli -name '*.c' -o -name '*.def')
# The checks of doctor are rows that are named after their findings.
used=$(cat $sources | sed 's/^CHECK(/QS_FINDING_/' | grep -o 'QS_FINDING_[A-Z0-9_]*' | sort -u)
for id in $(echo "$rows" | awk '{print $1}'); do
	echo "$used" | grep -qx "QS_FINDING_$id" || fail "nothing finds $id"
done

# What configs can be told of is among the texts that people read, or is an example that
# check-pages.sh tries, and of the rest there is a test.
# These need more than a test has: a model of 2 GiB, a build that lacks its modules, thousands of files,
# plug-ins and observers that only a program of its own can make, fixes that bring up one another.
rare=' QS614 QS615 QS723 QS727 QS728 QS762 QS763 QS764 QS766 QS901 QS906 '
# Whether the page of a code has a bad example that is run.
is_tried()
{
	sed -n "/^## $1 /,/^## QS/p" docs/pages.md | grep -qE '^```(json|sh) bad'
}

for code in $(printf '%s\n%s\n' "$rows" "$rules" | awk '{print $2}'); do
	id=$(echo "$rows" | awk -v code="$code" '$2 == code {print $1}')
	case $code in
	QS[0-5]*)
		grep -rqF "[$code]" tests/golden --include=stdout --include=stderr || is_tried "$code" ||
		    fail "no case of tests/golden shows $code, and its page has no example that is tried"
		;;
	*)
		case $rare in *" $code "*) continue ;; esac
		grep -rqF "[$code]" tests/golden || grep -rqE "$code|QS_FINDING_$id\>" tests/unit tests/*.sh ||
		    fail "no test has $code"
		;;
	esac
done
exit $failed
