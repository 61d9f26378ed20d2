// Reductions in two stages: partial results over blocks and lanes of the reduced index, then their combination, always
// in the same tree. Several reductions over one domain share the loops and form one tuple.
#include "compiler/codegen/kernels/HalideMath.h"
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

/// The representation of one reduction: a sum or a maximum is one number, an argmax is a value and an index.
struct Component {
  Operation *op;
  size_t first; ///< index of its first tuple element
};

std::vector<Expr> identity(Operation *op, Halide::Type type, int64_t count) {
  if (isa<ReduceSumOp>(op))
    return {Halide::Internal::make_zero(type)};
  if (isa<ReduceMaxOp>(op))
    return {type.min()};
  return {type.min(), Halide::Internal::make_const(type, double(count))};
}

/// Combines two partial results. Of equal maxima the smaller index is kept, and NaN is larger than any number.
std::vector<Expr> combine(Operation *op, const std::vector<Expr> &a, const std::vector<Expr> &b) {
  // The addition is strict. Otherwise an addend that is itself a sum might be taken apart, and its constant part would
  // be added to a long sum again and again, rounded the same way each time.
  if (isa<ReduceSumOp>(op))
    return {ieee::add(a[0], b[0])};
  if (isa<ReduceMaxOp>(op))
    return {ieee::max(a[0], b[0])};
  Expr aIsNan = !ieee::equal(a[0], a[0]), bIsNan = !ieee::equal(b[0], b[0]);
  Expr larger = ieee::less(a[0], b[0]) || (bIsNan && !aIsNan), same = ieee::equal(a[0], b[0]) || (aIsNan && bIsNan);
  Expr take = larger || (same && ieee::less(b[1], a[1]));
  return {Halide::select(take, b[0], a[0]), Halide::select(take, b[1], a[1])};
}

class ReductionBuilder {
public:
  ReductionBuilder(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule)
      : kernel(kernel), evaluator(evaluator), gpu(schedule.anchor == Anchor::GpuReduction), lanes(schedule.lanes),
        blocks(schedule.blocks) {
    Operation *anchor = anchorOperation(kernel);
    domain = tensorOf(anchor->getOperand(0));
    llvm::append_range(dims, anchor->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef());
    for (int64_t d : dims)
      count *= domain.getDimSize(d);
    blocks = std::min(blocks, (count + lanes - 1) / lanes);
    each = (count + blocks * lanes - 1) / (blocks * lanes);
    stages.blocks = int32_t(blocks);
    stages.along = llvm::is_contained(dims, domain.getRank() - 1);
    size_t next = 0;
    for (Operation &op : kernel.getBody().front().without_terminator())
      if (isReduction(&op)) {
        components.push_back({&op, next});
        next += isa<ArgMaxOp>(op) ? 2 : 1;
      }
  }

  ReductionStages run() {
    Tensor result = tensorOf(components[0].op->getResult(0));
    for (int64_t d = 0; d < result.getRank(); ++d)
      outer.emplace_back("i" + std::to_string(d));
    stages.kept = reversed(outer);
    for (int64_t size : llvm::reverse(result.getShape()))
      stages.extents.push_back(size);
    stages.lane = Halide::Var("lane");
    stages.block = Halide::Var("block");
    stages.partial = Halide::Func("partial");
    stages.total = Halide::Func("total");
    partial();
    if (gpu)
      totalOfBlocks();
    else
      total();
    Index index(outer.begin(), outer.end());
    for (const Component &c : components)
      evaluator.define(c.op->getResult(0), [this, c](const Index &i) {
        std::vector<Expr> values = elements(stages.total, reversed(i));
        return values[c.first + (isa<ArgMaxOp>(c.op) ? 1 : 0)];
      });
    std::vector<Expr> yields;
    for (Value v : kernel.getBody().front().getTerminator()->getOperands())
      yields.push_back(evaluator.at(v, index));
    stages.out(stages.kept) = Halide::Tuple(yields);
    return stages;
  }

private:
  std::vector<Expr> elements(const Halide::Func &f, const std::vector<Expr> &at) const {
    Halide::FuncRef ref = f(at);
    std::vector<Expr> result;
    if (width() == 1)
      return {Expr(ref)};
    for (size_t i = 0; i < width(); ++i)
      result.push_back(ref[i]);
    return result;
  }
  size_t width() const { return components.back().first + (isa<ArgMaxOp>(components.back().op) ? 2 : 1); }

  std::vector<Expr> identities() const {
    std::vector<Expr> result;
    for (const Component &c : components) {
      Halide::Type type = halideType(tensorOf(c.op->getOperand(0)).getElementType());
      std::vector<Expr> part = identity(c.op, type, count);
      result.insert(result.end(), part.begin(), part.end());
    }
    return result;
  }

  std::vector<Expr> combineAll(const std::vector<Expr> &a, const std::vector<Expr> &b) const {
    std::vector<Expr> result;
    for (size_t i = 0; i < components.size(); ++i) {
      size_t first = components[i].first, end = i + 1 < components.size() ? components[i + 1].first : width();
      std::vector<Expr> part =
          combine(components[i].op, {a.begin() + first, a.begin() + end}, {b.begin() + first, b.begin() + end});
      result.insert(result.end(), part.begin(), part.end());
    }
    return result;
  }

  /// The full index, computed from the kept index and the number of the reduced element.
  Index fullIndex(Expr r) const {
    Index index(domain.getRank());
    size_t kept = 0;
    for (int64_t d = 0; d < domain.getRank(); ++d)
      if (!llvm::is_contained(dims, d))
        index[d] = outer[kept++];
    for (size_t i = dims.size(); i-- > 0;) {
      int32_t size = domain.getDimSize(dims[i]);
      index[dims[i]] = i == 0 ? r : r % size;
      r = r / size;
    }
    return index;
  }

  void partial() {
    Halide::RDom i(0, int32_t(each), "i");
    std::vector<Expr> at{stages.lane, stages.block};
    at.insert(at.end(), stages.kept.begin(), stages.kept.end());
    std::vector<Halide::Var> vars{stages.lane, stages.block};
    vars.insert(vars.end(), stages.kept.begin(), stages.kept.end());
    Expr r = (stages.block * int32_t(each) + i) * int32_t(lanes) + stages.lane;
    bool exact = each * blocks * lanes == count;
    Expr safe = exact ? r : Halide::min(r, int32_t(count - 1));
    Index index = fullIndex(safe);
    std::vector<Expr> values, none = identities();
    for (const Component &c : components) {
      values.push_back(evaluator.at(c.op->getOperand(0), index));
      if (isa<ArgMaxOp>(c.op))
        values.push_back(Halide::cast(values.back().type(), safe));
    }
    if (!exact)
      for (size_t v = 0; v < values.size(); ++v)
        values[v] = Halide::select(r < int32_t(count), values[v], none[v]);
    // Halide only loops over reduction variables that an expression names. A value that does not depend on the reduced
    // index must still be added once for each of them, so it is wrapped in a select that names one.
    if (llvm::none_of(values, [&](const Expr &v) { return Halide::Internal::expr_uses_var(v, i.x.name()); }))
      values[0] = Halide::select(i.x >= 0, values[0], none[0]);
    stages.partial(vars) = Halide::Tuple(none);
    stages.partial(at) = Halide::Tuple(combineAll(elements(stages.partial, at), values));
  }

  void total() {
    Halide::RDom j(0, int32_t(lanes), 0, int32_t(blocks), "j");
    stages.total(stages.kept) = Halide::Tuple(identities());
    std::vector<Expr> self(stages.kept.begin(), stages.kept.end()), from{j.x, j.y};
    from.insert(from.end(), stages.kept.begin(), stages.kept.end());
    stages.total(self) = Halide::Tuple(combineAll(elements(stages.total, self), elements(stages.partial, from)));
  }

  /// to(vars) = the sum of from(at), where `at` names the variable that is summed over.
  void sumOf(const Halide::Func &to, const std::vector<Halide::Var> &vars, const Halide::Func &from,
             const std::vector<Expr> &at) const {
    std::vector<Expr> self(vars.begin(), vars.end());
    to(vars) = Halide::Tuple(identities());
    to(self) = Halide::Tuple(combineAll(elements(to, self), elements(from, at)));
  }

  /// The sum in parts, each of which is a function that has loops of its own.
  void totalOfBlocks() {
    std::vector<Halide::Var> kept = stages.kept, ofBlock{stages.block}, ofGroup;
    ofBlock.insert(ofBlock.end(), kept.begin(), kept.end());
    auto followedBy = [&](std::vector<Expr> first, bool block) {
      if (block)
        first.emplace_back(stages.block);
      first.insert(first.end(), kept.begin(), kept.end());
      return first;
    };
    Halide::Func lanesOf = stages.partial;
    int32_t left = int32_t(lanes);
    if (left > lanesOfGroup) {
      ofGroup.push_back(stages.group);
      ofGroup.insert(ofGroup.end(), ofBlock.begin(), ofBlock.end());
      left = left / lanesOfGroup;
      Halide::RDom i(0, lanesOfGroup, "i");
      sumOf(stages.groups, ofGroup, lanesOf, followedBy({stages.group * lanesOfGroup + i}, true));
      lanesOf = stages.groups;
    }
    Halide::RDom l(0, left, "l"), b(0, int32_t(blocks), "b");
    sumOf(stages.rows, ofBlock, lanesOf, followedBy({l.x}, true));
    stages.parts(ofBlock) = Halide::Tuple(elements(stages.rows, {ofBlock.begin(), ofBlock.end()}));
    sumOf(stages.total, kept, stages.parts, followedBy({b.x}, false));
  }

  KernelOp kernel;
  Evaluator &evaluator;
  bool gpu;
  int64_t lanes, blocks, each = 1, count = 1;
  Tensor domain;
  SmallVector<int64_t> dims;
  std::vector<Component> components;
  std::vector<Halide::Var> outer;
  ReductionStages stages;
};

} // namespace

ReductionStages buildReduction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  return ReductionBuilder(kernel, evaluator, schedule).run();
}

} // namespace gan
