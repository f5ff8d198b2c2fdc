#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernels for NEON against those in C: built for 64-bit ARM and run under QEMU, or right here on ARM.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 99
cc=${QSTRATA_ARM_CC:-aarch64-linux-gnu-gcc}
run=${QSTRATA_ARM_RUN:-qemu-aarch64-static}

[ "$(uname -m)" = aarch64 ] && { echo "tests/kernels/same_test has done it"; exit 77; }
for program in $cc $run; do
	command -v "$program" >/dev/null || {
		echo "$program is not there; on Debian: apt-get install gcc-aarch64-linux-gnu qemu-user-static"
		exit 77
	}
done
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
$cc -std=c11 -O2 -Wall -Wextra -Wconversion -Werror -ffp-contract=off -static -D_XOPEN_SOURCE=700 -DQS_KERNELS_NEON \
	-I. tests/kernels/same_test.c tests/kernels/compare.c numbers/kernels/kernels.c numbers/kernels/cpu_arm.c \
	numbers/kernels/bins_c.c numbers/kernels/grid_c.c numbers/kernels/half_c.c numbers/kernels/range_c.c \
	numbers/kernels/*_lanes.c -lm -o "$folder/same_test" || exit 1
$run "$folder/same_test" | tee "$folder/answer"
grep -q '^sets beside C: NEON$' "$folder/answer" && ! grep -q differs "$folder/answer"
