// Products of views for a GPU. A block of threads makes a tile of the result, each thread a smaller tile in registers.
// If the result is too small to fill the card, the sum over k is cut into parts, which a second launch adds up.
#include "compiler/codegen/kernels/HalideMath.h"
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

int32_t ceilDiv(int64_t a, int64_t b) { return int32_t((a + b - 1) / b); }

class ProductBuilder {
public:
  ProductBuilder(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule)
      : kernel(kernel), evaluator(evaluator), op(anchorOperation(kernel)), view(productView(op, evaluator)) {
    s.rows = {int32_t(schedule.rows), int32_t(schedule.rowThreads), view.m};
    s.columns = {int32_t(schedule.columns), int32_t(schedule.columnThreads), view.n};
    s.depth = int32_t(schedule.depth);
    s.overlaps = schedule.stages > 1;
    s.aAlongK = view.aAlongK, s.bAlongK = view.bAlongK;
    chunks = ceilDiv(ceilDiv(view.k, s.depth), schedule.parts); // of a part
    s.parts = ceilDiv(view.k, int64_t(chunks) * s.depth);
    s.aWide = schedule.wide && readsFours(s.rows, view.aAlongK, view.aInner);
    s.bWide = schedule.wide && readsFours(s.columns, view.bAlongK, view.bInner);
  }

  ProductStages run() {
    operands();
    sum();
    out();
    return s;
  }

private:
  /// Whether an operand can be read in groups of four neighbours, none of which reaches over an edge.
  bool readsFours(const Side &side, bool alongK, int32_t inner) const {
    bool whole = alongK ? s.depth % 4 == 0 && view.k % 4 == 0 : side.tile() % 4 == 0 && side.extent % 4 == 0;
    return whole && inner % 4 == 0;
  }

  /// Operands as they are staged, where z is a batch and a part of k. What lies outside is 0.
  void operands() {
    int32_t length = chunks * s.depth;
    Expr k = s.z % s.parts * length + s.r, batch = s.z / s.parts;
    bool whole = length * s.parts == view.k;
    auto staged = [&](const Expr &value, const Side &side) {
      Expr inside = Halide::Internal::const_true();
      if (!whole)
        inside = k < view.k;
      if (side.extent % side.tile())
        inside = inside && s.x < side.extent;
      return Halide::select(inside, value, Halide::Internal::make_zero(value.type()));
    };
    auto within = [](const Expr &i, int32_t extent, bool exact, bool fours) {
      Expr inside = fours ? Halide::min(i / 4 * 4, extent - 4) + i % 4 : Halide::min(i, extent - 1);
      return exact ? i : inside;
    };
    auto safe = [&](bool wide, bool alongK) { return within(k, view.k, whole, wide && alongK); };
    auto at = [&](const Side &side, bool wide, bool alongK) {
      return within(s.x, side.extent, side.extent % side.tile() == 0, wide && !alongK);
    };
    s.a(s.r, s.x, s.z) = staged(view.a(batch, at(s.rows, s.aWide, s.aAlongK), safe(s.aWide, s.aAlongK)), s.rows);
    s.b(s.r, s.x, s.z) = staged(view.b(batch, safe(s.bWide, s.bAlongK), at(s.columns, s.bWide, s.bAlongK)), s.columns);
  }

  /// Row or column of the result for a place in a thread's tile, where `quad` numbers groups of neighbours.
  static Expr position(const Side &side, const Expr &i, const Expr &quad, const Expr &thread, const Expr &block) {
    return block * side.tile() + (quad * side.threads + thread) * side.neighbours() + i;
  }

  void sum() {
    Halide::RDom r(0, chunks * s.depth, "k");
    s.k = r.x;
    Expr row = position(s.rows, s.j, s.jq, s.ty, s.by), column = position(s.columns, s.i, s.iq, s.tx, s.bx);
    s.sum(s.tile()) += s.a(r, row, s.z) * s.b(r, column, s.z);
  }

  /// The result of a place: the epilogue of `total`.
  void store(const Expr &batch, const Expr &row, const Expr &column, const Expr &total) {
    evaluator.define(op->getResult(0), [=](const Index &) { return ieee::unknown(total); });
    Index place = view.place(batch, row, column);
    Tensor type = tensorOf(op->getResult(0));
    for (size_t d = 0; d < place.size(); ++d)
      place[d] = Halide::unsafe_promise_clamped(place[d], 0, int32_t(type.getDimSize(int64_t(d))) - 1);
    std::vector<Expr> values, nothing;
    for (Value v : kernel.getBody().front().getTerminator()->getOperands()) {
      values.push_back(evaluator.at(v, place));
      nothing.push_back(Halide::undef(values.back().type()));
    }
    std::vector<Halide::Var> vars;
    for (size_t d = 0; d < place.size(); ++d)
      vars.emplace_back("o" + std::to_string(d));
    s.out(vars) = Halide::Tuple(nothing);
    s.out(reversed(place)) = Halide::Tuple(values);
  }

  void out() {
    if (s.parts == 1) {
      Halide::RDom d({{0, s.columns.neighbours()},
                      {0, s.columns.quads()},
                      {0, s.rows.neighbours()},
                      {0, s.rows.quads()},
                      {0, s.columns.threads},
                      {0, s.rows.threads},
                      {0, s.columns.blocks()},
                      {0, s.rows.blocks()},
                      {0, view.batches}},
                     "d");
      Expr row = position(s.rows, d[2], d[3], d[5], d[7]), column = position(s.columns, d[0], d[1], d[4], d[6]);
      where(d, d[8], row, column);
      std::vector<Expr> at;
      for (int i = 0; i < 9; ++i) {
        at.emplace_back(d[i]);
        s.d.emplace_back(d[i]);
      }
      store(d[8], row, column, s.sum(at));
      return;
    }
    std::vector<Expr> tile;
    for (const Halide::Var &v : s.tile())
      tile.emplace_back(v);
    s.partial(s.tile()) = s.sum(tile);
    Halide::RDom d({{0, view.n}, {0, view.m}, {0, view.batches}}, "d");
    if (view.valid)
      d.where(view.valid(d[2], d[1], d[0]));
    for (int i = 0; i < 3; ++i)
      s.d.emplace_back(d[i]);
    Expr total;
    for (int32_t part = 0; part < s.parts; ++part) {
      std::vector<Expr> at = placeOf(s.columns, d[0]), rows = placeOf(s.rows, d[1]);
      at = {at[0], at[1], rows[0], rows[1], at[2], rows[2], at[3], rows[3], d[2] * s.parts + part};
      Expr more = s.partial(at);
      total = total.defined() ? ieee::add(total, more) : more;
    }
    store(d[2], d[1], d[0], total);
  }

  void where(Halide::RDom &d, const Expr &batch, const Expr &row, const Expr &column) const {
    if (view.m % s.rows.tile())
      d.where(row < view.m);
    if (view.n % s.columns.tile())
      d.where(column < view.n);
    if (view.valid)
      d.where(view.valid(batch, row, column));
  }

  /// The inverse of `position`: neighbour, quad, thread and block.
  static std::vector<Expr> placeOf(const Side &side, const Expr &p) {
    Expr inside = p % side.tile(), group = inside / side.neighbours();
    return {inside % side.neighbours(), group / side.threads, group % side.threads, p / side.tile()};
  }

  KernelOp kernel;
  Evaluator &evaluator;
  Operation *op;
  ProductView view;
  int32_t chunks; ///< of `depth`, in a part
  ProductStages s;
};

} // namespace

ProductStages buildProduct(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  return ProductBuilder(kernel, evaluator, schedule).run();
}

} // namespace gan
