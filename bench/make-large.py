#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an ONNX model of matrix products in a row, with weights of N gigabytes in MODEL.onnx.data:
make-large.py N MODEL.onnx"""
import array
import os
import random
import sys

from protobuf_fields import field

SIDE = 4096


def value_info(name):
    dims = b"".join(field(1, field(1, d)) for d in (1, SIDE))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def external(key, value):
    return field(13, field(1, key) + field(2, value))


random.seed(1)
row = array.array("f", (random.gauss(0, 0.02) for _ in range(SIDE + 61)))
size = 4 * SIDE * SIDE
n = int(float(sys.argv[1]) * 2**30) // size
data = sys.argv[2] + ".data"
graph = []
with open(data, "wb") as file:
    for i in range(n):
        name = f"layers.{i}.weight"
        graph.append(field(1, field(1, f"x{i}") + field(1, name) + field(2, f"x{i + 1}") +
                           field(3, f"/layers.{i}/MatMul") + field(4, "MatMul")))
        graph.append(field(5, field(1, SIDE) * 2 + field(2, 1) + field(8, name) +
                           external("location", os.path.basename(data)) + external("offset", str(i * size)) +
                           external("length", str(size)) + field(14, 1)))
        for r in range(SIDE):
            shift = (r * 7 + i) % 61
            file.write(row[shift:shift + SIDE].tobytes())
graph.append(field(2, "net") + field(11, value_info("x0")) + field(12, value_info(f"x{n}")))
with open(sys.argv[2], "wb") as file:
    file.write(field(1, 8) + field(7, b"".join(graph)) + field(8, field(1, "") + field(2, 17)))
