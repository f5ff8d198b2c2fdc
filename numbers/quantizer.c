/* SPDX-License-Identifier: Apache-2.0 */
/* Applying a number format to float data. */
#include "numbers/quantizer.h"

#include <inttypes.h>

#include "base/finding.h"
#include "numbers/array.h"
#include "numbers/registry.h"

enum qs_status qs_quantizer_bind(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_qparams *qparams, const struct qs_subject *subject,
    struct qs_quantization *ret_how)
{
	const char *format = qs_registry_datatype(registry, spec);
	const char *mode = qs_registry_round_mode(registry, spec);
	const struct qs_quantization how = {
	    .quantizer = qs_registry_quantizer(registry, format),
	    .rounding = qs_registry_rounding(registry, mode),
	    .kernels = qs_registry_kernels(registry),
	    .pool = qs_registry_pool(registry),
	    .spec = *spec,
	    .qparams = qparams,
	};

	if (!how.quantizer)
		return qs_registry_lack(QS_PLUGIN_QUANTIZER, format, subject);
	if (!how.rounding)
		return qs_registry_lack(QS_PLUGIN_ROUNDING, mode, subject);
	if (how.quantizer->needs_qparams && (!qparams || !qparams->n))
		return QS_BUG;
	*ret_how = how;
	return QS_OK;
}

enum qs_element qs_quantizer_storage(const struct qs_quantization *how)
{
	return how->quantizer->storage(how);
}

static bool fits(const struct qs_quantization *how, struct qs_layout layout)
{
	return !how->quantizer->needs_qparams || how->qparams->n == 1 ||
	       how->qparams->n == layout.channels;
}

void qs_census_count(const struct qs_census *census, struct qs_counts *counts)
{
	counts->nan += census->nan;
	counts->infinite += census->infinite;
	counts->saturated += census->beyond;
}

enum qs_status qs_quantizer_fake(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, float *out, struct qs_counts *ret_counts)
{
	struct qs_counts counts = {.total = qs_layout_count(layout)};
	enum qs_status status;

	if (!fits(how, layout))
		return QS_BUG;
	status = how->quantizer->fake(how, layout, in, out, &counts);
	if (status == QS_OK)
		*ret_counts = counts;
	return status;
}

enum qs_status qs_quantizer_encode(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, enum qs_element element, void *out, const struct qs_subject *subject,
    struct qs_counts *ret_counts)
{
	struct qs_counts counts = {.total = qs_layout_count(layout)};
	enum qs_status status;

	if (!fits(how, layout))
		return QS_BUG;
	status = how->quantizer->encode(how, layout, in, element, out, &counts);
	if (status != QS_OK)
		return status;
	*ret_counts = counts;
	if (!counts.nan || how->quantizer->holds_nan)
		return QS_OK;
	qs_finding_add(subject->findings, QS_FINDING_NOT_FINITE, subject->place,
	    "%s: %" PRIu64 " of %" PRIu64 " values are NaN, for which datatype \"%s\" has no code",
	    subject->name, counts.nan, counts.total, how->quantizer->plugin.name);
	return QS_INVALID;
}

enum qs_status qs_quantizer_decode(const struct qs_quantization *how, struct qs_layout layout,
    enum qs_element element, const void *in, float *out)
{
	return fits(how, layout) ? how->quantizer->decode(how, layout, element, in, out) : QS_BUG;
}
