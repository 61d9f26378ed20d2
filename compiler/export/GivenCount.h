// The count of a negative_binomial output that its declaration gives, which an exported module has as a constant.
#pragma once

#include "compiler/export/ExportError.h"
#include "dsl/Model.h"

namespace gan {

/// Throws ExportError if it is a number that changes while it trains.
inline double givenCount(const dsl::Block &block, const dsl::Output &output) {
  if (std::optional<double> count = output.given->literal())
    return *count;
  throw ExportError(block.name + " cannot be exported: the count of its negative_binomial changes while it trains");
}

} // namespace gan
