/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes PNG and JPEG: a module, so that only a run over pictures loads the two libraries. */
#include "data/image_module.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

struct message {
	char *text;
	size_t size;
};

static const char *say(const struct message *message, const char *text)
{
	snprintf(message->text, message->size, "%s", text);
	return message->text;
}

/* Makes room for a picture. NULL, or why not. */
static const char *make_room(const struct message *message, size_t width, size_t height,
    size_t limit, struct qs_image *image)
{
	if (width == 0 || height == 0 || width > limit / height) {
		snprintf(message->text, message->size,
		    "it is of %zu x %zu pixels; at most %zu pixels are read", width, height, limit);
		return message->text;
	}
	image->width = width;
	image->height = height;
	image->pixels = calloc(width * height, 3);
	return image->pixels ? NULL : say(message, "memory ran out");
}

/* ---- PNG ------------------------------------------------------------------------------------- */

/* A PNG on its way; libpng leaves through `failed` when something is wrong. */
struct png {
	const unsigned char *bytes;
	size_t size, at;
	struct message message;
	jmp_buf failed;
};

static void fail_png(png_structp reader, png_const_charp why)
{
	struct png *png = png_get_error_ptr(reader);

	say(&png->message, why);
	longjmp(png->failed, 1);
}

static void ignore_warning(png_structp reader, png_const_charp warning)
{
	(void)reader;
	(void)warning;
}

static void give_bytes(png_structp reader, png_bytep bytes, size_t size)
{
	struct png *png = png_get_io_ptr(reader);

	if (size > png->size - png->at)
		png_error(reader, "the file ends too early");
	memcpy(bytes, png->bytes + png->at, size);
	png->at += size;
}

/* Asks for red, green and blue bytes, whatever the file holds. */
static void ask_for_rgb(png_structp reader)
{
	png_set_expand(reader);
	png_set_strip_16(reader);
	png_set_strip_alpha(reader);
	png_set_gray_to_rgb(reader);
}

static void read_rows(png_structp reader, png_infop info, const struct qs_image *image)
{
	const int n_passes = png_set_interlace_handling(reader);

	png_read_update_info(reader, info);
	if (png_get_rowbytes(reader, info) != image->width * 3)
		png_error(reader, "its pixels are of a kind that is not read");
	for (int pass = 0; pass < n_passes; pass++) {
		for (size_t y = 0; y < image->height; y++)
			png_read_row(reader, image->pixels + y * image->width * 3, NULL);
	}
	png_read_end(reader, NULL);
}

/* What is set after setjmp() belongs to the caller, who releases it on failure. */
static const char *decode_png(
    struct png *png, png_structp reader, png_infop info, size_t limit, struct qs_image *image)
{
	const char *why;

	if (setjmp(png->failed))
		return png->message.text;
	png_set_read_fn(reader, png, give_bytes);
	png_read_info(reader, info);
	why = make_room(&png->message, png_get_image_width(reader, info),
	    png_get_image_height(reader, info), limit, image);
	if (why)
		return why;
	ask_for_rgb(reader);
	read_rows(reader, info, image);
	return NULL;
}

static const char *read_png(const unsigned char *bytes, size_t size, size_t limit,
    const struct message *message, struct qs_image *image)
{
	struct png png = {.bytes = bytes, .size = size, .message = *message};
	png_structp reader =
	    png_create_read_struct(PNG_LIBPNG_VER_STRING, &png, fail_png, ignore_warning);
	png_infop info = reader ? png_create_info_struct(reader) : NULL;
	const char *why;

	why = info ? decode_png(&png, reader, info, limit, image) : say(message, "memory ran out");
	png_destroy_read_struct(&reader, &info, NULL);
	return why;
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

static const char *decode_jpeg(tjhandle reader, const unsigned char *bytes, size_t size,
    size_t limit, const struct message *message, struct qs_image *image)
{
	int width, height, subsampling, colors;
	const char *why;

	if (tjDecompressHeader3(
		reader, bytes, (unsigned long)size, &width, &height, &subsampling, &colors) != 0)
		return say(message, tjGetErrorStr2(reader));
	why = make_room(message, (size_t)width, (size_t)height, limit, image);
	if (why)
		return why;
	/* A warning (a picture that ends early) is a failure: grey rows are no data. */
	if (tjDecompress2(reader, bytes, (unsigned long)size, image->pixels, width, 0, height,
		TJPF_RGB, TJFLAG_STOPONWARNING) != 0)
		return say(message, tjGetErrorStr2(reader));
	return NULL;
}

static const char *read_jpeg(const unsigned char *bytes, size_t size, size_t limit,
    const struct message *message, struct qs_image *image)
{
	tjhandle reader = tjInitDecompress();
	const char *why;

	if (!reader)
		return say(message, "memory ran out");
	why = decode_jpeg(reader, bytes, size, limit, message, image);
	tjDestroy(reader);
	return why;
}

const char *qs_image_module_decode(const void *bytes, size_t size, size_t limit,
    struct qs_image *ret_image, char *message, size_t message_size)
{
	const struct message out = {message, message_size};
	struct qs_image image = {0, 0, NULL};
	const char *why;

	if (size >= 8 && png_sig_cmp(bytes, 0, 8) == 0)
		why = read_png(bytes, size, limit, &out, &image);
	else if (size >= 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
		why = read_jpeg(bytes, size, limit, &out, &image);
	else
		why = say(&out, "it is neither PNG nor JPEG");
	if (why)
		free(image.pixels);
	else
		*ret_image = image;
	return why;
}
