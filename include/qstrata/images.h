/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How pictures become the input of a model.
 *
 * A picture is decoded to 8 bits red, green and blue; brought to the model's height and width; and
 * each channel becomes (value / divide - mean) / std. What is not given follows from the shape of
 * the model's input where that says it, and is asked for where it does not.
 */
#ifndef QSTRATA_IMAGES_H
#define QSTRATA_IMAGES_H

#include "qstrata/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a picture of another shape fills the input: X(ID, "word"). */
#define QS_IMAGE_FIT_LIST(X)                                                                       \
	X(STRETCH, "stretch") /* all of it, its proportions changed */                             \
	X(COVER, "cover") /* the largest part from the middle that has the input's proportions */  \
	X(CONTAIN, "contain") /* all of it, in the middle, the rest black */

/** The channels and their order: X(ID, "word"). */
#define QS_IMAGE_COLOR_LIST(X)                                                                     \
	X(RGB, "rgb")                                                                              \
	X(BGR, "bgr")                                                                              \
	X(GRAY, "gray") /* 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601) */

/** Where the channels are: X(ID, "word"). */
#define QS_IMAGE_LAYOUT_LIST(X)                                                                    \
	X(NCHW, "nchw")                                                                            \
	X(NHWC, "nhwc")

/** Words of one list, and "the shape of the input says it". */
#define QS_IMAGE_FIT(ID, word) QS_IMAGE_FIT_##ID,
#define QS_IMAGE_COLOR(ID, word) QS_IMAGE_COLOR_##ID,
#define QS_IMAGE_LAYOUT(ID, word) QS_IMAGE_LAYOUT_##ID,
enum qs_image_fit {
	QS_IMAGE_FIT_LIST(QS_IMAGE_FIT) QS_IMAGE_FIT__COUNT
};
enum qs_image_color {
	QS_IMAGE_COLOR_LIST(QS_IMAGE_COLOR) QS_IMAGE_COLOR__COUNT
};
enum qs_image_layout {
	QS_IMAGE_LAYOUT_LIST(QS_IMAGE_LAYOUT) QS_IMAGE_LAYOUT__COUNT
};
#undef QS_IMAGE_FIT
#undef QS_IMAGE_COLOR
#undef QS_IMAGE_LAYOUT

/** What was said about pictures. All zeros but `divide` and `std` is a good start. */
struct qs_image_options {
	size_t height, width;        /**< 0: as the input is; open there too: as the picture is */
	enum qs_image_fit fit;       /**< when the picture is of another shape */
	enum qs_image_color color;   /**< __COUNT: gray for one channel, else rgb */
	enum qs_image_layout layout; /**< __COUNT: as the shape says */
	double divide;               /**< 255 by default */
	double mean[3], std[3]; /**< in the order of the input's channels; 0 and 1 by default */
	bool scaled;            /**< divide, mean or std was given */
	size_t batch;           /**< pictures in a batch; 0: as the input is, else 1 */
};

/** The defaults. */
QS_API void qs_image_options_init(struct qs_image_options *options);

/**
 * Takes one setting: "size=HxW", "fit=WORD", "color=WORD", "layout=WORD", "divide=NUMBER",
 * "mean=NUMBER[,NUMBER,NUMBER]", "std=NUMBER[,NUMBER,NUMBER]", "batch=N". QS_INVALID with a finding
 * when it is none of these.
 */
QS_API enum qs_status qs_image_options_set(
    struct qs_image_options *options, const char *setting, struct qs_findings *findings);

#ifdef __cplusplus
}
#endif

#endif
