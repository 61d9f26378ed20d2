// Gives the functions that GanElementwise.td uses a meaning for Halide: this is the kernels' arithmetic.
#pragma once

#include "compiler/codegen/kernels/HalideMath.h"

namespace gan {

/// An expression, or a literal that takes the type of the value it is combined with.
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

#define GAN_BINARY(name, function)                                                                                     \
  inline HScalar name(const HScalar &x, const HScalar &y) {                                                            \
    Halide::Type t = common(x, y);                                                                                     \
    return function(x.as(t), y.as(t));                                                                                 \
  }
GAN_BINARY(operator+, ieee::add)
GAN_BINARY(operator-, ieee::sub)
GAN_BINARY(operator*, ieee::mul)
GAN_BINARY(operator/, ieee::div)
GAN_BINARY(max, ieee::max)
GAN_BINARY(min, ieee::min)
GAN_BINARY(pow, ieee::pow)
#undef GAN_BINARY

/// A truth value as a number: 1 or 0.
inline HScalar indicator(const Halide::Expr &condition, Halide::Type t) {
  return Halide::select(condition, Halide::Internal::make_one(t), Halide::Internal::make_zero(t));
}
inline HScalar gt(const HScalar &x, const HScalar &y) {
  Halide::Type t = common(x, y);
  return indicator(ieee::less(y.as(t), x.as(t)), t);
}
inline HScalar eq(const HScalar &x, const HScalar &y) {
  Halide::Type t = common(x, y);
  return indicator(ieee::equal(x.as(t), y.as(t)), t);
}
inline HScalar select(const HScalar &c, const HScalar &x, const HScalar &y) {
  Halide::Type t = c.e.type();
  const auto *known = c.e.as<Halide::Internal::Select>(); // an indicator: its condition is used
  if (known && Halide::Internal::is_const_one(known->true_value) && Halide::Internal::is_const_zero(known->false_value))
    return Halide::select(known->condition, x.as(t), y.as(t));
  return Halide::select(ieee::equal(c.e, Halide::Internal::make_zero(t)), y.as(t), x.as(t));
}

inline HScalar operator-(const HScalar &x) { return ieee::negate(x.e); }
inline HScalar exp(const HScalar &x) { return ieee::exp(x.e); }
inline HScalar expm1(const HScalar &x) { return ieee::expm1(x.e); }
inline HScalar log(const HScalar &x) { return ieee::log(x.e); }
inline HScalar sqrt(const HScalar &x) { return ieee::sqrt(x.e); }
inline HScalar abs(const HScalar &x) { return Halide::abs(x.e); }
inline HScalar sigmoid(const HScalar &x) { return ieee::sigmoid(x.e); }
inline HScalar softplus(const HScalar &x) { return ieee::softplus(x.e); }
inline HScalar tanh(const HScalar &x) { return ieee::tanh(x.e); }
inline HScalar erf(const HScalar &x) { return ieee::erf(x.e); }

} // namespace gan
