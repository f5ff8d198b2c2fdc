/* SPDX-License-Identifier: Apache-2.0 */
/* What opening regions and telling of them share. */
#ifndef MODEL_REGIONS_INTERNAL_H
#define MODEL_REGIONS_INTERNAL_H

#include "model/regions.h"

/* What a doc_string begins with, before the number of the region and a colon. */
#define QS_REGION_TAG "qstrata-region:"

/* The attribute of a stand-in that has the regions of its branches or its body. */
#define QS_REGION_LIST "regions"

/* What stands in front of a body; the version converter wants to know the operator. */
#define QS_REGION_ENTER "Identity"

/* The domain of stand-ins, told by where it stands: a file that has the word means nothing. */
extern char qs_region_domain[];

#endif
