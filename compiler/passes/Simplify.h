// What the parts of the simplify pass share.
#pragma once

#include "compiler/passes/Passes.h"
#include "mlir/IR/PatternMatch.h"

namespace gan {

/// Rewrites of reshapes, broadcasts and transpositions: element-wise work moves to the side of a reshape that has fewer
/// dimensions, which is the shape of the matrix products around it.
void populateShapePatterns(mlir::RewritePatternSet &patterns);
/// Logarithms and exponentials of a user's formulas in their stable forms.
void populateStablePatterns(mlir::RewritePatternSet &patterns);
/// Convolutions that are matrix products become such.
void populateConvolutionPatterns(mlir::RewritePatternSet &patterns);

} // namespace gan
