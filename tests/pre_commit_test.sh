#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The hook of .pre-commit-hooks.yaml in a scratch repository, both by try-repo and by a configuration.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}

for program in pre-commit git; do
	command -v $program >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/hooks" "$scratch/net"
ln -s "$QSTRATA" "$scratch/bin/qstrata"
PATH=$scratch/bin:$PATH
HOME=$scratch
PRE_COMMIT_HOME=$scratch/cache
GIT_AUTHOR_NAME=tester GIT_AUTHOR_EMAIL=tester@example.org
GIT_COMMITTER_NAME=tester GIT_COMMITTER_EMAIL=tester@example.org
export PATH HOME PRE_COMMIT_HOME
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GITHUB_ACTIONS
failed=0

fail()
{
	echo "FAIL: $1"
	cat "$scratch/out"
	failed=1
}

# expect STATUS WORDS COMMAND...: the command ends so and prints the words.
expect()
{
	status=$1
	words=$2
	shift 2
	"$@" >"$scratch/out" 2>&1 </dev/null
	found=$?
	[ $found -eq "$status" ] || fail "$*: status $found, not $status"
	grep -q "$words" "$scratch/out" || fail "$*: does not say \"$words\""
}

# A repository of the hook, as of the project's own.
cp "$srcdir/.pre-commit-hooks.yaml" "$scratch/hooks/"
(cd "$scratch/hooks" && git init -q . && git add . && git commit -qm hooks) || exit 99
revision=$(git -C "$scratch/hooks" rev-parse HEAD)

cd "$scratch/net" && git init -q . || exit 99
echo '{"target_device": "DPU"}' >quantize_config.json
mkdir nets
echo '{"target_device": "CPU"}' >nets/my_quantize_config_v2.json
echo '{"not": "a config"}' >package.json
git add .
expect 0 'qstrata lint.*Passed' pre-commit try-repo "$scratch/hooks" qstrata-system --all-files

echo '{"target_device": "TPUX"}' >nets/my_quantize_config_v2.json
git add .
expect 1 'nets/my_quantize_config_v2.json:1:19: error: .*QS203' \
    pre-commit try-repo "$scratch/hooks" qstrata-system --all-files
! grep -q 'package.json' "$scratch/out" || fail 'the hook looks at files that are no configs'

cat >.pre-commit-config.yaml <<EOF_CONFIG
repos:
- repo: $scratch/hooks
  rev: $revision
  hooks:
  - id: qstrata-system
EOF_CONFIG
git add .
expect 1 QS203 pre-commit run --all-files
echo '{"target_device": "GPU"}' >nets/my_quantize_config_v2.json
git add .
expect 0 'Passed' pre-commit run --all-files
exit $failed
