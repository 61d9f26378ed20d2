// What the layers of a block give, against the outputs that it declares.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Report.h"

namespace gan::dsl {

/// Checks the last layers of a block whose layers have no mistake: their size, no activation applied twice, ranges of
/// values. Sets the ranges of the outputs.
void checkOutputs(Block &block, const Model &model, Report &report);

} // namespace gan::dsl
