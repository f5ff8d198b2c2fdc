#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a valid config with N layer entries, indented as people have them: make-config.py N"""
import json
import sys

OVERALL = {
    "datatype": "int", "bit_width": 8, "method": "maxmin", "round_mode": "half_even",
    "symmetry": True, "per_channel": False, "signed": True, "narrow_range": False,
    "scale_type": "float", "calib_statistic_method": "max",
}


def entry(i):
    return {
        "layer_type": None,
        "layer_name": f"MobileNetV2::MobileNetV2/Sequential[features]/InvertedResidual[{i}]/Conv2d[conv]/input.{i}",
        "quantizable_data_type": ["weights", "activation"],
        "overall_quantize_config": dict(OVERALL, bit_width=8 if i % 3 else 16),
        "tensor_quantize_config": {"weights": {"per_channel": True}},
    }


json.dump({
    "convert_relu6_to_relu": False, "include_cle": False, "include_bias_corr": False,
    "target_device": "CPU",
    "quantizable_data_type": ["input", "weights", "bias", "activation"],
    "overall_quantize_config": OVERALL,
    "layer_quantize_config": [entry(i) for i in range(int(sys.argv[1]))],
}, sys.stdout, indent=0)
