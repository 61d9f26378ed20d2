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
    return [=, &evaluator](const Expr &i, const Expr &j) {
      return evaluator.at(v, transposed ? Index{j, i} : Index{i, j});
    };
  };
  return {read(op.getLhs(), op.getTransposeLhs()), read(op.getRhs(), op.getTransposeRhs())};
}

/// Packs an operand, of which `size` rows or columns and `k` places of the sum exist. What a panel has beyond the edge
/// repeats the last row or column; the last block of k is filled with zeros.
class Packing {
public:
  Packing(const ContractionStages &s, int64_t vec, int32_t k) : s(s), vec(int32_t(vec)), k(k) {}

  void pack(PackedPanels &p, int32_t size, const Read &read) const {
    int32_t width = p.width, group = std::min(width, vec);
    auto within = [=](const Expr &i) { return size % width ? Halide::min(i, size - 1) : i; };
    bool whole = s.blocks * s.depth == k || (s.depth % vec == 0 && k % vec == 0);
    if (!p.alongK || !whole || s.depth < vec || width % group || !canTranspose(group, vec)) {
      Expr at = s.block * s.depth + s.k;
      p.data(s.inner, s.k, s.block, s.panel) =
          filled(read(within(s.panel * width + s.inner), s.blocks * s.depth == k ? at : Halide::min(at, k - 1)), at);
      return;
    }
    Halide::Var g("g"), start("start");
    Expr first = s.block * s.depth + start;
    p.blocks.emplace(group, vec, std::vector<Halide::Var>{g, start, s.block, s.panel},
                     [&](const Expr &column, const Expr &x) {
                       return read(within(s.panel * width + g * group + column),
                                   (s.blocks * s.depth == k ? first : Halide::min(first, k - vec)) + x);
                     });
    Halide::RDom d(0, p.blocks->size(), 0, width / group, 0, (s.depth + vec - 1) / vec, "d");
    p.f = d.x, p.group = d.y, p.step = d.z;
    Expr from = Halide::min(d.z * vec, s.depth - vec), v = p.blocks->at(d.x, {d.y, from, s.block, s.panel});
    p.data(s.inner, s.k, s.block, s.panel) = Halide::undef(v.type());
    p.data(d.y * group + d.x % group, from + d.x / group, s.block, s.panel) = filled(v, s.block * s.depth + from);
  }

private:
  Expr filled(const Expr &v, const Expr &at) const {
    return k % s.depth ? Halide::select(at < k, v, Halide::Internal::make_zero(v.type())) : v;
  }

  const ContractionStages &s;
  int32_t vec, k;
};

} // namespace

ContractionStages buildContraction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  auto op = cast<MatMulOp>(anchorOperation(kernel));
  ContractionStages s;
  s.sizes = productSizes(op);
  Operands operands = matmulOperands(op, evaluator);
  s.a.alongK = !op.getTransposeLhs(), s.b.alongK = op.getTransposeRhs();
  int32_t rows = schedule.rows, columns = schedule.columns, k = s.sizes.k;
  s.depth = schedule.depth ? std::min(k, int32_t(schedule.depth)) : k;
  s.blocks = (k + s.depth - 1) / s.depth;
  s.a.width = rows, s.b.width = columns;
  // A register tile may extend over the edge of the result: it then reads the last row or column again, and stores
  // nothing outside.
  Packing packing(s, schedule.vec, k);
  packing.pack(s.a, s.sizes.m, operands.a);
  packing.pack(s.b, s.sizes.n, [&](const Expr &column, const Expr &at) { return operands.b(at, column); });
  Halide::RDom r(0, s.depth, "k"), b(0, s.blocks, "b");
  s.r = r.x, s.rb = b.x;
  s.product(s.column, s.row, s.no, s.mo, s.block) +=
      s.a.data(s.row, r, s.block, s.mo) * s.b.data(s.column, r, s.block, s.no);
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
