#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every terminal transcript of README.md and compares what it shows: check-readme.sh
#
# A transcript is a ```console block with one line "$ COMMAND" and what it prints on both streams. A
# comment <!-- needs X --> before it lets it be passed over, with a word, where X is not there.
# UPDATE_README=1 writes what was found into the README instead.
set -u

srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/run"
ln -s "$QSTRATA" "$scratch/bin/qstrata"
PATH=$scratch/bin:$PATH
LC_ALL=C
export PATH LC_ALL

# A copy to run in, which is a repository of its own, as pre-commit wants one.
cp -R "$srcdir/examples" "$scratch/run/"
chmod -R u+w "$scratch/run"
cp "$srcdir/.pre-commit-hooks.yaml" "$scratch/run/" 2>/dev/null
cd "$scratch/run" || exit 99

has()
{
	case $1 in
	"") return 0 ;;
	onnxruntime) "$QSTRATA" calibrate --config examples/int8.json --model examples/digits/model.onnx \
		--data examples/digits/calib --output "$scratch/calib.json" >/dev/null 2>&1 ;;
	pre-commit) command -v pre-commit >/dev/null 2>&1 && command -v git >/dev/null 2>&1 && prepare_pre_commit ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# The hook as a local one: the copy has no address to be fetched from.
prepare_pre_commit()
{
	{
		printf 'repos:\n- repo: local\n  hooks:\n'
		sed -n '/id: qstrata-system/,/^- id:/p' .pre-commit-hooks.yaml | sed '/^- id: qstrata-system/!{/^- id:/d}' | sed 's/^/  /'
	} >.pre-commit-config.yaml
	git init -q . && git add -A >/dev/null 2>&1
	PRE_COMMIT_HOME=$scratch/pre-commit
	PRE_COMMIT_COLOR=never
	export PRE_COMMIT_HOME PRE_COMMIT_COLOR
}

run()
{
	if ! has "$needs"; then
		echo "passed over, as $needs is not there: $1"
		cat "$scratch/expected" >"$scratch/found"
		n_skipped=$((n_skipped + 1))
		return
	fi
	sh -c "$1" >"$scratch/found" 2>&1 </dev/null
	n_run=$((n_run + 1))
}

finish_block()
{
	run "$command"
	{ printf '$ %s\n' "$command"; cat "$scratch/found"; } >>"$scratch/README.md"
	if ! diff -u "$scratch/expected" "$scratch/found" >"$scratch/diff"; then
		[ "${UPDATE_README:-}" = 1 ] || {
			echo "FAIL: $command"
			sed 1,2d "$scratch/diff"
			n_failed=$((n_failed + 1))
		}
	fi
}

inside='' needs='' command='' n_run=0 n_failed=0 n_skipped=0
: >"$scratch/README.md"
while IFS= read -r line; do
	case $inside$line in
	'```console') inside=yes; : >"$scratch/expected" ;;
	'yes```') inside=; finish_block; needs='' ;;
	'yes$ '*) command=${line#??}; continue ;;
	yes*) printf '%s\n' "$line" >>"$scratch/expected"; continue ;;
	'<!-- needs '*) needs=${line#<!-- needs }; needs=${needs% -->} ;;
	esac
	printf '%s\n' "$line" >>"$scratch/README.md"
done <"$srcdir/README.md"
if [ "${UPDATE_README:-}" = 1 ]; then cp "$scratch/README.md" "$srcdir/README.md"; fi
echo "$n_run transcripts, $n_failed differences, $n_skipped passed over"
[ "$n_failed" = 0 ]
