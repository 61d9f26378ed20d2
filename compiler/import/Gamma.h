// The logarithm of the gamma function, which densities of counts have, and its derivative for numbers of the compiler.
#pragma once

#include "compiler/import/OpMaker.h"

namespace gan {

/// log Gamma(x) of each element, for x > 0. It is made of operations that have derivatives of any order; up to 1e-6
/// off.
mlir::Value logGamma(OpMaker &ops, mlir::Value x);

/// The derivative of log Gamma, for x > 0.
double digamma(double x);

} // namespace gan
