/* SPDX-License-Identifier: Apache-2.0 */
/* Plots as SVG: distributions with their grid, decibels along the model. */
#include <math.h>
#include <stdlib.h>

#include "analysis/html.h"
#include "base/finding_write.h"

/* An axis: what part of it is shown, and where on the paper. */
struct axis {
	double least, most;
	double from, to; /* on the paper; downwards when `to` is less */
};

static double at(const struct axis *axis, double value)
{
	return axis->from +
	       (axis->to - axis->from) * (value - axis->least) / (axis->most - axis->least);
}

/* The step of round numbers, 1, 2 or 5 times a power of ten, of which `n` or fewer fill a width. */
static double round_step(double width, int n)
{
	const double least = width / n;
	const double power = pow(10, floor(log10(least)));

	if (least <= power)
		return power;
	return least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power : 10 * power;
}

/* A picture is one thing to those who cannot see it; a group has links in it. */
static void begin_svg(
    struct qs_text *text, int width, int height, const char *role, const char *title)
{
	qs_text_addf(text, "<svg viewBox=\"0 0 %d %d\" role=\"%s\"", width, height, role);
	qs_text_add_attribute(text, "aria-label", title);
	qs_text_adds(text, ">\n");
}

static void add_line(
    struct qs_text *text, const char *class, double x1, double y1, double x2, double y2)
{
	qs_text_addf(
	    text, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>", class, x1, y1, x2, y2);
}

static void add_label(struct qs_text *text, double x, double y, const char *anchor, double number)
{
	qs_text_addf(text, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%.4g</text>", x, y,
	    anchor, fabs(number) < 1e-12 ? 0 : number);
}

/* ---- distributions --------------------------------------------------------------------------- */

#define WIDTH 480
#define HEIGHT 170
#define LEFT 10.0
#define RIGHT (WIDTH - 10.0)
#define TOP 8.0
#define FLOOR 142.0

/* All of the data, and of the grid as much as is near it. */
static struct axis values_axis(const struct qs_html_distribution *distribution)
{
	struct axis axis = {distribution->least, distribution->most, LEFT, RIGHT};
	const double width = axis.most - axis.least;

	if (distribution->has_grid) {
		axis.least =
		    fmin(axis.least, fmax(distribution->grid_least, axis.least - width / 2));
		axis.most = fmax(axis.most, fmin(distribution->grid_most, axis.most + width / 2));
	}
	if (!(axis.most > axis.least)) {
		const double around = fabs(axis.least) > 0 ? fabs(axis.least) / 2 : 1;

		axis.least -= around;
		axis.most += around;
	}
	return axis;
}

/* Where the grid is, and its lines as far apart as an eye can tell. */
static void add_grid(struct qs_text *text, const struct qs_html_distribution *distribution,
    const struct axis *axis, double apart)
{
	const double low = fmax(axis->least, distribution->grid_least);
	const double high = fmin(axis->most, distribution->grid_most);

	if (high < low)
		return;
	qs_text_addf(text,
	    "<rect class=\"cover\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
	    at(axis, low), TOP, at(axis, high) - at(axis, low), FLOOR - TOP);
	qs_text_adds(text, "<path class=\"grid\" d=\"");
	for (double line = ceil(low / apart) * apart; line <= high; line += apart)
		qs_text_addf(text, "M%.1f %.1fV%.1f", at(axis, line), TOP, FLOOR);
	qs_text_adds(text, "\"/>");
	if (distribution->grid_least > axis->least)
		add_line(text, "edge", at(axis, low), TOP, at(axis, low), FLOOR);
	if (distribution->grid_most < axis->most)
		add_line(text, "edge", at(axis, high), TOP, at(axis, high), FLOOR);
}

/* The bars inside the grid, or those outside, whose values are cut off. */
static void add_bars(struct qs_text *text, const struct qs_html_distribution *distribution,
    const struct axis *axis, bool is_outside)
{
	const double bin =
	    (distribution->most - distribution->least) / (double)distribution->n_bins;
	const double width = fmax(1.2, at(axis, axis->least + bin) - LEFT);
	uint64_t most = 1;

	for (size_t i = 0; i < distribution->n_bins; i++)
		most = distribution->counts[i] > most ? distribution->counts[i] : most;
	qs_text_addf(text, "<path class=\"%s\" d=\"", is_outside ? "cut" : "bar");
	for (size_t i = 0; i < distribution->n_bins; i++) {
		const double left = distribution->least + bin * (double)i;
		const double middle = left + bin / 2;
		const bool outside = distribution->has_grid &&
		                     (middle < distribution->grid_least - distribution->step / 2 ||
					 middle > distribution->grid_most + distribution->step / 2);
		/* By logarithm, so that few outliers are seen beside many others. */
		const double height = (FLOOR - TOP - 4) * log1p((double)distribution->counts[i]) /
		                      log1p((double)most);

		if (distribution->counts[i] && outside == is_outside)
			qs_text_addf(text, "M%.1f %.1fv%.1fh%.1fv%.1fz", at(axis, left), FLOOR,
			    -height, width, height);
	}
	qs_text_adds(text, "\"/>");
}

static void add_ticks(struct qs_text *text, const struct axis *axis)
{
	const double step = round_step(axis->most - axis->least, 6);

	add_line(text, "axis", LEFT, FLOOR, RIGHT, FLOOR);
	for (double tick = ceil(axis->least / step) * step; tick <= axis->most; tick += step) {
		add_line(text, "axis", at(axis, tick), FLOOR, at(axis, tick), FLOOR + 4);
		add_label(
		    text, at(axis, tick), FLOOR + 17, "middle", fabs(tick) < step / 2 ? 0 : tick);
	}
}

double qs_html_distribution_lines(const struct qs_html_distribution *distribution)
{
	const struct axis axis = values_axis(distribution);
	const double pixels = (RIGHT - LEFT) / (axis.most - axis.least) * distribution->step;
	double codes = 1;

	while (pixels > 0 && pixels * codes < 5 && codes < 1e12)
		codes *= 2;
	return codes;
}

void qs_html_distribution(struct qs_text *text, const struct qs_html_distribution *distribution)
{
	const struct axis axis = values_axis(distribution);

	begin_svg(text, WIDTH, HEIGHT, "img", distribution->title);
	if (distribution->has_grid)
		add_grid(text, distribution, &axis,
		    distribution->step * qs_html_distribution_lines(distribution));
	add_bars(text, distribution, &axis, false);
	add_bars(text, distribution, &axis, true);
	add_ticks(text, &axis);
	qs_text_adds(text, "</svg>\n");
}

/* ---- decibels -------------------------------------------------------------------------------- */

#define LINE_WIDTH 960
#define LINE_HEIGHT 320
/* More points than these are not told apart; each then stands for the worst of its neighbours. */
#define MOST_POINTS 800
/* Points that can be pointed to. */
#define MOST_DOTS 200
/* More than this is as good as the same. */
#define MOST_DECIBELS 120

static double least_of(const struct qs_html_point *points, size_t n, size_t *ret_at)
{
	double least = NAN;

	for (size_t i = 0; i < n; i++) {
		if (isnan(points[i].value) || points[i].value >= least)
			continue;
		least = points[i].value;
		*ret_at = i;
	}
	return least;
}

static struct axis decibels_axis(
    const struct qs_html_point *all, const struct qs_html_point *own, size_t n)
{
	struct axis axis = {0, 40, LINE_HEIGHT - 34, 12};

	for (size_t i = 0; i < n; i++) {
		const double more = fmax(all[i].value, own[i].value);

		if (isfinite(more))
			axis.most = fmax(axis.most, ceil(more / 20) * 20);
		axis.least = fmin(axis.least,
		    isfinite(all[i].value) ? floor(all[i].value / 20) * 20 : axis.least);
	}
	axis.most = fmin(axis.most, MOST_DECIBELS);
	axis.least = fmax(axis.least, -MOST_DECIBELS);
	return axis;
}

static double shown(const struct axis *axis, double value)
{
	return fmax(axis->least, fmin(axis->most, value));
}

static void add_curve(struct qs_text *text, const char *class, const struct qs_html_point *points,
    size_t n, const struct axis *x, const struct axis *y)
{
	const size_t bucket = (n + MOST_POINTS - 1) / MOST_POINTS;
	bool is_first = true;

	qs_text_addf(text, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < n; i += bucket) {
		size_t worst = 0;
		const double value = least_of(points + i, i + bucket < n ? bucket : n - i, &worst);

		/* Nothing to see where both are the same. */
		if (!isfinite(value))
			continue;
		qs_text_addf(text, "%s%.1f %.1f", is_first ? "M" : "L", at(x, (double)(i + worst)),
		    at(y, shown(y, value)));
		is_first = false;
	}
	qs_text_adds(text, "\"/>");
}

/* Below this many decibels a tensor has little left of what it was. */
#define BAD_DECIBELS 20

static void add_dot(struct qs_text *text, const struct qs_html_point *point, double x, double y)
{
	struct qs_text words = QS_TEXT_INIT;

	qs_text_addf(&words, "%s: ", point->name);
	qs_html_number(&words, point->value);
	qs_text_adds(&words, " dB");
	if (point->id != SIZE_MAX)
		qs_text_addf(text, "<a href=\"#t%zu\">", point->id);
	qs_text_addf(text, "<circle class=\"dot%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>",
	    point->value < BAD_DECIBELS ? " bad" : "", x, y);
	qs_html_words(text, words.data);
	qs_text_adds(text, "</title></circle>");
	if (point->id != SIZE_MAX)
		qs_text_adds(text, "</a>");
	text->failed = text->failed || words.failed;
	qs_text_done(&words);
}

/* A value below which there are at most MOST_DOTS points. */
static double dots_below(const struct qs_html_point *points, size_t n)
{
	double limit = INFINITY;
	size_t n_below = n;

	for (double next = MOST_DECIBELS; n_below > MOST_DOTS && next > -MOST_DECIBELS; next--) {
		limit = next;
		n_below = 0;
		for (size_t i = 0; i < n; i++)
			n_below += points[i].value <= limit;
	}
	return limit;
}

static void add_frame(struct qs_text *text, size_t n, const struct axis *x, const struct axis *y)
{
	for (double line = y->least; line <= y->most; line += 20) {
		add_line(text, "grid", x->from, at(y, line), x->to, at(y, line));
		qs_text_addf(text,
		    "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g dB</text>", x->from - 6,
		    at(y, line) + 4, line);
	}
	add_line(text, "axis", x->from, y->from, x->to, y->from);
	qs_text_addf(text,
	    "<text x=\"%.1f\" y=\"%d\">first tensor</text>"
	    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"end\">tensor %zu</text>",
	    x->from, LINE_HEIGHT - 12, x->to, LINE_HEIGHT - 12, n);
}

void qs_html_decibels(struct qs_text *text, const struct qs_html_point *all,
    const struct qs_html_point *own, size_t n)
{
	const struct axis x = {0, n > 1 ? (double)(n - 1) : 1, 48, LINE_WIDTH - 12};
	const struct axis y = decibels_axis(all, own, n);
	const double below = dots_below(all, n);
	double least;
	size_t worst = 0;

	begin_svg(text, LINE_WIDTH, LINE_HEIGHT, "group",
	    "Signal to quantization noise of each tensor along the model, in decibels");
	add_frame(text, n, &x, &y);
	add_curve(text, "own", own, n, &x, &y);
	add_curve(text, "all", all, n, &x, &y);
	for (size_t i = 0; i < n; i++) {
		if (all[i].value <= below)
			add_dot(text, &all[i], at(&x, (double)i), at(&y, shown(&y, all[i].value)));
	}
	least = least_of(all, n, &worst);
	if (!isnan(least)) {
		const bool is_right = worst > n / 2;

		qs_text_addf(text, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
		    at(&x, (double)worst) + (is_right ? -8 : 8), at(&y, shown(&y, least)) + 16,
		    is_right ? "end" : "start");
		qs_html_words(text, all[worst].name);
		qs_text_adds(text, "</text>");
	}
	qs_text_adds(text, "</svg>\n");
}
