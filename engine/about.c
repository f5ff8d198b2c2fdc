/* SPDX-License-Identifier: Apache-2.0 */
/* What the library is made of, and what it finds on the machine: for reports of mistakes. */
#include <sys/utsname.h>

#include "base/json_document.h"
#include "numbers/cpu.h"
#include "numbers/kernels/kernels.h"
#include "model/wire.h"
#include "policy/pattern.h"
#include "qstrata/engine.h"

static void add_kernels(struct qs_text *text)
{
	static const struct {
		enum qs_kernel_set set;
		const char *name;
	} sets[] = {{QS_KERNEL_SET_AVX2, "AVX2"}, {QS_KERNEL_SET_AVX512, "AVX-512"},
	    {QS_KERNEL_SET_NEON, "NEON"}};
	const unsigned found = qs_cpu_sets();

	qs_text_adds(text, "kernels     C");
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		if (found & sets[i].set)
			qs_text_addf(text, ", %s", sets[i].name);
	}
	qs_text_adds(text, "\n");
}

enum qs_status qs_write_about(struct qs_text *text)
{
	struct utsname system;

	qs_text_addf(text, "qstrata     %s\n", QSTRATA_VERSION);
	qs_text_addf(text, "json-c      %s\n", qs_json_library());
	qs_pattern_add_library(text);
	qs_text_addf(text, "protobuf-c  %s\n", qs_wire_library());
	add_kernels(text);
	qs_text_addf(text, "processors  %zu\n", qs_cpu_count());
	if (uname(&system) >= 0)
		qs_text_addf(
		    text, "system      %s %s %s\n", system.sysname, system.release, system.machine);
	return qs_text_status(text);
}
