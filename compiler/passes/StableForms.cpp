// Stable forms of formulas that papers write with logarithms and exponentials: they do not overflow if the result is
// finite, and take no logarithm of a probability that was rounded to 0. The derivative of a stable form is stable as
// well, so these rewrites come before differentiation.
#include "compiler/passes/Places.h"
#include "compiler/passes/Simplify.h"

#include <cmath>

using namespace mlir;

namespace gan {
namespace {

/// The x of Op(x), also behind reshapes; null if there is no such operation.
template <class Op> Value operandOf(Value v) {
  auto op = behindReshapes(v).getDefiningOp<Op>();
  return op ? op.getX() : Value();
}

Value reshaped(PatternRewriter &rewriter, Value v, Type type) {
  return v.getType() == type ? v : ReshapeOp::create(rewriter, v.getLoc(), type, v).getResult();
}

/// Whether the value is positive for all values of its operands, apart from rounding to 0.
bool isPositive(Value v) {
  v = behindReshapes(v);
  if (auto number = splatValue(v))
    return *number > 0;
  if (auto broadcast = v.getDefiningOp<BroadcastOp>())
    return isPositive(broadcast.getX());
  if (auto sum = v.getDefiningOp<ReduceSumOp>())
    return isPositive(sum.getX());
  Operation *op = v.getDefiningOp();
  if (op && isa<AddOp, MulOp, DivOp>(op))
    return isPositive(op->getOperand(0)) && isPositive(op->getOperand(1));
  return op && isa<ExpOp, SigmoidOp>(op);
}

/// log(sigmoid(x)) = -softplus(-x), log(1 - sigmoid(x)) = -softplus(x), log(exp(x)) = x.
struct LogOfInverse : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type type = op.getType();
    auto minusSoftplus = [&](Value v) {
      rewriter.replaceOpWithNewOp<NegOp>(op, type, SoftplusOp::create(rewriter, loc, type, v));
      return success();
    };
    if (Value x = operandOf<SigmoidOp>(op.getX()))
      return minusSoftplus(NegOp::create(rewriter, loc, type, reshaped(rewriter, x, type)));
    if (auto difference = op.getX().getDefiningOp<SubOp>(); difference && isSplat(difference.getX(), 1))
      if (Value x = operandOf<SigmoidOp>(difference.getY()))
        return minusSoftplus(reshaped(rewriter, x, type));
    if (Value x = operandOf<ExpOp>(op.getX())) {
      rewriter.replaceOp(op, reshaped(rewriter, x, type));
      return success();
    }
    return failure();
  }
};

/// log(a b) = log a + log b, log(a / b) = log a - log b. A quotient is rewritten if one of the two is an exponential;
/// otherwise both must be positive, and either may underflow or overflow.
struct LogOfProduct : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    Operation *inner = op.getX().getDefiningOp();
    if (!inner || !isa<MulOp, DivOp>(inner))
      return failure();
    Value x = inner->getOperand(0), y = inner->getOperand(1);
    bool quotient = isa<DivOp>(inner) && (x.getDefiningOp<ExpOp>() || y.getDefiningOp<ExpOp>());
    if (!quotient && !(isPositive(x) && isPositive(y)))
      return failure();
    Value a = LogOp::create(rewriter, op.getLoc(), op.getType(), x);
    Value b = LogOp::create(rewriter, op.getLoc(), op.getType(), y);
    if (isa<DivOp>(inner))
      rewriter.replaceOpWithNewOp<SubOp>(op, op.getType(), a, b);
    else
      rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), a, b);
    return success();
  }
};

/// log(exp(a) + exp(b)) = max(a, b) + softplus(-|a - b|), applied term by term to longer sums. A positive constant is
/// treated as the exponential of its logarithm, so that log(1 + exp(a)) = softplus(a).
struct LogOfExponentials : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> exponents;
    double constant = 0;
    if (!collect(op.getX(), exponents, constant) || exponents.empty() || exponents.size() > longest)
      return failure();
    Location loc = op.getLoc();
    Type type = op.getType();
    Value result;
    for (Value v : exponents) {
      Value x = reshaped(rewriter, v, type);
      result = result ? logSum(rewriter, loc, result, x) : x;
    }
    if (constant > 0) {
      Value shift = splat(rewriter, loc, tensorOf(op), std::log(constant));
      Value above = SubOp::create(rewriter, loc, type, result, shift);
      result = AddOp::create(rewriter, loc, type, SoftplusOp::create(rewriter, loc, type, above), shift);
    }
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  static constexpr size_t longest = 16;

  /// Collects the terms of a sum, which must all be exponentials or positive constants.
  static bool collect(Value sum, SmallVector<Value> &exponents, double &constant) {
    auto add = sum.getDefiningOp<AddOp>();
    if (!add)
      return false;
    for (Value term : {add.getX(), add.getY()}) {
      std::optional<double> number = splatValue(term);
      if (number && *number > 0)
        constant += *number;
      else if (Value x = operandOf<ExpOp>(term))
        exponents.push_back(x);
      else if (exponents.size() > longest || !collect(term, exponents, constant))
        return false;
    }
    return true;
  }

  /// Equal operands may both be infinite, so their difference, which would be NaN, is replaced by 0.
  static Value logSum(PatternRewriter &rewriter, Location loc, Value a, Value b) {
    Type type = a.getType();
    Value zero = splat(rewriter, loc, tensorOf(a), 0), same = EqOp::create(rewriter, loc, type, a, b);
    Value apart = SelectOp::create(rewriter, loc, type, same, zero, SubOp::create(rewriter, loc, type, a, b));
    Value below = NegOp::create(rewriter, loc, type, AbsOp::create(rewriter, loc, type, apart));
    return AddOp::create(rewriter, loc, type, MaxOp::create(rewriter, loc, type, a, b),
                         SoftplusOp::create(rewriter, loc, type, below));
  }
};

/// log sum exp(x) = m + log sum exp(x - m), where m is the maximum: this neither overflows nor takes the logarithm of
/// 0. A maximum over several dimensions would need a gradient of its own, but m carries none, because the terms with it
/// cancel.
struct LogSumExp : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    auto sum = behindReshapes(op.getX()).getDefiningOp<ReduceSumOp>();
    auto exponential = sum ? sum.getX().getDefiningOp<ExpOp>() : ExpOp();
    if (!exponential || isShifted(exponential.getX()))
      return failure();
    Location loc = op.getLoc();
    Value x = exponential.getX();
    Type type = sum.getType();
    Value m = ReduceMaxOp::create(rewriter, loc, type, x, sum.getDimsAttr());
    // An infinite maximum is not subtracted: infinity minus infinity is NaN, but the sum is right without the shift.
    Value zero = splat(rewriter, loc, tensorOf(m), 0);
    Value finite = EqOp::create(rewriter, loc, type, SubOp::create(rewriter, loc, type, m, m), zero);
    m = StopOp::create(rewriter, loc, type, SelectOp::create(rewriter, loc, type, finite, m, zero));
    SmallVector<int64_t> kept;
    for (int64_t i = 0; i < tensorOf(x).getRank(); ++i)
      if (!llvm::is_contained(sum.getDims(), i))
        kept.push_back(i);
    Value broadcast = BroadcastOp::create(rewriter, loc, x.getType(), m, kept);
    Value shifted = ExpOp::create(rewriter, loc, x.getType(), SubOp::create(rewriter, loc, x.getType(), x, broadcast));
    Value total = ReduceSumOp::create(rewriter, loc, type, shifted, sum.getDimsAttr());
    Value result = AddOp::create(rewriter, loc, type, LogOp::create(rewriter, loc, type, total), m);
    rewriter.replaceOp(op, type == op.getType() ? result
                                                : ReshapeOp::create(rewriter, loc, op.getType(), result).getResult());
    return success();
  }

private:
  /// Whether this is x - broadcast(max(..)), that is, already in the stable form, with the operations around the
  /// maximum.
  static bool isShifted(Value v) {
    auto sub = v.getDefiningOp<SubOp>();
    auto broadcast = sub ? sub.getY().getDefiningOp<BroadcastOp>() : BroadcastOp();
    if (!broadcast)
      return false;
    Value m = broadcast.getX();
    while (m.getDefiningOp() && isa<StopOp, ReshapeOp, SelectOp>(m.getDefiningOp()))
      m = m.getDefiningOp()->getOperand(isa<SelectOp>(m.getDefiningOp()) ? 1 : 0);
    return m.getDefiningOp<ReduceMaxOp>() != nullptr;
  }
};

/// exp(a) / (exp(a) + exp(b)) = sigmoid(a - b), with 1 for either exponential: 1 / (1 + exp(-a)) = sigmoid(a).
struct QuotientOfExponentials : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DivOp op, PatternRewriter &rewriter) const override {
    auto sum = op.getY().getDefiningOp<AddOp>();
    if (!sum || (sum.getX() != op.getX() && sum.getY() != op.getX() && !isSplat(op.getX(), 1)))
      return failure();
    bool first = sum.getX() == op.getX() || (isSplat(op.getX(), 1) && isSplat(sum.getX(), 1));
    Value mine = first ? sum.getX() : sum.getY(), other = first ? sum.getY() : sum.getX();
    if (mine != op.getX() && !isSplat(mine, 1))
      return failure();
    if (!isExponential(mine) || !isExponential(other))
      return failure();
    Value difference =
        SubOp::create(rewriter, op.getLoc(), op.getType(), exponentOf(rewriter, mine), exponentOf(rewriter, other));
    rewriter.replaceOpWithNewOp<SigmoidOp>(op, op.getType(), difference);
    return success();
  }

private:
  static bool isExponential(Value v) { return isSplat(v, 1) || operandOf<ExpOp>(v); }
  static Value exponentOf(PatternRewriter &rewriter, Value v) {
    return isSplat(v, 1) ? splat(rewriter, v.getLoc(), tensorOf(v), 0)
                         : reshaped(rewriter, operandOf<ExpOp>(v), v.getType());
  }
};

/// exp(x) - 1 = expm1(x), 1 - exp(x) = -expm1(x), which avoids cancellation near 0.
struct ExponentialMinusOne : OpRewritePattern<SubOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SubOp op, PatternRewriter &rewriter) const override {
    Type type = op.getType();
    auto first = op.getX().getDefiningOp<ExpOp>(), second = op.getY().getDefiningOp<ExpOp>();
    if (first && isSplat(op.getY(), 1)) {
      rewriter.replaceOpWithNewOp<Expm1Op>(op, type, first.getX());
      return success();
    }
    if (!second || !isSplat(op.getX(), 1))
      return failure();
    rewriter.replaceOpWithNewOp<NegOp>(op, type, Expm1Op::create(rewriter, op.getLoc(), type, second.getX()));
    return success();
  }
};

} // namespace

void populateStablePatterns(RewritePatternSet &patterns) {
  patterns.add<LogOfInverse, LogOfProduct, LogOfExponentials, LogSumExp, QuotientOfExponentials, ExponentialMinusOne>(
      patterns.getContext());
}

} // namespace gan
