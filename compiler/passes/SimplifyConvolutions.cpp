// Convolutions that are matrix products: a kernel as large as its image, which leaves one point, and its gradients,
// where one point becomes a whole image (the last layer of a discriminator, the first of a generator). With the image's
// window as one dimension, y = x w, x' = y wT and w' = xT y.
#include "compiler/passes/Simplify.h"

using namespace mlir;

namespace gan {
namespace {

/// The window covers the image x exactly, so that y has one point.
template <class Op> bool coversImage(Op op, Tensor x, Tensor w, Tensor y) {
  if (op.getGroups() != 1)
    return false;
  for (int i : {0, 1})
    if (op.getPad()[i] || x.getDimSize(i + 1) != w.getDimSize(i) || y.getDimSize(i + 1) != 1 ||
        (op.getDilation()[i] != 1 && w.getDimSize(i) != 1))
      return false;
  return true;
}

/// x (N, H, W, Ci) as (N, H W Ci); w (H, W, Ci, Co) as (H W Ci, Co); y (N, 1, 1, Co) as (N, Co).
Value asMatrix(PatternRewriter &rewriter, Location loc, Value v, int64_t rows) {
  Tensor type = withShape(tensorOf(v), {rows, tensorOf(v).getNumElements() / rows});
  return ReshapeOp::create(rewriter, loc, type, v);
}

template <class Op> void replaceByProduct(PatternRewriter &rewriter, Op op, Value a, Value b, bool ta, bool tb) {
  int64_t m = tensorOf(a).getDimSize(ta ? 1 : 0), n = tensorOf(b).getDimSize(tb ? 0 : 1);
  Value product = MatMulOp::create(rewriter, op.getLoc(), withShape(tensorOf(a), {m, n}), a, b, ta, tb);
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), product);
}

struct ConvAsProduct : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    Tensor x = tensorOf(op.getLhs()), w = tensorOf(op.getRhs()), y = tensorOf(op);
    if (!coversImage(op, x, w, y))
      return failure();
    Value a = asMatrix(rewriter, op.getLoc(), op.getLhs(), x.getDimSize(0));
    Value b = asMatrix(rewriter, op.getLoc(), op.getRhs(), w.getNumElements() / w.getDimSize(3));
    replaceByProduct(rewriter, op, a, b, false, false);
    return success();
  }
};

struct ConvInputGradAsProduct : OpRewritePattern<ConvInputGradOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvInputGradOp op, PatternRewriter &rewriter) const override {
    Tensor y = tensorOf(op.getLhs()), w = tensorOf(op.getRhs()), x = tensorOf(op);
    if (!coversImage(op, x, w, y))
      return failure();
    Value a = asMatrix(rewriter, op.getLoc(), op.getLhs(), y.getDimSize(0));
    Value b = asMatrix(rewriter, op.getLoc(), op.getRhs(), w.getNumElements() / w.getDimSize(3));
    replaceByProduct(rewriter, op, a, b, false, true);
    return success();
  }
};

struct ConvWeightGradAsProduct : OpRewritePattern<ConvWeightGradOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvWeightGradOp op, PatternRewriter &rewriter) const override {
    Tensor x = tensorOf(op.getLhs()), y = tensorOf(op.getRhs()), w = tensorOf(op);
    if (!coversImage(op, x, w, y))
      return failure();
    Value a = asMatrix(rewriter, op.getLoc(), op.getLhs(), x.getDimSize(0));
    Value b = asMatrix(rewriter, op.getLoc(), op.getRhs(), y.getDimSize(0));
    replaceByProduct(rewriter, op, a, b, true, false);
    return success();
  }
};

} // namespace

void populateConvolutionPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvAsProduct, ConvInputGradAsProduct, ConvWeightGradAsProduct>(patterns.getContext());
}

} // namespace gan
