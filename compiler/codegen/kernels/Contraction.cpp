// Matrix products. Elements (m, k) of the left operand and (k, n) of the right one are read through their prologues
// while they are packed into panels.
#include "compiler/codegen/kernels/HalideMath.h"
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

/// Returns element (row, column) of an operand in the shape that the product needs, after any transposition.
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
  Operands operands = matmulOperands(op, evaluator);
  s.aAlongK = !op.getTransposeLhs(), s.bAlongK = op.getTransposeRhs();
  int32_t rows = schedule.rows, columns = schedule.columns, m = s.sizes.m, n = s.sizes.n, k = s.sizes.k;
  s.depth = schedule.depth ? std::min(k, int32_t(schedule.depth)) : k;
  s.blocks = (k + s.depth - 1) / s.depth;
  // A register tile may extend over the edge of the result: it then reads the last row or column again, and stores
  // nothing outside. The last block of k is padded with zeros.
  auto within = [](Expr i, int32_t size, int32_t tile) { return size % tile ? Halide::min(i, size - 1) : i; };
  auto filled = [&](Expr v) {
    return k % s.depth ? Halide::select(s.k < k, v, Halide::Internal::make_zero(v.type())) : v;
  };
  Expr at = within(s.k, k, s.depth);
  s.packedA(s.inner, s.k, s.panel) = filled(operands.a(within(s.panel * rows + s.inner, m, rows), at));
  s.packedB(s.inner, s.k, s.panel) = filled(operands.b(at, within(s.panel * columns + s.inner, n, columns)));
  Halide::RDom r(0, s.depth, "k"), b(0, s.blocks, "b");
  s.r = r.x, s.rb = b.x;
  s.product(s.column, s.row, s.no, s.mo, s.block) +=
      s.packedA(s.row, s.block * s.depth + r, s.mo) * s.packedB(s.column, s.block * s.depth + r, s.no);
  if (s.blocks > 1)
    s.sum(s.column, s.row, s.no, s.mo) += s.product(s.column, s.row, s.no, s.mo, b);

  evaluator.define(op.getResult(), [&](const Index &) -> Expr {
    Expr column = s.n % columns, row = s.m % rows, no = s.n / columns, mo = s.m / rows;
    return ieee::unknown(s.blocks > 1 ? s.sum(column, row, no, mo) : s.product(column, row, no, mo, 0));
  });
  std::vector<Expr> results;
  for (Value v : kernel.getBody().front().getTerminator()->getOperands())
    results.push_back(evaluator.at(v, {s.m, s.n}));
  s.out(s.n, s.m) = Halide::Tuple(results);
  return s;
}

} // namespace gan
