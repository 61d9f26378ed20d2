// Rewrites convolutions that are matrix products. They are convolutions with a kernel as large as the image, whose
// result is one point, and their gradients, in which one point becomes a whole image. (Examples are the last layer of a
// discriminator and the first layer of a generator.) With the window as one dimension, y = x w, x' = y wT and w' = xT
// y.
#include "compiler/passes/Simplify.h"

#include <array>

using namespace mlir;

namespace gan {
namespace {

/// Whether the window covers the image x exactly, so that y has one point.
template <class Op> bool coversImage(Op op, Tensor x, Tensor w, Tensor y) {
  if (op.getGroups() != 1)
    return false;
  for (int i : {0, 1})
    if (op.getPad()[i] || x.getDimSize(i + 1) != w.getDimSize(i) || y.getDimSize(i + 1) != 1 ||
        (op.getDilation()[i] != 1 && w.getDimSize(i) != 1))
      return false;
  return true;
}

/// Views x (N, H, W, Ci) as (N, H W Ci), w (H, W, Ci, Co) as (H W Ci, Co), and y (N, 1, 1, Co) as (N, Co).
Value asMatrix(PatternRewriter &rewriter, Location loc, Value v, int64_t rows) {
  Tensor type = withShape(tensorOf(v), {rows, tensorOf(v).getNumElements() / rows});
  return ReshapeOp::create(rewriter, loc, type, v);
}

/// The types of the image, the weight and the result for each of the three operations.
std::array<Tensor, 3> sizes(ConvOp op) { return {tensorOf(op.getLhs()), tensorOf(op.getRhs()), tensorOf(op)}; }
std::array<Tensor, 3> sizes(ConvInputGradOp op) { return {tensorOf(op), tensorOf(op.getRhs()), tensorOf(op.getLhs())}; }
std::array<Tensor, 3> sizes(ConvWeightGradOp op) {
  return {tensorOf(op.getLhs()), tensorOf(op), tensorOf(op.getRhs())};
}

template <class Op> struct AsProduct : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    auto [x, w, y] = sizes(op);
    if (!coversImage(op, x, w, y))
      return failure();
    constexpr bool inputGrad = std::is_same_v<Op, ConvInputGradOp>, weightGrad = std::is_same_v<Op, ConvWeightGradOp>;
    int64_t batch = x.getDimSize(0), window = w.getNumElements() / w.getDimSize(3);
    Value a = asMatrix(rewriter, op.getLoc(), op.getLhs(), batch);
    Value b = asMatrix(rewriter, op.getLoc(), op.getRhs(), weightGrad ? batch : window);
    int64_t m = weightGrad ? window : batch, n = inputGrad ? window : w.getDimSize(3);
    Value product =
        MatMulOp::create(rewriter, op.getLoc(), withShape(tensorOf(a), {m, n}), a, b, weightGrad, inputGrad);
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), product);
    return success();
  }
};

} // namespace

void populateConvolutionPatterns(RewritePatternSet &patterns) {
  patterns.add<AsProduct<ConvOp>, AsProduct<ConvInputGradOp>, AsProduct<ConvWeightGradOp>>(patterns.getContext());
}

} // namespace gan
