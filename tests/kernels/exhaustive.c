/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All 2^32 values of float32 through every kernel: each instruction set against C, and C against
 * the laws. Takes minutes; `make check-exhaustive`.
 *
 *   exhaustive [THREADS]
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers/round.h"
#include "tests/kernels/compare.h"

/* Enough values for kernels to stream, and for the machine's cache. */
#define CHUNK ((size_t)1 << 20)
#define N_CHUNKS (((uint64_t)1 << 32) / CHUNK)

#define THREADS_LIMIT 256

static atomic_size_t next_chunk, n_failed;

struct buffers {
	float in[CHUNK], faked[CHUNK];
	uint16_t halves[CHUNK];
	int32_t codes[CHUNK];
};

static void fail(const char *what, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	if (atomic_fetch_add(&n_failed, 1) < 20)
		printf("%s is wrong for %a (0x%08x) or a value of its chunk\n", what, (double)value,
		    (unsigned)bits);
}

/* ---- integers -------------------------------------------------------------------------------- */

/* The nearest integer by the law, within the limits of a grid. */
static double round_by_law(float value, int mode)
{
	const double limit = (double)QS_GRID_LIMIT;

	return qs_round_builtin[mode].round(fmax(-limit, fmin(limit, (double)value)));
}

static void check_mode(const struct qs_kernels *plain, struct buffers *buffers, int mode)
{
	const struct qs_grid integers = qs_grid_of(1.0F, 1.0F, -QS_GRID_LIMIT, QS_GRID_LIMIT);
	struct qs_census census = {0, 0, 0};

	plain->grid_fake[mode](&integers, buffers->in, CHUNK, buffers->faked, &census);
	plain->grid_encode[QS_KERNEL_32_BITS][mode](
	    &integers, buffers->in, CHUNK, buffers->codes, &census);
	for (size_t i = 0; i < CHUNK; i++) {
		const float in = buffers->in[i], out = buffers->faked[i];

		if (isnan(in) ? !isnan(out) || buffers->codes[i] != 0
			      : (double)out != round_by_law(in, mode) ||
				    (double)buffers->codes[i] != (double)out)
			fail(qs_round_builtin[mode].plugin.name, in);
	}
}

/* ---- 16-bit floats --------------------------------------------------------------------------- */

/* A binary format as IEEE 754-2019 (3.3) describes it, and its kernel. */
struct format {
	const char *name;
	int precision, least_exponent, greatest_exponent;
	qs_kernel_half_fake *fake;
};

/* The nearest value of a format, ties to even; a double holds all that is on the way. */
static double nearest_of(const struct format *format, float value)
{
	const double largest =
	    ldexp(2.0 - ldexp(1.0, 1 - format->precision), format->greatest_exponent);
	int exponent;
	double quantum, rounded;

	if (isinf(value) || value == 0.0F)
		return (double)value;
	frexp((double)value, &exponent);
	exponent = exponent - 1 < format->least_exponent ? format->least_exponent : exponent - 1;
	quantum = ldexp(1.0, exponent - format->precision + 1);
	rounded = rint((double)value / quantum) * quantum;
	return fabs(rounded) > largest ? copysign(INFINITY, rounded) : rounded;
}

static void check_format(const struct format *format, struct buffers *buffers)
{
	struct qs_census census = {0, 0, 0};

	format->fake(buffers->in, CHUNK, buffers->faked, &census);
	for (size_t i = 0; i < CHUNK; i++) {
		const float in = buffers->in[i], out = buffers->faked[i];

		if (isnan(in) ? !isnan(out) : (double)out != nearest_of(format, in))
			fail(format->name, in);
	}
}

/* ---- all ------------------------------------------------------------------------------------- */

static void check_laws(struct buffers *buffers)
{
	struct qs_kernels plain;

	qs_kernels_init(&plain, QS_KERNEL_SET_C);
	for (int mode = 0; mode < QS_KERNEL__ROUNDINGS; mode++)
		check_mode(&plain, buffers, mode);
	check_format(&(struct format){"bfloat16", 8, -126, 127, plain.bfloat16_fake}, buffers);
	check_format(&(struct format){"float16", 11, -14, 15, plain.float16_fake}, buffers);
}

static void compare_sets(const struct buffers *buffers, char *found, char *expected)
{
	static const float zeros[CHUNK];
	const float greatest = fabsf(buffers->in[CHUNK - 1]);
	const struct stage stage = {
	    .in = buffers->in,
	    .halves = buffers->halves,
	    /* Magnitudes go up with the bits; where not all are finite, zeros are. */
	    .tame = isfinite(greatest) ? buffers->in : zeros,
	    .most = isfinite(greatest) ? greatest : 1.0F,
	    .n = CHUNK,
	    .grid = qs_grid_of(1.0F, 1.0F, -QS_GRID_LIMIT, QS_GRID_LIMIT),
	    .shift = 0,
	    .found = found,
	    .expected = expected,
	};
	const char *name = compare_all(&stage);

	if (name)
		fail(name, buffers->in[0]);
}

static void fill(struct buffers *buffers, size_t chunk)
{
	for (size_t i = 0; i < CHUNK; i++) {
		const uint32_t bits = (uint32_t)(chunk * CHUNK + i);

		memcpy(&buffers->in[i], &bits, sizeof(bits));
		buffers->halves[i] = (uint16_t)bits;
	}
}

static void *work(void *unused)
{
	struct buffers *buffers = malloc(sizeof(*buffers));
	char *found = malloc(stage_room(CHUNK)), *expected = malloc(stage_room(CHUNK));
	size_t chunk;

	(void)unused;
	if (!buffers || !found || !expected)
		fail("memory", 0.0F);
	else {
		while ((chunk = atomic_fetch_add(&next_chunk, 1)) < N_CHUNKS) {
			fill(buffers, chunk);
			compare_sets(buffers, found, expected);
			check_laws(buffers);
			if (chunk % (N_CHUNKS / 16) == 0)
				fprintf(stderr, "%zu of 16\n", (size_t)(chunk / (N_CHUNKS / 16)));
		}
	}
	free(buffers);
	free(found);
	free(expected);
	return NULL;
}

int main(int argc, char **argv)
{
	const int wanted = argc > 1 ? atoi(argv[1]) : 1;
	const int n_threads = wanted < 1 ? 1 : wanted > THREADS_LIMIT ? THREADS_LIMIT : wanted;
	pthread_t threads[THREADS_LIMIT];
	int n_started = 0;

	while (
	    n_started < n_threads - 1 && pthread_create(&threads[n_started], NULL, work, NULL) == 0)
		n_started++;
	work(NULL);
	for (int i = 0; i < n_started; i++)
		pthread_join(threads[i], NULL);
	printf("sets %#x: %zu failures\n", qs_kernels_cpu(), (size_t)n_failed);
	return n_failed ? 1 : 0;
}
