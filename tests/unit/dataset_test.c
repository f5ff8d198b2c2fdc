/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration data: which batches there are, in which order, and what is wrong with one. */
#include "tests/unit/npz_fixture.h"

#include "tests/unit/data.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"

static const int64_t image_dims[] = {-1, 3}, mask_dims[] = {2};
static const struct qs_data_input inputs[] = {
    {"image", QS_ELEMENT_FLOAT32, 2, image_dims}, {"mask", QS_ELEMENT_INT64, 1, mask_dims}};

struct bench {
	struct qs_findings *findings;
	char folder[32];
	struct qs_dataset dataset;
	struct qs_array arrays[2];
};

static int make_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	bench->findings = qs_findings_new();
	strcpy(bench->folder, "dataset_test-XXXXXX");
	return mkdtemp(bench->folder) ? 0 : -1;
}

static int free_bench(void **state)
{
	struct bench *bench = *state;
	char command[64];

	for (size_t i = 0; i < 2; i++)
		qs_array_done(&bench->arrays[i]);
	qs_dataset_done(&bench->dataset);
	qs_findings_free(bench->findings);
	snprintf(command, sizeof(command), "rm -rf %s", bench->folder);
	free(bench);
	return system(command);
}

/* The path of a name in the folder of the test; overwritten by the next call. */
static const char *below(const struct bench *bench, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", bench->folder, name);
	return path;
}

static struct npy_bytes image(float first)
{
	static const int64_t dims[] = {2, 3};

	return npy_floats(dims, 2, first);
}

static struct npy_bytes mask(void)
{
	static const int64_t dims[] = {2}, values[] = {0, 1};

	return npy_make("<i8", dims, 1, values, sizeof(*values));
}

static void open_data(struct bench *bench, const char *name, size_t n_inputs)
{
	assert_int_equal(qs_dataset_open(below(bench, name), inputs, n_inputs, NULL,
			     bench->findings, &bench->dataset),
	    QS_OK);
}

/* The only finding is of that code, about that file of the folder, and says exactly that. */
static void expect_finding(
    struct bench *bench, const char *code, const char *name, const char *message)
{
	const struct qs_finding *finding;

	assert_int_equal(qs_findings_count(bench->findings), 1);
	finding = qs_findings_at(bench->findings, 0);
	assert_string_equal(finding->message, message);
	assert_string_equal(finding->code, code);
	assert_string_equal(qs_source_name(finding->place.source), below(bench, name));
}

static void expect_refused_batch(struct bench *bench, size_t n_inputs, enum qs_status status)
{
	open_data(bench, ".", n_inputs);
	assert_int_equal(
	    qs_dataset_read(&bench->dataset, 0, bench->findings, bench->arrays), status);
	for (size_t i = 0; i < n_inputs; i++)
		assert_null(bench->arrays[i].data);
}

static void batches_come_in_the_order_of_their_numbers(void **state)
{
	static const char *const names[] = {"batch 1.npy", "batch 2.npz", "batch 03",
	    "batch 10.npy", "batch 10a.npy", "batch 200.npy", "c.npy"};
	static const size_t written[] = {5, 0, 6, 3, 4, 1, 2};
	struct bench *bench = *state;

	for (size_t i = 0; i < 7; i++) {
		const char *name = names[written[i]];

		if (strchr(name, '.'))
			write_bytes(below(bench, name), "", 0);
		else
			assert_int_equal(mkdir(below(bench, name), 0777), 0);
	}
	write_bytes(below(bench, "README.md"), "", 0);
	write_bytes(below(bench, ".hidden.npy"), "", 0);
	open_data(bench, ".", 1);
	assert_int_equal(bench->dataset.n_batches, 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(strrchr(bench->dataset.paths[i], '/') + 1, names[i]);
}

static void expect_batch(struct bench *bench, size_t batch, size_t n_inputs, float first)
{
	assert_int_equal(
	    qs_dataset_read(&bench->dataset, batch, bench->findings, bench->arrays), QS_OK);
	assert_float_equal(((float *)bench->arrays[0].data)[0], first, 0);
	assert_int_equal(bench->arrays[0].dims[0], 2);
	if (n_inputs == 2)
		assert_int_equal(((int64_t *)bench->arrays[1].data)[1], 1);
	for (size_t i = 0; i < n_inputs; i++)
		qs_array_done(&bench->arrays[i]);
}

static void one_input_takes_npy_npz_and_folders(void **state)
{
	struct bench *bench = *state;
	const struct npz_member member = {"image", image(2)};

	write_npy(below(bench, "1.npy"), image(1));
	npz_write(below(bench, "2.npz"), &member, 1, true);
	assert_int_equal(mkdir(below(bench, "3"), 0777), 0);
	write_npy(below(bench, "3/image.npy"), image(3));
	open_data(bench, ".", 1);
	for (size_t i = 0; i < 3; i++)
		expect_batch(bench, i, 1, (float)i + 1);
	assert_int_equal(qs_findings_count(bench->findings), 0);
}

static void several_inputs_are_found_by_name(void **state)
{
	struct bench *bench = *state;
	const struct npz_member members[] = {{"mask", mask()}, {"image", image(1)}};

	npz_write(below(bench, "1.npz"), members, 2, false);
	assert_int_equal(mkdir(below(bench, "2"), 0777), 0);
	write_npy(below(bench, "2/mask.npy"), mask());
	write_npy(below(bench, "2/image.npy"), image(2));
	open_data(bench, ".", 2);
	expect_batch(bench, 0, 2, 1);
	expect_batch(bench, 1, 2, 2);
}

static void a_single_file_is_one_batch(void **state)
{
	struct bench *bench = *state;

	write_npy(below(bench, "only.npy"), image(7));
	open_data(bench, "only.npy", 1);
	assert_int_equal(bench->dataset.n_batches, 1);
	expect_batch(bench, 0, 1, 7);
}

static void the_shape_has_to_be_that_of_the_input(void **state)
{
	static const int64_t dims[] = {2, 4};

	write_npy(below(*state, "1.npy"), npy_floats(dims, 2, 0));
	expect_refused_batch(*state, 1, QS_INVALID);
	expect_finding(*state, "QS714", "./1.npy",
	    "the data has shape [2,4]; input \"image\" of the model takes [?,3]");
}

/* The usual mistakes in the shape of data for an input of [N,3,4,5] say what mends them. */
static void the_shape_tells_what_mends_it(void **state)
{
	static const struct {
		int64_t batch; /* of the model; -1: any */
		size_t rank;
		int64_t dims[4];
		const char *hint; /* NULL: nobody knows */
	} rows[] = {
	    {1, 3, {3, 4, 5}, "the axis of the batch is missing; save it with x[None]"},
	    {-1, 3, {3, 4, 5}, "the axis of the batch is missing; save it with x[None]"},
	    {2, 3, {3, 4, 5}, NULL},
	    {1, 4, {1, 4, 5, 3}, "the channels stand last; save it with x.transpose(0, 3, 1, 2)"},
	    {-1, 4, {7, 4, 5, 3}, "the channels stand last; save it with x.transpose(0, 3, 1, 2)"},
	    {1, 4, {8, 3, 4, 5},
		"the model takes 1 sample at once; save a file for each batch, or export the "
		"model with a batch of any size"},
	    {1, 4, {8, 3, 9, 9}, NULL},
	    {1, 0, {0}, NULL},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const int64_t wanted[] = {rows[i].batch, 3, 4, 5};
		const struct qs_data_input input = {"image", QS_ELEMENT_FLOAT32, 4, wanted};
		const struct qs_finding *finding;

		write_npy(below(bench, "1.npy"), npy_floats(rows[i].dims, rows[i].rank, 0));
		assert_int_equal(qs_dataset_open(below(bench, "1.npy"), &input, 1, NULL,
				     bench->findings, &bench->dataset),
		    QS_OK);
		assert_int_equal(
		    qs_dataset_read(&bench->dataset, 0, bench->findings, bench->arrays),
		    QS_INVALID);
		qs_dataset_done(&bench->dataset);
		assert_int_equal(qs_findings_count(bench->findings), i + 1);
		finding = qs_findings_at(bench->findings, i);
		assert_string_equal(finding->code, "QS714");
		if (rows[i].hint)
			assert_string_equal(finding->hint, rows[i].hint);
		else
			assert_null(finding->hint);
	}
}

static void the_rank_has_to_be_that_of_the_input(void **state)
{
	static const int64_t dims[] = {6};

	write_npy(below(*state, "1.npy"), npy_floats(dims, 1, 0));
	expect_refused_batch(*state, 1, QS_INVALID);
	expect_finding(*state, "QS714", "./1.npy",
	    "the data has shape [6]; input \"image\" of the model takes [?,3]");
}

static void the_type_has_to_be_that_of_the_input(void **state)
{
	static const int64_t dims[] = {1, 3};
	static const double values[] = {1, 2, 3};
	struct bench *bench = *state;

	write_npy(below(bench, "1.npy"), npy_make("<f8", dims, 2, values, sizeof(*values)));
	expect_refused_batch(bench, 1, QS_INVALID);
	expect_finding(bench, "QS713", "./1.npy",
	    "the data is float64; input \"image\" of the model takes float32");
	assert_string_equal(
	    qs_findings_at(bench->findings, 0)->hint, "save it with .astype(\"float32\")");
}

/* float16 is exact in float32. */
static void a_half_is_converted_to_what_the_input_takes(void **state)
{
	static const int64_t dims[] = {1, 3};
	static const uint16_t halves[] = {0x3c00, 0xc000, 0x3555};
	struct bench *bench = *state;
	const float *values;

	write_npy(below(bench, "1.npy"), npy_make("<f2", dims, 2, halves, sizeof(*halves)));
	open_data(bench, ".", 1);
	assert_int_equal(
	    qs_dataset_read(&bench->dataset, 0, bench->findings, bench->arrays), QS_OK);
	assert_int_equal(bench->arrays[0].element, QS_ELEMENT_FLOAT32);
	values = bench->arrays[0].data;
	assert_float_equal(values[0], 1, 0);
	assert_float_equal(values[1], -2, 0);
	assert_float_equal(values[2], 0x1.554p-2F, 0);
	qs_array_done(&bench->arrays[0]);
}

static void a_file_of_one_array_is_not_enough_for_two_inputs(void **state)
{
	write_npy(below(*state, "1.npy"), image(0));
	expect_refused_batch(*state, 2, QS_INVALID);
	expect_finding(*state, "QS711", "./1.npy",
	    "the model has 2 inputs; expected a folder or .npz with an array for each");
}

static void an_input_that_an_archive_lacks_is_named(void **state)
{
	const struct npz_member member = {"image", image(0)};

	npz_write(below(*state, "1.npz"), &member, 1, false);
	expect_refused_batch(*state, 2, QS_INVALID);
	expect_finding(*state, "QS711", "./1.npz", "the batch has no data for input \"mask\"");
}

static void an_input_that_a_folder_lacks_is_named(void **state)
{
	assert_int_equal(mkdir(below(*state, "1"), 0777), 0);
	write_npy(below(*state, "1/image.npy"), image(0));
	expect_refused_batch(*state, 2, QS_INVALID);
	expect_finding(*state, "QS711", "./1", "the batch has no data for input \"mask\"");
}

static void an_array_that_is_no_input_is_named(void **state)
{
	const struct npz_member members[] = {{"image", image(0)}, {"labels", image(0)}};

	npz_write(below(*state, "1.npz"), members, 2, false);
	expect_refused_batch(*state, 1, QS_INVALID);
	expect_finding(*state, "QS712", "./1.npz", "the model has no input \"labels\"");
	assert_string_equal(qs_findings_at(((struct bench *)*state)->findings, 0)->hint,
	    "its only input is \"image\"");
}

static void a_cut_archive_is_told(void **state)
{
	struct bench *bench = *state;
	const struct npz_member member = {"image", image(0)};
	struct npy_bytes bytes;

	npz_write(below(bench, "1.npz"), &member, 1, false);
	bytes = read_bytes(below(bench, "1.npz"));
	write_bytes(below(bench, "1.npz"), bytes.data, bytes.size / 2);
	free(bytes.data);
	expect_refused_batch(bench, 1, QS_INVALID);
	assert_string_equal(qs_findings_at(bench->findings, 0)->code, "QS709");
}

static void expect_no_dataset(struct bench *bench, const char *name, enum qs_status status)
{
	assert_int_equal(
	    qs_dataset_open(below(bench, name), inputs, 1, NULL, bench->findings, &bench->dataset),
	    status);
	assert_int_equal(bench->dataset.n_batches, 0);
}

static void a_folder_without_data_is_told(void **state)
{
	write_bytes(below(*state, "notes.txt"), "", 0);
	expect_no_dataset(*state, "", QS_INVALID);
	expect_finding(*state, "QS710", "",
	    "the folder holds no calibration data; expected X.npy, X.npz, X.pb or folders, one a "
	    "batch, or pictures");
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	expect_no_dataset(*state, "nowhere", QS_IO);
	expect_finding(*state, "QS001", "nowhere",
	    "cannot open the folder of calibration data: No such file or directory");
}

static void a_file_that_is_no_data_is_told(void **state)
{
	write_bytes(below(*state, "data.csv"), "1,2,3", 5);
	expect_no_dataset(*state, "data.csv", QS_IO);
	expect_finding(*state, "QS001", "data.csv",
	    "cannot open the folder of calibration data: Not a directory");
}

static void a_folder_may_be_called_like_a_file(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(mkdir(below(bench, "data.npy"), 0777), 0);
	write_npy(below(bench, "data.npy/1.npy"), image(4));
	open_data(bench, "data.npy", 1);
	expect_batch(bench, 0, 1, 4);
}

/* ---- tensors in files, pictures ------------------------------------------------------------- */

/* A TensorProto of 2 x 3 float32 values (tags: onnx.proto), with a name or without. */
static void write_pb(const char *path, float first, const char *name)
{
	unsigned char bytes[64] = {0x08, 2, 0x08, 3, 0x10, 1, 0x4A, 24};
	size_t size = 8;

	for (int i = 0; i < 6; i++, size += 4, first++)
		memcpy(bytes + size, &first, 4);
	if (name) {
		bytes[size++] = 0x42;
		bytes[size++] = (unsigned char)strlen(name);
		memcpy(bytes + size, name, strlen(name));
		size += strlen(name);
	}
	write_bytes(path, bytes, size);
}

static void test_data_of_the_model_zoo_is_one_batch_a_folder(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(mkdir(below(bench, "test_data_set_0"), 0777), 0);
	assert_int_equal(mkdir(below(bench, "test_data_set_1"), 0777), 0);
	write_pb(below(bench, "test_data_set_0/input_0.pb"), 1, NULL);
	write_pb(below(bench, "test_data_set_0/output_0.pb"), 9, NULL);
	write_pb(below(bench, "test_data_set_1/input_0.pb"), 2, "image");
	write_bytes(below(bench, "model.onnx"), "", 0);
	open_data(bench, ".", 1);
	assert_int_equal(bench->dataset.n_batches, 2);
	expect_batch(bench, 0, 1, 1);
	expect_batch(bench, 1, 1, 2);
	assert_int_equal(qs_findings_count(bench->findings), 0);
}

static void a_folder_of_test_data_is_one_batch(void **state)
{
	struct bench *bench = *state;

	write_pb(below(bench, "input_0.pb"), 3, NULL);
	write_pb(below(bench, "output_0.pb"), 9, NULL);
	open_data(bench, ".", 1);
	assert_int_equal(bench->dataset.n_batches, 1);
	expect_batch(bench, 0, 1, 3);
}

static void a_tensor_too_many_is_refused(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(mkdir(below(bench, "0"), 0777), 0);
	write_pb(below(bench, "0/input_0.pb"), 1, NULL);
	write_pb(below(bench, "0/input_1.pb"), 1, "mask");
	expect_refused_batch(bench, 1, QS_INVALID);
	expect_finding(bench, "QS712", "./0/input_1.pb",
	    "there is no input of the model left for tensor \"mask\"");
}

static void broken_tensors_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum qs_status status;
		const char *message;
	} rows[] = {
	    {"\x08\x02\x10\x01\x4A\x18", 6, QS_INVALID,
		"it is no TensorProto of ONNX, or is cut off"},
	    {"\x08\x02\x10\x01\x4A\x04\0\0\0\0", 10, QS_INVALID,
		"it has more or fewer values than its shape"},
	    {"\x08\xFF\xFF\xFF\x7F\x10\x01\x4A\x04\0\0\0\0", 13, QS_INVALID,
		"it has fewer values than its shape"},
	    {"\x08\x01\x10\x08\x32\x01\x61", 7, QS_UNSUPPORTED,
		"arrays cannot have its element type"},
	    {"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x10\x01", 13, QS_INVALID,
		"its shape is not valid"},
	    {"\x08\x02\x10\x01\x70\x01", 6, QS_UNSUPPORTED, "its data is in another file"},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *message;

		write_bytes(below(bench, "x.pb"), rows[i].bytes, rows[i].size);
		open_data(bench, ".", 1);
		assert_int_equal(
		    qs_dataset_read(&bench->dataset, 0, bench->findings, bench->arrays),
		    rows[i].status);
		qs_dataset_done(&bench->dataset);
		message = qs_findings_at(bench->findings, i)->message;
		assert_non_null(strstr(message, "the tensor cannot be read: "));
		if (!strstr(message, rows[i].message))
			fail_msg("row %zu: %s", i, message);
	}
}

static const int64_t picture_dims[] = {-1, 3, 4, 4}, pair_dims[] = {2, 3, 4, 4};
static const struct qs_data_input picture_input = {"image", QS_ELEMENT_FLOAT32, 4, picture_dims};
static const struct qs_data_input pair_input = {"image", QS_ELEMENT_FLOAT32, 4, pair_dims};

static void link_picture(const struct bench *bench, const char *name)
{
	char path[512];

	assert_int_equal(symlink(data_path(path, "images/rgb.png"), below(bench, name)), 0);
}

static enum qs_status open_pictures(struct bench *bench, const struct qs_data_input *input)
{
	struct qs_image_options options;

	qs_image_options_init(&options);
	if (input->dims[0] < 0)
		options.batch = 2;
	return qs_dataset_open(
	    below(bench, "."), input, 1, &options, bench->findings, &bench->dataset);
}

static void pictures_of_all_folders_make_batches(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(mkdir(below(bench, "cats"), 0777), 0);
	assert_int_equal(mkdir(below(bench, "dogs"), 0777), 0);
	link_picture(bench, "cats/10.PNG");
	link_picture(bench, "cats/9.png");
	link_picture(bench, "dogs/1.jpeg");
	write_bytes(below(bench, "labels.txt"), "", 0);
	assert_int_equal(open_pictures(bench, &picture_input), QS_OK);
	assert_int_equal(bench->dataset.n_batches, 2);
	assert_non_null(strstr(bench->dataset.paths[0], "cats/9.png"));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
		    qs_dataset_read(&bench->dataset, i, bench->findings, bench->arrays), QS_OK);
		assert_int_equal(bench->arrays[0].dims[0], 2 - (int)i);
		qs_array_done(&bench->arrays[0]);
	}
	assert_int_equal(qs_findings_count(bench->findings), 0);
}

static void pictures_that_make_no_whole_batch_are_told(void **state)
{
	struct bench *bench = *state;

	for (char name[] = "0.png"; name[0] < '3'; name[0]++)
		link_picture(bench, name);
	assert_int_equal(open_pictures(bench, &pair_input), QS_OK);
	assert_int_equal(bench->dataset.n_batches, 1);
	expect_finding(bench, "QS765", ".",
	    "the last 1 of 3 pictures are left out; the model takes 2 at once");
}

static void fewer_pictures_than_one_batch_are_no_data(void **state)
{
	struct bench *bench = *state;

	link_picture(bench, "0.png");
	assert_int_equal(open_pictures(bench, &pair_input), QS_INVALID);
	expect_finding(
	    bench, "QS710", ".", "there are fewer pictures than the model takes at once");
}

static void names_of_inputs_may_have_slashes(void **state)
{
	static const struct qs_data_input input = {"gpu_0/data", QS_ELEMENT_FLOAT32, 2, image_dims};
	struct bench *bench = *state;

	assert_int_equal(mkdir(below(bench, "0"), 0777), 0);
	assert_int_equal(mkdir(below(bench, "0/gpu_0"), 0777), 0);
	write_npy(below(bench, "0/gpu_0/data.npy"), image(5));
	assert_int_equal(
	    qs_dataset_open(below(bench, "."), &input, 1, NULL, bench->findings, &bench->dataset),
	    QS_OK);
	expect_batch(bench, 0, 1, 5);
}

static void pictures_and_arrays_do_not_mix(void **state)
{
	struct bench *bench = *state;

	link_picture(bench, "0.png");
	write_bytes(below(bench, "1.npz"), "", 0);
	assert_int_equal(open_pictures(bench, &picture_input), QS_INVALID);
	expect_finding(
	    bench, "QS710", ".", "the folder holds pictures and other batches; expected one kind");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bench, free_bench)
	const struct CMUnitTest tests[] = {
	    TEST(test_data_of_the_model_zoo_is_one_batch_a_folder),
	    TEST(a_folder_of_test_data_is_one_batch),
	    TEST(a_tensor_too_many_is_refused),
	    TEST(broken_tensors_are_refused),
	    TEST(pictures_of_all_folders_make_batches),
	    TEST(pictures_that_make_no_whole_batch_are_told),
	    TEST(fewer_pictures_than_one_batch_are_no_data),
	    TEST(names_of_inputs_may_have_slashes),
	    TEST(pictures_and_arrays_do_not_mix),
	    TEST(batches_come_in_the_order_of_their_numbers),
	    TEST(one_input_takes_npy_npz_and_folders),
	    TEST(several_inputs_are_found_by_name),
	    TEST(a_single_file_is_one_batch),
	    TEST(the_shape_has_to_be_that_of_the_input),
	    TEST(the_shape_tells_what_mends_it),
	    TEST(the_rank_has_to_be_that_of_the_input),
	    TEST(the_type_has_to_be_that_of_the_input),
	    TEST(a_half_is_converted_to_what_the_input_takes),
	    TEST(a_file_of_one_array_is_not_enough_for_two_inputs),
	    TEST(an_input_that_an_archive_lacks_is_named),
	    TEST(an_input_that_a_folder_lacks_is_named),
	    TEST(an_array_that_is_no_input_is_named),
	    TEST(a_cut_archive_is_told),
	    TEST(a_folder_without_data_is_told),
	    TEST(a_folder_that_is_not_there_is_told),
	    TEST(a_file_that_is_no_data_is_told),
	    TEST(a_folder_may_be_called_like_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
