#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# schemas/settings.schema.json has the keys that qstrata reads, and both take and refuse the same files.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}

python3 -c 'import jsonschema' 2>/dev/null || { echo 'skipped: there is no jsonschema of python3'; exit 77; }
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
exec python3 - "$srcdir" "$QSTRATA" "$scratch" <<'END'
import json, re, subprocess, sys
import jsonschema
srcdir, program, scratch = sys.argv[1:]

def read(path):
    with open(srcdir + "/" + path, encoding="utf-8") as file:
        return file.read()

schema = json.loads(read("schemas/settings.schema.json"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
names = dict(re.findall(r'^OPTION\((\w+), "([^"]+)"', read("cli/options.def"), re.MULTILINE))
keys = {names[row] for row in re.findall(r"^SETTING\((\w+),", read("cli/settings.def"), re.MULTILINE)}
bad = [key for key in (keys | {"$schema", "per-path"}) ^ set(schema["properties"])]

def compare(settings, label):
    with open(scratch + "/settings.json", "w", encoding="utf-8") as file:
        json.dump(settings, file)
    with open(scratch + "/config.json", "w", encoding="utf-8") as file:
        file.write('{"target_device": "CPU"}')
    run = subprocess.run([program, "lint", "--show-settings", "--settings", scratch + "/settings.json",
                          scratch + "/config.json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    # A baseline and a model are looked for only by who runs.
    if validator.is_valid(settings) != (run.returncode == 0) and b"error: cannot " not in run.stderr:
        bad.append(f"{label}: the schema {'takes' if run.returncode else 'refuses'} {settings}; {run.stderr.decode()}")

example = json.loads(re.search(r"```json\n(.*?)```", read("docs/linting.md"), re.DOTALL).group(1))
if not validator.is_valid(example):
    bad.append("the example of docs/linting.md")
compare(example, "example")
values = ["QS2", "warning", "", True, False, 0, 1, -1, 1.5, None, [], ["QS2"], ["QS2", 1], {}, {"QS2": "off"}, {"QS2": "bad"}]
for key in schema["properties"]:
    for value in values:
        compare({key: value}, key)
group = {"paths": ["a"], "ignore": ["QS4"], "reason": "old"}
compare({"per-path": [group]}, "group")
for key in group:
    compare({"per-path": [{k: v for k, v in group.items() if k != key}]}, key + " is missing")
    for value in values:
        compare({"per-path": [dict(group, **{key: value})]}, key)
compare({"unknown": 1}, "unknown")
compare([], "no object")
for line in bad:
    print("FAIL:", line)
sys.exit(bool(bad))
END
