// Simplification: constants, algebra, and the stable forms of logarithms, as local rewrites. Nothing here depends on
// where in the program a value stands. Shapes are treated in SimplifyShapes.cpp,
// convolutions in SimplifyConvolutions.cpp.
#include "compiler/passes/Simplify.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_SIMPLIFY
#include "compiler/passes/Passes.h.inc"

namespace {

bool isSplat(Value v, double number) { return splatValue(v) == number; }

/// An element-wise operation or an indexing one, of constants only.
struct FoldConstants : RewritePattern {
  FoldConstants(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isMap(op) || op->getNumOperands() == 0 || isa<PadOp, ConcatOp, OneHotOp, TakeOp>(op))
      return failure();
    SmallVector<double> values;
    for (Value v : op->getOperands())
      if (auto number = splatValue(v))
        values.push_back(*number);
    if (values.size() != op->getNumOperands())
      return failure();
    std::optional<double> result = isIndexing(op) ? std::optional(values[0]) : evaluateElementwise(op, values);
    assert(result && "every element-wise operation has a value");
    rewriter.replaceOp(op, splat(rewriter, op->getLoc(), tensorOf(op->getResult(0)), *result));
    return success();
  }
};

/// x + 0, x - 0, 0 - x, x * 1, x / 1, x * -1, x * 0.
struct Identities : RewritePattern {
  Identities(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<AddOp, SubOp, MulOp, DivOp>(op))
      return failure();
    Value x = op->getOperand(0), y = op->getOperand(1);
    auto replace = [&](Value v) {
      rewriter.replaceOp(op, v);
      return success();
    };
    auto negate = [&](Value v) {
      rewriter.replaceOpWithNewOp<NegOp>(op, v.getType(), v);
      return success();
    };
    if (isa<AddOp>(op) && isSplat(y, 0))
      return replace(x);
    if (isa<AddOp>(op) && isSplat(x, 0))
      return replace(y);
    if (isa<SubOp>(op) && isSplat(y, 0))
      return replace(x);
    if (isa<SubOp>(op) && isSplat(x, 0))
      return negate(y);
    if (isa<MulOp, DivOp>(op) && isSplat(y, 1))
      return replace(x);
    if (isa<MulOp>(op) && isSplat(x, 1))
      return replace(y);
    if (isa<MulOp>(op) && isSplat(y, -1))
      return negate(x);
    if (isa<MulOp>(op) && isSplat(x, -1))
      return negate(y);
    if (isa<MulOp>(op) && (isSplat(x, 0) || isSplat(y, 0)))
      return replace(splat(rewriter, op->getLoc(), tensorOf(x), 0));
    return failure();
  }
};

/// -(-x) = x, a + (-b) = a - b, a - (-b) = a + b, (-a) + b = b - a.
struct Negations : RewritePattern {
  Negations(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<NegOp, AddOp, SubOp>(op))
      return failure();
    auto first = op->getOperand(0).getDefiningOp<NegOp>();
    if (isa<NegOp>(op)) {
      if (!first)
        return failure();
      rewriter.replaceOp(op, first.getX());
      return success();
    }
    Value x = op->getOperand(0), y = op->getOperand(1);
    if (auto second = y.getDefiningOp<NegOp>()) {
      if (isa<AddOp>(op))
        rewriter.replaceOpWithNewOp<SubOp>(op, x.getType(), x, second.getX());
      else
        rewriter.replaceOpWithNewOp<AddOp>(op, x.getType(), x, second.getX());
      return success();
    }
    if (!first || !isa<AddOp>(op))
      return failure();
    rewriter.replaceOpWithNewOp<SubOp>(op, x.getType(), y, first.getX());
    return success();
  }
};

/// (x * a) * b = x * (a b); (x / a) * b likewise: chains of coefficients become one.
struct MergeFactors : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    Value x = op.getX(), y = op.getY();
    if (splatValue(x))
      std::swap(x, y);
    auto inner = x.getDefiningOp<MulOp>();
    std::optional<double> outerFactor = splatValue(y), innerFactor;
    if (!inner || !outerFactor)
      return failure();
    Value rest = inner.getX();
    innerFactor = splatValue(inner.getY());
    if (!innerFactor) {
      rest = inner.getY();
      innerFactor = splatValue(inner.getX());
    }
    if (!innerFactor)
      return failure();
    Value factor = splat(rewriter, op.getLoc(), tensorOf(y), *outerFactor * *innerFactor);
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), rest, factor);
    return success();
  }
};

/// log(sigmoid(x)) = -softplus(-x), log(1 - sigmoid(x)) = -softplus(x), log(exp(x)) = x, log(a / b) = log a - log b
/// where one of the two is an exponential. (log of a probability that underflows to 0 would lose its gradient.)
struct StableLogarithm : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type type = op.getType();
    auto minusSoftplus = [&](Value v) {
      rewriter.replaceOpWithNewOp<NegOp>(op, type, SoftplusOp::create(rewriter, loc, type, v));
      return success();
    };
    if (auto sigmoid = sigmoidBehind(op.getX()))
      return minusSoftplus(NegOp::create(rewriter, loc, type, reshaped(rewriter, sigmoid.getX(), type)));
    if (auto difference = op.getX().getDefiningOp<SubOp>())
      if (auto sigmoid = sigmoidBehind(difference.getY()); sigmoid && isSplat(difference.getX(), 1))
        return minusSoftplus(reshaped(rewriter, sigmoid.getX(), type));
    if (auto exponential = op.getX().getDefiningOp<ExpOp>()) {
      rewriter.replaceOp(op, exponential.getX());
      return success();
    }
    auto quotient = op.getX().getDefiningOp<DivOp>();
    if (quotient && (quotient.getX().getDefiningOp<ExpOp>() || quotient.getY().getDefiningOp<ExpOp>())) {
      Value a = LogOp::create(rewriter, loc, type, quotient.getX());
      Value b = LogOp::create(rewriter, loc, type, quotient.getY());
      rewriter.replaceOpWithNewOp<SubOp>(op, type, a, b);
      return success();
    }
    return failure();
  }

private:
  static SigmoidOp sigmoidBehind(Value v) {
    while (auto reshape = v.getDefiningOp<ReshapeOp>())
      v = reshape.getX();
    return v.getDefiningOp<SigmoidOp>();
  }
  static Value reshaped(PatternRewriter &rewriter, Value v, Type type) {
    return v.getType() == type ? v : ReshapeOp::create(rewriter, v.getLoc(), type, v).getResult();
  }
};

/// log sum exp(x) = m + log sum exp(x - m), m the maximum: no overflow, and no log of 0. Several dimensions would need
/// a gradient of a joint maximum; m carries none, as the terms with it cancel.
struct StableLogSumExp : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    auto sum = op.getX().getDefiningOp<ReduceSumOp>();
    auto exponential = sum ? sum.getX().getDefiningOp<ExpOp>() : ExpOp();
    if (!exponential || isShifted(exponential.getX()))
      return failure();
    Location loc = op.getLoc();
    Value x = exponential.getX();
    Value m = ReduceMaxOp::create(rewriter, loc, op.getType(), x, sum.getDimsAttr());
    m = StopOp::create(rewriter, loc, m.getType(), m);
    SmallVector<int64_t> kept;
    for (int64_t i = 0; i < tensorOf(x).getRank(); ++i)
      if (!llvm::is_contained(sum.getDims(), i))
        kept.push_back(i);
    Value spread = BroadcastOp::create(rewriter, loc, x.getType(), m, kept);
    Value shifted = ExpOp::create(rewriter, loc, x.getType(), SubOp::create(rewriter, loc, x.getType(), x, spread));
    Value total = ReduceSumOp::create(rewriter, loc, op.getType(), shifted, sum.getDimsAttr());
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), LogOp::create(rewriter, loc, op.getType(), total), m);
    return success();
  }

private:
  /// x - broadcast(max(..)): already in the stable form (with or without the stop around the maximum).
  static bool isShifted(Value v) {
    auto sub = v.getDefiningOp<SubOp>();
    auto spread = sub ? sub.getY().getDefiningOp<BroadcastOp>() : BroadcastOp();
    if (!spread)
      return false;
    Value m = spread.getX();
    while (m.getDefiningOp() && isa<StopOp, ReshapeOp>(m.getDefiningOp()))
      m = m.getDefiningOp()->getOperand(0);
    return m.getDefiningOp<ReduceMaxOp>() != nullptr;
  }
};

struct Simplify : impl::SimplifyBase<Simplify> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldConstants, Identities, Negations, MergeFactors, StableLogarithm, StableLogSumExp>(&getContext());
    populateShapePatterns(patterns);
    populateConvolutionPatterns(patterns);
    // A reshape passes a value that several read only when the others have passed it, which may take a walk over all
    // operations for each layer of a norm's chain: the driver's own limit of 10 walks is too few.
    GreedyRewriteConfig config;
    config.setMaxIterations(1000);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config))) {
      getOperation().emitError("simplification does not come to an end");
      return signalPassFailure();
    }
  }
};

} // namespace
} // namespace gan
