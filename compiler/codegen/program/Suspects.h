// Finds the operations of a fused kernel that can turn finite numbers into infinity or NaN, so that a run that broke
// can name the operation to blame. The kernel itself carries the name of its first operation, which usually only passes
// numbers on.
#pragma once

#include "compiler/dialect/Gan.h"

#include <string>
#include <vector>

namespace gan {

/// A place in the model, with the name that users know: "E.1 linear", "sqrt".
struct ModelPlace {
  std::string label, file;
  unsigned line = 0, column = 0; ///< 0: there is no place
};

ModelPlace placeInModel(mlir::Location location);
/// "vae.gan:12:5"; empty if there is no place.
std::string placeText(mlir::Location location);

/// Quotients, roots, logarithms, powers and exponentials, in the order in which they are computed, each place once. A
/// gradient has the place of the operation to which it belongs. Empty if the kernel has no such operation.
std::vector<ModelPlace> suspectsOf(KernelOp kernel);

} // namespace gan
