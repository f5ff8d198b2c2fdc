/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times the numeric core on one thread, each step as a multiple of memcpy of the same floats.
 *
 * Every step is measured in turn with its memcpy, and the median of the ratios counts: what slows
 * the machine down for a while slows both.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "numbers/array.h"
#include "numbers/cpu.h"
#include "numbers/observer.h"
#include "qstrata/numbers.h"
#include "numbers/registry.h"
#include "tests/unit/random.h"

#define MANY ((size_t)16 << 20)
#define MILLION ((size_t)1 << 20)
#define ROUNDS 25

/* What all steps work on. */
struct bench {
	struct qs_registry *registry;
	struct qs_findings *findings;
	float *in, *out; /* MANY values each */
	struct qs_qparams qparams;
	size_t n_failed;
};

/* One step; `option` tells those of one kind apart. */
typedef void step(struct bench *bench, int option);

/* Time of this thread, which does not go on while others have its processor. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

/* The destination is what the step writes to, so that both find their memory in the same state. */
static double time_memcpy(const struct bench *bench, size_t n)
{
	const double start = now();

	memcpy(bench->out, bench->in, n * sizeof(float));
	return now() - start;
}

static void measure(
    struct bench *bench, const char *name, size_t n, double aim, step *run, int option)
{
	double times[ROUNDS], ratios[ROUNDS], ratio;

	run(bench, option);
	for (size_t i = 0; i < ROUNDS; i++) {
		const double copied = time_memcpy(bench, n), start = now();

		run(bench, option);
		times[i] = now() - start;
		ratios[i] = times[i] / copied;
	}
	ratio = median(ratios, ROUNDS);
	printf("%-26s %9.2f ms %8.2f  %6.1f%s\n", name, median(times, ROUNDS) * 1e3, ratio, aim,
	    ratio > aim ? "  missed" : "");
}

static void check(struct bench *bench, enum qs_status status)
{
	bench->n_failed += status != QS_OK;
}

static struct qs_subject subject_of(const struct bench *bench)
{
	return (struct qs_subject){"the data", {NULL, 0, 0}, bench->findings};
}

static struct qs_quantization bind(struct bench *bench, int datatype, int round_mode)
{
	const struct qs_subject subject = subject_of(bench);
	struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);
	struct qs_quantization how;

	spec.datatype = datatype;
	spec.round_mode = round_mode;
	check(bench, qs_quantizer_bind(bench->registry, &spec, &bench->qparams, &subject, &how));
	return how;
}

static const struct qs_layout all = {1, 1, MANY};

static void fake_integers(struct bench *bench, int round_mode)
{
	const struct qs_quantization how = bind(bench, QS_DATATYPE_INT, round_mode);
	struct qs_counts counts;

	check(bench, qs_quantizer_fake(&how, all, bench->in, bench->out, &counts));
}

static void fake_floats(struct bench *bench, int datatype)
{
	const struct qs_quantization how = bind(bench, datatype, QS_ROUND_MODE_HALF_EVEN);
	struct qs_counts counts;

	check(bench, qs_quantizer_fake(&how, all, bench->in, bench->out, &counts));
}

static void encode(struct bench *bench, int round_mode)
{
	const struct qs_quantization how = bind(bench, QS_DATATYPE_INT, round_mode);
	const struct qs_subject subject = subject_of(bench);
	struct qs_counts counts;

	check(bench, qs_quantizer_encode(
			 &how, all, bench->in, QS_ELEMENT_INT8, bench->out, &subject, &counts));
}

static void find_range(struct bench *bench, int option)
{
	(void)option;
	qs_registry_kernels(bench->registry)
	    ->range(bench->in, MANY, &bench->out[0], &bench->out[1]);
}

static void count_bins(struct bench *bench, int option)
{
	uint64_t bins[QS_BINS_LIMIT] = {0};

	(void)option;
	qs_registry_kernels(bench->registry)->bins(bench->in, MANY, 8.0F, QS_BINS_LIMIT, bins);
	bench->n_failed += !bins[0];
}

static void calibrate(struct bench *bench, int method)
{
	const struct qs_observation observation = {
	    .channels = 1, .scale_law = QS_SCALE_LAW_QMAX, .subject = subject_of(bench)};
	struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);
	struct qs_qparams qparams = {0};

	spec.method = method;
	spec.scale_type =
	    method == QS_METHOD_DIFFS ? QS_SCALE_TYPE_POWEROFTWO : QS_SCALE_TYPE_FLOAT;
	check(bench, qs_observer_calibrate(bench->registry, &spec, &observation,
			 (struct qs_layout){1, 1, MILLION}, bench->in, &qparams));
	qs_qparams_done(&qparams);
}

/* Sums of uniform values, which come near a normal distribution; all within -8 .. 8. */
static void fill(float *in)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < MANY; i++) {
		float sum = 0.0F;

		for (int term = 0; term < 4; term++)
			sum += random_between(&seed, -2.0F, 2.0F);
		in[i] = sum;
	}
}

static void measure_all(struct bench *bench)
{
	double copies[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++)
		copies[i] = time_memcpy(bench, MANY);
	printf("memcpy of %zu M floats: %.2f ms, instruction sets %#x\n\n", MANY >> 20,
	    median(copies, ROUNDS) * 1e3, qs_cpu_sets());
	printf("%-26s %12s %8s  %6s\n", "step", "median", "x memcpy", "aim");
	for (int mode = 0; mode < QS_ROUND_MODE__COUNT; mode++) {
		char name[40];

		snprintf(name, sizeof(name), "fake int8, %s",
		    qs_round_mode_word((enum qs_round_mode)mode));
		measure(bench, name, MANY, 1.2, fake_integers, mode);
	}
	measure(bench, "fake bfloat16", MANY, 1.2, fake_floats, QS_DATATYPE_BFLOAT16);
	measure(bench, "fake float16", MANY, 1.2, fake_floats, QS_DATATYPE_FLOAT16);
	measure(bench, "quantize to int8", MANY, 1.0, encode, QS_ROUND_MODE_HALF_EVEN);
	measure(bench, "minimum and maximum", MANY, 0.6, find_range, 0);
	measure(bench, "histogram", MANY, 3.0, count_bins, 0);
	measure(bench, "calibrate 1 M, percentile", MILLION, 8.0, calibrate, QS_METHOD_PERCENTILE);
	measure(bench, "calibrate 1 M, mse", MILLION, 20.0, calibrate, QS_METHOD_MSE);
	measure(bench, "calibrate 1 M, entropy", MILLION, 30.0, calibrate, QS_METHOD_ENTROPY);
	measure(bench, "calibrate 1 M, diffs", MILLION, 8.0, calibrate, QS_METHOD_DIFFS);
}

int main(void)
{
	double scale = 8.0 / 127.0, float_max = 8.0;
	int64_t zero_point = 0;
	struct bench bench = {
	    .registry = qs_registry_new(),
	    .findings = qs_findings_new(),
	    .in = aligned_alloc(64, MANY * sizeof(float)),
	    .out = aligned_alloc(64, MANY * sizeof(float)),
	    .qparams = {1, &scale, &zero_point, &float_max, -128, 127},
	};

	if (!bench.registry || !bench.findings || !bench.in || !bench.out) {
		fputs("no memory\n", stderr);
		return 1;
	}
	fill(bench.in);
	memset(bench.out, 0, MANY * sizeof(float));
	measure_all(&bench);
	qs_registry_free(bench.registry);
	qs_findings_free(bench.findings);
	free(bench.in);
	free(bench.out);
	return bench.n_failed != 0;
}
