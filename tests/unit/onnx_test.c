/* SPDX-License-Identifier: Apache-2.0 */
/* Models from files and back to them, and files that are none. */
#include "model_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "model/external.h"
#include "model/fold.h"

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

static void saving_gives_the_bytes_that_were_read(void **state)
{
	static const char *const names[] = {
	    "attn.onnx", "conv_bn_relu.onnx", "dw_relu6.onnx", "mlp.onnx"};
	struct qs_findings *findings = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct qs_model *model = fixture_open(findings, names[i]);
		char *before, *after;
		size_t n_before, n_after;

		assert_int_equal(qs_model_save(model, fixture_output(names[i]), findings), QS_OK);
		assert_int_equal(qs_file_read(fixture_path(names[i]), SIZE_MAX / 4, findings,
				     &before, &n_before),
		    QS_OK);
		assert_int_equal(qs_file_read(fixture_output(names[i]), SIZE_MAX / 4, findings,
				     &after, &n_after),
		    QS_OK);
		assert_int_equal(n_before, n_after);
		assert_memory_equal(before, after, n_before);
		free(before);
		free(after);
		unlink(fixture_output(names[i]));
		qs_model_free(model);
	}
}

static void unknown_fields_are_kept(void **state)
{
	/* Field 99 of the model and field 88 of its graph are of some later version of ONNX. */
	static const unsigned char bytes[] = "\x08\x08\x3a\x06\x12\x01g\xc0\x05\x07"
					     "\x42\x02\x10\x0d"
					     "\x9a\x06\x03new";
	struct qs_findings *findings = *state;
	struct qs_model *model = NULL;
	unsigned char *packed;
	size_t size;

	assert_int_equal(
	    qs_model_parse("x.onnx", bytes, sizeof(bytes) - 1, findings, &model), QS_OK);
	assert_int_equal(qs_model_pack(model, false, findings, &packed, &size), QS_OK);
	assert_int_equal(size, sizeof(bytes) - 1);
	assert_memory_equal(packed, bytes, size);
	free(packed);
	qs_model_free(model);
}

static void what_is_no_model_is_called_by_its_name(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *code, *word;
	} rows[] = {
#define ROW(bytes, code, word) {bytes, sizeof(bytes) - 1, code, word}
	    ROW("", "QS601", "an empty file"),
	    ROW("{\"a\": 1}", "QS601", "JSON"),
	    ROW("hello, this is no model\n", "QS601", "text"),
	    ROW("PK\003\004....", "QS601", "ZIP"),
	    ROW("version https://git-lfs.github.com/spec/v1\n", "QS601", "Git LFS"),
	    ROW("\034\0\0\0TFL3....", "QS601", "TensorFlow Lite"),
	    ROW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "QS601", "protobuf"),
	    ROW("\x08\x08", "QS601", "no graph"),
	    ROW("\x08\x08\x3a\x7f\x12\x01g", "QS602", "\"graph\""),
	    ROW("\x08\x08\x3a\x03\x12\x01g", "QS604", "operator set"),
	    ROW("\x08\x08\x3a\x03\x12\x01\0\x42\x02\x10\x0d", "QS603", "NUL"),
	    ROW("\x08\x08\x3a\x03\x12\x05g\x42\x02\x10\x0d", "QS601", "protobuf"),
	    ROW("\x08\x08\x38\x03\x42\x02\x10\x0d", "QS601", "fields"),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_model *model = NULL;

		assert_int_equal(
		    qs_model_parse("x.onnx", rows[i].bytes, rows[i].size, findings, &model),
		    QS_INVALID);
		assert_string_equal(fixture_only_code(findings), rows[i].code);
		assert_non_null(strstr(qs_findings_at(findings, 0)->message, rows[i].word));
		assert_null(model);
		qs_findings_free(findings);
	}
}

/* A type of sequences of sequences, of a depth that would exhaust the stack. */
static void deep_nesting_is_refused(void **state)
{
	enum {
		DEPTH = 200
	};
	static unsigned char bytes[DEPTH * 8];
	unsigned char *at = bytes + sizeof(bytes);
	struct qs_findings *findings = *state;
	struct qs_model *model = NULL;
	const unsigned char tags[] = {0x3a, 0x5a, 0x12};

	for (int i = DEPTH; i-- > 0;) {
		const size_t size = (size_t)(bytes + sizeof(bytes) - at);

		*--at = (unsigned char)(size >> 7);
		*--at = (unsigned char)(size | 0x80);
		*--at = i < 3 ? tags[i] : i % 2 ? 0x22 : 0x0a;
	}
	assert_int_equal(
	    qs_model_parse("x.onnx", at, (size_t)(bytes + sizeof(bytes) - at), findings, &model),
	    QS_INVALID);
	assert_string_equal(fixture_only_code(findings), "QS603");
}

static void no_cut_of_a_model_crashes(void **state)
{
	char *bytes;
	size_t size;

	assert_int_equal(
	    qs_file_read(fixture_path("mlp.onnx"), SIZE_MAX / 4, *state, &bytes, &size), QS_OK);
	for (size_t n = 0; n < size; n += n < 600 ? 1 : 37) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_model *model = NULL;

		assert_int_equal(qs_model_parse("x.onnx", bytes, n, findings, &model), QS_INVALID);
		assert_int_equal(qs_findings_count(findings), 1);
		qs_findings_free(findings);
	}
	free(bytes);
}

/* As far as a model goes: the graph, its layers, folding, and bytes again. */
static void go_through(const void *bytes, size_t size)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = NULL;
	struct qs_layers *layers = NULL;
	unsigned char *packed = NULL;
	size_t n;

	if (qs_model_parse("x.onnx", bytes, size, findings, &model) == QS_OK &&
	    qs_layers_new(model, findings, &layers) == QS_OK) {
		struct qs_text text = QS_TEXT_INIT;

		assert_int_equal(qs_findings_count(findings), 0);
		assert_int_equal(qs_layers_write_text(layers, &text), QS_OK);
		assert_int_equal(qs_layers_write_json(layers, &text), QS_OK);
		qs_text_done(&text);
		(void)qs_fold_batch_norms(model, findings, &n);
		(void)qs_model_pack(model, true, findings, &packed, &n);
	} else {
		assert_int_equal(qs_findings_count(findings), 1);
	}
	free(packed);
	qs_layers_free(layers);
	qs_model_free(model);
	qs_findings_free(findings);
}

static void no_flipped_byte_of_a_model_crashes(void **state)
{
	char *bytes;
	size_t size;

	assert_int_equal(
	    qs_file_read(fixture_path("conv_bn_relu.onnx"), SIZE_MAX / 4, *state, &bytes, &size),
	    QS_OK);
	for (size_t n = 0; n < size; n += n < 2000 ? 1 : 13) {
		for (unsigned flip = 1; flip < 256; flip *= 4) {
			bytes[n] = (char)(bytes[n] ^ (int)flip);
			go_through(bytes, size);
			bytes[n] = (char)(bytes[n] ^ (int)flip);
		}
	}
	free(bytes);
}

static void no_garbage_crashes(void **state)
{
	unsigned char bytes[256];
	uint32_t number = 1;

	(void)state;
	for (size_t round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			number = number * 1664525 + 1013904223;
			bytes[i] = (unsigned char)(number >> 24);
		}
		/* The start of a model makes a reader go further. */
		if (round % 2)
			memcpy(bytes, "\x08\x08\x3a\xf8\x01", 5);
		go_through(bytes, sizeof(bytes) - round % 7);
	}
}

/* ---- external data -----------------------------------------------------------------------------
 */

/* A model with one initializer of two floats in another file, and the keys given. */
static struct qs_model *external_model(
    struct qs_findings *findings, const char *const *keys, const char *folder)
{
	struct qs_model *model =
	    FIXTURE_MODEL(findings, "in x 2", "init w 2", "node Add a x,w y", "out y");
	Onnx__TensorProto *tensor = model->proto->graph->initializer[0];

	model->folder = qs_arena_strdup(&model->arena, folder);
	tensor->has_raw_data = false;
	tensor->has_data_location = true;
	tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	tensor->external_data = qs_arena_array(&model->arena, 8, sizeof(void *));
	for (; *keys; keys += 2) {
		Onnx__StringStringEntryProto *entry = qs_arena_alloc(&model->arena, sizeof(*entry));

		onnx__string_string_entry_proto__init(entry);
		entry->key = qs_arena_strdup(&model->arena, keys[0]);
		entry->value = qs_arena_strdup(&model->arena, keys[1]);
		tensor->external_data[tensor->n_external_data++] = entry;
	}
	return model;
}

static void external_data_is_found_or_its_trouble_told(void **state)
{
	static const struct {
		const char *keys[7];
		enum qs_status status;
		const char *code, *word;
	} rows[] = {
	    {{"location", "w.bin", "offset", "4", "length", "8"}, QS_OK, NULL, NULL},
	    {{"location", "w.bin"}, QS_OK, NULL, NULL},
	    {{"location", "./w.bin", "offset", "4"}, QS_OK, NULL, NULL},
	    {{"location", "none.bin"}, QS_IO, "QS608", "none.bin"},
	    {{"location", "."}, QS_IO, "QS608", "regular"},
	    {{"location", "w.bin", "offset", "5"}, QS_INVALID, "QS609", "has only 12"},
	    {{"location", "w.bin", "offset", "99999999999999999999"}, QS_INVALID, "QS609",
		"offset"},
	    {{"location", "w.bin", "offset", "-1"}, QS_INVALID, "QS609", "offset"},
	    {{"location", "w.bin", "length", "9"}, QS_INVALID, "QS609", "length"},
	    {{"offset", "0"}, QS_INVALID, "QS609", "names no file"},
	    {{"location", "../w.bin"}, QS_INVALID, "QS610", "outside"},
	    {{"location", "a/../../w.bin"}, QS_INVALID, "QS610", "outside"},
	    {{"location", "/etc/passwd"}, QS_INVALID, "QS610", "outside"},
	};
	const float data[] = {1, 2, 3};

	(void)state;
	fixture_write(fixture_output("w.bin"), data, sizeof(data));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_model *model = external_model(findings, rows[i].keys, "tests/out");
		float *values = NULL;
		size_t count;

		assert_true(qs_model_external_size(model) > 0);
		assert_int_equal(qs_model_check_external(model, findings), rows[i].status);
		if (rows[i].status == QS_OK) {
			assert_int_equal(qs_tensor_read(model, model->proto->graph->initializer[0],
					     findings, &values, &count),
			    QS_OK);
			assert_int_equal(count, 2);
			assert_true(values[0] == (rows[i].keys[2] ? 2 : 1));
		} else {
			assert_string_equal(fixture_only_code(findings), rows[i].code);
			assert_non_null(strstr(qs_findings_at(findings, 0)->message, rows[i].word));
		}
		free(values);
		qs_model_free(model);
		qs_findings_free(findings);
	}
	unlink(fixture_output("w.bin"));
}

static void external_data_stays_in_its_folder_and_is_embedded_elsewhere(void **state)
{
	static const char *const keys[] = {"location", "w.bin", NULL};
	const float data[] = {1.5F, -2};
	struct qs_findings *findings = *state;
	struct qs_model *model = external_model(findings, keys, "tests/out"), *again = NULL;
	float *values;
	size_t count;

	fixture_write(fixture_output("w.bin"), data, sizeof(data));
	assert_int_equal(qs_model_save(model, fixture_output("beside.onnx"), findings), QS_OK);
	assert_int_equal(qs_model_open(fixture_output("beside.onnx"), findings, &again), QS_OK);
	assert_true(qs_model_external_size(again) > 0);
	qs_model_free(again);
	mkdir(fixture_output("elsewhere"), 0777);
	assert_int_equal(qs_model_save(model, fixture_output("elsewhere/m.onnx"), findings), QS_OK);
	assert_true(qs_model_external_size(model) > 0);
	assert_int_equal(
	    qs_model_open(fixture_output("elsewhere/m.onnx"), findings, &again), QS_OK);
	assert_true(qs_model_external_size(again) == 0);
	assert_int_equal(
	    qs_tensor_read(again, again->proto->graph->initializer[0], findings, &values, &count),
	    QS_OK);
	assert_memory_equal(values, data, sizeof(data));
	free(values);
	qs_model_free(again);
	qs_model_free(model);
	unlink(fixture_output("beside.onnx"));
	unlink(fixture_output("elsewhere/m.onnx"));
	rmdir(fixture_output("elsewhere"));
	unlink(fixture_output("w.bin"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(saving_gives_the_bytes_that_were_read),
	    TEST(unknown_fields_are_kept),
	    TEST(what_is_no_model_is_called_by_its_name),
	    TEST(deep_nesting_is_refused),
	    TEST(no_cut_of_a_model_crashes),
	    TEST(no_flipped_byte_of_a_model_crashes),
	    TEST(no_garbage_crashes),
	    TEST(external_data_is_found_or_its_trouble_told),
	    TEST(external_data_stays_in_its_folder_and_is_embedded_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
