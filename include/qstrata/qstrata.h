/* SPDX-License-Identifier: Apache-2.0 */
/* The whole public interface of qstrata. */
#ifndef QSTRATA_QSTRATA_H
#define QSTRATA_QSTRATA_H

#include "qstrata/analysis.h"
#include "qstrata/base.h"
#include "qstrata/baseline.h"
#include "qstrata/doctor.h"
#include "qstrata/engine.h"
#include "qstrata/form.h"
#include "qstrata/images.h"
#include "qstrata/model.h"
#include "qstrata/numbers.h"
#include "qstrata/place.h"
#include "qstrata/plugin.h"
#include "qstrata/policy.h"
#include "qstrata/sensitivity.h"
#include "qstrata/spec.h"

#endif
