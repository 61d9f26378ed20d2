// The vocabulary of GanElementwise.td for Halide: the kernels' arithmetic. Halide calls libm lane by lane for tanh,
// expm1 and log1p, so those are written here from exponentials and polynomials that vectorise.
#pragma once

#include "Halide.h"

namespace gan {

/// An expression, or a literal that takes the type of what it meets.
struct HScalar {
  Halide::Expr e;
  double literal = 0;

  HScalar(double literal) : literal(literal) {}
  HScalar(Halide::Expr e) : e(std::move(e)) {}
  Halide::Expr as(Halide::Type type) const { return e.defined() ? e : Halide::Internal::make_const(type, literal); }
};

inline Halide::Type common(const HScalar &x, const HScalar &y) {
  return x.e.defined() ? x.e.type() : y.e.defined() ? y.e.type() : Halide::Float(32);
}

#define GAN_BINARY(name, expression)                                                                                   \
  inline HScalar name(const HScalar &x, const HScalar &y) {                                                            \
    Halide::Type t = common(x, y);                                                                                     \
    Halide::Expr a = x.as(t), b = y.as(t);                                                                             \
    return HScalar(Halide::Expr(expression));                                                                          \
  }
GAN_BINARY(operator+, a + b)
GAN_BINARY(operator-, a - b)
GAN_BINARY(operator*, a *b)
GAN_BINARY(operator/, a / b)
GAN_BINARY(max, Halide::max(a, b))
GAN_BINARY(min, Halide::min(a, b))
GAN_BINARY(pow, Halide::pow(a, b))
GAN_BINARY(gt, Halide::select(a > b, Halide::Internal::make_one(t), Halide::Internal::make_zero(t)))
GAN_BINARY(eq, Halide::select(a == b, Halide::Internal::make_one(t), Halide::Internal::make_zero(t)))
#undef GAN_BINARY

inline HScalar select(const HScalar &c, const HScalar &x, const HScalar &y) {
  Halide::Type t = c.e.type();
  return Halide::select(c.e != Halide::Internal::make_zero(t), x.as(t), y.as(t));
}
inline HScalar operator-(const HScalar &x) { return -x.e; }
inline HScalar exp(const HScalar &x) { return Halide::exp(x.e); }
inline HScalar log(const HScalar &x) { return Halide::log(x.e); }
inline HScalar sqrt(const HScalar &x) { return Halide::sqrt(x.e); }
inline HScalar abs(const HScalar &x) { return Halide::abs(x.e); }

/// log(1 + u) for u in [0, 1]: 2 atanh(u / (2 + u)) as a series in s^2, s <= 1/3; the error is below 1e-8 relative.
inline HScalar log1pUnit(const HScalar &u) {
  if (u.e.type().bits() == 64)
    return Halide::log(u.e + Halide::Internal::make_one(u.e.type()));
  HScalar s = u / (2.0 + u), q = s * s;
  HScalar p = 1.0 / 15.0;
  for (double c : {1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1.0})
    p = p * q + c;
  return 2.0 * s * p;
}

inline HScalar softplus(const HScalar &x) { return max(x, 0.0) + log1pUnit(exp(-abs(x))); }

inline HScalar sigmoid(const HScalar &x) {
  HScalar e = exp(-abs(x)), d = 1.0 / (1.0 + e);
  return select(gt(0.0, x), e * d, d);
}

/// exp(x) - 1: a Taylor polynomial near 0, where the difference would cancel.
inline HScalar expm1(const HScalar &x) {
  if (x.e.type().bits() == 64) // host scalars only: one call
    return Halide::Internal::Call::make(x.e.type(), "expm1", {x.e}, Halide::Internal::Call::PureExtern);
  HScalar p = 1.0 / 40320;
  for (double c : {1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0})
    p = p * x + c;
  return select(gt(0.5, abs(x)), p * x, exp(x) - 1.0);
}

inline HScalar tanh(const HScalar &x) {
  HScalar a = abs(x), m = expm1(-2.0 * a), t = -m / (2.0 + m);
  return select(gt(0.0, x), -t, t);
}

/// Abramowitz & Stegun 7.1.26 is good to 1.5e-7 absolute only; near 0 the Maclaurin series keeps it relative.
inline HScalar erf(const HScalar &x) {
  HScalar a = abs(x), q = x * x;
  HScalar near = -1.0 / 75600.0;
  for (double c : {1.0 / 9360, -1.0 / 1320, 1.0 / 216, -1.0 / 42, 1.0 / 10, -1.0 / 3, 1.0})
    near = near * q + c;
  near = 1.1283791670955126 * x * near;
  HScalar t = 1.0 / (1.0 + 0.3275911 * a);
  HScalar p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  HScalar far = 1.0 - p * exp(-q);
  return select(gt(1.0, a), near, select(gt(0.0, x), -far, far));
}

} // namespace gan
