// Moves reshapes, broadcasts and transpositions until element-wise operations and reductions have the shape of the
// contractions around them. Each rewrite lowers the rank of an operation or removes one, so the rewriting ends.
#include "compiler/passes/Simplify.h"

using namespace mlir;

namespace gan {
namespace {

Value reshape(PatternRewriter &rewriter, Location loc, Value v, Tensor type) {
  return v.getType() == type ? v : ReshapeOp::create(rewriter, loc, type, v).getResult();
}

/// For each dimension of `low`, the consecutive dimensions of `high` that it merges. Nothing if `low` cannot be
/// obtained by merging neighbours of `high`. Sizes of 1 belong to the group on their left, leading ones to the first
/// group.
std::optional<SmallVector<SmallVector<int64_t>>> mergedDims(ArrayRef<int64_t> high, ArrayRef<int64_t> low) {
  SmallVector<SmallVector<int64_t>> groups(low.size());
  size_t h = 0;
  for (size_t l = 0; l < low.size(); ++l) {
    int64_t product = 1;
    while (h < high.size() && (product < low[l] || (high[h] == 1 && (l + 1 == low.size() || low[l + 1] != 1)))) {
      product *= high[h];
      groups[l].push_back(h++);
    }
    if (product != low[l])
      return std::nullopt;
  }
  return h == high.size() ? std::optional(groups) : std::nullopt;
}

/// f(reshape(a), b, ..), where a has a lower rank, becomes reshape(f(a, reshape(b), ..)).
struct ElementwiseBelowReshape : RewritePattern {
  ElementwiseBelowReshape(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    Tensor type = tensorOf(op->getResult(0));
    ReshapeOp lowest;
    for (Value v : op->getOperands())
      if (auto r = v.getDefiningOp<ReshapeOp>())
        if (tensorOf(r.getX()).getRank() < (lowest ? tensorOf(lowest.getX()).getRank() : type.getRank()))
          lowest = r;
    if (!lowest)
      return failure();
    Tensor low = tensorOf(lowest.getX());
    SmallVector<Value> operands;
    for (Value v : op->getOperands())
      operands.push_back(reshape(rewriter, op->getLoc(), v, low));
    Operation *moved = rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands, {low}, op->getAttrs());
    rewriter.replaceOp(op, reshape(rewriter, op->getLoc(), moved->getResult(0), type));
    return success();
  }
};

/// reshape(f(a, ..)) to a lower rank becomes f(reshape(a), ..) if f's result has no other reader.
struct ReshapeAboveElementwise : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    Operation *f = op.getX().getDefiningOp();
    if (!f || !isElementwise(f) || !f->hasOneUse() || tensorOf(op).getRank() >= tensorOf(op.getX()).getRank())
      return failure();
    SmallVector<Value> operands;
    for (Value v : f->getOperands())
      operands.push_back(reshape(rewriter, op.getLoc(), v, withShape(tensorOf(v), tensorOf(op).getShape())));
    Operation *moved =
        rewriter.create(f->getLoc(), f->getName().getIdentifier(), operands, {op.getType()}, f->getAttrs());
    rewriter.replaceOp(op, moved->getResult(0));
    return success();
  }
};

/// reshape(broadcast(a)) to a lower rank becomes broadcast(reshape(a)) if each merged dimension is either entirely a's
/// or entirely repeated.
struct ReshapeAboveBroadcast : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto broadcast = op.getX().getDefiningOp<BroadcastOp>();
    if (!broadcast || tensorOf(op).getRank() >= tensorOf(broadcast).getRank())
      return failure();
    ArrayRef<int64_t> high = tensorOf(broadcast).getShape(), low = tensorOf(op).getShape();
    auto groups = mergedDims(high, low);
    if (!groups)
      return failure();
    SmallVector<int64_t> dims, shape;
    for (auto [l, group] : llvm::enumerate(*groups)) {
      int64_t own = 1;
      bool any = false;
      for (int64_t d : group)
        if (llvm::is_contained(broadcast.getDims(), d)) {
          own *= high[d];
          any = true;
        }
      if (any && own == low[l]) {
        dims.push_back(l);
        shape.push_back(own);
      } else if (own != 1) {
        return failure();
      }
    }
    int64_t kept = 1;
    for (int64_t s : shape)
      kept *= s;
    if (kept != tensorOf(broadcast.getX()).getNumElements())
      return failure();
    Value source = reshape(rewriter, op.getLoc(), broadcast.getX(), withShape(tensorOf(broadcast.getX()), shape));
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), source, dims);
    return success();
  }
};

/// A reduction of reshape(a), where a has a lower rank, reduces a itself if no merged dimension is reduced in part.
template <class Op> struct ReduceBelowReshape : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    auto inner = op.getX().template getDefiningOp<ReshapeOp>();
    if (!inner || tensorOf(inner.getX()).getRank() >= tensorOf(inner).getRank())
      return failure();
    ArrayRef<int64_t> high = tensorOf(inner).getShape(), low = tensorOf(inner.getX()).getShape();
    auto groups = mergedDims(high, low);
    if (!groups)
      return failure();
    SmallVector<int64_t> dims, shape;
    for (auto [l, group] : llvm::enumerate(*groups)) {
      int64_t reduced = 1;
      for (int64_t d : group)
        reduced *= llvm::is_contained(op.getDims(), d) ? high[d] : 1;
      if (reduced == low[l] && low[l] != 1)
        dims.push_back(l);
      else if (reduced == 1)
        shape.push_back(low[l]);
      else
        return failure();
    }
    Value reduced = Op::create(rewriter, op.getLoc(), withShape(tensorOf(op), shape), inner.getX(), dims);
    rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), reduced, tensorOf(op)));
    return success();
  }
};

/// A maximum over no dimensions is its operand, and the argmax is 0.
struct EmptyMaximum : RewritePattern {
  EmptyMaximum(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<ReduceMaxOp, ArgMaxOp>(op) || op->getOperand(0).getType() != op->getResult(0).getType())
      return failure();
    rewriter.replaceOp(op, isa<ReduceMaxOp>(op) ? op->getOperand(0)
                                                : splat(rewriter, op->getLoc(), tensorOf(op->getResult(0)), 0));
    return success();
  }
};

/// Merges broadcast(broadcast(a)), and removes a broadcast that changes nothing.
struct MergeBroadcasts : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    if (op.getX().getType() == op.getType()) {
      rewriter.replaceOp(op, op.getX());
      return success();
    }
    auto inner = op.getX().getDefiningOp<BroadcastOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> dims;
    for (int64_t d : inner.getDims())
      dims.push_back(op.getDims()[d]);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getX(), dims);
    return success();
  }
};

/// Sums over some dimensions and then over others become one sum. A sum over no dimensions is its operand, and the sum
/// of a constant is a constant.
struct MergeSums : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceSumOp op, PatternRewriter &rewriter) const override {
    if (op.getDims().empty()) {
      rewriter.replaceOp(op, op.getX());
      return success();
    }
    if (auto number = splatValue(op.getX())) {
      double count = double(tensorOf(op.getX()).getNumElements()) / tensorOf(op).getNumElements();
      rewriter.replaceOp(op, splat(rewriter, op.getLoc(), tensorOf(op), *number * count));
      return success();
    }
    auto inner = op.getX().getDefiningOp<ReduceSumOp>();
    if (!inner || !inner->hasOneUse())
      return failure();
    SmallVector<int64_t> dims(inner.getDims());
    int64_t outer = 0;
    for (int64_t d = 0; d < tensorOf(inner.getX()).getRank(); ++d) {
      if (llvm::is_contained(inner.getDims(), d))
        continue;
      if (llvm::is_contained(op.getDims(), outer++))
        dims.push_back(d);
    }
    llvm::sort(dims);
    rewriter.replaceOpWithNewOp<ReduceSumOp>(op, op.getType(), inner.getX(), dims);
    return success();
  }
};

/// A matrix product reads a transposed matrix through its flag. A transposition that moves only sizes of 1 is a
/// reshape.
struct TransposeIntoMatMul : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    auto lhs = op.getLhs().getDefiningOp<TransposeOp>(), rhs = op.getRhs().getDefiningOp<TransposeOp>();
    if (!lhs && !rhs)
      return failure();
    rewriter.replaceOpWithNewOp<MatMulOp>(op, op.getType(), lhs ? lhs.getX() : op.getLhs(),
                                          rhs ? rhs.getX() : op.getRhs(), op.getTransposeLhs() != bool(lhs),
                                          op.getTransposeRhs() != bool(rhs));
    return success();
  }
};

struct TransposeOfOnes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    int64_t last = -1;
    for (int64_t d : op.getPerm()) {
      if (tensorOf(op.getX()).getDimSize(d) == 1)
        continue;
      if (d < last)
        return failure();
      last = d;
    }
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getX());
    return success();
  }
};

} // namespace

void populateShapePatterns(RewritePatternSet &patterns) {
  patterns.add<ElementwiseBelowReshape, ReshapeAboveElementwise, ReshapeAboveBroadcast, ReduceBelowReshape<ReduceSumOp>,
               ReduceBelowReshape<ReduceMaxOp>, EmptyMaximum, MergeBroadcasts, MergeSums, TransposeIntoMatMul,
               TransposeOfOnes>(patterns.getContext());
}

} // namespace gan
