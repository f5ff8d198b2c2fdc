/* SPDX-License-Identifier: Apache-2.0 */
/* The rounding modes as laws. */
#include "numbers/round.h"

#include <math.h>

/* The fraction above the floor is exact for every double, so that ties are ties. */
double qs_round_half_even(double value)
{
	const double below = floor(value), rest = value - below;

	if (rest == 0.5)
		return fmod(below, 2.0) == 0.0 ? below : below + 1.0;
	return rest > 0.5 ? below + 1.0 : below;
}

double qs_round_half_up(double value)
{
	const double below = floor(value);

	return value - below >= 0.5 ? below + 1.0 : below;
}

double qs_round_half_down(double value)
{
	return value < 0.0 ? qs_round_half_up(value) : -qs_round_half_up(-value);
}

double qs_round_std_round(double value)
{
	return value < 0.0 ? -qs_round_half_up(-value) : qs_round_half_up(value);
}

/* One law for each word, under the word's name. */
#define MODE(SET, ID, word, versions, meaning)                                                     \
	[QS_KERNEL_##ID] = {{QS_PLUGIN_ABI, word, meaning, NULL, 0}, LAW_##ID},
#define LAW_HALF_EVEN qs_round_half_even
#define LAW_HALF_UP qs_round_half_up
#define LAW_HALF_DOWN qs_round_half_down
#define LAW_STD_ROUND qs_round_std_round

const struct qs_rounding qs_round_builtin[QS_KERNEL__ROUNDINGS] = {QS_ROUND_MODE_LIST(MODE)};

enum qs_kernel_rounding qs_round_kernel(const struct qs_rounding *rounding)
{
	int mode = 0;

	while (mode < QS_KERNEL__ROUNDINGS && qs_round_builtin[mode].round != rounding->round)
		mode++;
	return (enum qs_kernel_rounding)mode;
}
