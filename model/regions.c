/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes of an open model say of their regions. */
#include <stdlib.h>
#include <string.h>

#include "model/regions_internal.h"
#include "model/tensor.h"

char qs_region_domain[] = QS_REGION_DOMAIN;

bool qs_region_is_stand_in(const Onnx__NodeProto *node)
{
	return node->domain == qs_region_domain;
}

static bool is_stand_in_for(const Onnx__NodeProto *node, const char *op_type)
{
	return qs_region_is_stand_in(node) && strcmp(node->op_type, op_type) == 0;
}

bool qs_region_is_if(const Onnx__NodeProto *node)
{
	return is_stand_in_for(node, "If");
}

bool qs_region_is_enter(const Onnx__NodeProto *node)
{
	return is_stand_in_for(node, QS_REGION_ENTER);
}

bool qs_region_is_leave(const Onnx__NodeProto *node)
{
	return qs_region_is_stand_in(node) && !qs_region_is_if(node) && !qs_region_is_enter(node);
}

size_t qs_region_unit(const struct qs_regions *regions, size_t region)
{
	size_t unit = 0;

	for (; regions && region; region = regions->items[region].parent) {
		if (regions->items[region].branch == QS_REGION_BODY)
			unit = region;
	}
	return unit;
}

size_t qs_region_input(const Onnx__NodeProto *node, size_t branch, size_t output)
{
	return 1 + branch * node->n_output + output;
}

size_t qs_region_of_branch(const Onnx__NodeProto *node, size_t branch)
{
	const Onnx__AttributeProto *regions = qs_attribute(node, QS_REGION_LIST);

	return regions && branch < regions->n_ints ? (size_t)regions->ints[branch] : QS_REGION_NONE;
}

size_t qs_region_of_doc(const char *doc_string)
{
	if (!doc_string || strncmp(doc_string, QS_REGION_TAG, strlen(QS_REGION_TAG)) != 0)
		return QS_REGION_NONE;
	return strtoul(doc_string + strlen(QS_REGION_TAG), NULL, 10);
}

size_t qs_region_of_node(const Onnx__NodeProto *node)
{
	return qs_region_of_doc(node->doc_string);
}

char *qs_region_untagged(char *doc_string)
{
	char *colon;

	if (qs_region_of_doc(doc_string) == QS_REGION_NONE)
		return doc_string;
	colon = strchr(doc_string + strlen(QS_REGION_TAG), ':');
	return colon && colon[1] ? colon + 1 : NULL;
}
