# SPDX-License-Identifier: Apache-2.0
"""Scales go into training and come back: test_scales.py CALIB.json TRAINED.json writes the latter."""
import sys

import scales


class Observer:
    min_val, max_val = -1.0, 2.0


class Node:
    """What a fake-quantize module of PyTorch looks like from outside, without PyTorch."""

    quant_min, quant_max = -128, 127
    observer_enabled, fake_quant_enabled = [0], [1]

    def __init__(self):
        self.scale, self.zero_point = [1.0], [0]
        self.activation_post_process = Observer()


def refuses(error, call):
    try:
        call()
    except error as found:
        return str(found)
    raise AssertionError(f"nothing is refused with {error}")


document = scales.read(sys.argv[1])
tensors = document["tensors"]
nodes = {name: Node() for name in tensors if "scale" in tensors[name]}

# What was calibrated is where training begins.
assert scales.apply_to(nodes, document) == ([], [])
assert all(nodes[name].scale == tensors[name]["scale"] for name in nodes)

# Names and ranges that do not fit are told.
fewer = dict(nodes)
fewer["head"] = fewer.pop("logits")
told = refuses(KeyError, lambda: scales.apply_to(fewer, document))
assert "logits" in told and "head" in told
assert scales.apply_to(fewer, document, strict=False) == (["logits"], ["head"])
nodes["image"].quant_max = 255
assert "image" in refuses(ValueError, lambda: scales.apply_to(nodes, document))
nodes["image"].quant_max = 127

# Training moves a scale, which comes back with what the node knows.
nodes["logits"].scale = [0.25]
scales.write(sys.argv[2], document, nodes)
trained = scales.read(sys.argv[2])["tensors"]
assert trained["logits"]["scale"] == 0.25 and trained["logits"]["fake_quant_enabled"] == 1
assert trained["image"]["scale"] == tensors["image"]["scale"] and trained["image"]["min_val"] == -1.0
