/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures as calibration data: decoded, resized, laid out, or refused. */
#include "tests/unit/data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "data/image_input.h"

#define WIDTH 9
#define HEIGHT 6

static int make_findings(void **state)
{
	*state = qs_findings_new();
	return *state ? 0 : -1;
}

static int free_findings(void **state)
{
	qs_findings_free(*state);
	return 0;
}

/* The picture that all files of 9 x 6 pixels show. */
static int shown(size_t x, size_t y, size_t channel)
{
	const size_t values[] = {x * 28, y * 50, (x + y) * 18};

	return (int)values[channel];
}

static struct qs_image read_image(struct qs_findings *findings, const char *name)
{
	struct qs_image image = {0, 0, NULL};
	char path[512];

	assert_int_equal(qs_image_read(data_path(path, name), findings, &image), QS_OK);
	return image;
}

static void expect_picture(struct qs_findings *findings, const char *name, bool gray, int tolerance)
{
	struct qs_image image = read_image(findings, name);

	assert_int_equal(image.width, WIDTH);
	assert_int_equal(image.height, HEIGHT);
	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 3; i++) {
		const int value = shown(i / 3 % WIDTH, i / 3 / WIDTH, gray ? 0 : i % 3);

		if (abs(image.pixels[i] - value) > tolerance)
			fail_msg("%s: value %zu is %d, not %d", name, i, image.pixels[i], value);
	}
	free(image.pixels);
}

static void every_kind_of_png_has_the_numbers_of_the_file(void **state)
{
	static const char *const names[] = {"images/rgb.png", "images/rgba.png", "images/rgb16.png",
	    "images/palette.png", "images/interlaced.png", "images/gamma.png"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		expect_picture(*state, names[i], false, 0);
	expect_picture(*state, "images/gray.png", true, 0);
}

static void jpeg_is_decoded(void **state)
{
	expect_picture(*state, "images/rgb.jpg", false, 40);
	expect_picture(*state, "images/gray.jpg", true, 4);
}

static void bad_pictures_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *name, *message;
	} rows[] = {
	    {"images/cut.png", "the picture cannot be read: the file ends too early"},
	    {"images/cut.jpg", "the picture cannot be read: Premature end of JPEG file"},
	    {"images/damaged.png", "the picture cannot be read: IDAT: "},
	    {"images/huge.png",
		"the picture cannot be read: it is of 100000 x 100000 pixels; at most "
		"67108864 pixels are read"},
	    {"images/cmyk.jpg", "the picture cannot be read: "},
	    {"images/README", "the picture cannot be read: it is neither PNG nor JPEG"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct qs_finding *finding;
		struct qs_image image;
		char path[512];

		assert_int_equal(
		    qs_image_read(data_path(path, rows[i].name), *state, &image), QS_INVALID);
		finding = qs_findings_at(*state, i);
		assert_string_equal(finding->code, "QS760");
		assert_string_equal(qs_source_name(finding->place.source), path);
		if (strncmp(finding->message, rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("%s: %s", rows[i].name, finding->message);
	}
}

/* ---- resizing -------------------------------------------------------------------------------- */

/* Values in the corners and next to them as Pillow 9.4 has them with Image.BILINEAR, which rounds
 * after each of the two directions. */
static void resizing_agrees_with_pillow_to_one_level(void **state)
{
	static const struct {
		size_t width, height;
		int first[3], second[3], last[3]; /* pixels (0, 0), (1, 1) and the last one */
	} rows[] = {
	    {4, 3, {23, 36, 28}, {80, 125, 96}, {201, 214, 206}},
	    {18, 12, {0, 0, 0}, {7, 13, 10}, {224, 250, 234}},
	    {5, 5, {16, 11, 14}, {60, 68, 62}, {208, 239, 220}},
	};
	struct qs_image image = read_image(*state, "images/rgb.png");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const size_t width = rows[i].width, height = rows[i].height;
		const struct qs_image_fit_plan plan =
		    qs_image_fit_of(&image, width, height, QS_IMAGE_FIT_STRETCH);
		float *values = calloc(width * height * 3, sizeof(*values));

		assert_int_equal(qs_image_resize(&image, &plan, width, values), QS_OK);
		for (size_t c = 0; c < 3; c++) {
			assert_float_equal(values[c], (float)rows[i].first[c], 1.0F);
			assert_float_equal(
			    values[(width + 1) * 3 + c], (float)rows[i].second[c], 1.0F);
			assert_float_equal(
			    values[(width * height - 1) * 3 + c], (float)rows[i].last[c], 1.0F);
		}
		free(values);
	}
	free(image.pixels);
}

static void the_same_size_changes_nothing(void **state)
{
	struct qs_image image = read_image(*state, "images/rgb.png");
	const struct qs_image_fit_plan plan =
	    qs_image_fit_of(&image, WIDTH, HEIGHT, QS_IMAGE_FIT_COVER);
	float values[WIDTH * HEIGHT * 3];

	assert_int_equal(qs_image_resize(&image, &plan, WIDTH, values), QS_OK);
	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 3; i++)
		assert_float_equal(values[i], (float)image.pixels[i], 0.0F);
	free(image.pixels);
}

static void cover_takes_the_middle_and_contain_leaves_bars(void **state)
{
	const struct qs_image wide = {90, 60, NULL}, high = {60, 90, NULL};
	struct qs_image_fit_plan plan = qs_image_fit_of(&wide, 30, 30, QS_IMAGE_FIT_COVER);

	(void)state;
	assert_true(plan.left == 15 && plan.width == 60 && plan.top == 0 && plan.height == 60);
	plan = qs_image_fit_of(&high, 30, 30, QS_IMAGE_FIT_COVER);
	assert_true(plan.left == 0 && plan.width == 60 && plan.top == 15 && plan.height == 60);
	plan = qs_image_fit_of(&wide, 30, 30, QS_IMAGE_FIT_CONTAIN);
	assert_true(plan.to_top == 5 && plan.to_height == 20 && plan.to_width == 30);
	plan = qs_image_fit_of(&high, 30, 30, QS_IMAGE_FIT_CONTAIN);
	assert_true(plan.to_left == 5 && plan.to_width == 20 && plan.to_height == 30);
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static struct qs_data_input input_of(enum qs_element element, const int64_t dims[4])
{
	return (struct qs_data_input){"image", element, 4, dims};
}

static struct qs_image_options options_of(
    struct qs_findings *findings, const char *const *settings, size_t n)
{
	struct qs_image_options options;

	qs_image_options_init(&options);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(qs_image_options_set(&options, settings[i], findings), QS_OK);
	return options;
}

static float value_at(const struct qs_array *array, size_t n, size_t a, size_t b, size_t c)
{
	const size_t at = ((n * (size_t)array->dims[1] + a) * (size_t)array->dims[2] + b) *
	                      (size_t)array->dims[3] +
	                  c;

	return ((const float *)array->data)[at];
}

static void channels_are_scaled_and_laid_out(void **state)
{
	static const int64_t first[] = {-1, 3, -1, -1}, last[] = {1, HEIGHT, WIDTH, 3};
	static const char *const settings[] = {
	    "color=bgr", "divide=2", "mean=1,2,3", "std=1,0.5,4", "batch=2"};
	char rgb[512], gray[512], *paths[] = {rgb, gray};
	const struct qs_data_input nchw = input_of(QS_ELEMENT_FLOAT32, first);
	const struct qs_data_input nhwc = input_of(QS_ELEMENT_FLOAT32, last);
	struct qs_image_options options = options_of(*state, settings, 4);
	struct qs_image_input input;
	struct qs_array array;

	data_path(rgb, "images/rgb.png");
	data_path(gray, "images/gray.png");
	assert_int_equal(qs_image_input_of(&nhwc, &options, *state, &input), QS_OK);
	assert_int_equal(qs_image_input_read(&input, paths, 1, *state, &array), QS_OK);
	assert_float_equal(value_at(&array, 0, 2, 3, 0), 90.0F / 2 - 1, 0.0F);
	assert_float_equal(value_at(&array, 0, 2, 3, 1), (100.0F / 2 - 2) / 0.5F, 0.0F);
	assert_float_equal(value_at(&array, 0, 2, 3, 2), (84.0F / 2 - 3) / 4, 0.0F);
	qs_array_done(&array);

	options = options_of(*state, settings, 4);
	options.height = HEIGHT;
	options.width = WIDTH;
	options.batch = 2;
	assert_int_equal(qs_image_input_of(&nchw, &options, *state, &input), QS_OK);
	assert_int_equal(qs_image_input_read(&input, paths, 2, *state, &array), QS_OK);
	assert_int_equal(array.dims[0], 2);
	assert_int_equal(array.dims[1], 3);
	assert_float_equal(value_at(&array, 0, 2, 2, 3), (84.0F / 2 - 3) / 4, 0.0F);
	assert_float_equal(value_at(&array, 1, 1, 2, 3), (84.0F / 2 - 2) / 0.5F, 0.0F);
	qs_array_done(&array);
}

static void gray_weighs_the_colors_and_bytes_are_rounded(void **state)
{
	static const int64_t dims[] = {1, HEIGHT, WIDTH, 1};
	char rgb[512], *paths[] = {rgb};
	const struct qs_data_input bytes = input_of(QS_ELEMENT_UINT8, dims);
	const struct qs_image_options options = options_of(*state, NULL, 0);
	struct qs_image_input input;
	struct qs_array array;

	data_path(rgb, "images/rgb.png");
	assert_int_equal(qs_image_input_of(&bytes, &options, *state, &input), QS_OK);
	assert_int_equal(qs_image_input_read(&input, paths, 1, *state, &array), QS_OK);
	/* 0.299 * 84 + 0.587 * 100 + 0.114 * 90 */
	assert_int_equal(((const unsigned char *)array.data)[2 * WIDTH + 3], 94);
	qs_array_done(&array);
}

static void an_open_side_keeps_the_proportions(void **state)
{
	static const int64_t dims[] = {-1, 3, 2 * HEIGHT, -1};
	char rgb[512], *paths[] = {rgb};
	const struct qs_data_input line = input_of(QS_ELEMENT_FLOAT32, dims);
	const struct qs_image_options options = options_of(*state, NULL, 0);
	struct qs_image_input input;
	struct qs_array array;

	data_path(rgb, "images/rgb.png");
	assert_int_equal(qs_image_input_of(&line, &options, *state, &input), QS_OK);
	assert_int_equal(qs_image_input_read(&input, paths, 1, *state, &array), QS_OK);
	assert_int_equal(array.dims[2], 2 * HEIGHT);
	assert_int_equal(array.dims[3], 2 * WIDTH);
	qs_array_done(&array);
}

static void inputs_that_pictures_do_not_go_into_are_told(void **state)
{
	static const struct {
		enum qs_element element;
		int rank;
		int64_t dims[4];
		const char *setting, *message;
	} rows[] = {
	    {QS_ELEMENT_FLOAT32, 2, {1, 3, 0, 0}, "fit=cover", "does not have 4 dimensions"},
	    {QS_ELEMENT_INT64, 4, {1, 3, 8, 8}, "fit=cover", "takes neither float32 nor uint8"},
	    {QS_ELEMENT_UINT8, 4, {1, 3, 8, 8}, "mean=0.5", "takes bytes, which divide"},
	    {QS_ELEMENT_FLOAT32, 4, {1, -1, 8, -1}, "fit=cover", "does not tell by its shape"},
	    {QS_ELEMENT_FLOAT32, 4, {1, 3, 8, 3}, "fit=cover", "does not tell by its shape"},
	    {QS_ELEMENT_FLOAT32, 4, {1, 4, 8, 8}, "layout=nchw", "has neither 1 nor 3 channels"},
	    {QS_ELEMENT_FLOAT32, 4, {1, 3, 8, 8}, "color=gray", "has another number of channels"},
	    {QS_ELEMENT_FLOAT32, 4, {1, 3, 8, 8}, "size=8x9", "has another height or width"},
	    {QS_ELEMENT_FLOAT32, 4, {1, 3, 8, 8}, "batch=4", "has another first dimension"},
	    {QS_ELEMENT_FLOAT32, 4, {-1, 3, -1, 8}, "batch=4", "leaves height and width open"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct qs_data_input input = {
		    "image", rows[i].element, rows[i].rank, rows[i].dims};
		const struct qs_image_options options = options_of(*state, &rows[i].setting, 1);
		const struct qs_finding *finding;
		struct qs_image_input made;

		assert_int_equal(qs_image_input_of(&input, &options, *state, &made), QS_INVALID);
		finding = qs_findings_at(*state, i);
		assert_string_equal(finding->code, "QS761");
		assert_non_null(finding->hint);
		if (!strstr(finding->message, rows[i].message))
			fail_msg("row %zu: %s", i, finding->message);
	}
}

static void settings_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *setting, *message, *hint;
	} rows[] = {
	    {"sise=3x4",
		"pictures have no setting \"sise\"; expected size, fit, color, layout, divide, "
		"mean, std or batch",
		"did you mean \"size\"?"},
	    {"size", "size cannot be \"\"; expected HEIGHTxWIDTH, as in size=224x224", NULL},
	    {"size=224", "size cannot be \"224\"; expected HEIGHTxWIDTH, as in size=224x224", NULL},
	    {"size=0x4", "size cannot be \"0x4\"; expected HEIGHTxWIDTH, as in size=224x224", NULL},
	    {"size=4x99999",
		"size cannot be \"4x99999\"; expected HEIGHTxWIDTH, as in size=224x224", NULL},
	    {"fit=crop", "fit cannot be \"crop\"; expected stretch, cover or contain", NULL},
	    {"color=RGB", "color cannot be \"RGB\"; expected rgb, bgr or gray", NULL},
	    {"layout=chw", "layout cannot be \"chw\"; expected nchw or nhwc", NULL},
	    {"divide=0", "divide cannot be \"0\"; expected a positive number, as in divide=255",
		NULL},
	    {"mean=1,2",
		"mean cannot be \"1,2\"; expected one number or three, as in "
		"mean=0.485,0.456,0.406",
		NULL},
	    {"mean=nan",
		"mean cannot be \"nan\"; expected one number or three, as in "
		"mean=0.485,0.456,0.406",
		NULL},
	    {"std=1,0,1",
		"std cannot be \"1,0,1\"; expected one positive number or three, as in "
		"std=0.229,0.224,0.225",
		NULL},
	    {"std=1,1,1,1",
		"std cannot be \"1,1,1,1\"; expected one positive number or three, as in "
		"std=0.229,0.224,0.225",
		NULL},
	    {"batch=-1", "batch cannot be \"-1\"; expected a number of pictures, as in batch=8",
		NULL},
	};
	struct qs_image_options options;

	qs_image_options_init(&options);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct qs_finding *finding;

		assert_int_equal(
		    qs_image_options_set(&options, rows[i].setting, *state), QS_INVALID);
		finding = qs_findings_at(*state, i);
		assert_string_equal(finding->message, rows[i].message);
		if (rows[i].hint)
			assert_string_equal(finding->hint, rows[i].hint);
	}
	assert_false(options.scaled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	    TEST(every_kind_of_png_has_the_numbers_of_the_file),
	    TEST(jpeg_is_decoded),
	    TEST(bad_pictures_are_refused_with_the_reason),
	    TEST(resizing_agrees_with_pillow_to_one_level),
	    TEST(the_same_size_changes_nothing),
	    TEST(cover_takes_the_middle_and_contain_leaves_bars),
	    TEST(channels_are_scaled_and_laid_out),
	    TEST(gray_weighs_the_colors_and_bytes_are_rounded),
	    TEST(an_open_side_keeps_the_proportions),
	    TEST(inputs_that_pictures_do_not_go_into_are_told),
	    TEST(settings_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
