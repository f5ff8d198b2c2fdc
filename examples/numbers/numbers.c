/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Observes, finishes, quantizes and dequantizes plain float buffers with the installed library:
 *
 *   cc numbers.c $(pkg-config --cflags --libs qstrata) -o numbers && ./numbers [PLUGIN.so]
 *
 * With a plug-in that has the rounding mode "floor" (examples/plugin) it rounds so as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include <qstrata/numbers.h>

#define N 8

/* Two batches of one tensor. */
static const float batches[2][N] = {{0.0F, 0.5F, -1.0F, 1.5F, -2.0F, 2.5F, -3.0F, 3.5F},
    {0.28F, 0.73F, -1.24F, 1.77F, -2.22F, 2.79F, -3.26F, 6.35F}};

static int fail(const struct qs_findings *findings, enum qs_status status)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++)
		fprintf(stderr, "%s\n", qs_findings_at(findings, i)->message);
	fprintf(stderr, "numbers: %s\n", qs_status_text(status));
	return EXIT_FAILURE;
}

static void print(const char *what, const float *values)
{
	printf("%-14s", what);
	for (size_t i = 0; i < N; i++)
		printf(" %6.2f", (double)values[i]);
	printf("\n");
}

/* Observes both batches, and finishes. */
static enum qs_status find_scale(const struct qs_registry *registry, const struct qs_spec *spec,
    struct qs_findings *findings, struct qs_qparams *ret_qparams)
{
	const struct qs_observation observation = {
	    .channels = 1, .subject = {"the tensor", {NULL, 0, 0}, findings}};
	struct qs_observer *observer = NULL;
	enum qs_status status = qs_observer_new(registry, spec, &observation, &observer);

	for (size_t b = 0; b < 2 && status == QS_OK; b++)
		status = qs_observer_feed(observer, (struct qs_layout){1, 1, N}, batches[b]);
	if (status == QS_OK)
		status = qs_observer_result(observer, ret_qparams);
	qs_observer_free(observer);
	return status;
}

/* Codes and what they stand for. */
static enum qs_status quantize(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_qparams *qparams, struct qs_findings *findings)
{
	const struct qs_subject subject = {"the tensor", {NULL, 0, 0}, findings};
	const struct qs_layout layout = {1, 1, N};
	struct qs_quantization how;
	struct qs_counts counts;
	float values[N];
	int8_t codes[N];
	enum qs_status status = qs_quantizer_bind(registry, spec, qparams, &subject, &how);

	if (status == QS_OK)
		status = qs_quantizer_encode(
		    &how, layout, batches[1], QS_ELEMENT_INT8, codes, &subject, &counts);
	if (status == QS_OK)
		status = qs_quantizer_decode(&how, layout, QS_ELEMENT_INT8, codes, values);
	if (status != QS_OK)
		return status;
	printf("%-14s", "codes");
	for (size_t i = 0; i < N; i++)
		printf(" %6d", codes[i]);
	printf("\n");
	print("dequantized", values);
	return QS_OK;
}

static enum qs_status work(
    struct qs_registry *registry, const char *plugin, struct qs_findings *findings)
{
	struct qs_spec spec = qs_spec_default(QS_TENSOR_ACTIVATION);
	struct qs_qparams qparams = {0};
	enum qs_status status;

	spec.bit_width = 8;
	spec.method = QS_METHOD_MAXMIN;
	spec.scale_type = QS_SCALE_TYPE_FLOAT;
	spec.statistic = QS_STATISTIC_MAX;
	spec.round_mode = QS_ROUND_MODE_HALF_EVEN;
	status = find_scale(registry, &spec, findings, &qparams);
	if (status == QS_OK) {
		printf("scale %g\n", qparams.scale[0]);
		print("values", batches[1]);
		status = quantize(registry, &spec, &qparams, findings);
	}
	if (status == QS_OK && plugin) {
		/* The words of plug-ins stand behind those of spec.h. */
		spec.round_mode = QS_ROUND_MODE__COUNT;
		status = quantize(registry, &spec, &qparams, findings);
	}
	qs_qparams_done(&qparams);
	return status;
}

int main(int argc, char **argv)
{
	const char *plugin = argc > 1 ? argv[1] : NULL;
	struct qs_registry *registry = qs_registry_new();
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status = registry && findings ? QS_OK : QS_NOMEM;
	int result = EXIT_SUCCESS;

	if (status == QS_OK && plugin)
		status = qs_registry_load(registry, plugin, findings);
	if (status == QS_OK)
		status = work(registry, plugin, findings);
	if (status != QS_OK && findings)
		result = fail(findings, status);
	qs_findings_free(findings);
	qs_registry_free(registry);
	return result;
}
