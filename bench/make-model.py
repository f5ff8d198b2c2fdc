#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an ONNX model of N convolutions in a row, with the names of a PyTorch export: make-model.py N FILE"""
import struct
import sys

from protobuf_fields import field


def value_info(name):
    dims = b"".join(field(1, field(1, d)) for d in (1, 1, 4, 4))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


n = int(sys.argv[1])
weight = field(1, 1) * 4 + field(2, 1)
graph = []
for i in range(n):
    name = f"features.{i}.conv"
    graph.append(field(1, field(1, f"x{i}") + field(1, f"{name}.weight") + field(2, f"x{i + 1}") +
                       field(3, f"/features/features.{i}/conv/Conv") + field(4, "Conv")))
    graph.append(field(5, weight + field(8, f"{name}.weight") + field(9, struct.pack("<f", 0.5))))
graph.append(field(2, "net") + field(11, value_info("x0")) + field(12, value_info(f"x{n}")))
with open(sys.argv[2], "wb") as file:
    file.write(field(1, 7) + field(7, b"".join(graph)) + field(8, field(1, "") + field(2, 13)))
