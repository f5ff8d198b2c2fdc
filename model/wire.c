/* SPDX-License-Identifier: Apache-2.0 */
/* A look over the bytes of a protobuf message. Format: protobuf.dev, "Encoding". */
#include "model/wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Field numbers have 29 bits. */
#define LARGEST_FIELD (((uint64_t)1 << 29) - 1)

struct walk {
	const uint8_t *bytes;
	size_t at;
	struct qs_wire_report report;
};

const char *qs_wire_library(void)
{
	return protobuf_c_version();
}

static bool fail(struct walk *walk, enum qs_wire_fault fault, size_t offset,
    const ProtobufCMessageDescriptor *message, const ProtobufCFieldDescriptor *field)
{
	walk->report =
	    (struct qs_wire_report){fault, offset, message->short_name, field ? field->name : NULL};
	return false;
}

/* A varint of at most ten bytes; QS_WIRE_OK when it was read. */
static enum qs_wire_fault read_varint(struct walk *walk, size_t end, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t byte;

		if (walk->at >= end)
			return QS_WIRE_TRUNCATED;
		byte = walk->bytes[walk->at++];
		value |= (uint64_t)(byte & 0x7F) << shift % 64;
		if (!(byte & 0x80)) {
			*ret_value = value;
			return QS_WIRE_OK;
		}
	}
	return QS_WIRE_MALFORMED;
}

/* How many bytes follow what was read of a field so far. */
static enum qs_wire_fault read_size(
    struct walk *walk, size_t end, unsigned wire_type, uint64_t *ret_size)
{
	uint64_t number;

	*ret_size = 0;
	switch (wire_type) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		return read_varint(walk, end, &number);
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		*ret_size = 8;
		return QS_WIRE_OK;
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		return read_varint(walk, end, ret_size);
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		*ret_size = 4;
		return QS_WIRE_OK;
	default:
		return QS_WIRE_MALFORMED;
	}
}

static bool walk_message(
    struct walk *walk, size_t end, const ProtobufCMessageDescriptor *message, unsigned depth);

/* What a length-delimited field holds, as far as it can be wrong. */
static bool walk_content(struct walk *walk, size_t start, size_t end,
    const ProtobufCMessageDescriptor *message, const ProtobufCFieldDescriptor *field,
    unsigned depth)
{
	if (field->type == PROTOBUF_C_TYPE_STRING &&
	    memchr(walk->bytes + walk->at, '\0', end - walk->at))
		return fail(walk, QS_WIRE_NUL, start, message, field);
	if (field->type != PROTOBUF_C_TYPE_MESSAGE)
		return true;
	if (depth >= QS_WIRE_DEPTH)
		return fail(walk, QS_WIRE_TOO_DEEP, start, message, field);
	return walk_message(walk, end, field->descriptor, depth + 1);
}

static bool walk_field(
    struct walk *walk, size_t end, const ProtobufCMessageDescriptor *message, unsigned depth)
{
	const ProtobufCFieldDescriptor *field = NULL;
	const size_t start = walk->at;
	enum qs_wire_fault fault;
	unsigned wire_type = 0;
	uint64_t tag, size = 0;

	fault = read_varint(walk, end, &tag);
	if (fault == QS_WIRE_OK && (tag >> 3 == 0 || tag >> 3 > LARGEST_FIELD))
		fault = QS_WIRE_MALFORMED;
	if (fault == QS_WIRE_OK) {
		field = protobuf_c_message_descriptor_get_field(message, (unsigned)(tag >> 3));
		wire_type = (unsigned)(tag & 7);
		fault = read_size(walk, end, wire_type, &size);
	}
	if (fault == QS_WIRE_OK && size > end - walk->at)
		fault = QS_WIRE_TRUNCATED;
	if (fault == QS_WIRE_TRUNCATED && depth)
		fault = QS_WIRE_MALFORMED;
	if (fault != QS_WIRE_OK)
		return fail(walk, fault, start, message, field);
	end = walk->at + (size_t)size;
	if (field && wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED &&
	    !walk_content(walk, start, end, message, field, depth))
		return false;
	walk->at = end;
	return true;
}

static bool walk_message(
    struct walk *walk, size_t end, const ProtobufCMessageDescriptor *message, unsigned depth)
{
	while (walk->at < end) {
		if (!walk_field(walk, end, message, depth))
			return false;
	}
	return true;
}

struct qs_wire_report qs_wire_check(
    const void *bytes, size_t size, const ProtobufCMessageDescriptor *descriptor)
{
	struct walk walk = {bytes, 0, {QS_WIRE_OK, 0, NULL, NULL}};

	walk_message(&walk, size, descriptor, 0);
	return walk.report;
}
