// SPDX-License-Identifier: Apache-2.0
// The module around libonnx's version converter: bytes in, bytes out, exceptions become messages.
#include "model/opset_shim.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#define ONNX_ML 1
#define ONNX_NAMESPACE onnx
#include <onnx/onnx_pb.h>

#include <onnx/defs/schema.h>
#include <onnx/version_converter/convert.h>

// The library would write to the standard error.
static void drop_message(google::protobuf::LogLevel, const char *, int, const std::string &)
{
}

int qs_opset_module_latest(void)
{
	return onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("").second;
}

static int fail(const char *why, char *message, size_t message_size)
{
	std::snprintf(message, message_size, "%s", why);
	return 1;
}

static int convert(const void *bytes, size_t size, int version, unsigned char **ret_bytes,
    size_t *ret_size, char *message, size_t message_size)
{
	onnx::ModelProto model;
	std::string packed;

	if (!model.ParseFromArray(bytes, static_cast<int>(size)))
		return fail("it cannot read the model", message, message_size);
	if (!onnx::version_conversion::ConvertVersion(model, version).SerializeToString(&packed))
		return fail("it cannot write the model", message, message_size);
	*ret_bytes = static_cast<unsigned char *>(std::malloc(packed.size() + 1));
	if (!*ret_bytes)
		return fail("memory ran out", message, message_size);
	packed.copy(reinterpret_cast<char *>(*ret_bytes), packed.size());
	*ret_size = packed.size();
	return 0;
}

int qs_opset_module_convert(const void *bytes, size_t size, int version, unsigned char **ret_bytes,
    size_t *ret_size, char *message, size_t message_size)
{
	const auto handler = google::protobuf::SetLogHandler(drop_message);
	/* It warns of domains that it does not know. */
	const auto stream = std::cerr.rdbuf(nullptr);
	int result;

	try {
		result = convert(bytes, size, version, ret_bytes, ret_size, message, message_size);
	} catch (const std::exception &error) {
		result = fail(error.what(), message, message_size);
	} catch (...) {
		result = fail("it gives no reason", message, message_size);
	}
	std::cerr.rdbuf(stream);
	google::protobuf::SetLogHandler(handler);
	return result;
}
