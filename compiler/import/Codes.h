// Codes: which of some vectors is the nearest one, and how many of them are in use.
#pragma once

#include "compiler/import/OpMaker.h"

namespace gan {

/// For each row, (count, size), the nearest of the vectors, (n, size), as a one-hot row, (count, n). It has no
/// gradient.
mlir::Value nearestCodes(OpMaker &ops, mlir::Value rows, mlir::Value vectors);

/// exp of the entropy of the average of rows of probabilities, (count, n).
mlir::Value perplexity(OpMaker &ops, mlir::Value rows);

} // namespace gan
