/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fake quantization in plain operators, bit for bit that of the library (numbers/lattice.h), for
 * rounding modes and scales that QuantizeLinear does not say:
 *
 *   n = Mul(Clip(x), -amp), k = n rounded with ties the other way, y = 0 - k * step.
 *
 * The negation is there for what stands at the end. 0 - k * step is never -0, which the library
 * does not give either, and a subtraction shields the product: ONNX Runtime draws factors into the
 * matrix products and convolutions before and behind them (MatMulScaleFusion, ConvMulFusion), whose
 * sums would then be rounded otherwise. At the start the Clip does so.
 *
 * Rounding is monotone, so that cutting off first is the same. Ceil(n) - n is compared with a half:
 * for |n| >= 1 the difference is exact, and below it is rounded but never across a half.
 */
#include <math.h>

#include "engine/apply_internal.h"
#include "numbers/lattice.h"

struct exact {
	struct qs_writer *writer;
	const struct qs_site *site;
	struct qs_lattice lattice;
};

static const char *add_float(const struct exact *exact, const char *suffix, float value)
{
	return qs_writer_float(exact->writer, exact->site, suffix, value);
}

static const char *step1(
    const struct exact *exact, const char *op_type, const char *a, const char *suffix)
{
	const struct qs_operands operands = {{a}};

	return qs_writer_step(exact->writer, exact->site, op_type, &operands, 1, suffix);
}

static const char *step2(const struct exact *exact, const char *op_type, const char *a,
    const char *b, const char *suffix)
{
	const struct qs_operands operands = {{a, b}};

	return qs_writer_step(exact->writer, exact->site, op_type, &operands, 2, suffix);
}

static const char *choose(const struct exact *exact, const char *condition, const char *a,
    const char *b, const char *suffix)
{
	const struct qs_operands operands = {{condition, a, b}};

	return qs_writer_step(exact->writer, exact->site, "Where", &operands, 3, suffix);
}

/* ---- the range ------------------------------------------------------------------------------- */

/* Whether the value at the end of a range is rounded to it. */
static bool is_end(const struct qs_lattice *lattice, float value, int64_t end)
{
	return fabs((double)(value * lattice->amp) - (double)end) < 0.5;
}

/* Values in units of the step, with the other sign, and cut off at the range. */
static const char *scale(const struct exact *exact, const char *input)
{
	const struct qs_lattice *lattice = &exact->lattice;
	const float low = (float)lattice->low * lattice->step;
	const float high = (float)lattice->high * lattice->step;
	const bool is_near =
	    is_end(lattice, low, lattice->low) && is_end(lattice, high, lattice->high);
	const char *clipped = qs_writer_clip(exact->writer, exact->site, input,
	    is_near ? low : -INFINITY, is_near ? high : INFINITY);
	const char *scaled =
	    step2(exact, "Mul", clipped, add_float(exact, "amp", -lattice->amp), "scaled");

	/* Where steps are finer than float32, only their number can be cut off. */
	return is_near ? scaled
	               : qs_writer_clip(exact->writer, exact->site, scaled, -(float)lattice->high,
			     -(float)lattice->low);
}

/* ---- rounding modes -------------------------------------------------------------------------- */

/* Ties toward minus infinity: those of what is negated go toward plus infinity. */
static const char *round_half_up(const struct exact *exact, const char *scaled)
{
	const char *above = step1(exact, "Ceil", scaled, "above");
	const char *rest = step2(exact, "Sub", above, scaled, "rest");
	const char *less = step2(exact, "Less", rest, add_float(exact, "half", 0.5F), "less");
	const char *below = step2(exact, "Sub", above, add_float(exact, "one", 1.0F), "below");

	return choose(exact, less, above, below, "rounded");
}

/* A magnitude, with ties up or down. */
static const char *round_magnitude(const struct exact *exact, const char *scaled, bool up)
{
	const char *size = step1(exact, "Abs", scaled, "size");
	const char *below = step1(exact, "Floor", size, "below");
	const char *rest = step2(exact, "Sub", size, below, "rest");
	const char *half = add_float(exact, "half", 0.5F);
	const char *above = step2(exact, "Add", below, add_float(exact, "one", 1.0F), "above");

	if (up)
		return choose(
		    exact, step2(exact, "Less", rest, half, "less"), below, above, "rounded");
	return choose(exact, step2(exact, "Greater", rest, half, "more"), above, below, "rounded");
}

static const char *multiply(const struct exact *exact, const char *rounded)
{
	return step2(
	    exact, "Mul", rounded, add_float(exact, "step", exact->lattice.step), "multiple");
}

/* 0 - k * step. */
static void negate(const struct exact *exact, const char *rounded, const char *output)
{
	const char *multiple = multiply(exact, rounded);
	const struct qs_operands operands = {{add_float(exact, "zero", 0.0F), multiple}};

	qs_writer_node(exact->writer, "Sub", &operands, 2, output);
}

/* Magnitudes get the sign that the scaled values have not. */
static void give_sign(
    const struct exact *exact, const char *scaled, const char *rounded, const char *output)
{
	const char *multiple = multiply(exact, rounded);
	const char *zero = add_float(exact, "zero", 0.0F);
	const char *positive = step2(exact, "Less", scaled, zero, "positive");
	const char *negated = step2(exact, "Sub", zero, multiple, "negated");
	const struct qs_operands operands = {{positive, multiple, negated}};

	qs_writer_node(exact->writer, "Where", &operands, 3, output);
}

void qs_writer_exact(
    struct qs_writer *writer, const struct qs_site *site, const char *input, const char *output)
{
	const struct exact exact = {writer, site, qs_lattice_of(&site->qparams, 0)};
	const char *scaled = scale(&exact, input);

	switch ((enum qs_round_mode)site->spec.round_mode) {
	case QS_ROUND_MODE_HALF_EVEN:
		negate(&exact, step1(&exact, "Round", scaled, "rounded"), output);
		break;
	case QS_ROUND_MODE_HALF_UP:
		negate(&exact, round_half_up(&exact, scaled), output);
		break;
	case QS_ROUND_MODE_HALF_DOWN:
	case QS_ROUND_MODE_STD_ROUND:
		give_sign(&exact, scaled,
		    round_magnitude(
			&exact, scaled, site->spec.round_mode == QS_ROUND_MODE_STD_ROUND),
		    output);
		break;
	case QS_ROUND_MODE__COUNT:
		break;
	}
}
