/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a model for tests that are scripts: make_model MODEL.onnx LINE...
 * (tests/unit/model_fixture.h) */
#include "tests/unit/model_fixture.h"

int main(int argc, char **argv)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model;
	enum qs_status status;

	if (argc < 3 || !findings)
		return 2;
	model = fixture_model(findings, (const char *const *)argv + 2);
	status = qs_model_save(model, argv[1], findings);
	qs_model_free(model);
	qs_findings_free(findings);
	return status == QS_OK ? 0 : 2;
}
