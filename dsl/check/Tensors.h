// The tensors that a layer holds. They have PyTorch's names and shapes, so that parameters can be read by PyTorch and
// from it.
#pragma once

#include "dsl/check/Inits.h"

namespace gan::dsl {

/// Adds the tensors of a layer whose shapes are known. `ofBlock` are the block's rules for initial values.
void addTensors(Layer &layer, const std::vector<ast::InitRule> &ofBlock, Inits &inits);

} // namespace gan::dsl
