// Gives the functions that the texts of GanElementwise.td use a meaning for double and for values of the IR: an
// expression over IrScalar builds operations. (Codegen does the same for Halide expressions.) Every function here has
// an operation of the same name.
#pragma once

#include "compiler/dialect/Gan.h"

#include <cmath>
#include <variant>

namespace gan {

// ---- double ----

/// A double with only those operators that the texts use.
struct Real {
  double v;
  Real(double v) : v(v) {}
};
inline Real operator+(Real a, Real b) { return a.v + b.v; }
inline Real operator-(Real a, Real b) { return a.v - b.v; }
inline Real operator*(Real a, Real b) { return a.v * b.v; }
inline Real operator/(Real a, Real b) { return a.v / b.v; }
inline Real operator-(Real a) { return -a.v; }
inline Real max(Real a, Real b) { return std::isnan(a.v) || a.v > b.v ? a : b; } // NaN if either is NaN
inline Real min(Real a, Real b) { return std::isnan(a.v) || a.v < b.v ? a : b; }
inline Real pow(Real a, Real b) { return std::pow(a.v, b.v); }
inline Real gt(Real a, Real b) { return a.v > b.v ? 1.0 : 0.0; }
inline Real eq(Real a, Real b) { return a.v == b.v ? 1.0 : 0.0; }
inline Real select(Real c, Real a, Real b) { return c.v != 0 ? a : b; }
inline Real exp(Real a) { return std::exp(a.v); }
inline Real expm1(Real a) { return std::expm1(a.v); }
inline Real log(Real a) { return std::log(a.v); }
inline Real sqrt(Real a) { return std::sqrt(a.v); }
inline Real abs(Real a) { return std::fabs(a.v); }
inline Real tanh(Real a) { return std::tanh(a.v); }
inline Real erf(Real a) { return std::erf(a.v); }
inline Real sigmoid(Real a) { return 1 / (1 + std::exp(-a.v)); }
inline Real softplus(Real a) { return std::fmax(a.v, 0) + std::log1p(std::exp(-std::fabs(a.v))); }

// ---- values of the IR ----

/// A value with the builder that extends its expression, or a literal that takes the type of the value it is combined
/// with.
struct IrScalar {
  mlir::OpBuilder *builder = nullptr;
  mlir::LocationAttr loc; ///< null for a literal
  mlir::Value value;      ///< null for a literal
  double literal = 0;

  IrScalar(double literal) : literal(literal) {}
  IrScalar(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value)
      : builder(&builder), loc(loc), value(value) {}
  /// The value; a literal becomes a constant of the type of `like`.
  mlir::Value materialize(const IrScalar &like) const {
    return value ? value : splat(*like.builder, like.loc, tensorOf(like.value), literal);
  }
};

template <class Op> IrScalar buildUnary(const IrScalar &x) {
  return {*x.builder, x.loc, Op::create(*x.builder, x.loc, x.value.getType(), x.value)};
}
template <class Op> IrScalar buildBinary(const IrScalar &x, const IrScalar &y) {
  const IrScalar &like = x.value ? x : y;
  mlir::Value a = x.materialize(like), b = y.materialize(like);
  return {*like.builder, like.loc, Op::create(*like.builder, like.loc, a.getType(), a, b)};
}
inline IrScalar operator+(const IrScalar &x, const IrScalar &y) { return buildBinary<AddOp>(x, y); }
inline IrScalar operator-(const IrScalar &x, const IrScalar &y) { return buildBinary<SubOp>(x, y); }
inline IrScalar operator*(const IrScalar &x, const IrScalar &y) { return buildBinary<MulOp>(x, y); }
inline IrScalar operator/(const IrScalar &x, const IrScalar &y) { return buildBinary<DivOp>(x, y); }
inline IrScalar operator-(const IrScalar &x) { return buildUnary<NegOp>(x); }
inline IrScalar max(const IrScalar &x, const IrScalar &y) { return buildBinary<MaxOp>(x, y); }
inline IrScalar min(const IrScalar &x, const IrScalar &y) { return buildBinary<MinOp>(x, y); }
inline IrScalar pow(const IrScalar &x, const IrScalar &y) { return buildBinary<PowOp>(x, y); }
inline IrScalar gt(const IrScalar &x, const IrScalar &y) { return buildBinary<GtOp>(x, y); }
inline IrScalar eq(const IrScalar &x, const IrScalar &y) { return buildBinary<EqOp>(x, y); }
inline IrScalar select(const IrScalar &c, const IrScalar &x, const IrScalar &y) {
  mlir::Value a = x.materialize(c), b = y.materialize(c);
  return {*c.builder, c.loc, SelectOp::create(*c.builder, c.loc, a.getType(), c.value, a, b)};
}
inline IrScalar exp(const IrScalar &x) { return buildUnary<ExpOp>(x); }
inline IrScalar expm1(const IrScalar &x) { return buildUnary<Expm1Op>(x); }
inline IrScalar log(const IrScalar &x) { return buildUnary<LogOp>(x); }
inline IrScalar sqrt(const IrScalar &x) { return buildUnary<SqrtOp>(x); }
inline IrScalar abs(const IrScalar &x) { return buildUnary<AbsOp>(x); }
inline IrScalar tanh(const IrScalar &x) { return buildUnary<TanhOp>(x); }
inline IrScalar erf(const IrScalar &x) { return buildUnary<ErfOp>(x); }
inline IrScalar sigmoid(const IrScalar &x) { return buildUnary<SigmoidOp>(x); }
inline IrScalar softplus(const IrScalar &x) { return buildUnary<SoftplusOp>(x); }

} // namespace gan
