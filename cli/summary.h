/* SPDX-License-Identifier: Apache-2.0 */
/* The last line of lint and validate: how many findings there are. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "qstrata/qstrata.h"

/* Tells on the standard error what is not shown, and how much was found in how many files. */
void tell_summary(const struct qs_findings *findings, const struct qs_findings_view *view);

#endif
