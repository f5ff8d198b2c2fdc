#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The published JSON Schemas of rule sets and profiles judge as the loader does: the documents of
# tests/data/rules/documents.jsonl, which the unit tests give to the loader, and all that is built in.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)

if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo 'skipped: there is no python3-jsonschema'
	exit 77
fi
python3 - "$srcdir" <<'END'
import glob
import json
import sys

import jsonschema

srcdir = sys.argv[1]
validators = {}
for kind in 'rules', 'profile':
    with open(f'{srcdir}/schemas/{kind}.schema.json') as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validators[kind] = jsonschema.Draft7Validator(schema)

failed = 0


def expect(what, kind, document, valid):
    global failed
    found = next(validators[kind].iter_errors(document), None)
    if (found is None) != valid:
        failed += 1
        print(f'FAIL: {what}: expected to be {"valid" if valid else "invalid"}: {found}')


with open(f'{srcdir}/tests/data/rules/documents.jsonl') as file:
    lines = [json.loads(line) for line in file]
for line in lines:
    expect(line['what'], line['kind'], line['document'], line['valid'])
for path in glob.glob(f'{srcdir}/schemas/*rules.json') + glob.glob(f'{srcdir}/schemas/*.profile.json'):
    with open(path) as file:
        expect(path, 'rules' if path.endswith('rules.json') else 'profile', json.load(file), True)
print(f'{len(lines)} documents, {failed} differences')
sys.exit(failed != 0)
END
