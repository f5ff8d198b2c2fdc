/* SPDX-License-Identifier: Apache-2.0 */
/* Reads settings about pictures, from one table of keys. */
#include "qstrata/images.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/nearest.h"

/* Sizes beyond this are mistakes. */
#define SIDE_LIMIT 65536
#define BATCH_LIMIT 65536

typedef bool read_value(struct qs_image_options *options, const char *text);

#define WORD(ID, word) word,
static const char *const fits[] = {QS_IMAGE_FIT_LIST(WORD)};
static const char *const colors[] = {QS_IMAGE_COLOR_LIST(WORD)};
static const char *const layouts[] = {QS_IMAGE_LAYOUT_LIST(WORD)};
#undef WORD

/* The index of a word; `n` when it is none of the list. */
static size_t find_word(const char *const *words, size_t n, const char *text)
{
	size_t i = 0;

	while (i < n && strcmp(words[i], text) != 0)
		i++;
	return i;
}

/* A number from 1 to a limit; moves on behind it. */
static bool read_count(const char **text, size_t limit, size_t *ret_count)
{
	char *end;
	const unsigned long count = **text >= '0' && **text <= '9' ? strtoul(*text, &end, 10) : 0;

	if (count == 0 || count > limit)
		return false;
	*text = end;
	*ret_count = count;
	return true;
}

static bool read_size(struct qs_image_options *options, const char *text)
{
	size_t height, width;

	if (!read_count(&text, SIDE_LIMIT, &height) || *text++ != 'x' ||
	    !read_count(&text, SIDE_LIMIT, &width) || *text)
		return false;
	options->height = height;
	options->width = width;
	return true;
}

static bool read_fit(struct qs_image_options *options, const char *text)
{
	options->fit = (enum qs_image_fit)find_word(fits, QS_IMAGE_FIT__COUNT, text);
	return options->fit != QS_IMAGE_FIT__COUNT;
}

static bool read_color(struct qs_image_options *options, const char *text)
{
	options->color = (enum qs_image_color)find_word(colors, QS_IMAGE_COLOR__COUNT, text);
	return options->color != QS_IMAGE_COLOR__COUNT;
}

static bool read_layout(struct qs_image_options *options, const char *text)
{
	options->layout = (enum qs_image_layout)find_word(layouts, QS_IMAGE_LAYOUT__COUNT, text);
	return options->layout != QS_IMAGE_LAYOUT__COUNT;
}

/* One number for all channels, or three. */
static bool read_numbers(const char *text, double numbers[3])
{
	size_t n = 0;
	char *end;

	do {
		numbers[n++] = strtod(text, &end);
		if (end == text || !isfinite(numbers[n - 1]))
			return false;
		text = end + (*end == ',');
	} while (*end == ',' && n < 3);
	if (*end || n == 2)
		return false;
	if (n == 1)
		numbers[1] = numbers[2] = numbers[0];
	return true;
}

static bool read_divide(struct qs_image_options *options, const char *text)
{
	double numbers[3];

	options->scaled = true;
	if (strchr(text, ',') || !read_numbers(text, numbers) || !(numbers[0] > 0))
		return false;
	options->divide = numbers[0];
	return true;
}

static bool read_mean(struct qs_image_options *options, const char *text)
{
	options->scaled = true;
	return read_numbers(text, options->mean);
}

static bool read_std(struct qs_image_options *options, const char *text)
{
	options->scaled = true;
	return read_numbers(text, options->std) && options->std[0] > 0 && options->std[1] > 0 &&
	       options->std[2] > 0;
}

static bool read_batch(struct qs_image_options *options, const char *text)
{
	return read_count(&text, BATCH_LIMIT, &options->batch) && !*text;
}

static const struct {
	const char *key;
	read_value *read;
	const char *expected;
} keys[] = {
    {"size", read_size, "HEIGHTxWIDTH, as in size=224x224"},
    {"fit", read_fit, "stretch, cover or contain"},
    {"color", read_color, "rgb, bgr or gray"},
    {"layout", read_layout, "nchw or nhwc"},
    {"divide", read_divide, "a positive number, as in divide=255"},
    {"mean", read_mean, "one number or three, as in mean=0.485,0.456,0.406"},
    {"std", read_std, "one positive number or three, as in std=0.229,0.224,0.225"},
    {"batch", read_batch, "a number of pictures, as in batch=8"},
};

#define N_KEYS (sizeof(keys) / sizeof(*keys))

static enum qs_status refuse_key(const char *setting, size_t size, struct qs_findings *findings)
{
	struct qs_nearest nearest = qs_nearest_to(setting, size);
	struct qs_text known = QS_TEXT_INIT;
	struct qs_finding *finding;

	for (size_t i = 0; i < N_KEYS; i++) {
		qs_text_addf(&known, "%s%s",
		    i == 0           ? ""
		    : i + 1 < N_KEYS ? ", "
				     : " or ",
		    keys[i].key);
		qs_nearest_offer(&nearest, keys[i].key);
	}
	finding = qs_finding_add(findings, QS_FINDING_IMAGE_SETTING, (struct qs_place){NULL, 0, 0},
	    "pictures have no setting \"%.*s\"; expected %s", (int)size, setting, known.data);
	if (nearest.best)
		qs_finding_hint(findings, finding, "did you mean \"%s\"?", nearest.best);
	qs_text_done(&known);
	return QS_INVALID;
}

void qs_image_options_init(struct qs_image_options *options)
{
	*options = (struct qs_image_options){.color = QS_IMAGE_COLOR__COUNT,
	    .layout = QS_IMAGE_LAYOUT__COUNT,
	    .divide = 255,
	    .std = {1, 1, 1}};
}

enum qs_status qs_image_options_set(
    struct qs_image_options *options, const char *setting, struct qs_findings *findings)
{
	const size_t size = strcspn(setting, "=");
	struct qs_image_options changed = *options;
	size_t i = 0;

	while (
	    i < N_KEYS && (strlen(keys[i].key) != size || strncmp(keys[i].key, setting, size) != 0))
		i++;
	if (i == N_KEYS)
		return refuse_key(setting, size, findings);
	if (!setting[size] || !keys[i].read(&changed, setting + size + 1)) {
		qs_finding_add(findings, QS_FINDING_IMAGE_SETTING, (struct qs_place){NULL, 0, 0},
		    "%s cannot be \"%s\"; expected %s", keys[i].key,
		    setting[size] ? setting + size + 1 : "", keys[i].expected);
		return QS_INVALID;
	}
	*options = changed;
	return QS_OK;
}
