/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of pictures: what an input of a model makes of them.
 */
#ifndef DATA_IMAGE_INPUT_H
#define DATA_IMAGE_INPUT_H

#include "data/dataset.h"
#include "data/image.h"

/* How pictures become an array. */
struct qs_image_input {
	const struct qs_data_input *input;
	struct qs_image_options options; /* color and layout are settled */
	size_t batch;                    /* pictures in a batch */
	size_t channels;                 /* 1 or 3 */
	size_t height, width;            /* 0: as the picture is */
};

/*
 * Settles what the options leave open by the shape of the input. QS_INVALID with a finding when the
 * two contradict each other, when neither says enough, or when the input does not take pictures.
 */
enum qs_status qs_image_input_of(const struct qs_data_input *input,
    const struct qs_image_options *options, struct qs_findings *findings,
    struct qs_image_input *ret_input);

/* Reads `n` pictures into one array, which the caller releases. QS_IO, QS_INVALID or QS_UNSUPPORTED
 * with a finding. */
enum qs_status qs_image_input_read(const struct qs_image_input *input, char *const *paths, size_t n,
    struct qs_findings *findings, struct qs_array *ret_array);

#endif
