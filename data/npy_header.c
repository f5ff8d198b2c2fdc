/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a .npy file. */
#include "data/npy_header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"

static const char magic[] = "\x93NUMPY";

#define MAGIC_SIZE (sizeof(magic) - 1)
#define HEADER_LIMIT ((size_t)65536)

/* Kind and size in bytes, as after the byte order in 'descr'. */
static const struct {
	char code[4];
	enum qs_element element;
} types[] = {
    {"b1", QS_ELEMENT_BOOL},
    {"i1", QS_ELEMENT_INT8},
    {"u1", QS_ELEMENT_UINT8},
    {"i2", QS_ELEMENT_INT16},
    {"u2", QS_ELEMENT_UINT16},
    {"i4", QS_ELEMENT_INT32},
    {"u4", QS_ELEMENT_UINT32},
    {"i8", QS_ELEMENT_INT64},
    {"u8", QS_ELEMENT_UINT64},
    {"f2", QS_ELEMENT_FLOAT16},
    {"f4", QS_ELEMENT_FLOAT32},
    {"f8", QS_ELEMENT_FLOAT64},
};

/* The dictionary while it is being read. */
struct reader {
	const char *at, *end;
	const struct qs_subject *subject;
	struct qs_npy_header header;
	bool has_descr, has_order, has_shape;
};

static enum qs_status malformed(const struct qs_subject *subject, const char *what)
{
	qs_finding_add(subject->findings, QS_FINDING_MALFORMED_NPY, subject->place, "%s: %s",
	    subject->name, what);
	return QS_INVALID;
}

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n'))
		reader->at++;
}

/* Takes a word if it stands next, behind blanks. */
static bool take(struct reader *reader, const char *word)
{
	const size_t size = strlen(word);

	skip_blanks(reader);
	if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0)
		return false;
	reader->at += size;
	return true;
}

/* Takes a string without escapes, which no key or type has. */
static bool take_string(struct reader *reader, const char **ret_text, size_t *ret_size)
{
	const char *begin, *close;
	char quote;

	skip_blanks(reader);
	if (reader->at == reader->end || (*reader->at != '\'' && *reader->at != '"'))
		return false;
	quote = *reader->at;
	begin = reader->at + 1;
	close = memchr(begin, quote, (size_t)(reader->end - begin));
	if (!close)
		return false;
	*ret_text = begin;
	*ret_size = (size_t)(close - begin);
	reader->at = close + 1;
	return true;
}

static bool take_number(struct reader *reader, int64_t *ret_number)
{
	int64_t number = 0;
	const char *begin;

	skip_blanks(reader);
	begin = reader->at;
	for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
		const int digit = *reader->at - '0';

		if (number > (INT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return reader->at != begin;
}

static enum qs_status read_descr(struct reader *reader)
{
	const struct qs_subject *subject = reader->subject;
	const char *text;
	size_t size;

	if (!take_string(reader, &text, &size)) {
		qs_finding_add(subject->findings, QS_FINDING_UNSUPPORTED_NPY, subject->place,
		    "%s: the elements are records, and plain numbers are expected", subject->name);
		return QS_UNSUPPORTED;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (size == 3 && memcmp(text + 1, types[i].code, 2) == 0 && strchr("<>|=", *text)) {
			reader->header.element = types[i].element;
			reader->header.big_endian = *text == '>';
			return QS_OK;
		}
	}
	qs_finding_add(subject->findings, QS_FINDING_UNSUPPORTED_NPY, subject->place,
	    "%s: the elements are of the type \"%.*s\", and booleans, integers of up to 64 bits or "
	    "floats of 16, 32 or 64 bits are expected",
	    subject->name, (int)(size < 80 ? size : 80), text);
	return QS_UNSUPPORTED;
}

static enum qs_status read_shape(struct reader *reader)
{
	struct qs_npy_header *header = &reader->header;

	if (!take(reader, "("))
		return malformed(reader->subject, "the shape is not a tuple");
	header->rank = 0;
	while (!take(reader, ")")) {
		if (header->rank == QS_ARRAY_RANK_LIMIT)
			return malformed(reader->subject, "the shape has more than 32 dimensions");
		if (!take_number(reader, &header->dims[header->rank]))
			return malformed(
			    reader->subject, "the shape holds something else than sizes");
		header->rank++;
		take(reader, "L"); /* as Python 2 wrote large numbers */
		if (!take(reader, ",") && !(reader->at < reader->end && *reader->at == ')'))
			return malformed(reader->subject, "the shape is not a tuple");
	}
	return QS_OK;
}

static enum qs_status read_order(struct reader *reader)
{
	if (take(reader, "True"))
		reader->header.fortran_order = true;
	else if (take(reader, "False"))
		reader->header.fortran_order = false;
	else
		return malformed(reader->subject, "fortran_order is neither True nor False");
	return QS_OK;
}

static enum qs_status read_pair(struct reader *reader)
{
	const char *key;
	size_t size;

	if (!take_string(reader, &key, &size) || !take(reader, ":"))
		return malformed(reader->subject, "the header is not a dictionary");
	if (size == 5 && memcmp(key, "descr", 5) == 0) {
		reader->has_descr = true;
		return read_descr(reader);
	}
	if (size == 5 && memcmp(key, "shape", 5) == 0) {
		reader->has_shape = true;
		return read_shape(reader);
	}
	if (size == 13 && memcmp(key, "fortran_order", 13) == 0) {
		reader->has_order = true;
		return read_order(reader);
	}
	return malformed(reader->subject, "the header has an unknown key");
}

static enum qs_status read_dictionary(struct reader *reader)
{
	if (!take(reader, "{"))
		return malformed(reader->subject, "the header is not a dictionary");
	while (!take(reader, "}")) {
		const enum qs_status status = read_pair(reader);

		if (status != QS_OK)
			return status;
		if (!take(reader, ",") && !(reader->at < reader->end && *reader->at == '}'))
			return malformed(reader->subject, "the header is not a dictionary");
	}
	skip_blanks(reader);
	if (reader->at != reader->end)
		return malformed(reader->subject, "the header goes on behind its dictionary");
	if (!reader->has_descr || !reader->has_order || !reader->has_shape)
		return malformed(reader->subject, "the header lacks descr, fortran_order or shape");
	return QS_OK;
}

/* Version 1 has a length of two bytes, 2 and 3 one of four, least byte first. */
static enum qs_status find_dictionary(const unsigned char *bytes, size_t size,
    const struct qs_subject *subject, size_t *ret_begin, size_t *ret_size)
{
	size_t begin, length;

	if (size < MAGIC_SIZE || memcmp(bytes, magic, MAGIC_SIZE) != 0)
		return malformed(subject, "the file does not begin as .npy files do");
	if (size < MAGIC_SIZE + 6)
		return malformed(subject, "the file ends inside the header");
	bytes += MAGIC_SIZE;
	if (bytes[0] < 1 || bytes[0] > 3 || bytes[1] != 0)
		return malformed(subject, "the version of the format is not 1.0, 2.0 or 3.0");
	begin = MAGIC_SIZE + (bytes[0] == 1 ? 4 : 6);
	length = bytes[2] | (size_t)bytes[3] << 8;
	if (bytes[0] > 1)
		length |= (size_t)bytes[4] << 16 | (size_t)bytes[5] << 24;
	if (length > HEADER_LIMIT)
		return malformed(subject, "the header is longer than 64 KiB");
	if (length > size - begin)
		return malformed(subject, "the file ends inside the header");
	*ret_begin = begin;
	*ret_size = length;
	return QS_OK;
}

enum qs_status qs_npy_header_read(const unsigned char *bytes, size_t size,
    const struct qs_subject *subject, struct qs_npy_header *ret_header)
{
	struct reader reader = {.subject = subject};
	enum qs_status status;
	size_t begin, length;

	status = find_dictionary(bytes, size, subject, &begin, &length);
	if (status != QS_OK)
		return status;
	reader.at = (const char *)bytes + begin;
	reader.end = reader.at + length;
	status = read_dictionary(&reader);
	if (status != QS_OK)
		return status;
	reader.header.begin = begin + length;
	*ret_header = reader.header;
	return QS_OK;
}

const char *qs_npy_header_descr(enum qs_element element)
{
	static const char *const descr[QS_ELEMENT__COUNT] = {
	    [QS_ELEMENT_BOOL] = "|b1",
	    [QS_ELEMENT_INT8] = "|i1",
	    [QS_ELEMENT_UINT8] = "|u1",
	    [QS_ELEMENT_INT16] = "<i2",
	    [QS_ELEMENT_UINT16] = "<u2",
	    [QS_ELEMENT_INT32] = "<i4",
	    [QS_ELEMENT_UINT32] = "<u4",
	    [QS_ELEMENT_INT64] = "<i8",
	    [QS_ELEMENT_UINT64] = "<u8",
	    [QS_ELEMENT_FLOAT16] = "<f2",
	    [QS_ELEMENT_FLOAT32] = "<f4",
	    [QS_ELEMENT_FLOAT64] = "<f8",
	};

	return descr[element];
}

void qs_npy_header_write(
    const int64_t *dims, size_t rank, bool fortran_order, const char *descr, struct qs_text *text)
{
	const size_t start = text->size, dictionary = start + MAGIC_SIZE + 4;
	size_t length;

	qs_text_add(text, magic, MAGIC_SIZE);
	qs_text_add(text, "\1\0\0\0", 4);
	qs_text_addf(text, "{'descr': '%s', 'fortran_order': %s, 'shape': (", descr,
	    fortran_order ? "True" : "False");
	for (size_t i = 0; i < rank; i++)
		qs_text_addf(text, "%s%" PRId64, i ? ", " : "", dims[i]);
	qs_text_adds(text, rank == 1 ? ",), }" : "), }");
	qs_text_fill(text, ' ', 63 - (text->size - start) % 64);
	qs_text_adds(text, "\n");
	if (text->failed)
		return;
	length = text->size - dictionary;
	text->data[dictionary - 2] = (char)(length & 0xff);
	text->data[dictionary - 1] = (char)(length >> 8);
}

enum qs_status qs_npy_header_count(const struct qs_npy_header *header, uint64_t size,
    const struct qs_subject *subject, size_t *ret_n_values)
{
	const size_t element = qs_element_size(header->element);
	const uint64_t found = size - header->begin;
	size_t n_values;

	if (!qs_array_count(header->dims, header->rank, element, &n_values)) {
		qs_finding_add(subject->findings, QS_FINDING_MALFORMED_NPY, subject->place,
		    "%s: the shape has more values than any memory can hold", subject->name);
		return QS_INVALID;
	}
	if (n_values * element != found) {
		qs_finding_add(subject->findings, QS_FINDING_MALFORMED_NPY, subject->place,
		    "%s: the shape needs %zu bytes of data, and the file has %" PRIu64,
		    subject->name, n_values * element, found);
		return QS_INVALID;
	}
	*ret_n_values = n_values;
	return QS_OK;
}
