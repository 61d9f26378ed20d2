// Matrix products, and convolutions as matrix products: the left operand's element (m, k) and the right one's (k, n)
// are read through their prologues while they are packed into panels. A convolution's row m is a pixel and its k a tap
// and channel, so padding and strides are index arithmetic of the packing.
#include "compiler/codegen/Kernels.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

/// Element (row, column) of an operand as the product sees it.
using Read = std::function<Expr(Expr, Expr)>;

struct Operands {
  Read a, b; ///< a(m, k), b(k, n)
};

Operands matmulOperands(MatMulOp op, Evaluator &evaluator) {
  auto read = [&evaluator](Value v, bool transposed) -> Read {
    return [=, &evaluator](Expr i, Expr j) { return evaluator.at(v, transposed ? Index{j, i} : Index{i, j}); };
  };
  return {read(op.getLhs(), op.getTransposeLhs()), read(op.getRhs(), op.getTransposeRhs())};
}

/// Splits `index` by the sizes, the last one innermost.
std::vector<Expr> split(Expr index, ArrayRef<int64_t> sizes) {
  std::vector<Expr> parts(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    parts[i] = i == 0 ? index : index % int32_t(sizes[i]);
    index = index / int32_t(sizes[i]);
  }
  return parts;
}

/// An image's value where both positions are inside (and `also`), else 0.
Expr paddedRead(Evaluator &evaluator, Value image, Expr n, Expr y, Expr x, Expr c, Expr also) {
  int32_t h = tensorOf(image).getDimSize(1), w = tensorOf(image).getDimSize(2);
  Expr inside = also && y >= 0 && y < h && x >= 0 && x < w;
  Expr v = evaluator.at(image, {n, Halide::clamp(y, 0, h - 1), Halide::clamp(x, 0, w - 1), c});
  return Halide::select(inside, v, Halide::Internal::make_zero(v.type()));
}

template <class Op> Operands convOperands(Op op, Evaluator &evaluator) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  Tensor out = tensorOf(op.getResult());
  int32_t sy = op.getStride()[0], sx = op.getStride()[1], py = op.getPad()[0], px = op.getPad()[1];
  Expr yes = Halide::Internal::const_true();
  if constexpr (std::is_same_v<Op, ConvOp>) {
    Tensor w = tensorOf(rhs);
    return {[=, &evaluator](Expr m, Expr k) {
              auto p = split(m, out.getShape().drop_back()), t = split(k, w.getShape().drop_back());
              return paddedRead(evaluator, lhs, p[0], p[1] * sy + t[0] - py, p[2] * sx + t[1] - px, t[2], yes);
            },
            [=, &evaluator](Expr k, Expr n) {
              auto t = split(k, w.getShape().drop_back());
              return evaluator.at(rhs, {t[0], t[1], t[2], n});
            }};
  } else if constexpr (std::is_same_v<Op, ConvInputGradOp>) {
    Tensor w = tensorOf(rhs);
    SmallVector<int64_t> taps{w.getDimSize(0), w.getDimSize(1), w.getDimSize(3)};
    return {[=, &evaluator](Expr m, Expr k) {
              auto p = split(m, out.getShape().drop_back()), t = split(k, taps);
              Expr y = p[1] + py - t[0], x = p[2] + px - t[1]; // times the stride
              return paddedRead(evaluator, lhs, p[0], y / sy, x / sx, t[2], y % sy == 0 && x % sx == 0);
            },
            [=, &evaluator](Expr k, Expr n) {
              auto t = split(k, taps);
              return evaluator.at(rhs, {t[0], t[1], n, t[2]});
            }};
  } else {
    Tensor y = tensorOf(rhs);
    return {[=, &evaluator](Expr m, Expr k) {
              auto t = split(m, out.getShape().drop_back()), p = split(k, y.getShape().drop_back());
              return paddedRead(evaluator, lhs, p[0], p[1] * sy + t[0] - py, p[2] * sx + t[1] - px, t[2], yes);
            },
            [=, &evaluator](Expr k, Expr n) {
              auto p = split(k, y.getShape().drop_back());
              return evaluator.at(rhs, {p[0], p[1], p[2], n});
            }};
  }
}

Operands operandsOf(Operation *op, Evaluator &evaluator) {
  if (auto product = dyn_cast<MatMulOp>(op))
    return matmulOperands(product, evaluator);
  if (auto conv = dyn_cast<ConvOp>(op))
    return convOperands(conv, evaluator);
  if (auto conv = dyn_cast<ConvInputGradOp>(op))
    return convOperands(conv, evaluator);
  return convOperands(cast<ConvWeightGradOp>(op), evaluator);
}

} // namespace

ContractionStages buildContraction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  Operation *op = anchorOperation(kernel);
  ContractionStages s;
  s.sizes = productSizes(op);
  s.n = Halide::Var("n"), s.m = Halide::Var("m"), s.inner = Halide::Var("inner"), s.panel = Halide::Var("panel"),
  s.k = Halide::Var("k");
  s.product = Halide::Func("product"), s.packedB = Halide::Func("packed_b");
  Operands operands = operandsOf(op, evaluator);
  int32_t rows = schedule.rows, columns = schedule.columns, m = s.sizes.m, n = s.sizes.n;
  // A register tile may stand over the edge: it reads the last row or column again, and stores nothing there.
  auto within = [](Expr i, int32_t size, int32_t tile) { return size % tile ? Halide::min(i, size - 1) : i; };
  s.packedB(s.inner, s.k, s.panel) = operands.b(s.k, within(s.panel * columns + s.inner, n, columns));
  Halide::RDom k(0, int32_t(s.sizes.k), "k");
  s.r = k.x;
  Expr a;
  if (schedule.pack) {
    s.packedA = Halide::Func("packed_a");
    s.packedA(s.inner, s.k, s.panel) = operands.a(within(s.panel * rows + s.inner, m, rows), s.k);
    a = s.packedA(s.m % rows, k, s.m / rows);
  } else {
    a = operands.a(within(s.m, m, rows), k);
  }
  s.product(s.n, s.m) += a * s.packedB(s.n % columns, k, s.n / columns);

  // The epilogue works in the result's own shape; a convolution's row is three of its dimensions.
  Tensor shape = tensorOf(op->getResult(0));
  Index index = split(s.m, shape.getShape().drop_back());
  index.push_back(s.n);
  evaluator.define(op->getResult(0), [product = s.product, n = s.n, m = s.m](const Index &) { return product(n, m); });
  std::vector<Expr> results;
  for (Value v : kernel.getBody().front().getTerminator()->getOperands())
    results.push_back(evaluator.at(v, index));
  s.out(s.n, s.m) = Halide::Tuple(results);
  return s;
}

} // namespace gan
