/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of digits as a picture, for tests of networks that read text:
 *
 *   make_text DIGITS.npy OUT.npy HEIGHT WIDTH
 *
 * DIGITS.npy holds pictures of digits of 28x28 float32 in its last two axes, bright on dark.
 * OUT.npy is 1x3xHEIGHTxWIDTH, dark on bright, from -1 to 1.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIDE = 28,
	DIGIT = SIDE * SIDE,
	STEP = 20, /* from digit to digit: they have margins of 4 */
	LINE = 32, /* from line to line */
	HEADER = 128,
	LIMIT = 4096 /* of the height and the width */
};

/* The digits, and how many there are. */
static float *read_digits(const char *path, size_t *ret_n)
{
	FILE *stream = fopen(path, "rb");
	float *digits = NULL;
	long size = -1;

	if (stream && fseek(stream, 0, SEEK_END) == 0)
		size = ftell(stream);
	if (size > HEADER && fseek(stream, HEADER, SEEK_SET) == 0)
		digits = malloc((size_t)size);
	*ret_n =
	    digits ? fread(digits, sizeof(*digits) * DIGIT, (size_t)size / DIGIT / 4, stream) : 0;
	if (stream)
		fclose(stream);
	return digits;
}

/* Puts a digit on the picture, from 0, dark, to 1. */
static void draw(const float *digit, float *picture, size_t width)
{
	float least = digit[0], most = digit[0];

	for (size_t i = 0; i < DIGIT; i++) {
		least = fminf(least, digit[i]);
		most = fmaxf(most, digit[i]);
	}
	for (size_t i = 0; i < DIGIT && most > least; i++) {
		float *pixel = &picture[i / SIDE * width + i % SIDE];

		*pixel = fmaxf(*pixel, (digit[i] - least) / (most - least));
	}
}

static int write_picture(const char *path, const float *picture, size_t height, size_t width)
{
	FILE *stream = fopen(path, "wb");
	char shape[HEADER];

	if (!stream)
		return 2;
	snprintf(shape, sizeof(shape),
	    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, %zu, %zu), }", height, width);
	fwrite("\223NUMPY\1\0\166\0", 1, 10, stream);
	fprintf(stream, "%-117s\n", shape);
	for (size_t i = 0; i < 3 * height * width; i++) {
		const float value = 1.0F - 2.0F * picture[i % (height * width)];

		fwrite(&value, sizeof(value), 1, stream);
	}
	return fclose(stream) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
	const size_t height = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	const size_t width = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	float *picture = NULL, *digits;
	size_t n, next = 0;
	int result = 2;

	if (height < SIDE || width < SIDE || height > LIMIT || width > LIMIT)
		return 2;
	digits = read_digits(argv[1], &n);
	if (n)
		picture = calloc(height * width, sizeof(*picture));
	/* The first line stands where it leaves the same margin above and below, if it is alone. */
	for (size_t y = (height - SIDE) % LINE / 2; picture && y + SIDE <= height; y += LINE) {
		for (size_t x = 0; x + SIDE <= width; x += STEP)
			draw(digits + next++ % n * DIGIT, picture + y * width + x, width);
	}
	if (picture)
		result = write_picture(argv[2], picture, height, width);
	free(picture);
	free(digits);
	return result;
}
