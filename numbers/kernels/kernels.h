/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops over memory, and the table through which they are called.
 *
 * The C version of a kernel is its specification; a version for an instruction set gives the same
 * bits for every input and lies over it in the table (kernels.def). Kernels allocate nothing, know
 * nothing but memory, take any length including 0, and want no alignment beyond that of the type.
 * Outputs do not overlap inputs.
 */
#ifndef NUMBERS_KERNELS_KERNELS_H
#define NUMBERS_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* The rounding modes that kernels know. */
enum qs_kernel_rounding {
	QS_KERNEL_HALF_EVEN, /* ties to the even integer */
	QS_KERNEL_HALF_UP,   /* ties toward plus infinity */
	QS_KERNEL_HALF_DOWN, /* ties toward zero */
	QS_KERNEL_STD_ROUND, /* ties away from zero */
	QS_KERNEL__ROUNDINGS
};

/* The widths of integer codes, signed or not: the bits are the same. */
enum qs_kernel_width {
	QS_KERNEL_8_BITS,
	QS_KERNEL_16_BITS,
	QS_KERNEL_32_BITS,
	QS_KERNEL__WIDTHS
};

/*
 * Equally spaced values: the multiples k * step for low <= k <= high, whose codes are k +
 * zero_point. `amp` is float32(1 / scale), above 0, and `step` float32(1 / amp). Scaled values
 * outside first .. last are beyond the range.
 */
struct qs_grid {
	float amp, step;
	int32_t low, high; /* within -QS_GRID_LIMIT .. QS_GRID_LIMIT */
	int32_t zero_point;
	float first, last;
};

/* Up to here every integer is a float32. */
#define QS_GRID_LIMIT ((int32_t)1 << 24)

/* A grid with the zero point 0, and as beyond what its ends move by more than half a step. */
struct qs_grid qs_grid_of(float amp, float step, int32_t low, int32_t high);

/* The least float32 from a number on, and the greatest up to it. */
float qs_grid_first(double bound);
float qs_grid_last(double bound);

/* What a pass over values found: numbers out of the range are `beyond` when finite. */
struct qs_census {
	uint64_t nan, infinite, beyond;
};

/*
 * out[i] = clamp(round(in[i] * amp), low, high) * step, all in float32; NaN stays NaN. The census
 * is added to.
 */
typedef void qs_kernel_grid_fake(
    const struct qs_grid *grid, const float *in, size_t n, float *out, struct qs_census *census);

/*
 * out[i] = clamp(round(in[i] * amp), low, high) + zero_point, as an integer of the kernel's width
 * that holds it; for NaN in[i] is 0. The census is added to.
 */
typedef void qs_kernel_grid_encode(
    const struct qs_grid *grid, const float *in, size_t n, void *out, struct qs_census *census);

/*
 * Adds (in[i] - fake(in[i]))^2 to sums[i % QS_GRID_SUMS], in order: the difference in float32, the
 * square and the sums in double.
 */
#define QS_GRID_SUMS 16
typedef void qs_kernel_grid_error(
    const struct qs_grid *grid, const float *in, size_t n, double sums[QS_GRID_SUMS]);

/*
 * Counts NaN, infinities, and finite values whose in[i] * amp lies outside first .. last, which are
 * finite; amp is above 0. Adds.
 */
typedef void qs_kernel_census(
    const float *in, size_t n, float amp, float first, float last, struct qs_census *census);

/*
 * The ends of n >= 1 values in the total order of IEEE 754 (5.10): -NaN, -infinity, numbers,
 * infinity, NaN. The ends are finite exactly when every value is.
 */
typedef void qs_kernel_range(const float *in, size_t n, float *ret_least, float *ret_most);

/* float32 to 16-bit floats: nearest, ties to even, overflow to infinity, NaN to a quiet NaN. */
typedef void qs_kernel_float_to_half(const float *in, size_t n, uint16_t *out);

/* 16-bit floats to float32, which holds all of them. */
typedef void qs_kernel_half_to_float(const uint16_t *in, size_t n, float *out);

/* To a 16-bit float and back; beyond is what becomes infinite. The census is added to. */
typedef void qs_kernel_half_fake(const float *in, size_t n, float *out, struct qs_census *census);

/* The largest float32 that does not overflow in a 16-bit format. */
#define QS_BFLOAT16_LARGEST 0x1.fefffep127F
#define QS_FLOAT16_LARGEST 0x1.ffdffep15F

/*
 * Counts magnitudes in n_bins equal bins of [0, most], most > 0: |x| goes to the bin
 * floor(float32(|x| / most) * n_bins), in float32, and `most` itself to the last. Adds to bins;
 * every |in[i]| <= most, and n_bins <= QS_BINS_LIMIT.
 */
#define QS_BINS_LIMIT 2048
typedef void qs_kernel_bins(const float *in, size_t n, float most, size_t n_bins, uint64_t *bins);

struct qs_kernels {
	qs_kernel_grid_fake *grid_fake[QS_KERNEL__ROUNDINGS];
	qs_kernel_grid_encode *grid_encode[QS_KERNEL__WIDTHS][QS_KERNEL__ROUNDINGS];
	qs_kernel_grid_error *grid_error[QS_KERNEL__ROUNDINGS];
	qs_kernel_census *census;
	qs_kernel_range *range;
	qs_kernel_bins *bins;
	qs_kernel_float_to_half *float_to_bfloat16, *float_to_float16;
	qs_kernel_half_to_float *bfloat16_to_float, *float16_to_float;
	qs_kernel_half_fake *bfloat16_fake, *float16_fake;
};

/* Instruction sets, to be joined. C is always among them. */
enum qs_kernel_set {
	QS_KERNEL_SET_C = 1,
	QS_KERNEL_SET_AVX2 = 2,   /* with F16C and FMA */
	QS_KERNEL_SET_AVX512 = 4, /* F, BW, DQ and VL */
	QS_KERNEL_SET_NEON = 8    /* of 64-bit ARM */
};

#define KERNEL(type, slot, function, SET) qs_kernel_##type function;
#include "numbers/kernels/kernels.def"
#undef KERNEL

/* Fills the table with the best version of each kernel that the instruction sets allow. */
void qs_kernels_init(struct qs_kernels *kernels, unsigned sets);

/* The instruction sets that this processor has and that there are kernels for. */
unsigned qs_kernels_cpu(void);

#endif
