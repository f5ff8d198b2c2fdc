#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a config with N entries for a model of make-model.py with M layers, every other one a pattern:
make-selectors.py N M"""
import json
import sys

n, m = int(sys.argv[1]), int(sys.argv[2])
PATTERNS = [
    r"re:/features/features\.{}/.*",
    r"re:.*features\.{}\.conv",
    r"re:features\.{}\..*",
    r"re:.*/features\.{}/(conv|dw)/[A-Z][a-z]+",
    r"re:.*\.{}(\.|/)conv.*",
    r"re:features\.{0}\.conv|/features/features\.{0}/.*",
]


def selector(i):
    layer = i * (m // n)
    if i % 2:
        return PATTERNS[i // 2 % len(PATTERNS)].format(layer)
    return f"/features/features.{layer}/conv/Conv" if i % 4 else f"features.{layer}.conv"


json.dump({"target_device": "CPU", "layer_quantize_config": [
    {"layer_name": selector(i), "quantizable_data_type": ["weights"],
     "tensor_quantize_config": {"weights": {"bit_width": 4}}} for i in range(n)]}, sys.stdout, indent=0)
