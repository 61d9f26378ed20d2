// Both use Stirling's series (Abramowitz & Stegun, 6.1.40 and 6.3.18), which is good for large x. A small x is first
// moved up by Gamma(x + 1) = x Gamma(x).
#include "compiler/import/Gamma.h"

#include <cmath>
#include <numbers>

using namespace mlir;

namespace gan {

Value logGamma(OpMaker &ops, Value x) {
  constexpr double enough = 4; // the first term that is left out, 1 / (1680 x^7), is 4e-8 here
  Value small = ops.binary<GtOp>(ops.like(x, enough), x), one = ops.like(x, 1);
  Value low = ops.select(small, x, one), product = low; // where x is large, its powers could overflow
  for (int i = 1; i < int(enough); ++i)
    product = ops.mul(product, ops.add(low, ops.like(x, i)));
  Value w = ops.select(small, ops.add(x, ops.like(x, enough)), x), inverse = ops.div(one, w);
  Value square = ops.unary<SquareOp>(inverse);
  Value series =
      ops.sub(ops.like(x, 1.0 / 12), ops.mul(square, ops.sub(ops.like(x, 1.0 / 360), ops.scale(square, 1.0 / 1260))));
  Value main = ops.sub(ops.mul(ops.sub(w, ops.like(x, 0.5)), ops.unary<LogOp>(w)), w);
  Value sum = ops.add(ops.add(main, ops.mul(inverse, series)), ops.like(x, std::log(2 * std::numbers::pi) / 2));
  return ops.sub(sum, ops.select(small, ops.unary<LogOp>(product), ops.like(x, 0)));
}

double digamma(double x) {
  double sum = 0;
  for (; x < 10; ++x)
    sum -= 1 / x;
  double square = 1 / (x * x);
  return sum + std::log(x) - 0.5 / x - square * (1.0 / 12 - square * (1.0 / 120 - square / 252));
}

} // namespace gan
