/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How configs are judged: --tool-version, --profile, --rules and --target.
 */
#ifndef CLI_JUDGEMENT_H
#define CLI_JUDGEMENT_H

#include "qstrata/qstrata.h"

#include "cli/options.h"

struct judgement {
	struct qs_policy_options options; /* for reading configs */
	struct qs_rulebook *rulebook;     /* NULL until it is read */
	struct qs_source **sources;       /* of the caller's own rules and profiles */
	size_t n_sources;
};

/*
 * Reads what the options ask for. False: nothing can be judged; findings say why, or it was
 * complained about. End with judgement_done() either way, when findings are told.
 */
bool judgement_read(const struct arguments *arguments, struct qs_findings *findings,
    struct judgement *ret_judgement);
void judgement_done(struct judgement *judgement);

#endif
