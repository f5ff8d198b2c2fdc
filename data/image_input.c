/* SPDX-License-Identifier: Apache-2.0 */
/* Lays pictures out as an input of a model takes them. */
#include "data/image_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"

static enum qs_status refuse(struct qs_findings *findings, const struct qs_data_input *input,
    const char *what, const char *hint)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_IMAGE_INPUT,
	    (struct qs_place){NULL, 0, 0}, "input \"%s\" of the model %s", input->name, what);

	qs_finding_hint(findings, finding, "%s", hint);
	return QS_INVALID;
}

/* ---- what a shape says ----------------------------------------------------------------------- */

static bool is_channels(int64_t dim)
{
	return dim == 1 || dim == 3;
}

/* The layout, or __COUNT when a shape could be either. */
static enum qs_image_layout layout_of(const struct qs_data_input *input)
{
	const bool second = is_channels(input->dims[1]), last = is_channels(input->dims[3]);

	if (second == last)
		return QS_IMAGE_LAYOUT__COUNT;
	return second ? QS_IMAGE_LAYOUT_NCHW : QS_IMAGE_LAYOUT_NHWC;
}

/* What a dimension is: the model's, else the one asked for. False when both are and differ. */
static bool settle(int64_t dim, size_t asked, size_t *ret_size)
{
	*ret_size = dim > 0 ? (size_t)dim : asked;
	return !asked || *ret_size == asked;
}

static enum qs_status settle_channels(
    struct qs_image_input *input, int64_t dim, struct qs_findings *findings)
{
	enum qs_image_color *color = &input->options.color;

	if (dim > 0 && !is_channels(dim))
		return refuse(findings, input->input, "has neither 1 nor 3 channels",
		    "give the data as .npy files");
	if (*color == QS_IMAGE_COLOR__COUNT)
		*color = dim == 1 ? QS_IMAGE_COLOR_GRAY : QS_IMAGE_COLOR_RGB;
	input->channels = *color == QS_IMAGE_COLOR_GRAY ? 1 : 3;
	if (dim > 0 && (size_t)dim != input->channels)
		return refuse(findings, input->input,
		    "has another number of channels than color says",
		    "1 channel is gray, 3 are rgb or bgr");
	return QS_OK;
}

static enum qs_status settle_shape(struct qs_image_input *input, struct qs_findings *findings)
{
	const struct qs_image_options *options = &input->options;
	const bool last = options->layout == QS_IMAGE_LAYOUT_NHWC;
	const int64_t *dims = input->input->dims;
	const int64_t *area = dims + (last ? 1 : 2);

	if (!settle(area[0], options->height, &input->height) ||
	    !settle(area[1], options->width, &input->width))
		return refuse(findings, input->input, "has another height or width than size says",
		    "leave size out, or export the model with dynamic sizes");
	if (!settle(dims[0], options->batch, &input->batch))
		return refuse(findings, input->input, "has another first dimension than batch says",
		    "leave batch out, or export the model with a dynamic first dimension");
	if (!input->batch)
		input->batch = 1;
	if (input->batch > 1 && (!input->height || !input->width))
		return refuse(findings, input->input, "leaves height and width open",
		    "pictures of one batch are of one size: give size=HEIGHTxWIDTH");
	return settle_channels(input, dims[last ? 3 : 1], findings);
}

enum qs_status qs_image_input_of(const struct qs_data_input *input,
    const struct qs_image_options *options, struct qs_findings *findings,
    struct qs_image_input *ret_input)
{
	struct qs_image_input made = {.input = input, .options = *options};

	if (input->rank != 4)
		return refuse(findings, input, "does not have 4 dimensions, as pictures have",
		    "give the data as .npy files");
	if (!qs_element_is_float32_or_half(input->element) && input->element != QS_ELEMENT_UINT8)
		return refuse(findings, input, "takes neither float32 nor uint8",
		    "give the data as .npy files");
	if (input->element == QS_ELEMENT_UINT8 && options->scaled)
		return refuse(findings, input,
		    "takes bytes, which divide, mean and std do not give", "leave them out");
	if (made.options.layout == QS_IMAGE_LAYOUT__COUNT)
		made.options.layout = layout_of(input);
	if (made.options.layout == QS_IMAGE_LAYOUT__COUNT)
		return refuse(findings, input,
		    "does not tell by its shape which dimension is channels",
		    "give layout=nchw or layout=nhwc");
	*ret_input = made;
	return settle_shape(ret_input, findings);
}

/* ---- one picture ----------------------------------------------------------------------------- */

/* A pixel's channel in the order of the input. */
static double channel_of(const float *pixel, enum qs_image_color color, size_t channel)
{
	if (color == QS_IMAGE_COLOR_GRAY)
		return 0.299 * (double)pixel[0] + 0.587 * (double)pixel[1] +
		       0.114 * (double)pixel[2];
	return (double)pixel[color == QS_IMAGE_COLOR_BGR ? 2 - channel : channel];
}

/* Writes the values of one picture into its part of an array. */
static void lay_out(
    const struct qs_image_input *input, const float *pixels, size_t area, void *ret_values)
{
	const struct qs_image_options *options = &input->options;
	const bool last = options->layout == QS_IMAGE_LAYOUT_NHWC;

	for (size_t c = 0; c < input->channels; c++) {
		for (size_t i = 0; i < area; i++) {
			const double value = channel_of(pixels + i * 3, options->color, c);
			const size_t at = last ? i * input->channels + c : c * area + i;

			if (input->input->element == QS_ELEMENT_UINT8)
				((unsigned char *)ret_values)[at] = (unsigned char)(value + 0.5);
			else
				((float *)ret_values)[at] =
				    (float)((value / options->divide - options->mean[c]) /
					    options->std[c]);
		}
	}
}

/* Reads a picture into an area of pixels. */
static enum qs_status read_pixels(const struct qs_image *image, size_t width, size_t height,
    enum qs_image_fit fit, float **ret_pixels)
{
	const struct qs_image_fit_plan plan = qs_image_fit_of(image, width, height, fit);
	float *pixels = calloc(width * height, 3 * sizeof(*pixels));
	const enum qs_status status =
	    pixels ? qs_image_resize(image, &plan, width, pixels) : QS_NOMEM;

	if (status != QS_OK)
		free(pixels);
	else
		*ret_pixels = pixels;
	return status;
}

/* Makes the array when the first picture says how large it is. */
static enum qs_status make_array(const struct qs_image_input *input, size_t n, size_t height,
    size_t width, struct qs_array *ret_array)
{
	const bool last = input->options.layout == QS_IMAGE_LAYOUT_NHWC;
	const bool is_bytes = input->input->element == QS_ELEMENT_UINT8;
	struct qs_array array = {
	    .element = is_bytes ? QS_ELEMENT_UINT8 : QS_ELEMENT_FLOAT32, .rank = 4};

	array.dims[0] = (int64_t)n;
	array.dims[last ? 3 : 1] = (int64_t)input->channels;
	array.dims[last ? 1 : 2] = (int64_t)height;
	array.dims[last ? 2 : 3] = (int64_t)width;
	if (!qs_array_count(array.dims, 4, qs_element_size(array.element), &array.n_values))
		return QS_NOMEM;
	array.data = calloc(array.n_values, qs_element_size(array.element));
	*ret_array = array;
	return array.data ? QS_OK : QS_NOMEM;
}

/* A side that is left open follows the other one in the picture's proportions. */
static size_t open_side(size_t side, size_t fixed, size_t picture_side, size_t picture_fixed)
{
	const double proportional =
	    fixed ? (double)picture_side * (double)fixed / (double)picture_fixed : 0;

	if (side)
		return side;
	if (!fixed)
		return picture_side;
	return proportional < 1 ? 1 : (size_t)(proportional + 0.5);
}

static enum qs_status read_one(const struct qs_image_input *input, const char *path, size_t index,
    size_t n, struct qs_findings *findings, struct qs_array *array)
{
	struct qs_image image;
	float *pixels = NULL;
	enum qs_status status = qs_image_read(path, findings, &image);
	size_t height, width;

	if (status != QS_OK)
		return status;
	height = open_side(input->height, input->width, image.height, image.width);
	width = open_side(input->width, input->height, image.width, image.height);
	if (!array->data)
		status = make_array(input, n, height, width, array);
	if (status == QS_OK)
		status = read_pixels(&image, width, height, input->options.fit, &pixels);
	if (status == QS_OK)
		lay_out(input, pixels, height * width,
		    (char *)array->data +
			index * (array->n_values / n) * qs_element_size(array->element));
	free(pixels);
	free(image.pixels);
	return status;
}

enum qs_status qs_image_input_read(const struct qs_image_input *input, char *const *paths, size_t n,
    struct qs_findings *findings, struct qs_array *ret_array)
{
	struct qs_array array = {.rank = 0};
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < n && status == QS_OK; i++)
		status = read_one(input, paths[i], i, n, findings, &array);
	if (status != QS_OK)
		qs_array_done(&array);
	else
		*ret_array = array;
	return status;
}
