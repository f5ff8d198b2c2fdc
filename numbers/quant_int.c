/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quantizer "int": integers with a scale and a zero point.
 *
 * The law, in float32 throughout, with amp = float32(1 / scale) and step = float32(1 / amp):
 *   q = clamp(round(x * amp) + zero_point, quant_min, quant_max), y = (q - zero_point) * step.
 * Only k = q - zero_point matters to y, so that the range moves instead of the values. Source:
 * vai_q_pytorch 3.5, with one deliberate difference: it converts to an integer before it clamps, so
 * that 1e12 becomes the lowest code there.
 */
#include <math.h>

#include "numbers/array.h"
#include "numbers/lattice.h"
#include "numbers/pool.h"
#include "numbers/quantizer.h"
#include "numbers/registry.h"
#include "numbers/round.h"

/* Values pass between steps in pieces that stay in the cache. */
#define PIECE ((size_t)256)

/* Whether kernels can do it: a built-in rounding mode, and integers that are all float32. */
static bool has_kernel(const struct qs_quantization *how, const struct qs_lattice *lattice)
{
	return qs_round_kernel(how->rounding) != QS_KERNEL__ROUNDINGS &&
	       lattice->low >= -QS_GRID_LIMIT && lattice->high <= QS_GRID_LIMIT;
}

/* The codes of a range within the limits have a zero point that is not far from it. */
static struct qs_grid grid_of(const struct qs_lattice *lattice)
{
	struct qs_grid grid =
	    qs_grid_of(lattice->amp, lattice->step, (int32_t)lattice->low, (int32_t)lattice->high);

	grid.zero_point = (int32_t)lattice->zero_point;
	return grid;
}

/* ---- the law one value at a time, for wide integers and foreign rounding modes --------------- */

/* NaN goes to `low`. */
static int64_t quantize(
    const struct qs_quantization *how, const struct qs_lattice *lattice, float value)
{
	const double scaled = (double)(value * lattice->amp);

	if (!(scaled > (double)lattice->low))
		return lattice->low;
	if (scaled >= (double)lattice->high)
		return lattice->high;
	return (int64_t)how->rounding->round(scaled);
}

static void take_census(const struct qs_quantization *how, const struct qs_lattice *lattice,
    const float *in, size_t n, struct qs_census *census)
{
	how->kernels->census(in, n, lattice->amp, qs_grid_first((double)lattice->low - 0.5),
	    qs_grid_last((double)lattice->high + 0.5), census);
}

static void fake_slowly(const struct qs_quantization *how, const struct qs_lattice *lattice,
    const float *in, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++) {
		const float value = (float)quantize(how, lattice, in[i]) * lattice->step;

		out[i] = isnan(in[i]) ? in[i] : value;
	}
}

static void encode_slowly(const struct qs_quantization *how, const struct qs_lattice *lattice,
    const float *in, size_t n, int64_t *codes)
{
	for (size_t i = 0; i < n; i++)
		codes[i] =
		    quantize(how, lattice, isnan(in[i]) ? 0.0F : in[i]) + lattice->zero_point;
}

/* The integer element types with their C types and ends. */
#define INTEGERS(X)                                                                                \
	X(INT8, int8_t, INT8_MIN, INT8_MAX)                                                        \
	X(UINT8, uint8_t, 0, UINT8_MAX)                                                            \
	X(INT16, int16_t, INT16_MIN, INT16_MAX)                                                    \
	X(UINT16, uint16_t, 0, UINT16_MAX)                                                         \
	X(INT32, int32_t, INT32_MIN, INT32_MAX)                                                    \
	X(UINT32, uint32_t, 0, UINT32_MAX)                                                         \
	X(INT64, int64_t, INT64_MIN, INT64_MAX)

static bool holds(enum qs_element element, int64_t least, int64_t most)
{
	switch (element) {
#define HOLDS(ID, type, min, max)                                                                  \
	case QS_ELEMENT_##ID:                                                                      \
		return least >= (min) && most <= (int64_t)(max);
		INTEGERS(HOLDS)
#undef HOLDS
	default:
		return false;
	}
}

static void store(const int64_t *codes, size_t n, enum qs_element element, void *out, size_t at)
{
	switch (element) {
#define STORE(ID, type, min, max)                                                                  \
	case QS_ELEMENT_##ID:                                                                      \
		for (size_t i = 0; i < n; i++)                                                     \
			((type *)out)[at + i] = (type)codes[i];                                    \
		break;
		INTEGERS(STORE)
#undef STORE
	default:
		break;
	}
}

static void load(enum qs_element element, const void *in, size_t at, size_t n, int64_t *codes)
{
	switch (element) {
#define LOAD(ID, type, min, max)                                                                   \
	case QS_ELEMENT_##ID:                                                                      \
		for (size_t i = 0; i < n; i++)                                                     \
			codes[i] = (int64_t)((const type *)in)[at + i];                            \
		break;
		INTEGERS(LOAD)
#undef LOAD
	default:
		break;
	}
}

static enum qs_element storage(const struct qs_quantization *how)
{
	static const enum qs_element with_sign[] = {
	    QS_ELEMENT_INT8, QS_ELEMENT_INT16, QS_ELEMENT_INT32};
	static const enum qs_element without[] = {
	    QS_ELEMENT_UINT8, QS_ELEMENT_UINT16, QS_ELEMENT_UINT32};
	const struct qs_qparams *qparams = how->qparams;
	const enum qs_element *narrowest_first = qparams->quant_min < 0 ? with_sign : without;

	for (size_t i = 0; i < 3; i++) {
		if (holds(narrowest_first[i], qparams->quant_min, qparams->quant_max))
			return narrowest_first[i];
	}
	return QS_ELEMENT_INT64;
}

/* ---- runs of values with one scale ----------------------------------------------------------- */

static void fake_run(const struct qs_quantization *how, const struct qs_lattice *lattice,
    const float *in, size_t n, float *out, struct qs_census *census)
{
	if (has_kernel(how, lattice)) {
		const struct qs_grid grid = grid_of(lattice);

		how->kernels->grid_fake[qs_round_kernel(how->rounding)](&grid, in, n, out, census);
	} else {
		take_census(how, lattice, in, n, census);
		fake_slowly(how, lattice, in, n, out);
	}
}

/* The width of codes that a kernel writes; QS_KERNEL__WIDTHS for others. */
static enum qs_kernel_width width_of(enum qs_element element)
{
	switch (element) {
	case QS_ELEMENT_INT8:
	case QS_ELEMENT_UINT8:
		return QS_KERNEL_8_BITS;
	case QS_ELEMENT_INT16:
	case QS_ELEMENT_UINT16:
		return QS_KERNEL_16_BITS;
	case QS_ELEMENT_INT32:
	case QS_ELEMENT_UINT32:
		return QS_KERNEL_32_BITS;
	default:
		return QS_KERNEL__WIDTHS;
	}
}

static void encode_run(const struct qs_quantization *how, const struct qs_lattice *lattice,
    const float *in, size_t n, enum qs_element element, void *out, struct qs_census *census)
{
	const enum qs_kernel_width width = width_of(element);
	int64_t codes[PIECE];

	if (has_kernel(how, lattice) && width != QS_KERNEL__WIDTHS) {
		const struct qs_grid grid = grid_of(lattice);

		how->kernels->grid_encode[width][qs_round_kernel(how->rounding)](
		    &grid, in, n, out, census);
		return;
	}
	take_census(how, lattice, in, n, census);
	for (size_t at = 0; at < n; at += PIECE) {
		const size_t size = n - at < PIECE ? n - at : PIECE;

		encode_slowly(how, lattice, in + at, size, codes);
		store(codes, size, element, out, at);
	}
}

/* ---- tensors --------------------------------------------------------------------------------- */

/* A tensor with one scale is one run, whatever its shape. */
static struct qs_layout effective(const struct qs_quantization *how, struct qs_layout layout)
{
	if (how->qparams->n == 1)
		return (struct qs_layout){1, 1, qs_layout_count(layout)};
	return layout;
}

/* A tensor on its way into codes of an element type, or into float32 with the values of codes. */
struct conversion {
	const struct qs_quantization *how;
	struct qs_layout layout;
	const float *in;
	enum qs_element element;
	void *out;
	struct qs_census censuses[QS_SHARES_LIMIT];
};

/* Converts values of one channel. */
static void convert_run(const struct conversion *conversion, size_t channel, const float *in,
    size_t n, void *out, struct qs_census *census)
{
	const struct qs_lattice lattice = qs_lattice_of(conversion->how->qparams, channel);

	if (conversion->element == QS_ELEMENT_FLOAT32)
		fake_run(conversion->how, &lattice, in, n, out, census);
	else
		encode_run(conversion->how, &lattice, in, n, conversion->element, out, census);
}

static void *out_at(const struct conversion *conversion, size_t at)
{
	return (char *)conversion->out + at * qs_element_size(conversion->element);
}

static void convert_runs(
    const struct conversion *conversion, struct qs_share share, struct qs_census *census)
{
	const struct qs_layout layout = conversion->layout;

	for (size_t at = share.begin, next; at < share.end; at = next) {
		const size_t run = at / layout.inner, end = (run + 1) * layout.inner;

		next = end < share.end ? end : share.end;
		convert_run(conversion, run % layout.channels, conversion->in + at, next - at,
		    out_at(conversion, at), census);
	}
}

/* ---- tensors whose channels stand side by side ----------------------------------------------- */

/*
 * Weights of a matrix product have a run of one value for each channel. Tiles of them are turned,
 * for the kernels to have something to go through, and back. A tile stays in the cache, and each
 * line of memory is gone to once: rows are often a power of two apart, where columns would push one
 * another out of the cache.
 */
#define TILE_ROWS ((size_t)128)
#define TILE_COLUMNS ((size_t)16)

struct tile {
	size_t row, column, n_rows, n_columns;
	float in[TILE_COLUMNS * TILE_ROWS];     /* by columns */
	uint64_t out[TILE_COLUMNS * TILE_ROWS]; /* the same, of elements of any size */
};

static void gather(const struct conversion *conversion, struct tile *tile)
{
	const size_t channels = conversion->layout.channels;

	for (size_t r = 0; r < tile->n_rows; r++) {
		const float *row = conversion->in + (tile->row + r) * channels + tile->column;

		for (size_t c = 0; c < tile->n_columns; c++)
			tile->in[c * TILE_ROWS + r] = row[c];
	}
}

#define SCATTER(type)                                                                              \
	for (size_t r = 0; r < tile->n_rows; r++) {                                                \
		type *row = (type *)conversion->out + (tile->row + r) * channels + tile->column;   \
                                                                                                   \
		for (size_t c = 0; c < tile->n_columns; c++)                                       \
			row[c] = ((const type *)tile->out)[c * TILE_ROWS + r];                     \
	}                                                                                          \
	break;

static void scatter(const struct conversion *conversion, const struct tile *tile)
{
	const size_t channels = conversion->layout.channels;

	switch (qs_element_size(conversion->element)) {
	case 1:
		SCATTER(uint8_t)
	case 2:
		SCATTER(uint16_t)
	case 4:
		SCATTER(uint32_t)
	default:
		SCATTER(uint64_t)
	}
}
#undef SCATTER

static void convert_tile(
    const struct conversion *conversion, struct tile *tile, struct qs_census *census)
{
	const size_t size = qs_element_size(conversion->element);

	gather(conversion, tile);
	for (size_t c = 0; c < tile->n_columns; c++)
		convert_run(conversion, tile->column + c, tile->in + c * TILE_ROWS, tile->n_rows,
		    (char *)tile->out + c * TILE_ROWS * size, census);
	scatter(conversion, tile);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void convert_columns(
    const struct conversion *conversion, struct qs_share rows, struct qs_census *census)
{
	const size_t channels = conversion->layout.channels;
	struct tile tile;

	for (tile.row = rows.begin; tile.row < rows.end; tile.row += TILE_ROWS) {
		tile.n_rows = least(rows.end - tile.row, TILE_ROWS);
		for (tile.column = 0; tile.column < channels; tile.column += TILE_COLUMNS) {
			tile.n_columns = least(channels - tile.column, TILE_COLUMNS);
			convert_tile(conversion, &tile, census);
		}
	}
}

/* Converts whole rows by columns, and what is left at both ends by runs. */
static void convert_rows(
    const struct conversion *conversion, struct qs_share share, struct qs_census *census)
{
	const size_t channels = conversion->layout.channels;
	const struct qs_share rows = {
	    (share.begin + channels - 1) / channels, share.end / channels};

	if (rows.begin >= rows.end) {
		convert_runs(conversion, share, census);
		return;
	}
	convert_runs(conversion, (struct qs_share){share.begin, rows.begin * channels}, census);
	convert_columns(conversion, rows, census);
	convert_runs(conversion, (struct qs_share){rows.end * channels, share.end}, census);
}

static void convert_share(void *context, size_t index)
{
	struct conversion *conversion = context;
	const struct qs_layout layout = conversion->layout;
	const struct qs_share share = qs_share_of(qs_layout_count(layout), index);

	if (layout.inner == 1 && layout.channels > 1 && layout.outer > 1)
		convert_rows(conversion, share, &conversion->censuses[index]);
	else
		convert_runs(conversion, share, &conversion->censuses[index]);
}

static enum qs_status convert(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, enum qs_element element, void *out, struct qs_counts *counts)
{
	struct conversion conversion = {
	    .how = how, .layout = effective(how, layout), .in = in, .element = element, .out = out};
	const size_t n_shares = qs_shares(qs_layout_count(layout));

	qs_pool_run(how->pool, n_shares, convert_share, &conversion);
	for (size_t i = 0; i < n_shares; i++)
		qs_census_count(&conversion.censuses[i], counts);
	return QS_OK;
}

static enum qs_status fake(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, float *out, struct qs_counts *counts)
{
	return convert(how, layout, in, QS_ELEMENT_FLOAT32, out, counts);
}

static enum qs_status encode(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, enum qs_element element, void *out, struct qs_counts *counts)
{
	if (!holds(element, how->qparams->quant_min, how->qparams->quant_max))
		return QS_BUG;
	return convert(how, layout, in, element, out, counts);
}

static enum qs_status decode(const struct qs_quantization *how, struct qs_layout layout,
    enum qs_element element, const void *in, float *out)
{
	const struct qs_layout runs = effective(how, layout);
	int64_t codes[PIECE];

	if (!holds(element, how->qparams->quant_min, how->qparams->quant_max))
		return QS_BUG;
	for (size_t r = 0; r < runs.outer * runs.channels; r++) {
		const struct qs_lattice lattice = qs_lattice_of(how->qparams, r % runs.channels);
		const size_t end = (r + 1) * runs.inner;

		for (size_t at = r * runs.inner; at < end; at += PIECE) {
			const size_t n = end - at < PIECE ? end - at : PIECE;

			load(element, in, at, n, codes);
			for (size_t i = 0; i < n; i++)
				out[at + i] = (float)(codes[i] - lattice.zero_point) * lattice.step;
		}
	}
	return QS_OK;
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_ROUND_MODE, QS_PARAM_SYMMETRY,
    QS_PARAM_SIGNED, QS_PARAM_NARROW_RANGE, QS_PARAM_PER_CHANNEL};

const struct qs_quantizer qs_quant_int = {
    .plugin = {QS_PLUGIN_ABI, "int", "integers with a scale and a zero point", reads,
	sizeof(reads) / sizeof(*reads)},
    .needs_qparams = true,
    .holds_nan = false,
    .storage = storage,
    .fake = fake,
    .encode = encode,
    .decode = decode,
};
