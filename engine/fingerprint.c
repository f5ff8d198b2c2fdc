/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints of models and configs. */
#include "engine/fingerprint.h"

#include <stdlib.h>

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
