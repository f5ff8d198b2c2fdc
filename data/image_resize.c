/* SPDX-License-Identifier: Apache-2.0 */
/* Brings pictures to another size: first along the rows, then along the columns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/image.h"

/* The old pixels that one new pixel is made of, along one direction, and their weights. */
struct tap {
	size_t first, n;
	const float *weights;
};

struct taps {
	struct tap *list; /* one a new pixel */
	float *weights;
};

static void free_taps(struct taps *taps)
{
	free(taps->list);
	free(taps->weights);
}

/* Weights of a triangle as wide as two new pixels, or two old ones where those are wider. */
static struct tap make_tap(double center, double reach, size_t n_old, float *weights)
{
	const double low = floor(center - reach + 0.5), high = floor(center + reach + 0.5);
	const size_t first = low > 0 ? (size_t)low : 0;
	const size_t end = high < (double)n_old ? (size_t)high : n_old;
	double sum = 0;

	for (size_t i = first; i < end; i++)
		sum += fmax(0, 1 - fabs((double)i + 0.5 - center) / reach);
	for (size_t i = first; i < end; i++)
		weights[i - first] =
		    (float)(fmax(0, 1 - fabs((double)i + 0.5 - center) / reach) / sum);
	return (struct tap){first, end - first, weights};
}

/* How `n_new` pixels are made of those of `n_old` that lie from `start` on for `span`. */
static bool make_taps(double start, double span, size_t n_old, size_t n_new, struct taps *ret_taps)
{
	const double step = span / (double)n_new;
	const double reach = step > 1 ? step : 1;
	const size_t most = (size_t)ceil(reach) * 2 + 2;
	struct taps taps = {calloc(n_new, sizeof(*taps.list)), calloc(n_new * most, sizeof(float))};

	for (size_t i = 0; taps.list && taps.weights && i < n_new; i++)
		taps.list[i] = make_tap(
		    start + ((double)i + 0.5) * step, reach, n_old, taps.weights + i * most);
	*ret_taps = taps;
	return taps.list && taps.weights;
}

/* One row of bytes to a row of values. */
static void resize_row(
    const unsigned char *row, const struct taps *taps, size_t n_new, float *values)
{
	for (size_t x = 0; x < n_new; x++) {
		const struct tap *tap = &taps->list[x];

		for (size_t c = 0; c < 3; c++) {
			float sum = 0;

			for (size_t i = 0; i < tap->n; i++)
				sum += tap->weights[i] * (float)row[(tap->first + i) * 3 + c];
			values[x * 3 + c] = sum;
		}
	}
}

/* Rows of values to one row. */
static void blend_rows(const float *rows, size_t row_size, const struct tap *tap, float *values)
{
	memset(values, 0, row_size * sizeof(*values));
	for (size_t i = 0; i < tap->n; i++) {
		const float *row = rows + (tap->first + i) * row_size;

		for (size_t j = 0; j < row_size; j++)
			values[j] += tap->weights[i] * row[j];
	}
}

static bool resize(const struct qs_image *image, const struct qs_image_fit_plan *plan, size_t width,
    const struct taps *across, const struct taps *down, float *values)
{
	const size_t row_size = plan->to_width * 3;
	float *rows = calloc(image->height * row_size, sizeof(*rows));

	for (size_t y = 0; rows && y < image->height; y++)
		resize_row(image->pixels + y * image->width * 3, across, plan->to_width,
		    rows + y * row_size);
	for (size_t y = 0; rows && y < plan->to_height; y++)
		blend_rows(rows, row_size, &down->list[y],
		    values + ((plan->to_top + y) * width + plan->to_left) * 3);
	free(rows);
	return rows;
}

enum qs_status qs_image_resize(
    const struct qs_image *image, const struct qs_image_fit_plan *plan, size_t width, float *values)
{
	struct taps across = {NULL, NULL}, down = {NULL, NULL};
	bool done = make_taps(plan->left, plan->width, image->width, plan->to_width, &across) &&
	            make_taps(plan->top, plan->height, image->height, plan->to_height, &down);

	done = done && resize(image, plan, width, &across, &down, values);
	free_taps(&across);
	free_taps(&down);
	return done ? QS_OK : QS_NOMEM;
}

/* The part of a length that is left when it shrinks by a share, and where it starts. */
static size_t inner_part(size_t length, double share, size_t *ret_start)
{
	const double part = floor((double)length * share + 0.5);
	const size_t size = part < 1 ? 1 : (size_t)part;

	*ret_start = (length - size) / 2;
	return size;
}

struct qs_image_fit_plan qs_image_fit_of(
    const struct qs_image *image, size_t width, size_t height, enum qs_image_fit fit)
{
	const double w = (double)image->width, h = (double)image->height;
	/* How much wider than the area the picture is, both made equally high. */
	const double ratio = w * (double)height / (h * (double)width);
	struct qs_image_fit_plan plan = {0, 0, w, h, 0, 0, width, height};

	if (fit == QS_IMAGE_FIT_COVER && ratio > 1)
		plan.width = w / ratio;
	else if (fit == QS_IMAGE_FIT_COVER)
		plan.height = h * ratio;
	else if (fit == QS_IMAGE_FIT_CONTAIN && ratio > 1)
		plan.to_height = inner_part(height, 1 / ratio, &plan.to_top);
	else if (fit == QS_IMAGE_FIT_CONTAIN)
		plan.to_width = inner_part(width, ratio, &plan.to_left);
	plan.left = (w - plan.width) / 2;
	plan.top = (h - plan.height) / 2;
	return plan;
}
