// Which operations of a fused kernel can turn finite numbers into infinity or NaN, so that a run that broke can name
// the operation to blame: a kernel carries the name of its first operation, which most often only passes numbers on.
#pragma once

#include "compiler/dialect/Gan.h"

#include <string>
#include <vector>

namespace gan {

/// Where something stands in the model, with the name that users know: "E.1 linear", "sqrt".
struct ModelPlace {
  std::string label, file;
  unsigned line = 0, column = 0; ///< 0: nowhere
};

ModelPlace placeInModel(mlir::Location location);
/// "vae.gan:12:5"; empty if nowhere.
std::string placeText(mlir::Location location);

/// Quotients, roots, logarithms, powers and exponentials in the order of computing, each place once; gradients stand
/// where the operation stands that they belong to. Empty where the kernel has none.
std::vector<ModelPlace> suspectsOf(KernelOp kernel);

} // namespace gan
