// Matrix products: the left operand's element (m, k) and the right one's (k, n) are read through their prologues while
// they are packed into panels.
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

} // namespace

ContractionStages buildContraction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  auto op = cast<MatMulOp>(anchorOperation(kernel));
  ContractionStages s;
  s.sizes = productSizes(op);
  s.n = Halide::Var("n"), s.m = Halide::Var("m"), s.inner = Halide::Var("inner"), s.panel = Halide::Var("panel"),
  s.k = Halide::Var("k");
  s.product = Halide::Func("product"), s.packedB = Halide::Func("packed_b");
  Operands operands = matmulOperands(op, evaluator);
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

  evaluator.define(op.getResult(), [product = s.product, n = s.n, m = s.m](const Index &) { return product(n, m); });
  std::vector<Expr> results;
  for (Value v : kernel.getBody().front().getTerminator()->getOperands())
    results.push_back(evaluator.at(v, {s.m, s.n}));
  s.out(s.n, s.m) = Halide::Tuple(results);
  return s;
}

} // namespace gan
