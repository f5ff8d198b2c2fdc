#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Validates JSON files with python's jsonschema: validate-with-python.py SCHEMA FILE|FOLDER"""
import glob
import json
import os
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    validator = jsonschema.Draft7Validator(json.load(file))
good = True
for path in sorted(glob.glob(sys.argv[2] + "/*.json")) if os.path.isdir(sys.argv[2]) else sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        for error in validator.iter_errors(json.load(file)):
            good = False
            print(path, list(error.absolute_path), error.message)
sys.exit(not good)
