/* SPDX-License-Identifier: Apache-2.0 */
/* Makes configs at random. */
#include "tests/unit/random_config.h"

#include <string.h>

#include "tests/unit/random.h"

/* A text that is being made; how often something is wrong differs from text to text. */
struct maker {
	uint64_t *state;
	struct qs_text *text;
	unsigned wrong; /* in a hundred */
	bool lines;
};

static unsigned below(const struct maker *maker, unsigned n)
{
	return (unsigned)(random_bits(maker->state) % n);
}

static bool goes_wrong(const struct maker *maker)
{
	return below(maker, 100) < maker->wrong;
}

/* One of the words of a list that ends with NULL. */
static const char *pick(const struct maker *maker, const char *const *words)
{
	unsigned n = 0;

	while (words[n])
		n++;
	return words[below(maker, n)];
}

static void put(const struct maker *maker, const char *string)
{
	qs_text_adds(maker->text, string);
}

static void new_line(const struct maker *maker, unsigned depth)
{
	static const char *const comments[] = {"// a", "# b", "/* c */", "/* d\n e */", NULL};

	if (goes_wrong(maker) && below(maker, 4) == 0) {
		put(maker, pick(maker, comments));
		put(maker, "\n");
	}
	put(maker, maker->lines ? "\n" : " ");
	qs_text_fill(maker->text, ' ', maker->lines ? 2 * depth : 0);
}

static void comma(const struct maker *maker)
{
	static const char *const others[] = {"", ";", ",,", "\xEF\xBC\x8C", " ,", "/**/,", NULL};

	put(maker, goes_wrong(maker) && below(maker, 3) == 0 ? pick(maker, others) : ",");
}

/* A key in quotes, at times misspelt. */
static void key(const struct maker *maker, const char *word)
{
	const size_t begin = maker->text->size + 1, n = strlen(word);
	char *bytes;

	if (goes_wrong(maker) && below(maker, 4) == 0) {
		qs_text_addf(maker->text, below(maker, 2) ? "'%s'" : "%s", word);
	} else if (goes_wrong(maker) && below(maker, 2)) {
		qs_text_addf(maker->text, below(maker, 2) ? "\"%s \"" : "\"x%s\"", word);
	} else {
		qs_text_addf(maker->text, "\"%s\"", word);
		bytes = maker->text->data + begin;
		if (goes_wrong(maker))
			bytes[below(maker, (unsigned)n)] = (char)('a' + (char)below(maker, 26));
	}
	put(maker, goes_wrong(maker) && below(maker, 6) == 0 ? " = " : ": ");
}

static const struct {
	const char *key;
	const char *right[6], *wrong[8];
} params[] = {
    {"datatype", {"\"int\"", "\"int\"", "\"float16\"", "\"float32\""},
	{"\"INT\"", "\"int8\"", "8", "\"flaot16\"", "null"}},
    {"bit_width", {"8", "8", "8", "4", "16"}, {"\"8\"", "8.0", "08", "+8", "64", "null", "NaN"}},
    {"method", {"\"diffs\"", "\"maxmin\"", "\"maxmin\"", "\"percentile\"", "\"mse\""},
	{"\"MaxMin\"", "\"percentil\"", "\"half_up\"", "maxmin", "null"}},
    {"round_mode", {"\"half_up\"", "\"std_round\"", "\"half_even\""},
	{"\"round\"", "\"half-up\"", "1", "null"}},
    {"symmetry", {"true", "true", "false"}, {"\"true\"", "1", "True", "null"}},
    {"per_channel", {"false", "false", "true"}, {"\"False\"", "0", "None"}},
    {"signed", {"true", "true", "false"}, {"\"true\"", "0", "yes"}},
    {"narrow_range", {"false", "false", "true"}, {"0", "FALSE", "null"}},
    {"scale_type", {"\"poweroftwo\"", "\"float\""}, {"\"Float\"", "\"power_of_two\"", "\"log\""}},
    {"calib_statistic_method", {"\"modal\"", "\"max\"", "\"mean\""},
	{"\"avg\"", "\"Max\"", "null"}},
    {"percentage", {"99.99", "99.0", "100.0"}, {"99", "100", "\"99.9\"", "NaN", "101.0", "null"}},
};
#define N_PARAMS (sizeof(params) / sizeof(*params))

static void block(const struct maker *maker, unsigned depth)
{
	const unsigned n = below(maker, 6);

	put(maker, "{");
	for (unsigned i = 0; i < n; i++) {
		const size_t which = below(maker, N_PARAMS);

		new_line(maker, depth + 1);
		key(maker, params[which].key);
		put(maker,
		    pick(maker, goes_wrong(maker) ? params[which].wrong : params[which].right));
		if (i + 1 < n || (goes_wrong(maker) && below(maker, 5) == 0))
			comma(maker);
	}
	if (n)
		new_line(maker, depth);
	put(maker, "}");
}

static const char *const kinds[] = {"input", "weights", "bias", "activation", NULL};

static void tensor_blocks(const struct maker *maker, unsigned depth)
{
	const unsigned n = 1 + below(maker, 3);

	key(maker, "tensor_quantize_config");
	put(maker, "{");
	for (unsigned i = 0; i < n; i++) {
		new_line(maker, depth + 1);
		key(maker, kinds[(below(maker, 2) + i) % 4]);
		block(maker, depth + 1);
		if (i + 1 < n)
			comma(maker);
	}
	new_line(maker, depth);
	put(maker, "}");
}

static void overall_block(const struct maker *maker, unsigned depth)
{
	key(maker, "overall_quantize_config");
	block(maker, depth);
}

static void kind_list(const struct maker *maker)
{
	const unsigned n = below(maker, 5);

	key(maker, "quantizable_data_type");
	put(maker, "[");
	for (unsigned i = 0; i < n; i++)
		qs_text_addf(maker->text, "%s\"%s\"", i ? ", " : "", kinds[(i + n) % 4]);
	put(maker, "]");
}

static void entry(const struct maker *maker, unsigned depth)
{
	static const char *const selectors[] = {"\"layer_type\": \"Conv2d\"",
	    "\"layer_type\": \"torch.nn.Conv2d\"", "\"layer_type\": \"Linear\"",
	    "\"layer_name\": \"conv1\"", "\"layer_name\": \"caf\xC3\xA9\"",
	    "\"layer_name\": \"re:conv.*\"", "\"layer_name\": \"re:conv\\d\"",
	    "\"layer_name\": null", "\"layer_nam\": \"conv1\"", NULL};

	put(maker, "{");
	put(maker, pick(maker, selectors));
	comma(maker);
	put(maker, " ");
	kind_list(maker);
	if (below(maker, 2)) {
		comma(maker);
		new_line(maker, depth + 1);
		overall_block(maker, depth + 1);
	}
	if (below(maker, 2)) {
		comma(maker);
		new_line(maker, depth + 1);
		tensor_blocks(maker, depth + 1);
	}
	put(maker, "}");
}

static void entries(const struct maker *maker)
{
	const unsigned n = below(maker, 4);

	key(maker, "layer_quantize_config");
	put(maker, "[");
	for (unsigned i = 0; i < n; i++) {
		new_line(maker, 2);
		entry(maker, 2);
		if (i + 1 < n)
			comma(maker);
	}
	put(maker, "]");
}

static void member(const struct maker *maker)
{
	static const char *const devices[] = {"\"CPU\"", "\"GPU\"", "\"DPU\"", "\"FLEXML\"", NULL};
	static const char *const bad_devices[] = {"\"cpu\"", "\"GPUU\"", "\"TPU\"", "CPU", NULL};
	static const char *const switches[] = {"include_cle", "keep_add_layer_accuracy", NULL};
	static const char *const booleans[] = {"true", "false", NULL};
	static const char *const others[] = {"True", "\"false\"", "1", "null", NULL};

	switch (below(maker, 6)) {
	case 0:
		key(maker, "target_device");
		put(maker, pick(maker, goes_wrong(maker) ? bad_devices : devices));
		break;
	case 1:
		key(maker, pick(maker, switches));
		put(maker, pick(maker, goes_wrong(maker) ? others : booleans));
		break;
	case 2:
		overall_block(maker, 1);
		break;
	case 3:
		tensor_blocks(maker, 1);
		break;
	case 4:
		kind_list(maker);
		break;
	default:
		entries(maker);
	}
}

/* Puts some bytes out of place. */
static void damage(const struct maker *maker)
{
	static const char bytes[] = "\"'{}[],:;#/\\ \n0aT\xC3\xEF-.";
	struct qs_text *text = maker->text;
	unsigned n = 1 + below(maker, 3);

	while (n-- && text->size > 1) {
		char *at = text->data + below(maker, (unsigned)text->size);
		const char byte = bytes[below(maker, sizeof(bytes) - 1)];

		switch (below(maker, 4)) {
		case 0:
			*at = byte;
			break;
		case 1: /* one byte is gone */
			memmove(at, at + 1, (size_t)(text->data + text->size - at));
			text->size--;
			break;
		case 2: /* one is twice */
			qs_text_add(text, " ", 1);
			at = text->data + below(maker, (unsigned)text->size - 1);
			memmove(at + 1, at, (size_t)(text->data + text->size - 1 - at));
			break;
		default: /* the rest is gone */
			if (below(maker, 4) == 0) {
				text->size = (size_t)(at - text->data);
				*at = '\0';
			}
		}
	}
}

void random_config(uint64_t *state, struct qs_text *text)
{
	static const unsigned shares[] = {0, 3, 10, 30};
	struct maker maker = {state, text, 0, false};
	const unsigned n = (unsigned)(random_bits(state) % 6);

	maker.wrong = shares[below(&maker, 4)];
	maker.lines = below(&maker, 2);
	put(&maker, below(&maker, 40) == 0 ? "\xEF\xBB\xBF{" : "{");
	if (below(&maker, 8))
		put(&maker, "\"target_device\": \"CPU\",");
	for (unsigned i = 0; i < n; i++) {
		new_line(&maker, 1);
		member(&maker);
		comma(&maker);
	}
	new_line(&maker, 1);
	put(&maker, "\"include_bias_corr\": true");
	new_line(&maker, 0);
	put(&maker, "}\n");
	if (below(&maker, 5) == 0)
		damage(&maker);
}
