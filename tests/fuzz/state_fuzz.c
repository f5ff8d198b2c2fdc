/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the state of an observer: taken in whole, or refused with one finding and nothing
 * taken in. What is taken in is written again as it reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qstrata/qstrata.h"

static void require(bool holds, const char *law)
{
	if (holds)
		return;
	fprintf(stderr, "broken law: %s\n", law);
	abort();
}

static struct qs_observer *observer_of(
    const struct qs_registry *registry, bool per_channel, struct qs_findings *findings)
{
	const struct qs_observation observation = {
	    .channels = per_channel ? 2 : 1, .subject = {"tensor", {NULL, 0, 0}, findings}};
	struct qs_spec spec = qs_spec_default(QS_TENSOR_ACTIVATION);
	struct qs_observer *observer = NULL;

	spec.method = QS_METHOD_MAXMIN;
	spec.scale_type = QS_SCALE_TYPE_FLOAT;
	spec.statistic = QS_STATISTIC_MEDIAN;
	spec.per_channel = per_channel;
	spec.is_signed = !per_channel;
	require(qs_observer_new(registry, &spec, &observation, &observer) == QS_OK,
	    "there is an observer");
	return observer;
}

/* What was read is written, read and written again as the same text. */
static void check_return(const struct qs_registry *registry, bool per_channel,
    struct qs_observer *observer, struct qs_findings *findings)
{
	struct qs_observer *again = observer_of(registry, per_channel, findings);
	struct qs_text first = QS_TEXT_INIT, second = QS_TEXT_INIT;
	struct qs_source *source = NULL;

	require(qs_observer_write(observer, &first) == QS_OK, "a state can be written");
	require(qs_source_new("again", first.data, first.size, &source) == QS_OK, "a text is one");
	require(qs_observer_read(again, source) == QS_OK, "a state that was written can be read");
	require(qs_observer_write(again, &second) == QS_OK, "a state can be written again");
	require(strcmp(first.data, second.data) == 0, "numbers read back as the same bits");
	qs_text_done(&first);
	qs_text_done(&second);
	qs_source_free(source);
	qs_observer_free(again);
}

static void check(const struct qs_registry *registry, const struct qs_source *source,
    bool per_channel, struct qs_findings *findings)
{
	struct qs_observer *observer = observer_of(registry, per_channel, findings);
	const size_t n_before = qs_findings_count(findings);
	struct qs_qparams qparams;

	if (qs_observer_read(observer, source) == QS_OK) {
		require(qs_findings_count(findings) == n_before, "what is taken in is fine");
		check_return(registry, per_channel, observer, findings);
		if (qs_observer_n_batches(observer)) {
			require(qs_observer_result(observer, &qparams) == QS_OK,
			    "batches give a scale");
			require(qparams.scale[0] > 0.0, "a scale is positive");
			qs_qparams_done(&qparams);
		}
	} else {
		require(qs_findings_count(findings) == n_before + 1, "a refusal is one finding");
		require(qs_observer_n_batches(observer) == 0, "what is refused is not taken in");
	}
	qs_observer_free(observer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qs_registry *registry = qs_registry_new();
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;

	require(qs_source_new("fuzz", (const char *)data, size, &source) == QS_OK,
	    "any bytes are a source");
	check(registry, source, false, findings);
	check(registry, source, true, findings);
	qs_findings_free(findings);
	qs_source_free(source);
	qs_registry_free(registry);
	return 0;
}
