// Simplification of constants and algebra by local rewrites, which hold for NaN and infinities, too. No rewrite depends
// on where in the program a value stands. Stable forms are in StableForms.cpp, shapes in SimplifyShapes.cpp, and
// convolutions in SimplifyConvolutions.cpp.
#include "compiler/passes/Simplify.h"
#include "compiler/Bug.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_SIMPLIFY
#include "compiler/passes/Passes.h.inc"

namespace {

/// Folds an element-wise or indexing operation whose operands are all constants.
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
    ensure(result.has_value(), "every element-wise operation has a value");
    rewriter.replaceOp(op, splat(rewriter, op->getLoc(), tensorOf(op->getResult(0)), *result));
    return success();
  }
};

/// x + 0, x - 0, 0 - x, x * 1, x / 1, x * -1, and a selection by a constant. (x * 0 is no such case: it is NaN if x is
/// not finite.)
struct Identities : RewritePattern {
  Identities(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (auto select = dyn_cast<SelectOp>(op); select && splatValue(select.getX())) {
      rewriter.replaceOp(op, isSplat(select.getX(), 0) ? select.getZ() : select.getY());
      return success();
    }
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

/// (x * a) * b = x * (a b): chains of coefficients become one if it can be represented in single precision, too.
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
    double product = *outerFactor * *innerFactor;
    bool zero = *outerFactor == 0 || *innerFactor == 0;
    if (!zero && (std::abs(product) > std::numeric_limits<float>::max() ||
                  std::abs(product) < std::numeric_limits<float>::min()))
      return failure();
    Value factor = splat(rewriter, op.getLoc(), tensorOf(y), product);
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), rest, factor);
    return success();
  }
};

struct Simplify : impl::SimplifyBase<Simplify> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldConstants, Identities, Negations, MergeFactors>(&getContext());
    populateStablePatterns(patterns);
    populateShapePatterns(patterns);
    populateConvolutionPatterns(patterns);
    // A reshape passes a value with several readers only after the other readers have passed it. This may take a walk
    // over all operations for each layer of a chain of norms, so the driver's default limit of 10 walks is too low.
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
