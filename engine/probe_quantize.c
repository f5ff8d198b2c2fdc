/* SPDX-License-Identifier: Apache-2.0 */
/* The array that a probe quantizes, piece by piece from file to file. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/output.h"
#include "base/finding.h"
#include "engine/probe.h"

/* An array on its way. */
struct conversion {
	const struct qs_probe_run *run;
	struct qs_npy_stream *stream;
	struct qs_quantization how;
	struct qs_layout layout; /* with one scale, one run */
	float *out;              /* a piece */
	FILE *file;
	struct qs_counts counts;
	size_t first_nan;
};

static void add_counts(struct qs_counts *sum, const struct qs_counts *counts)
{
	sum->total += counts->total;
	sum->nan += counts->nan;
	sum->infinite += counts->infinite;
	sum->saturated += counts->saturated;
}

static enum qs_status fake(struct conversion *conversion, const struct qs_quantization *how,
    struct qs_layout layout, const float *in, float *out)
{
	struct qs_counts counts;
	const enum qs_status status = qs_quantizer_fake(how, layout, in, out, &counts);

	if (status == QS_OK)
		add_counts(&conversion->counts, &counts);
	return status;
}

/* Values of one channel, under its scale alone. */
static enum qs_status convert_run(
    struct conversion *conversion, size_t channel, const float *in, size_t n, float *out)
{
	const struct qs_qparams *all = conversion->how.qparams;
	const size_t c = all->n == 1 ? 0 : channel;
	struct qs_qparams own;
	struct qs_quantization how = conversion->how;

	if (all->n > 1) {
		own = *all;
		own.n = 1;
		own.scale += c;
		own.zero_point += c;
		own.float_max += c;
		how.qparams = &own;
	}
	return fake(conversion, &how, (struct qs_layout){1, 1, n}, in, out);
}

/* A piece that begins with value `at`: whole blocks of all channels, or part of one. */
static enum qs_status convert_piece(
    struct conversion *conversion, size_t at, const float *in, size_t n)
{
	const struct qs_layout layout = conversion->layout;
	const size_t block = layout.channels * layout.inner;
	enum qs_status status = QS_OK;

	if (at % block == 0 && n % block == 0)
		return fake(conversion, &conversion->how,
		    (struct qs_layout){n / block, layout.channels, layout.inner}, in,
		    conversion->out);
	for (size_t done = 0; done < n && status == QS_OK;) {
		const size_t run = (at + done) / layout.inner;
		const size_t rest = (run + 1) * layout.inner - (at + done);
		const size_t size = rest < n - done ? rest : n - done;

		status = convert_run(
		    conversion, run % layout.channels, in + done, size, conversion->out + done);
		done += size;
	}
	return status;
}

static void note_nan(struct conversion *conversion, size_t at, const float *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (isnan(in[i])) {
			conversion->first_nan = at + i;
			return;
		}
	}
}

/* As many whole blocks as a piece holds, or a whole piece when it does not hold one. */
static size_t piece_of(struct qs_layout layout)
{
	const size_t block = layout.channels * layout.inner;

	return block && block <= QS_NPY_PIECE ? QS_NPY_PIECE / block * block : QS_NPY_PIECE;
}

static enum qs_status convert_values(struct conversion *conversion)
{
	const size_t total = conversion->stream->n_values, piece = piece_of(conversion->layout);
	enum qs_status status = QS_OK;

	for (size_t at = 0; at < total && status == QS_OK; at += piece) {
		const size_t n = total - at < piece ? total - at : piece;
		const bool clean = !conversion->counts.nan;
		const float *in;

		status = qs_npy_stream_read(conversion->stream, at, n, &in);
		if (status == QS_OK)
			status = convert_piece(conversion, at, in, n);
		if (status != QS_OK)
			break;
		if (clean && conversion->counts.nan)
			note_nan(conversion, at, in, n);
		qs_element_order_bytes(QS_ELEMENT_FLOAT32, conversion->out, n, false);
		fwrite(conversion->out, sizeof(float), n, conversion->file);
	}
	return status;
}

/* Infinities are what the narrow floats have for large values; integers have no place for NaN. */
static enum qs_status judge_counts(const struct conversion *conversion)
{
	const struct qs_subject *subject = &conversion->stream->subject;
	const struct qs_counts *counts = &conversion->counts;
	struct qs_text where = QS_TEXT_INIT;

	if (counts->nan) {
		qs_npy_stream_locate(conversion->stream, conversion->first_nan, &where);
		qs_finding_add(subject->findings, QS_FINDING_NOT_FINITE, subject->place,
		    "%s: %" PRIu64 " of %" PRIu64 " values are NaN, the first %s", subject->name,
		    counts->nan, counts->total, where.data);
		qs_findings_end_text(subject->findings, &where);
		return QS_INVALID;
	}
	if (!conversion->how.quantizer->needs_qparams && counts->saturated)
		qs_finding_add(subject->findings, QS_FINDING_OVERFLOW, subject->place,
		    "%s: %" PRIu64 " of %" PRIu64
		    " values are too large for %s and become infinite",
		    subject->name, counts->saturated, counts->total,
		    conversion->how.quantizer->plugin.name);
	return QS_OK;
}

static enum qs_status write_head(const struct conversion *conversion)
{
	const struct qs_npy_header *header = &conversion->stream->header;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	qs_npy_header_write(header->dims, header->rank, header->fortran_order,
	    qs_npy_header_descr(QS_ELEMENT_FLOAT32), &text);
	status = qs_text_status(&text);
	if (status == QS_OK)
		fwrite(text.data, 1, text.size, conversion->file);
	qs_text_done(&text);
	return status;
}

static enum qs_status write_file(struct conversion *conversion)
{
	struct qs_findings *findings = conversion->run->findings;
	struct qs_output output;
	enum qs_status status = qs_output_open(&output, conversion->run->probe->output, findings);

	if (status != QS_OK)
		return status;
	conversion->file = output.stream;
	status = write_head(conversion);
	if (status == QS_OK)
		status = convert_values(conversion);
	if (status == QS_OK)
		status = judge_counts(conversion);
	if (status == QS_OK)
		return qs_output_commit(&output);
	qs_output_abandon(&output);
	return status;
}

enum qs_status qs_probe_quantize(const struct qs_probe_run *run, struct qs_npy_stream *stream)
{
	struct conversion conversion = {.run = run, .stream = stream};
	enum qs_status status = qs_probe_layout(run, stream, &conversion.layout);

	if (status == QS_OK && run->qparams.n > 1)
		status = qs_probe_check_channels(
		    run, stream, conversion.layout.channels, run->qparams.n, "the scales are");
	if (status == QS_OK)
		status = qs_quantizer_bind(
		    run->registry, &run->spec, &run->qparams, &stream->subject, &conversion.how);
	if (status != QS_OK)
		return status;
	if (run->qparams.n < 2)
		conversion.layout = (struct qs_layout){1, 1, stream->n_values};
	conversion.out = malloc(QS_NPY_PIECE * sizeof(*conversion.out));
	if (!conversion.out)
		return QS_NOMEM;
	status = write_file(&conversion);
	free(conversion.out);
	return status;
}

enum qs_status qs_probe_has_negative(struct qs_npy_stream *stream, bool *ret_has)
{
	enum qs_status status = QS_OK;
	bool has = false;

	for (size_t at = 0; at < stream->n_values && !has && status == QS_OK; at += QS_NPY_PIECE) {
		const size_t rest = stream->n_values - at;
		const size_t n = rest < QS_NPY_PIECE ? rest : QS_NPY_PIECE;
		const float *values;

		status = qs_npy_stream_read(stream, at, n, &values);
		for (size_t i = 0; status == QS_OK && i < n && !has; i++)
			has = values[i] < 0.0F;
	}
	*ret_has = has;
	return status;
}
