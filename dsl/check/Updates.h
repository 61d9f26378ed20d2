// Who updates what, and with which gradients: what can only be checked once all steps are known.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Report.h"

namespace gan::dsl {

/// Checks a model without a mistake so far. Every objective's gradient must reach the blocks that it updates, every
/// block with parameters must be updated, and no gradient may pass a let whose value is out of date.
void checkUpdates(const Model &model, Report &report);

} // namespace gan::dsl
