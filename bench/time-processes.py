#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times commands in turn and prints medians, ratios to the first, processor time, which says more where a machine is
shared, and peak memory:
time-processes.py LABEL RUNS COMMAND... [-- LABEL RUNS COMMAND...]..."""
import os
import statistics
import sys
import time


def run(command):
    begin = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(command)}: status {status}")
    return ((time.perf_counter() - begin) * 1000, (usage.ru_utime + usage.ru_stime) * 1000,
            usage.ru_maxrss / 1024)


jobs, rest = [], sys.argv[1:]
while rest:
    end = rest.index("--") if "--" in rest else len(rest)
    jobs.append((rest[0], int(rest[1]), rest[2:end], []))
    rest = rest[end + 1:]
for label, runs, command, results in jobs:
    run(command)
for i in range(max(job[1] for job in jobs)):
    for label, runs, command, results in jobs:
        if i < runs:
            results.append(run(command))
first = statistics.median(r[0] for r in jobs[0][3])
print(f"{'':34} {'median':>10} {'ratio':>7} {'processor':>10} {'peak':>10}")
for label, runs, command, results in jobs:
    median = statistics.median(r[0] for r in results)
    processor = statistics.median(r[1] for r in results)
    print(f"{label:34} {median:7.2f} ms {median / first:7.1f} {processor:7.2f} ms "
          f"{max(r[2] for r in results):6.1f} MiB")
