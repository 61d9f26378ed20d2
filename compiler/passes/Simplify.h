// What the two halves of the simplify pass share.
#pragma once

#include "compiler/passes/Passes.h"
#include "mlir/IR/PatternMatch.h"

namespace gan {

/// Rewrites of reshapes, broadcasts and transpositions: element-wise work moves to the side of a reshape that has fewer
/// dimensions, which is the shape of the matrix products around it.
void populateShapePatterns(mlir::RewritePatternSet &patterns);

} // namespace gan
