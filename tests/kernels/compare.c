/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a kernel gives the same bits as the one in C. */
#include "tests/kernels/compare.h"

#include <string.h>

/* The most that outputs may be shifted by, in bytes. */
#define SHIFT ((size_t)16 * 4)

size_t stage_room(size_t n)
{
	return GUARD + SHIFT + n * 4 + GUARD;
}

static void clear(const struct stage *stage)
{
	memset(stage->found, 0x5a, stage_room(stage->n));
	memset(stage->expected, 0x5a, stage_room(stage->n));
}

static void *place(const struct stage *stage, char *outputs, size_t size)
{
	return outputs + GUARD + stage->shift * size;
}

static bool same(const struct stage *stage)
{
	return memcmp(stage->found, stage->expected, stage_room(stage->n)) == 0;
}

static bool same_census(const struct qs_census *a, const struct qs_census *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/*
 * Runs a call with `kernel`, `out` and `census` standing for those of both, and returns whether all
 * is the same. Elements of `out` have `size` bytes.
 */
#define COMPARE(type, size, call)                                                                  \
	struct qs_census census_found = {1, 2, 3}, census_expected = census_found;                 \
                                                                                                   \
	clear(stage);                                                                              \
	for (int which = 0; which < 2; which++) {                                                  \
		type *const kernel = which ? expected : found;                                     \
		void *const out = place(stage, which ? stage->expected : stage->found, size);      \
		struct qs_census *const census = which ? &census_expected : &census_found;         \
                                                                                                   \
		(void)out;                                                                         \
		(void)census;                                                                      \
		call;                                                                              \
	}                                                                                          \
	return same(stage) && same_census(&census_found, &census_expected)

bool compare_grid_fake(
    const struct stage *stage, qs_kernel_grid_fake *found, qs_kernel_grid_fake *expected)
{
	COMPARE(qs_kernel_grid_fake, 4, kernel(&stage->grid, stage->in, stage->n, out, census));
}

bool compare_grid_encode(
    const struct stage *stage, qs_kernel_grid_encode *found, qs_kernel_grid_encode *expected)
{
	COMPARE(qs_kernel_grid_encode, 4, kernel(&stage->grid, stage->in, stage->n, out, census));
}

/* A NaN is as good as another here: nobody looks into a sum of squares that is none. */
bool compare_grid_error(
    const struct stage *stage, qs_kernel_grid_error *found, qs_kernel_grid_error *expected)
{
	double a[QS_GRID_SUMS] = {1.0}, b[QS_GRID_SUMS] = {1.0};

	found(&stage->grid, stage->in, stage->n, a);
	expected(&stage->grid, stage->in, stage->n, b);
	for (size_t i = 0; i < QS_GRID_SUMS; i++) {
		if (memcmp(&a[i], &b[i], sizeof(*a)) != 0 && (a[i] == a[i] || b[i] == b[i]))
			return false;
	}
	return true;
}

bool compare_census(const struct stage *stage, qs_kernel_census *found, qs_kernel_census *expected)
{
	COMPARE(qs_kernel_census, 4,
	    kernel(
		stage->in, stage->n, stage->grid.amp, stage->grid.first, stage->grid.last, census));
}

bool compare_range(const struct stage *stage, qs_kernel_range *found, qs_kernel_range *expected)
{
	if (!stage->n)
		return true;
	{
		COMPARE(qs_kernel_range, 4,
		    kernel(stage->in, stage->n, (float *)out, (float *)out + 1));
	}
}

bool compare_bins(const struct stage *stage, qs_kernel_bins *found, qs_kernel_bins *expected)
{
	static const size_t sizes[] = {8, 1000, QS_BINS_LIMIT};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		uint64_t a[QS_BINS_LIMIT] = {1}, b[QS_BINS_LIMIT] = {1};

		found(stage->tame, stage->n, stage->most, sizes[s], a);
		expected(stage->tame, stage->n, stage->most, sizes[s], b);
		if (memcmp(a, b, sizeof(a)) != 0)
			return false;
	}
	return true;
}

bool compare_float_to_half(
    const struct stage *stage, qs_kernel_float_to_half *found, qs_kernel_float_to_half *expected)
{
	COMPARE(qs_kernel_float_to_half, 2, kernel(stage->in, stage->n, out));
}

bool compare_half_to_float(
    const struct stage *stage, qs_kernel_half_to_float *found, qs_kernel_half_to_float *expected)
{
	COMPARE(qs_kernel_half_to_float, 4, kernel(stage->halves, stage->n, out));
}

bool compare_half_fake(
    const struct stage *stage, qs_kernel_half_fake *found, qs_kernel_half_fake *expected)
{
	COMPARE(qs_kernel_half_fake, 4, kernel(stage->in, stage->n, out, census));
}

/* Rows of the table for what this machine does not have are passed over. */
const char *compare_all(const struct stage *stage)
{
	const unsigned sets = qs_kernels_cpu() & ~(unsigned)QS_KERNEL_SET_C;
	struct qs_kernels plain;

	qs_kernels_init(&plain, QS_KERNEL_SET_C);
#define KERNEL(type, slot, function, SET)                                                          \
	if ((sets & QS_KERNEL_SET_##SET) && !compare_##type(stage, function, plain.slot))          \
		return #function;
#include "numbers/kernels/kernels.def"
#undef KERNEL
	return NULL;
}
