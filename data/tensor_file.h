/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors in files of their own: TensorProto messages of onnx.proto, as the test data beside models
 * of the ONNX model zoo has them (test_data_set_0/input_0.pb).
 */
#ifndef DATA_TENSOR_FILE_H
#define DATA_TENSOR_FILE_H

#include "numbers/array.h"

/*
 * Reads a tensor and its name, malloc'ed, "" when it has none. QS_IO, QS_INVALID or QS_UNSUPPORTED
 * with a finding that names the file.
 */
enum qs_status qs_tensor_file_read(
    const char *path, struct qs_findings *findings, struct qs_array *ret_array, char **ret_name);

#endif
