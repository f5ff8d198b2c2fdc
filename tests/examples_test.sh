#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every example of help and of the manual does what it says: it is run beside examples/, in order.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
scratch=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/run"
ln -s "$QSTRATA" "$scratch/bin/qstrata"
PATH=$scratch/bin:$PATH
cp -R "$srcdir/examples" "$scratch/run/"
chmod -R u+w "$scratch/run"
cd "$scratch/run" || exit 99
failed=0
n=0
skipped=0

has_runtime()
{
	qstrata calibrate --config examples/int8.json --model examples/digits/model.onnx \
	    --data examples/digits/calib --output probe.json >told 2>&1 || ! grep -q 'QS80[12]' told
}

sed -n 's/^EXAMPLE([A-Z]*, "\([^"]*\)", .*/\1/p' "$srcdir/cli/examples.def" >lines
while IFS= read -r line; do
	n=$((n + 1))
	case $line in
	*calibrate*|*apply*) has_runtime || { skipped=$((skipped + 1)); continue; } ;;
	esac
	sh -c "$line" >told 2>&1 </dev/null
	status=$?
	expected=0
	case $line in *' diff '*) expected=1 ;; esac
	if [ "$status" -ne $expected ]; then
		echo "FAIL: exit status $status of: $line"
		cat told
		failed=1
	fi
done <lines
[ "$n" -gt 10 ] || { echo 'FAIL: too few examples'; failed=1; }
for command in $(qstrata --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
	grep -q "^qstrata $command " lines || { echo "FAIL: there is no example of $command"; failed=1; }
	qstrata "$command" --help | grep -q '^Examples:' || { echo "FAIL: no example in the help of $command"; failed=1; }
done
echo "$n examples, $skipped passed over as there is no ONNX Runtime"
exit $failed
