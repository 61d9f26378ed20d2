// Draws of the standard distributions, location 0 and scale 1, from uniform and normal ones.
#pragma once

#include "compiler/import/OpMaker.h"

namespace gan {

/// From a number in [0, 1): the quantile of it.
mlir::Value laplaceDraw(OpMaker &ops, mlir::Value uniform);
mlir::Value logisticDraw(OpMaker &ops, mlir::Value uniform);
/// From two standard normal numbers: Student's t with so many degrees of freedom (Bailey 1994).
mlir::Value studentDraw(OpMaker &ops, mlir::Value first, mlir::Value second, double freedom);

} // namespace gan
