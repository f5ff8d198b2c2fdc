/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of doctor's page about tensors: error along the model, a table, distributions. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/doctor_html.h"
#include "engine/calibrate.h"

static double own_decibels(const struct qs_doctor_tensor *tensor)
{
	return tensor->rounding.n ? qs_agreement_of(&tensor->rounding, QS_METRIC_SQNR) : NAN;
}

/* Whether a tensor has one scale, and integers. */
static bool has_one_scale(const struct qs_site *site)
{
	return site && qs_site_has_scales(site) && site->qparams.n == 1;
}

static double scale_of(const struct qs_site *site)
{
	return has_one_scale(site) ? site->qparams.scale[0] : NAN;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : NAN;
}

/* How much of the codes the float32 values span. */
static double used_percent(const struct qs_doctor_tensor *tensor, const struct qs_site *site)
{
	const struct qs_moments *moments = &tensor->moments;
	double codes;

	if (!has_one_scale(site) || !moments->n)
		return NAN;
	codes = ((double)moments->most - (double)moments->least) / site->qparams.scale[0] + 1;
	return fmin(
	    100, 100 * codes / (double)(site->qparams.quant_max - site->qparams.quant_min + 1));
}

/* ---- error along the model ------------------------------------------------------------------- */

static void add_plot_of_error(struct qs_doctor_page *page, const struct qs_html_point *all,
    const struct qs_html_point *own, size_t n)
{
	qs_text_adds(page->text, "<figure><div class=\"wide\">");
	qs_html_decibels(page->text, all, own, n);
	qs_text_adds(page->text,
	    "</div><figcaption><span class=\"key\"></span>all that happened so far: the quantized "
	    "model "
	    "against the float32 model<span class=\"key second\"></span>the tensor's own rounding "
	    "alone. Higher is better: 6 dB are one bit, and below 20 dB (red) little is left. A "
	    "fall of the first line that the second one does not share is inherited, or made by "
	    "weights.</figcaption></figure>\n");
}

void qs_doctor_add_error(struct qs_doctor_page *page)
{
	const struct qs_doctor *doctor = page->doctor;
	struct qs_html_point *all = calloc(doctor->n_flowing + 1, sizeof(*all));
	struct qs_html_point *own = calloc(doctor->n_flowing + 1, sizeof(*own));
	size_t n = 0;

	qs_text_adds(page->text, "<section id=\"error\"><h2>Error along the model</h2>\n");
	for (size_t i = 0; all && own && i < doctor->n_flowing; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];
		const char *name = qs_doctor_name(doctor, tensor->value);
		const size_t id = page->has_plot[i] ? i : SIZE_MAX;

		if (!tensor->is_compared || tensor->is_boolean)
			continue;
		all[n] = (struct qs_html_point){qs_doctor_decibels(tensor), name, id};
		own[n++] = (struct qs_html_point){own_decibels(tensor), name, id};
	}
	page->text->failed = page->text->failed || !all || !own;
	if (n)
		add_plot_of_error(page, all, own, n);
	else
		qs_text_adds(page->text, "<p>Nothing was compared: there are no scales.</p>");
	qs_text_adds(page->text, "</section>\n");
	free(all);
	free(own);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct qs_html_column columns[] = {
    {"#", "order in the model; constants are behind", true},
    {"tensor", "its name in the model", false},
    {"layer", "that computes it", false},
    {"kind", "input, weights, bias or activation", false},
    {"format", "what it is quantized to", false},
    {"scale", "one step; empty when there is none or one a channel", true},
    {"dB", "signal to quantization noise against the float32 model; less is worse", true},
    {"own dB", "the same of its own rounding alone", true},
    {"cosine", "against the float32 model", true},
    {"most off", "largest difference from the float32 model", true},
    {"in steps", "the same in steps of its scale", true},
    {"min", "in float32", true},
    {"max", "in float32", true},
    {"mean", "in float32", true},
    {"deviation", "in float32", true},
    {"used %", "of the codes, those between the least and the most value", true},
    {"cut off %", "values beyond the integers", true},
    {"lost %", "of the values other than 0, those that become 0", true},
};

static void add_name_cell(struct qs_doctor_page *page, size_t index)
{
	const char *name = qs_doctor_name(page->doctor, page->doctor->tensors[index].value);

	if (!page->has_plot[index]) {
		qs_html_word_cell(page->text, name);
		return;
	}
	qs_text_addf(page->text, "<td><a href=\"#t%zu\">", index);
	qs_html_words(page->text, name);
	qs_text_adds(page->text, "</a></td>");
}

static void add_format_cells(
    struct qs_doctor_page *page, const struct qs_site *site, const struct qs_doctor_tensor *tensor)
{
	const struct qs_layer *layers = page->doctor->plan->layers->items;
	struct qs_text format = QS_TEXT_INIT;

	qs_html_word_cell(page->text, tensor->layer != QS_NONE ? layers[tensor->layer].name
				      : site                   ? site->layer
							       : "");
	qs_html_word_cell(page->text, site ? qs_tensor_word(site->kind) : "");
	if (site)
		qs_doctor_format(site, &format);
	qs_html_word_cell(page->text, site ? format.data : tensor->is_boolean ? "bool" : "float32");
	page->text->failed = page->text->failed || format.failed;
	qs_text_done(&format);
	qs_html_number_cell(page->text, scale_of(site));
}

static void add_row(struct qs_doctor_page *page, size_t index)
{
	const struct qs_doctor_tensor *tensor = &page->doctor->tensors[index];
	const struct qs_moments *moments = &tensor->moments;
	const struct qs_site *site = qs_doctor_site(page->doctor, tensor);
	const bool compared = tensor->is_compared && !tensor->is_boolean;
	const double off = compared ? qs_agreement_of(&tensor->error, QS_METRIC_ATOL) : NAN;
	const double numbers[] = {
	    qs_doctor_decibels(tensor),
	    own_decibels(tensor),
	    compared ? qs_agreement_of(&tensor->error, QS_METRIC_COSINE) : NAN,
	    off,
	    off / scale_of(site),
	    moments->n ? (double)moments->least : NAN,
	    moments->n ? (double)moments->most : NAN,
	    moments->n ? moments->mean : NAN,
	    sqrt(qs_moments_variance(moments)),
	    used_percent(tensor, site),
	    percent(tensor->cut.saturated, tensor->cut.total),
	    percent(tensor->n_lost, tensor->n_some),
	};

	qs_text_adds(page->text, "<tr>");
	qs_html_number_cell(page->text, (double)(index + 1));
	add_name_cell(page, index);
	add_format_cells(page, site, tensor);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		qs_html_number_cell(page->text, numbers[i]);
	qs_text_adds(page->text, "</tr>\n");
}

static void add_left_out(struct qs_doctor_page *page, size_t n, const char *what)
{
	if (n)
		qs_text_addf(page->text,
		    "<p class=\"soft\">%zu %s are left out: those with findings come first, then "
		    "those that lost most. <code>--measured</code> writes all of them.</p>\n",
		    n, what);
}

void qs_doctor_add_tensors(struct qs_doctor_page *page)
{
	const size_t n = page->doctor->n_tensors;

	qs_text_adds(page->text, "<section id=\"tensors\"><h2>Tensors</h2>\n<p "
				 "class=\"filter\"><label>Show tensors with "
				 "<input type=\"search\" data-table=\"tensor-table\" "
				 "placeholder=\"name, layer, format\">"
				 "</label></p>\n");
	qs_html_begin_table(page->text, "tensor-table",
	    "Every tensor: what quantization makes of it, and what it holds in float32", columns,
	    sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < n; i++) {
		if (page->has_row[i])
			add_row(page, i);
	}
	qs_html_end_table(page->text);
	add_left_out(page, n > QS_DOCTOR_MOST_ROWS ? n - QS_DOCTOR_MOST_ROWS : 0, "tensors");
	qs_text_adds(page->text, "</section>\n");
}

/* ---- distributions --------------------------------------------------------------------------- */

static struct qs_html_distribution distribution_of(
    const struct qs_doctor_tensor *tensor, const struct qs_site *site, const char *title)
{
	struct qs_html_distribution distribution = {.counts = tensor->counts,
	    .n_bins = QS_DOCTOR_BINS,
	    .least = (double)tensor->moments.least,
	    .most = (double)tensor->moments.most,
	    .has_grid = has_one_scale(site),
	    .title = title};

	if (distribution.has_grid) {
		const double scale = site->qparams.scale[0];
		const int64_t zero = site->qparams.zero_point[0];

		distribution.step = scale;
		distribution.grid_least = (double)(site->qparams.quant_min - zero) * scale;
		distribution.grid_most = (double)(site->qparams.quant_max - zero) * scale;
	}
	return distribution;
}

static void add_share(struct qs_text *text, uint64_t part, uint64_t whole, const char *what)
{
	if (part)
		qs_text_addf(text, "; %.3g&nbsp;%% %s", percent(part, whole), what);
}

static void add_caption(struct qs_doctor_page *page, const struct qs_doctor_tensor *tensor,
    const struct qs_html_distribution *distribution)
{
	const struct qs_site *site = qs_doctor_site(page->doctor, tensor);
	const double lines = qs_html_distribution_lines(distribution);
	const double codes =
	    (distribution->grid_most - distribution->grid_least) / distribution->step;
	struct qs_text format = QS_TEXT_INIT;

	qs_text_adds(page->text, "<figcaption><b>");
	if (site)
		qs_doctor_format(site, &format);
	qs_html_words(page->text, site ? format.data : "float32");
	qs_text_adds(page->text, "</b>");
	page->text->failed = page->text->failed || format.failed;
	qs_text_done(&format);
	if (distribution->has_grid)
		qs_text_addf(page->text, ", step %.5g", distribution->step);
	if (distribution->has_grid && lines > codes)
		qs_text_adds(page->text, ", all codes closer than two lines");
	else if (distribution->has_grid && lines > 1)
		qs_text_addf(page->text, ", a line every %g codes", lines);
	else if (distribution->has_grid)
		qs_text_adds(page->text, ", a line for each code");
	qs_text_addf(page->text, "; %" PRIu64 " values in [%.5g, %.5g]", tensor->moments.n,
	    distribution->least, distribution->most);
	add_share(page->text, tensor->cut.saturated, tensor->cut.total, "cut off");
	add_share(page->text, tensor->n_lost, tensor->n_some, "of those other than 0 become 0");
	if (tensor->is_compared)
		qs_text_addf(page->text, "; %.4g dB", qs_doctor_decibels(tensor));
	qs_text_adds(page->text, "</figcaption>");
}

static void add_distribution(struct qs_doctor_page *page, size_t index)
{
	const struct qs_doctor_tensor *tensor = &page->doctor->tensors[index];
	const struct qs_site *site = qs_doctor_site(page->doctor, tensor);
	struct qs_text title = QS_TEXT_INIT;
	struct qs_html_distribution distribution;

	qs_text_addf(&title, "Distribution of %s", qs_doctor_name(page->doctor, tensor->value));
	distribution = distribution_of(tensor, site, title.data);
	qs_text_addf(page->text, "<figure id=\"t%zu\"><h3>", index);
	qs_html_words(page->text, qs_doctor_name(page->doctor, tensor->value));
	qs_text_adds(page->text, "</h3>");
	qs_html_distribution(page->text, &distribution);
	add_caption(page, tensor, &distribution);
	qs_text_adds(page->text, "</figure>\n");
	page->text->failed = page->text->failed || title.failed;
	qs_text_done(&title);
}

void qs_doctor_add_distributions(struct qs_doctor_page *page)
{
	qs_text_adds(page->text,
	    "<section id=\"distributions\"><h2>Distributions</h2>\n<p class=\"soft\">How often "
	    "values are in the float32 model, by logarithm. Shaded is what the integers cover, "
	    "with "
	    "a line every few codes; what lies beyond (red) is cut off.</p>\n"
	    "<div class=\"plots\">\n");
	for (size_t i = 0; i < page->doctor->n_tensors; i++) {
		if (page->has_plot[i])
			add_distribution(page, i);
	}
	qs_text_adds(page->text, "</div>\n");
	add_left_out(page, page->n_plottable - page->n_plots, "plots");
	qs_text_adds(page->text, "</section>\n");
}
