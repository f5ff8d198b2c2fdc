#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times what PyTorch does for 16 M floats on one thread, as a multiple of copying them.

Says so and ends well where PyTorch is not installed. Read its ratios beside those of bench/kernels.
"""
import statistics
import sys
import time

try:
    import torch
except ImportError:
    print("PyTorch is not there; on Debian: apt-get install python3-torch")
    sys.exit(0)

ROUNDS = 9


def timed(work):
    start = time.thread_time()
    work()
    return time.thread_time() - start


def main():
    torch.set_num_threads(1)
    data = torch.randn(16 << 20)
    copy = torch.empty_like(data)
    scale = 8.0 / 127.0
    steps = {
        "fake int8": lambda: torch.fake_quantize_per_tensor_affine(data, scale, 0, -128, 127),
        "quantize to int8": lambda: torch.quantize_per_tensor(data, scale, 0, torch.qint8),
        "minimum and maximum": lambda: torch.aminmax(data),
        "to bfloat16 and back": lambda: data.bfloat16().float(),
        "histogram": lambda: torch.histc(data, 2048),
    }
    print(f"PyTorch {torch.__version__}, one thread")
    for name, work in steps.items():
        work()
        ratios = [timed(work) / timed(lambda: copy.copy_(data)) for _ in range(ROUNDS)]
        print(f"{name:26} {statistics.median(ratios):8.2f} x copy")


if __name__ == "__main__":
    main()
