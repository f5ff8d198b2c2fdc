/* SPDX-License-Identifier: Apache-2.0 */
/* Room for scales and zero points. */
#include "qstrata/numbers.h"

#include <stdlib.h>

enum qs_status qs_qparams_init(struct qs_qparams *qparams, size_t n)
{
	*qparams = (struct qs_qparams){
	    .n = n,
	    .scale = calloc(n ? n : 1, sizeof(double)),
	    .zero_point = calloc(n ? n : 1, sizeof(int64_t)),
	    .float_max = calloc(n ? n : 1, sizeof(double)),
	};
	if (qparams->scale && qparams->zero_point && qparams->float_max)
		return QS_OK;
	qs_qparams_done(qparams);
	return QS_NOMEM;
}

void qs_qparams_done(struct qs_qparams *qparams)
{
	free(qparams->scale);
	free(qparams->zero_point);
	free(qparams->float_max);
	*qparams = (struct qs_qparams){0};
}
