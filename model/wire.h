/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look over the bytes of a protobuf message before they are unpacked.
 *
 * Unpacking only says that it failed, follows nesting as deep as the bytes go, and ends a string at
 * its first NUL. This walk, guided by the message's descriptor, finds all three with their place.
 */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

/* The version of protobuf-c that is in use. */
const char *qs_wire_library(void);

enum qs_wire_fault {
	QS_WIRE_OK,
	QS_WIRE_TRUNCATED, /* the bytes end inside a field of the outermost message */
	QS_WIRE_MALFORMED, /* what stands there is no field, or reaches beyond its message */
	QS_WIRE_TOO_DEEP,  /* messages within messages beyond QS_WIRE_DEPTH */
	QS_WIRE_NUL        /* a string holds a NUL */
};

/* The nesting that protobuf's own readers accept. */
#define QS_WIRE_DEPTH 100

struct qs_wire_report {
	enum qs_wire_fault fault;
	size_t offset;       /* of the field, in bytes */
	const char *message; /* the innermost message, "NodeProto" */
	const char *field;   /* its field, "op_type", or NULL */
};

/* Walks all fields of a message. */
struct qs_wire_report qs_wire_check(
    const void *bytes, size_t size, const ProtobufCMessageDescriptor *descriptor);

#endif
