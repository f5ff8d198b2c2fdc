# SPDX-License-Identifier: Apache-2.0
"""Scales on their way into quantization-aware training and back, as JSON alone.

    scales = read("calib.json")             # what `qstrata calibrate` wrote, by tensor
    apply_to(nodes, scales)                 # nodes: fake-quantize modules by the names of tensors
    ...                                     # training
    write("trained.json", scales, nodes)    # the same tensors with their scales as they are now

    qstrata calibrate --from trained.json --config config.json --model trained.onnx --output calib.json

A node is torch.ao.quantization.FakeQuantize or anything with the same attributes: `scale`,
`zero_point`, and where it has them `quant_min`, `quant_max`, `observer_enabled`,
`fake_quant_enabled`, and `min_val` and `max_val` of its `activation_post_process`. What nodes know
of their state goes into the file, so that qstrata can tell when nothing was observed.
"""
import json


def read(path):
    """The document of a calibration file: `["tensors"][name]` has kind, scale, zero_point ..."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if not isinstance(document, dict) or document.get("format") != "qstrata-calibration":
        raise ValueError(f"{path} is no calibration of qstrata")
    return document


def _numbers(value):
    """A number, or a list of them, from a tensor, an array, a list or a number."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, tuple)):
        return value[0] if len(value) == 1 else list(value)
    return value


def _compare(nodes, tensors):
    """The names that only one side has, of those that have scales."""
    scaled = {name for name, tensor in tensors.items() if "scale" in tensor}
    return sorted(scaled - set(nodes)), sorted(set(nodes) - scaled)


def apply_to(nodes, document, strict=True):
    """Gives nodes the scales of a document; returns the names that are missing and unexpected."""
    tensors = document["tensors"]
    missing, unexpected = _compare(nodes, tensors)
    if strict and (missing or unexpected):
        raise KeyError(f"missing nodes: {missing}; nodes without scales: {unexpected}")
    for name, node in nodes.items():
        tensor = tensors.get(name, {})
        if "scale" not in tensor:
            continue
        for key in ("quant_min", "quant_max"):
            if getattr(node, key, tensor[key]) != tensor[key]:
                raise ValueError(f"{name}: {key} is {getattr(node, key)}, calibrated for {tensor[key]}")
        _set(node, "scale", tensor["scale"])
        _set(node, "zero_point", tensor["zero_point"])
    return missing, unexpected


def _set(node, key, value):
    """Sets a number or a tensor, which keeps its type and place."""
    old = getattr(node, key)
    if hasattr(old, "new_tensor"):
        new = old.new_tensor(value if isinstance(value, list) else [value])
        old.resize_(new.shape).copy_(new)
    else:
        setattr(node, key, value)


def _flags(node):
    """What a node tells about itself, for qstrata to judge."""
    found = {}
    for key in ("observer_enabled", "fake_quant_enabled"):
        if hasattr(node, key):
            found[key] = int(_numbers(getattr(node, key)))
    observer = getattr(node, "activation_post_process", None)
    for key in ("min_val", "max_val"):
        if hasattr(observer, key):
            value = getattr(observer, key)
            found[key] = value.tolist() if hasattr(value, "tolist") else value
    if any(isinstance(found.get(key), float) and abs(found[key]) == float("inf") for key in ("min_val", "max_val")):
        found["min_val"] = found["max_val"] = []  # ends as observers begin, which JSON cannot say
    return found


def write(path, document, nodes):
    """Writes a document with the scales of nodes in place of those that it had."""
    tensors = {name: dict(tensor) for name, tensor in document["tensors"].items()}
    for name, node in nodes.items():
        tensor = tensors.setdefault(name, {})
        tensor.pop("correction", None)
        tensor["scale"] = _numbers(node.scale)
        tensor["zero_point"] = _numbers(node.zero_point)
        tensor.update(_flags(node))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(dict(document, tensors=tensors), file, indent=2, allow_nan=False)
        file.write("\n")
