/* SPDX-License-Identifier: Apache-2.0 */
/* What opening regions and telling of them share. */
#ifndef MODEL_REGIONS_INTERNAL_H
#define MODEL_REGIONS_INTERNAL_H

#include "base/map.h"
#include "model/regions.h"

/* What a doc_string begins with, before the number of the region and a colon. */
#define QS_REGION_TAG "qstrata-region:"

/* The attribute of a stand-in that has the regions of its branches or its body. */
#define QS_REGION_LIST "regions"

/* What stands in front of a body; the version converter wants to know the operator. */
#define QS_REGION_ENTER "Identity"

/* The domain of stand-ins, told by where it stands: a file that has the word means nothing. */
extern char qs_region_domain[];

/* What a branch calls its tensors, and what they are called now. */
struct qs_region_scope {
	const struct qs_region_scope *outer;
	struct qs_map names; /* index in `now` */
	char **now;
	size_t n, capacity;
	size_t n_constants; /* that come before what nodes give */
};

void qs_region_scope_done(struct qs_region_scope *scope);

/* Lets a name mean another one from here on; both outlive the scope. False when memory ran out. */
bool qs_region_define(struct qs_region_scope *scope, const char *name, char *now);

/* What a name means in a scope; NULL stays NULL. */
char *qs_region_resolve(const struct qs_region_scope *scope, char *name);

/* Lets the subgraphs of a node, which stay, read what they take from outside by its new name. False
 * when memory ran out. */
bool qs_region_resolve_bodies(const Onnx__NodeProto *node, const struct qs_region_scope *outer);

#endif
