/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures as input of a model: decoded by a module, resized, and laid out as the model takes them.
 */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include "qstrata/images.h"

#include "numbers/array.h"
#include "data/image_module.h"

/* Pictures have at most this many pixels: 64 Mi, 192 MiB decoded. */
#define QS_IMAGE_LIMIT ((size_t)64 << 20)

/* Whether a path is named like a picture that can be read: .png, .jpg or .jpeg in any case. */
bool qs_image_is_named(const char *path);

/*
 * Decodes a PNG or JPEG file; the caller frees `pixels`. QS_IO, QS_INVALID or QS_UNSUPPORTED (no
 * module) with a finding.
 */
enum qs_status qs_image_read(
    const char *path, struct qs_findings *findings, struct qs_image *ret_image);

/* How a picture comes to lie on an area: a part of it, in pixels, onto a part of that. */
struct qs_image_fit_plan {
	double left, top, width, height;             /* of the picture */
	size_t to_left, to_top, to_width, to_height; /* of the area */
};

/* How a picture of one size fits an area of another. */
struct qs_image_fit_plan qs_image_fit_of(
    const struct qs_image *image, size_t width, size_t height, enum qs_image_fit fit);

/*
 * Resizes to `width * height * 3` values from 0 to 255; what the plan leaves out stays as it is.
 * Linear interpolation over as many pixels as one new pixel covers, at least two each way, as
 * Pillow's BILINEAR and torchvision's antialias have it, but not rounded. May return QS_NOMEM.
 */
enum qs_status qs_image_resize(const struct qs_image *image, const struct qs_image_fit_plan *plan,
    size_t width, float *values);

#endif
