/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the module around libpng and libjpeg-turbo offers: pictures become rows of bytes.
 */
#ifndef DATA_IMAGE_MODULE_H
#define DATA_IMAGE_MODULE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QS_IMAGE_MODULE "libqstrata-image.so"

/* A picture: rows from the top, in each pixel red, green and blue, a byte each. */
struct qs_image {
	size_t width, height;  /* positive */
	unsigned char *pixels; /* malloc'ed, width * height * 3 */
};

/*
 * Decodes the bytes of a PNG or JPEG file of at most `limit` pixels. Grey becomes three equal
 * bytes, 16 bits become 8, transparency is left out, and neither gamma nor orientation is applied:
 * the numbers are those in the file, as Pillow and OpenCV's defaults give them. NULL when it was
 * done, or why not, in `message`.
 */
typedef const char *qs_image_module_decode_function(const void *bytes, size_t size, size_t limit,
    struct qs_image *ret_image, char *message, size_t message_size);

qs_image_module_decode_function qs_image_module_decode;

#ifdef __cplusplus
}
#endif

#endif
