// What the files of the simplify pass share.
#pragma once

#include "compiler/passes/Passes.h"
#include "mlir/IR/PatternMatch.h"

namespace gan {

/// Adds rewrites of reshapes, broadcasts and transpositions: element-wise work moves to the side of a reshape that has
/// fewer dimensions, which is the shape of the matrix products around it.
void populateShapePatterns(mlir::RewritePatternSet &patterns);
/// Adds rewrites that give the logarithms and exponentials of a user's formulas their stable forms.
void populateStablePatterns(mlir::RewritePatternSet &patterns);
/// Adds rewrites of convolutions that are matrix products into matrix products.
void populateConvolutionPatterns(mlir::RewritePatternSet &patterns);

} // namespace gan
