/* SPDX-License-Identifier: Apache-2.0 */
/* Which instruction sets kernels may use, and how many processors there are. */
#include "numbers/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "numbers/kernels/kernels.h"

unsigned qs_cpu_sets(void)
{
	static const struct {
		const char *word;
		unsigned sets;
	} words[] = {
	    {"avx2", QS_KERNEL_SET_AVX2 | QS_KERNEL_SET_AVX512},
	    {"avx512", QS_KERNEL_SET_AVX512},
	    {"neon", QS_KERNEL_SET_NEON},
	    {"all", ~0U},
	};
	const char *mask = getenv("QSTRATA_CPU_MASK");
	unsigned sets = qs_kernels_cpu();

	for (size_t i = 0; mask && i < sizeof(words) / sizeof(*words); i++) {
		if (strstr(mask, words[i].word))
			sets &= ~words[i].sets;
	}
	return sets | QS_KERNEL_SET_C;
}

size_t qs_cpu_count(void)
{
	const long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1 ? 1 : (size_t)count;
}
