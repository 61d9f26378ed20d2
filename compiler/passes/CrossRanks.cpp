// Makes a training graph that is right when several processes share a batch. Each rank runs the graph on its samples,
// and what a sum over samples becomes is the mean over the ranks: the graph divides by the samples of a rank wherever
// one process would divide by those of the batch, so that the mean over ranks makes up for both. Sums stay `partial`
// while only linear operations read them, so that a block's gradient crosses the ranks once, when all of its terms are
// there. A mean of equal values is that value, so that nothing is wrong where a value turns out to be the same on each
// rank. What cannot be done so is refused with a sentence and never computed wrongly.
//
// What is computed from a `gan.own` (statistics of a batch_norm over a rank's own samples) is each rank's own, as if
// that rank trained alone, and so are sums over samples that meet it: they are gradients of it. Only where the graph
// keeps such a value, as in running statistics, or packs it into a block's gradient, the mean over ranks is taken.
#include "compiler/passes/Passes.h"
#include "compiler/passes/Places.h"
#include "compiler/passes/Spread.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_CROSSRANKS
#include "compiler/passes/Passes.h.inc"

namespace {

/// Follows how values lie over ranks, until an operation needs a value whole that is partial, or cannot be done.
class Walk {
public:
  explicit Walk(int64_t batch) : batch(batch) {}

  /// Returns false if it stopped: then `wanted` or `refused` says why.
  bool block(Block &block) {
    for (Operation &op : block)
      if (!visit(&op)) {
        at = at ? at : &op; // an operation in a step, and not the step
        return false;
      }
    return true;
  }

  const Spread &of(Value v) const { return spreads.find(v)->second; }

  Value wanted;                ///< a partial value that an operation needs whole
  Operation *keeper = nullptr; ///< that operation, if it keeps a value of which each rank has its own
  std::string refused;         ///< what cannot be done, as the end of a sentence
  Operation *at = nullptr;

private:
  static Spread known(Value v, Along along) {
    Spread spread;
    for (int64_t size : tensorOf(v).getShape())
      spread.dims.push_back(factor(size, along));
    return spread;
  }

  bool refuse(const std::string &why) {
    refused = why;
    return false;
  }
  bool want(Value v) {
    wanted = v;
    return false;
  }
  bool set(Value v, Spread spread) {
    spreads[v] = std::move(spread);
    return true;
  }
  bool set(Value v, SmallVector<Factors> dims, bool partial = false) {
    return set(v, Spread{std::move(dims), partial});
  }

  /// Whether all of the values that an operation keeps are the same on each rank.
  bool expectWhole(Operation *op, const std::string &what) {
    for (Value v : op->getOperands()) {
      if (of(v).hasSamples())
        return refuse(what + " has a value for each sample");
      if (of(v).own)
        keeper = op;
      if (of(v).own || of(v).partial)
        return want(v);
    }
    return true;
  }

  /// Whether a value is a sum that the operation at hand may have to wait for. One that meets a rank's own values is
  /// one of these.
  bool isPartial(Value v) const { return of(v).partial && !meetsOwn; }

  bool visit(Operation *op) {
    meetsOwn = isComputed(op) && llvm::any_of(op->getOperands(), [&](Value v) { return of(v).own; });
    const bool stays = meetsOwn;
    if (!spread(op))
      return false;
    if (stays) {
      Spread &result = spreads[op->getResult(0)];
      result.own = !result.hasSamples();
      result.partial = false;
    }
    return true;
  }

  /// Whether the result is computed from the operands alone: not kept, collected or shared.
  static bool isComputed(Operation *op) {
    return op->getNumResults() == 1 && !isa<AllReduceOp, OwnOp, PackOp, StepOp>(op);
  }

  bool spread(Operation *op) {
    if (isElementwise(op))
      return elementwise(op);
    return llvm::TypeSwitch<Operation *, bool>(op)
        .Case<StepOp>([&](StepOp step) { return visitStep(step); })
        .Case<InputOp, DrawOp>([&](Operation *source) { return fromBatch(source); })
        .Case<ScalarOp, RngOp, ReadOp, UnpackOp, TableOp>(
            [&](Operation *source) { return set(source->getResult(0), known(source->getResult(0), Along::Other)); })
        .Case<ConstantOp>([&](Operation *op) { return set(op->getResult(0), known(op->getResult(0), Along::Same)); })
        .Case<AllReduceOp>([&](AllReduceOp reduce) { return set(reduce.getResult(), of(reduce.getX()).dims); })
        .Case<OwnOp>([&](OwnOp op) {
          Spread own{of(op.getX()).dims};
          own.own = !own.hasSamples();
          return set(op.getResult(), own);
        })
        .Case<ObserveOp, WriteOp, YieldOp>([&](Operation *op) { return expectWhole(op, "what is kept"); })
        .Case<CastOp>([&](CastOp cast) { return set(cast.getResult(), of(cast.getX())); })
        .Case<PackOp>([&](PackOp pack) { return visitPack(pack); })
        .Case<ReshapeOp>([&](ReshapeOp op) { return reshape(op); })
        .Case<TransposeOp>([&](TransposeOp op) { return transpose(op); })
        .Case<BroadcastOp>([&](BroadcastOp op) {
          return expand(op.getX(), op.getResult(), op.getDims(), Along::Same, of(op.getX()).partial);
        })
        .Case<OneHotOp>([&](OneHotOp op) {
          return of(op.getIndex()).partial ? want(op.getIndex())
                                           : expand(op.getIndex(), op.getResult(), op.getDims(), Along::Other, false);
        })
        .Case<SliceOp, PadOp>([&](Operation *op) { return window(op); })
        .Case<ConcatOp>([&](ConcatOp op) { return concat(op); })
        .Case<TakeOp>([&](TakeOp op) { return take(op); })
        .Case<ReduceSumOp>([&](ReduceSumOp op) { return sum(op); })
        .Case<ReduceMaxOp, ArgMaxOp>([&](auto op) { return maximum(op, op.getX(), op.getDims()); })
        .Case<MatMulOp>([&](MatMulOp op) { return matmul(op); })
        .Case<ConvOp, ConvInputGradOp>([&](Operation *op) { return convolution(op); })
        .Case<ConvWeightGradOp>([&](ConvWeightGradOp op) { return weightGradient(op); })
        .Default([&](Operation *op) { return refuse(op->getName().getStringRef().str() + " is not known here"); });
  }

  bool visitStep(StepOp step) {
    if (!expectWhole(step, "a state"))
      return false;
    for (Value argument : step.getBody().getArguments())
      set(argument, known(argument, Along::Other));
    if (!block(step.getBody().front()))
      return false;
    for (Value result : step.getResults())
      set(result, known(result, Along::Other));
    return true;
  }

  /// Data and draws have samples in front.
  bool fromBatch(Operation *op) {
    Value result = op->getResult(0);
    if (!tensorOf(result).getRank() || tensorOf(result).getDimSize(0) != batch)
      return refuse("what it reads does not have one value for each sample");
    Spread spread = known(result, Along::Other);
    spread.dims[0] = {{batch, Along::Samples}};
    return set(result, spread);
  }

  // ---- element-wise ----

  /// Whether the operation is linear in operand `i` where all partial operands are linear at once.
  bool linearIn(Operation *op, unsigned i) const {
    if (isa<AddOp, SubOp, NegOp>(op))
      return true;
    if (isa<MulOp>(op))
      return !isPartial(op->getOperand(1 - i));
    if (isa<DivOp>(op))
      return i == 0 && !isPartial(op->getOperand(1));
    return isa<SelectOp>(op) && i > 0 && !isPartial(op->getOperand(0));
  }

  bool elementwise(Operation *op) {
    Spread spread = of(op->getOperand(0));
    for (Value v : op->getOperands())
      for (auto [d, factors] : llvm::enumerate(of(v).dims)) {
        std::optional<Factors> both = joined(spread.dims[d], factors);
        if (!both)
          return refuse("it combines samples with what lies along a batch");
        spread.dims[d] = *both;
      }
    spread.partial = false;
    for (auto [i, v] : llvm::enumerate(op->getOperands())) {
      if (!isPartial(v))
        continue;
      if (spread.hasSamples() || !linearIn(op, i))
        return want(v);
      spread.partial = true;
    }
    return set(op->getResult(0), spread);
  }

  // ---- other indices ----

  bool visitPack(PackOp pack) {
    bool partial = false;
    for (Value part : pack.getParts()) {
      if (of(part).hasSamples())
        return refuse("a gradient has a value for each sample");
      partial |= of(part).partial || of(part).own;
    }
    Spread spread = known(pack.getResult(), Along::Other);
    spread.partial = partial;
    return set(pack.getResult(), spread);
  }

  bool reshape(ReshapeOp op) {
    const Spread &x = of(op.getX());
    std::optional<SmallVector<Factors>> dims = reshaped(x.dims, tensorOf(op.getResult()).getShape());
    if (!dims)
      return refuse("it groups samples: groups of a batch would lie on several ranks");
    return set(op.getResult(), *dims, x.partial);
  }

  bool transpose(TransposeOp op) {
    const Spread &x = of(op.getX());
    SmallVector<Factors> dims;
    for (int64_t d : op.getPerm())
      dims.push_back(x.dims[d]);
    return set(op.getResult(), dims, x.partial);
  }

  /// A result with dimensions beyond the operand's. `kept` are the operand's dimensions in the result for a broadcast,
  /// and the others for a one-hot, whose dimensions `along` are new.
  bool expand(Value x, Value result, ArrayRef<int64_t> listed, Along along, bool partial) {
    Spread spread = known(result, along);
    spread.partial = partial;
    int64_t next = 0;
    for (int64_t d = 0; d < int64_t(spread.dims.size()); ++d)
      if (llvm::is_contained(listed, d) == (along == Along::Same))
        spread.dims[d] = of(x).dims[next++];
    return set(result, spread);
  }

  /// Slices and pads: a dimension whose size changes has something else in it.
  bool window(Operation *op) {
    Value x = op->getOperand(0), result = op->getResult(0);
    Spread spread = of(x);
    for (int64_t d = 0; d < tensorOf(x).getRank(); ++d) {
      int64_t size = tensorOf(result).getDimSize(d);
      if (size == tensorOf(x).getDimSize(d))
        continue;
      if (hasSamples(spread.dims[d]))
        return refuse("it takes some of the samples of a batch");
      bool repeats = isa<SliceOp>(op) && spread.dims[d] == factor(tensorOf(x).getDimSize(d), Along::Same);
      spread.dims[d] = factor(size, repeats ? Along::Same : Along::Other);
    }
    return set(result, spread);
  }

  bool concat(ConcatOp op) {
    Spread spread = of(op.getParts()[0]);
    auto along = int64_t(op.getDim());
    for (Value part : op.getParts())
      for (auto [d, factors] : llvm::enumerate(of(part).dims)) {
        if (int64_t(d) == along && hasSamples(factors))
          return refuse("it puts batches one after the other");
        std::optional<Factors> both = int64_t(d) == along ? Factors() : joined(spread.dims[d], factors);
        if (!both)
          return refuse("it combines samples with what lies along a batch");
        spread.dims[d] = *both;
      }
    spread.dims[along] = factor(tensorOf(op.getResult()).getDimSize(along), Along::Other);
    spread.partial = false;
    for (Value part : op.getParts()) {
      if (isPartial(part) && spread.hasSamples())
        return want(part);
      spread.partial |= isPartial(part);
    }
    return set(op.getResult(), spread);
  }

  bool take(TakeOp op) {
    Spread spread = of(op.getX());
    auto along = int64_t(op.getDim());
    if (hasSamples(spread.dims[along]))
      return refuse("it picks samples of a batch by their number");
    if (spread.partial && op.getFill().convertToDouble() != 0)
      return want(op.getX());
    spread.dims[along] = factor(tensorOf(op.getResult()).getDimSize(along), Along::Other);
    return set(op.getResult(), spread);
  }

  // ---- what goes over dimensions ----

  static SmallVector<Factors> without(const Spread &x, ArrayRef<int64_t> dims) {
    SmallVector<Factors> kept;
    for (auto [d, factors] : llvm::enumerate(x.dims))
      if (!llvm::is_contained(dims, int64_t(d)))
        kept.push_back(factors);
    return kept;
  }

  static bool overSamples(const Spread &x, ArrayRef<int64_t> dims) {
    return llvm::any_of(dims, [&](int64_t d) { return hasSamples(x.dims[d]); });
  }

  bool sum(ReduceSumOp op) {
    const Spread &x = of(op.getX());
    return set(op.getResult(), without(x, op.getDims()), x.partial || overSamples(x, op.getDims()));
  }

  bool maximum(Operation *op, Value x, ArrayRef<int64_t> dims) {
    if (isPartial(x))
      return want(x);
    if (overSamples(of(x), dims))
      return refuse("it is a maximum over samples");
    return set(op->getResult(0), without(of(x), dims));
  }

  /// A product is linear in each operand, so one of them may be partial if nothing in it has samples.
  std::optional<bool> partialProduct(Value lhs, Value rhs) {
    bool samples = of(lhs).hasSamples() || of(rhs).hasSamples();
    for (auto [v, other] : {std::pair(lhs, rhs), std::pair(rhs, lhs)})
      if (isPartial(v) && (samples || isPartial(other))) {
        want(v);
        return std::nullopt;
      }
    return isPartial(lhs) || isPartial(rhs);
  }

  bool matmul(MatMulOp op) {
    std::optional<bool> partial = partialProduct(op.getLhs(), op.getRhs());
    if (!partial)
      return false;
    const Spread &lhs = of(op.getLhs()), &rhs = of(op.getRhs());
    const Factors &row = lhs.dims[op.getTransposeLhs()], &column = rhs.dims[!op.getTransposeRhs()];
    std::optional<Factors> over = joined(lhs.dims[!op.getTransposeLhs()], rhs.dims[op.getTransposeRhs()]);
    if (!over)
      return refuse("it multiplies samples with what lies along a batch");
    if (hasSamples(row) && hasSamples(column))
      return refuse("it compares each sample with each");
    return set(op.getResult(), {row, column}, *partial || hasSamples(*over));
  }

  /// Whether only the first dimension of an image has samples, and the weight, if that is given, has none.
  bool expectImages(Value images, Value weight) {
    if (overSamples(of(images), {1, 2, 3}) || (weight && of(weight).hasSamples()))
      return refuse("it is a convolution along samples");
    return true;
  }

  bool convolution(Operation *op) {
    Value x = op->getOperand(0), w = op->getOperand(1);
    std::optional<bool> partial = partialProduct(x, w);
    if (!partial || !expectImages(x, w))
      return false;
    Spread spread = known(op->getResult(0), Along::Other);
    spread.dims[0] = of(x).dims[0];
    spread.partial = *partial;
    return set(op->getResult(0), spread);
  }

  bool weightGradient(ConvWeightGradOp op) {
    Value x = op.getLhs(), y = op.getRhs();
    std::optional<bool> partial = partialProduct(x, y);
    if (!partial || !expectImages(x, {}) || !expectImages(y, {}))
      return false;
    std::optional<Factors> over = joined(of(x).dims[0], of(y).dims[0]);
    if (!over)
      return refuse("it multiplies samples with what lies along a batch");
    Spread spread = known(op.getResult(), Along::Other);
    spread.partial = *partial || hasSamples(*over);
    return set(op.getResult(), spread);
  }

  int64_t batch;
  llvm::DenseMap<Value, Spread> spreads;
  bool meetsOwn = false; ///< whether the operation at hand reads a value of which each rank has its own
};

/// Where it is best to make a partial value whole: as far back as one partial operand alone leads to it and it does not
/// become larger. Others that need the same sum then find it there.
Value originOf(Value v, const Walk &walk) {
  while (Operation *def = v.getDefiningOp()) {
    Value before;
    unsigned partial = 0;
    for (Value operand : def->getOperands())
      if (walk.of(operand).partial) {
        before = operand;
        ++partial;
      }
    if (partial != 1 || isa<PackOp>(def) || before.getParentBlock() != v.getParentBlock() ||
        tensorOf(before).getNumElements() > tensorOf(v).getNumElements())
      break;
    v = before;
  }
  return v;
}

void reduceAfter(Value v) {
  OpBuilder builder(v.getContext());
  builder.setInsertionPointAfterValue(v);
  auto whole = AllReduceOp::create(builder, v.getLoc(), v.getType(), v);
  v.replaceAllUsesExcept(whole, whole);
}

/// The other readers of the value go on with what their rank has.
void reduceFor(Operation *op, Value v) {
  OpBuilder builder(op);
  op->replaceUsesOfWith(v, AllReduceOp::create(builder, v.getLoc(), v.getType(), v));
}

struct CrossRanks : impl::CrossRanksBase<CrossRanks> {
  using CrossRanksBase::CrossRanksBase;

  void runOnOperation() override {
    getOperation().walk([&](GraphOp graph) {
      if (graph.getKind() != GraphKind::Train)
        return;
      graph.walk([](DrawOp draw) { draw.setShared(true); });
      while (true) { // a value that was made whole changes what follows
        Walk walk(batch);
        if (walk.block(graph.getBody().front()))
          return;
        if (!walk.refused.empty())
          return refuse(walk);
        if (walk.keeper)
          reduceFor(walk.keeper, walk.wanted);
        else
          reduceAfter(originOf(walk.wanted, walk));
      }
    });
    getOperation().walk([](OwnOp own) {
      own.replaceAllUsesWith(own.getX());
      own.erase();
    });
  }

  void refuse(const Walk &walk) {
    StringRef label = labelOf(walk.at->getLoc());
    std::string what = label.empty() ? walk.at->getName().getStringRef().str() : label.str();
    getOperation()->setAttr(refusedAttribute,
                            StringAttr::get(&getContext(), what + " cannot be shared by ranks: " + walk.refused));
  }
};

} // namespace
} // namespace gan
