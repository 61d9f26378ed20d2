// Arithmetic and functions of the kernels, which treat NaN, infinities, zeros and denormal numbers like IEEE 754 and
// PyTorch. Halide's own operators may be compiled as if none of these existed: a maximum then forgets a NaN, and x - x
// is 0 even for an infinite x.
#pragma once

#include "Halide.h"

namespace gan::ieee {

using Halide::Expr;

Expr add(const Expr &a, const Expr &b);
Expr sub(const Expr &a, const Expr &b);
Expr mul(const Expr &a, const Expr &b);
Expr div(const Expr &a, const Expr &b);
Expr less(const Expr &a, const Expr &b);
Expr equal(const Expr &a, const Expr &b);
Expr negate(const Expr &x);
/// NaN if either operand is NaN.
Expr max(const Expr &a, const Expr &b);
Expr min(const Expr &a, const Expr &b);

Expr sqrt(const Expr &x);
Expr exp(const Expr &x);
Expr expm1(const Expr &x);
Expr log(const Expr &x);
Expr pow(const Expr &x, const Expr &y);
Expr sigmoid(const Expr &x);
Expr softplus(const Expr &x);
Expr tanh(const Expr &x);
Expr erf(const Expr &x);

/// The same number, about which the code generator knows nothing. Long sums of products use Halide's own arithmetic
/// because of its fused multiply-add. Their results count as "never NaN", so that tests for NaN would be compiled away.
Expr unknown(const Expr &v);

} // namespace gan::ieee
