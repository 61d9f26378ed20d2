// The functions consist of exponentials and polynomials that vectorise on every target. Halide would call libm lane by
// lane for most of them, and its exp and log are wrong for NaN, infinities and denormal numbers. Polynomials use
// Halide's own operators, which may be fused; what decides about special values uses the operators of ieee::. Double
// precision is only for numbers of the host, so it may call libm.
#include "compiler/codegen/kernels/HalideMath.h"

#include <cmath>
#include <initializer_list>
#include <limits>

namespace gan::ieee {
namespace {

using Halide::Internal::Call;

Expr constant(const Expr &like, double value) { return Halide::Internal::make_const(like.type(), value); }
Expr infinity(const Expr &like) { return like.type().max(); }
Expr nan() { return Halide::reinterpret(Halide::Float(32), Expr(uint32_t(0x7fc00000))); }
bool isDouble(const Expr &x) { return x.type().bits() == 64; }

Expr intrinsic(Call::IntrinsicOp op, const Expr &a, const Expr &b) {
  return Call::make(a.type(), op, {a, b}, Call::PureIntrinsic);
}
Expr comparison(Call::IntrinsicOp op, const Expr &a, const Expr &b) {
  return Call::make(Halide::Bool(), op, {a, b}, Call::PureIntrinsic);
}
Expr library(const char *name, const std::vector<Expr> &operands) {
  return Call::make(operands[0].type(), name, operands, Call::PureExtern);
}

/// Whether this is a constant other than NaN.
bool isNumber(const Expr &x) {
  const auto *number = x.as<Halide::Internal::FloatImm>();
  return number && !std::isnan(number->value);
}

/// `value` if x is a number, otherwise x, because what Halide's own arithmetic computes for NaN is undefined.
Expr unlessNan(const Expr &x, const Expr &value) { return Halide::select(equal(x, x), value, x); }

Expr bitsOf(const Expr &x) { return Halide::reinterpret(Halide::UInt(32), x); }
Expr fromBits(const Expr &x) { return Halide::reinterpret(Halide::Float(32), x); }
/// -|x|
Expr below(const Expr &x) { return fromBits(bitsOf(x) | Expr(uint32_t(0x80000000))); }
/// |x| with the sign of `sign`.
Expr withSign(const Expr &x, const Expr &sign) {
  return fromBits((bitsOf(x) & Expr(uint32_t(0x7fffffff))) | (bitsOf(sign) & Expr(uint32_t(0x80000000))));
}

/// Evaluates a polynomial; the coefficients are in order of falling powers, the constant last.
Expr polynomial(const Expr &x, std::initializer_list<double> coefficients) {
  Expr p;
  for (double c : coefficients)
    p = p.defined() ? p * x + float(c) : Expr(float(c));
  return p;
}

/// e^x for any x <= 89, also -infinity: 2^h 2^h e^r, where h is an integer and |r| <= log 2. Half of the exponent is
/// used twice because 2^(2 h) may be outside the range of a float although the result is not.
Expr exponential(const Expr &x) {
  Expr c = ieee::max(x, Expr(-105.0f)); // e^-105 rounds to 0
  // Adding 1.5 * 2^23 rounds to an integer, which is then in the low bits; 127 is the bias of an exponent.
  Expr magic = 12582912.0f + 127.0f;
  Expr shifted = c * 0.72134752044f + magic, h = sub(shifted, magic);
  // 2 log 2 is split into two parts; the first has so few bits that its product with h is exact.
  Expr r = sub(c - h * 1.3862915039f, h * 2.8572135306e-6f);
  Expr p = polynomial(r, {1.9611856071858057e-4, 1.4104264956563142e-3, 8.336097511123255e-3, 4.1661278470954285e-2,
                          0.16666614306232935, 0.5000003454482108, 1, 1});
  Expr power = fromBits(bitsOf(shifted) << 23);
  return mul(mul(p, power), power);
}
Expr exponentialOfAny(const Expr &x) { return exponential(ieee::min(x, Expr(89.0f))); } // e^89 is infinite

/// e^x - 1 for any x <= 89: uses a Taylor polynomial near 0, where the difference would cancel.
Expr exponentialMinus1(const Expr &x) {
  Expr near = mul(x, polynomial(x, {1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1}));
  return Halide::select(less(Halide::abs(x), Expr(0.5f)), near, sub(exponential(x), Expr(1.0f)));
}

/// log(1 + u) for u in [0, 1]: 2 atanh(u / (2 + u)) as a series in s^2, where s <= 1/3; the relative error is below
/// 1e-8.
Expr log1pOfUnit(const Expr &u) {
  Expr s = u / (2.0f + u), q = s * s;
  return 2.0f * s * polynomial(q, {1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1});
}

/// x to the power of an integer, by squaring.
Expr integerPower(const Expr &x, int64_t n) {
  if (n < 0)
    return div(constant(x, 1), integerPower(x, -n));
  if (n == 0)
    return constant(x, 1);
  Expr result, square = x;
  for (; n; n /= 2) {
    if (n % 2)
      result = result.defined() ? mul(result, square) : square;
    if (n > 1)
      square = mul(square, square);
  }
  return result;
}

} // namespace

Expr add(const Expr &a, const Expr &b) { return intrinsic(Call::strict_add, a, b); }
Expr sub(const Expr &a, const Expr &b) { return intrinsic(Call::strict_sub, a, b); }
Expr mul(const Expr &a, const Expr &b) { return intrinsic(Call::strict_mul, a, b); }

/// Halide refuses to divide by a constant 0; multiplying by an infinity of the same sign gives the same result.
Expr div(const Expr &a, const Expr &b) {
  const auto *number = b.as<Halide::Internal::FloatImm>();
  if (number && number->value == 0)
    return mul(a, constant(a, std::copysign(std::numeric_limits<double>::infinity(), number->value)));
  return intrinsic(Call::strict_div, a, b);
}

Expr less(const Expr &a, const Expr &b) { return comparison(Call::strict_lt, a, b); }
Expr equal(const Expr &a, const Expr &b) { return comparison(Call::strict_eq, a, b); }
Expr negate(const Expr &x) { return sub(constant(x, -0.0), x); } // not 0 - x, because 0 - 0 is 0 instead of -0

/// The inner select is one instruction, which returns its second operand if the two are unordered.
Expr max(const Expr &a, const Expr &b) {
  if (isNumber(b))
    return Halide::select(less(a, b), b, a);
  Expr larger = Halide::select(less(b, a), a, b);
  return isNumber(a) ? larger : unlessNan(a, larger);
}
Expr min(const Expr &a, const Expr &b) {
  if (isNumber(b))
    return Halide::select(less(b, a), b, a);
  Expr smaller = Halide::select(less(a, b), a, b);
  return isNumber(a) ? smaller : unlessNan(a, smaller);
}

/// Multiplying by 1 only marks the kernel as one that must not be compiled as if all numbers were finite.
Expr sqrt(const Expr &x) { return mul(Halide::sqrt(x), constant(x, 1)); }

Expr exp(const Expr &x) { return isDouble(x) ? library("exp_f64", {x}) : unlessNan(x, exponentialOfAny(x)); }

Expr expm1(const Expr &x) {
  return isDouble(x) ? library("expm1", {x}) : unlessNan(x, exponentialMinus1(ieee::min(x, Expr(89.0f))));
}

/// e log 2 + log m, where x = 2^e m and m is in [0.75, 1.5): a series about 1, with coefficients for the smallest
/// relative error (Halide's). A denormal number has no exponent of its own, so it is scaled first.
Expr log(const Expr &x) {
  if (isDouble(x))
    return library("log_f64", {x});
  Expr tiny = less(x, Expr(0x1p-126f));
  Expr bits = Halide::reinterpret(Halide::Int(32), Halide::select(tiny, mul(x, Expr(0x1p25f)), x));
  Expr e = (bits - 0x3f400000) >> 23, m = Halide::reinterpret(Halide::Float(32), bits - (e << 23)) - 1.0f;
  Expr exponent = Halide::cast<float>(e) - Halide::select(tiny, 25.0f, 0.0f);
  Expr finite = m * polynomial(m, {0.05111976432738144643, -0.11793923497136414580, 0.14971993724699017569,
                                   -0.16862004708254804686, 0.19980668101718729313, -0.24991211576292837737,
                                   0.33333435275479328386, -0.50000106292873236491, 1}) +
                exponent * 0.69314718056f;
  Expr positive = Halide::select(less(x, infinity(x)), finite, x);
  return Halide::select(less(Expr(0.0f), x), positive, Halide::select(equal(x, Expr(0.0f)), -infinity(x), nan()));
}

/// |x|^y = exp(y log |x|), with C's rules for all special cases.
Expr pow(const Expr &x, const Expr &y) {
  if (const auto *n = y.as<Halide::Internal::FloatImm>();
      n && n->value == std::floor(n->value) && std::abs(n->value) <= 64)
    return integerPower(x, int64_t(n->value));
  if (isDouble(x))
    return library("pow_f64", {x, y});
  // y is made finite so that 1 to the power of an infinity is 1 rather than e to the power of 0 times an infinity.
  Expr finite = ieee::max(ieee::min(y, Expr(3e38f)), Expr(-3e38f));
  Expr size = ieee::exp(mul(finite, ieee::log(Halide::abs(x))));
  Expr whole = equal(Halide::floor(y), y), odd = whole && !equal(mul(Halide::floor(mul(y, Expr(0.5f))), Expr(2.0f)), y);
  Expr negative = less(x, Expr(0.0f)) && less(-infinity(x), x) && !whole;
  Expr one = equal(y, Expr(0.0f)) || equal(x, Expr(1.0f));
  Expr power = Halide::select(odd, withSign(size, x), size);
  Expr any = Halide::select(equal(y, Expr(1.0f)), x, negative, nan(), power);
  return Halide::select(one, 1.0f, equal(y, y), any, y);
}

Expr sigmoid(const Expr &x) {
  if (isDouble(x))
    return div(constant(x, 1), add(constant(x, 1), ieee::exp(negate(x))));
  Expr e = exponential(below(x)), d = 1.0f / (1.0f + e);
  return unlessNan(x, Halide::select(less(x, Expr(0.0f)), e * d, d));
}

Expr softplus(const Expr &x) {
  Expr positive = ieee::max(x, constant(x, 0));
  if (isDouble(x))
    return add(positive, library("log1p", {ieee::exp(negate(Halide::abs(x)))}));
  return add(positive, log1pOfUnit(exponential(below(x))));
}

/// Computed from m = e^(-2 |x|) - 1 as -m / (2 + m).
Expr tanh(const Expr &x) {
  if (isDouble(x))
    return library("tanh_f64", {x});
  Expr m = exponentialMinus1(mul(below(x), Expr(2.0f)));
  return unlessNan(x, withSign(m / (-2.0f - m), x));
}

/// Abramowitz & Stegun 7.1.26 has an absolute error of 1.5e-7; near 0 the Maclaurin series keeps the relative error
/// small.
Expr erf(const Expr &x) {
  if (isDouble(x))
    return library("erf", {x});
  Expr a = ieee::min(Halide::abs(x), Expr(10.0f)), q = a * a, t = 1.0f / (1.0f + 0.3275911f * a);
  Expr near = mul(x, polynomial(q, {-1.4924857e-5, 1.2055333e-4, -8.5483270e-4, 5.2239776e-3, -2.6866171e-2, 0.11283792,
                                    -0.37612639, 1.1283792}));
  Expr tail = t * polynomial(t, {1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592});
  Expr far = 1.0f - tail * exponential(below(q));
  return unlessNan(x, Halide::select(less(a, Expr(0.75f)), near, withSign(far, x)));
}

Expr unknown(const Expr &v) {
  Halide::Buffer<float> one(1); // stored beside the code, and the code generator does not look into it
  one(0) = 1.0f;
  return mul(v, Halide::cast(v.type(), one(Expr(0))));
}

} // namespace gan::ieee
