#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pip and pre-commit install from a checkout: the wheel is as wheels are, and the hook of language python builds the
# program and runs it. Nothing comes from the network.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)

for program in pre-commit git python3 autoreconf; do
	command -v $program >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done
# The Python that pre-commit runs with is the one that has all that it needs.
python=$(sed -n '1s/^#! *\([^ ]*\).*/\1/p' "$(command -v pre-commit)")
"$python" -c 'import pre_commit, virtualenv' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import virtualenv' 2>/dev/null || { echo 'skipped: there is no virtualenv'; exit 77; }
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
HOME=$scratch
PRE_COMMIT_HOME=$scratch/cache
PIP_NO_INDEX=1
PIP_DISABLE_PIP_VERSION_CHECK=1
PYTHONDONTWRITEBYTECODE=1
GIT_AUTHOR_NAME=tester GIT_AUTHOR_EMAIL=tester@example.org
GIT_COMMITTER_NAME=tester GIT_COMMITTER_EMAIL=tester@example.org
# The quickest build that there is; how it is optimized makes no difference here.
CFLAGS=-O0
export HOME PRE_COMMIT_HOME PIP_NO_INDEX PIP_DISABLE_PIP_VERSION_CHECK PYTHONDONTWRITEBYTECODE CFLAGS
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GITHUB_ACTIONS MAKEFLAGS MAKELEVEL MFLAGS
failed=0

# The wheel: its name, its tags, and a RECORD of every file. The program is a stand-in.
"$python" - "$srcdir" "$scratch" <<'END' || failed=1
import base64, csv, hashlib, io, os, subprocess, sys, zipfile
srcdir, scratch = sys.argv[1:]
sys.path.insert(0, srcdir + "/tools")
import build_backend

def stand_in(command, folder):
    if "install-strip" in command:
        target = os.path.join(os.path.dirname(folder), "installed", "usr", "bin")
        os.makedirs(target)
        with open(os.path.join(target, "qstrata"), "w") as file:
            file.write("#!/bin/sh\necho qstrata stands in\n")

build_backend.configure = lambda folder: os.path.join(folder, "tree")
build_backend.run = stand_in
name = build_backend.build_wheel(scratch)
again = os.path.join(scratch, "again")
os.mkdir(again)
build_backend.build_wheel(again)
assert open(scratch + "/" + name, "rb").read() == open(again + "/" + name, "rb").read(), "two builds differ"
wheel = zipfile.ZipFile(scratch + "/" + name)
project, version, python_tag, abi, platform = name[:-len(".whl")].split("-")
info = f"{project}-{version}.dist-info/"
lines = {row[0]: row[1:] for row in csv.reader(io.StringIO(wheel.read(info + "RECORD").decode()))}
assert set(lines) == set(wheel.namelist()), "RECORD does not list what is there"
for path, (digest, size) in lines.items():
    if path == info + "RECORD":
        assert (digest, size) == ("", ""), "RECORD has a hash of itself"
        continue
    data = wheel.read(path)
    found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    assert (digest, int(size)) == ("sha256=" + found, len(data)), path
said = wheel.read(info + "WHEEL").decode()
assert f"Tag: {python_tag}-{abi}-{platform}\n" in said and "Root-Is-Purelib: false\n" in said, said
assert (python_tag, abi) == ("py3", "none") and platform.startswith("linux_"), name
assert wheel.getinfo(f"{project}-{version}.data/scripts/qstrata").external_attr >> 16 & 0o111, "it cannot be run"
about = wheel.read(info + "METADATA").decode()
assert f"\nName: qstrata\nVersion: {version}\n" in about, about[:200]
print(name, "is a wheel of", len(lines), "files")
END
"$python" -m virtualenv -q --no-download --no-periodic-update "$scratch/venv" >"$scratch/out" 2>&1 &&
    "$scratch/venv/bin/pip" install -q --no-deps "$scratch"/qstrata-*.whl >>"$scratch/out" 2>&1 &&
    [ "$("$scratch/venv/bin/qstrata")" = 'qstrata stands in' ] ||
    { echo 'FAIL: pip does not install the wheel'; cat "$scratch/out"; failed=1; }

# The hook, from a repository of the project as it is.
mkdir "$scratch/project" "$scratch/net"
(cd "$srcdir" && tar cf - --exclude=.git --exclude=node_modules --exclude='./build*' --exclude=tests/data/golden .) |
    (cd "$scratch/project" && tar xf -)
# A checkout has no configure, a distribution has.
(cd "$scratch/project" && rm -f config.status Makefile config.h configure)
(cd "$scratch/project" && git init -q . && git add . && git commit -qm project) || exit 99
cd "$scratch/net" && git init -q . || exit 99
cat >.pre-commit-config.yaml <<END
repos:
- repo: $scratch/project
  rev: $(git -C "$scratch/project" rev-parse HEAD)
  hooks:
  - id: qstrata
END
echo '{"target_device": "TPUX"}' >quantize_config.json
git add .
pre-commit run --all-files >"$scratch/out" 2>&1 </dev/null
if [ $? -ne 1 ] || ! grep -q 'quantize_config.json:1:19: error: .*QS203' "$scratch/out"; then
	echo 'FAIL: the hook does not find what is wrong'
	cat "$scratch/out" "$scratch"/cache/pre-commit.log 2>/dev/null
	failed=1
fi
echo '{"target_device": "DPU"}' >quantize_config.json
git add .
pre-commit run --all-files >"$scratch/out" 2>&1 </dev/null || { echo 'FAIL: the hook refuses a good config'; cat "$scratch/out"; failed=1; }
exit $failed
