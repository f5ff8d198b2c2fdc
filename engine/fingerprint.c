/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints of models and configs. */
#include "engine/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t qs_fingerprint_add(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * 1099511628211U;
	return hash;
}

uint64_t qs_fingerprint(const void *bytes, size_t size)
{
	return qs_fingerprint_add(QS_FINGERPRINT_START, bytes, size);
}

enum qs_status qs_fingerprint_model(
    const struct qs_model *model, struct qs_findings *findings, uint64_t *ret_fingerprint)
{
	unsigned char *bytes;
	size_t size;
	const enum qs_status status = qs_model_pack(model, false, findings, &bytes, &size);

	if (status != QS_OK)
		return status;
	*ret_fingerprint = qs_fingerprint(bytes, size);
	free(bytes);
	return QS_OK;
}

enum qs_status qs_fingerprint_policy(const struct qs_policy *policy, uint64_t *ret_fingerprint)
{
	struct qs_text text = QS_TEXT_INIT;
	const enum qs_status status = qs_policy_write_json(policy, NULL, &text);

	*ret_fingerprint = qs_fingerprint(text.data, text.size);
	qs_text_done(&text);
	return status;
}

enum qs_status qs_fingerprint_scales(const struct qs_policy *policy, uint64_t *ret_fingerprint)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = qs_policy_write_json(policy, NULL, &text);

	for (int s = 0; s < QS_SWITCH__COUNT; s++)
		qs_text_addf(&text, "%d ", qs_policy_switch(policy, (enum qs_switch)s));
	if (status == QS_OK)
		status = qs_text_status(&text);
	*ret_fingerprint = qs_fingerprint(text.data, text.size);
	qs_text_done(&text);
	return status;
}

void qs_fingerprint_write(uint64_t fingerprint, char ret_text[QS_FINGERPRINT_TEXT])
{
	snprintf(ret_text, QS_FINGERPRINT_TEXT, "fnv1a64:%016" PRIx64, fingerprint);
}
