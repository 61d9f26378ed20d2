// Memory. States have fixed places; a new version of a state is written over the old one by the kernel that computes it
// (or copied there where somebody still reads the old one). Parts of a gan.pack are placed side by side. All other
// buffers get an offset in the graph's arena: largest first, at the lowest offset free during their lifetime.
#include "compiler/passes/Passes.h"
#include "compiler/passes/Places.h"
#include "compiler/passes/States.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_PLANMEMORY
#include "compiler/passes/Passes.h.inc"

namespace {

constexpr int64_t alignment = 64;

/// `%copy = gan.kernel(%value) { yield }` in front of `before`.
Value insertCopy(Value value, Operation *before) {
  OpBuilder builder(before);
  auto kernel =
      KernelOp::create(builder, before->getLoc(), value.getType(), value, builder.getStringAttr("copy"), {}, {});
  Block &body = kernel.getBody().emplaceBlock();
  Value argument = body.addArgument(value.getType(), before->getLoc());
  OpBuilder inside = OpBuilder::atBlockEnd(&body);
  YieldOp::create(inside, before->getLoc(), argument);
  return kernel.getResult(0);
}

/// A temporary: alone, or all parts of a pack together.
struct Buffer {
  int64_t bytes = 0, begin = 0, end = 0,
          offset = -1; ///< begin, end: kernels that run first and last while it is needed
};

class GraphPlanner {
public:
  GraphPlanner(GraphOp graph, const llvm::StringMap<int64_t> &states) : graph(graph), states(states) {}

  void run() {
    MLIRContext *context = graph.getContext();
    separatePackedParts();
    findVersions();
    copyUnsafeVersions();
    numberKernels();
    placeSources();
    placeTemporaries();
    Builder builder(context);
    graph->setAttr("arena_bytes", builder.getI64IntegerAttr(arenaBytes));
    graph->setAttr("sum_bytes", builder.getI64IntegerAttr(sumBytes));
    graph->setAttr("input_bytes", builder.getI64IntegerAttr(inputBytes));
  }

private:
  // ---- packs: every part is a kernel's result that stands in one pack only ----

  void separatePackedParts() {
    llvm::DenseSet<Value> taken;
    graph.walk([&](PackOp pack) {
      for (OpOperand &part : pack->getOpOperands()) {
        Value v = behindReshapes(part.get());
        if (!v.getDefiningOp<KernelOp>() || !taken.insert(v).second)
          part.set(insertCopy(part.get(), pack));
      }
    });
  }

  // ---- states ----

  /// Follows each written state back through the steps: every value on the way is a version of it.
  void findVersions() {
    for (WriteOp write : graph.getBody().getOps<WriteOp>()) {
      StringRef state = write.getState();
      OpOperand *use = &write.getValueMutable();
      while (auto step = use->get().getDefiningOp<StepOp>()) {
        unsigned i = cast<OpResult>(use->get()).getResultNumber();
        stepStates[step][i] = state;
        versions[step.getBody().getArgument(i)] = state;
        versions[step.getResult(i)] = state;
        addVersion(step.getBody().front().getTerminator()->getOpOperand(i), state);
        use = &step->getOpOperand(i);
      }
      addVersion(*use, state); // what the first step starts from, itself computed here where a let advances the state
    }
    graph.walk([&](ReadOp read) { versions[read.getResult()] = read.getState(); });
  }

  /// What is neither computed here nor the state's own older version is another state's value: a copy of it. What a let
  /// computes may be wanted where its state does not advance: a copy too.
  void addVersion(OpOperand &use, StringRef state) {
    auto step = dyn_cast<StepOp>(use.getOwner()->getParentOp());
    Operation *def = use.get().getDefiningOp();
    if (!isa_and_nonnull<KernelOp>(def) || (step && step.getUsers() && def->getParentOp() != step)) {
      if (stateOf(use.get()) == state)
        return;
      use.set(insertCopy(use.get(), use.getOwner()));
    }
    versionUses.push_back({&use, state});
  }

  /// A version that its kernel cannot write over the older one is written elsewhere and copied at the end.
  void copyUnsafeVersions() {
    numberKernels();
    for (auto &[use, state] : versionUses) {
      auto kernel = use->get().getDefiningOp<KernelOp>();
      bool taken = versions.count(use->get()) && versions[use->get()] != state;
      if (taken || packed(use->get()) || !canOverwrite(kernel, state)) {
        use->set(insertCopy(use->get(), use->getOwner()));
        numberKernels();
      }
      versions[use->get()] = state;
    }
    for (auto &[use, state] : versionUses)
      markInPlace(use->get().getDefiningOp<KernelOp>());
  }

  static bool packed(Value v) {
    return llvm::any_of(v.getUsers(), [](Operation *user) { return isa<PackOp, ReshapeOp>(user); });
  }

  /// True where every kernel that reads an older version of the state runs before `kernel`, or is `kernel` and reads it
  /// element by element.
  bool canOverwrite(KernelOp kernel, StringRef state) {
    int64_t at = number[kernel];
    for (auto &[other, otherNumber] : number)
      for (OpOperand &operand : other->getOpOperands()) {
        Value v = operand.get();
        bool view = false;
        while (Operation *def = v.getDefiningOp()) {
          if (!isa<UnpackOp, ReshapeOp>(def))
            break;
          view = true;
          v = def->getOperand(0);
        }
        auto version = versions.find(v);
        if (version == versions.end() || version->second != state || definedAt(v) >= at)
          continue;
        if (otherNumber > at || (other == kernel && (view || !readsInPlace(kernel, operand.getOperandNumber()))))
          return false;
      }
    return true;
  }

  /// The kernel before which a version does not exist; -1: from the start. A step's argument is what its init is.
  int64_t definedAt(Value v) {
    while (true) {
      if (auto kernel = v.getDefiningOp<KernelOp>())
        return number[kernel];
      if (auto argument = dyn_cast<BlockArgument>(v)) {
        v = cast<StepOp>(argument.getOwner()->getParentOp()).getInits()[argument.getArgNumber()];
      } else if (auto step = v.getDefiningOp<StepOp>()) {
        v = step.getBody().front().getTerminator()->getOperand(cast<OpResult>(v).getResultNumber());
        if (auto argument = dyn_cast<BlockArgument>(v); argument && argument.getOwner() == &step.getBody().front())
          v = step.getInits()[argument.getArgNumber()];
      } else {
        return -1;
      }
    }
  }

  /// A map that reads the operand at the index that it writes, and nowhere else.
  static bool readsInPlace(KernelOp kernel, unsigned operand) {
    Block &body = kernel.getBody().front();
    for (Operation &op : body.without_terminator())
      if (!isMap(&op))
        return false;
    Value argument = body.getArgument(operand);
    return llvm::all_of(argument.getUsers(), [](Operation *user) { return isElementwise(user) || isa<YieldOp>(user); });
  }

  void markInPlace(KernelOp kernel) {
    SmallVector<int64_t> inplace(kernel.getNumResults(), -1);
    for (auto [i, result] : llvm::enumerate(kernel.getResults())) {
      auto version = versions.find(result);
      if (version == versions.end())
        continue;
      for (auto [o, operand] : llvm::enumerate(kernel.getOperands())) {
        auto older = versions.find(operand);
        if (older != versions.end() && older->second == version->second)
          inplace[i] = o;
      }
    }
    if (llvm::any_of(inplace, [](int64_t o) { return o >= 0; }))
      kernel.setInplace(inplace);
  }

  // ---- time ----

  void numberKernels() {
    number.clear();
    int64_t next = 0;
    for (KernelOp kernel : kernelsInOrder(graph))
      number[kernel] = next++;
  }

  /// The last kernel of a repeated step: what comes from outside is needed again in the next repetition.
  int64_t usedUntil(KernelOp user, Operation *definition) {
    auto step = dyn_cast<StepOp>(user->getParentOp());
    if (!step || step.getTimes() == 1 || definition->getParentOp() == step)
      return number[user];
    int64_t last = number[user];
    for (auto kernel : step.getBody().front().getOps<KernelOp>())
      last = std::max(last, number[kernel]);
    return last;
  }

  // ---- places ----

  void placeSources() {
    MLIRContext *context = graph.getContext();
    Builder builder(context);
    int64_t scalars = 0, rngs = 0;
    llvm::StringMap<int64_t> inputs;
    graph.walk([&](Operation *op) {
      if (isa<ReadOp>(op))
        op->setAttr("place", placeAttr(context, {Space::State, states.lookup(cast<ReadOp>(op).getState())}));
      if (isa<ScalarOp>(op))
        op->setAttr("place", placeAttr(context, {Space::Scalar, 8 * scalars++}));
      if (isa<RngOp>(op))
        op->setAttr("place", placeAttr(context, {Space::Rng, 32 * rngs++}));
      if (auto input = dyn_cast<InputOp>(op)) {
        auto step = op->getParentOfType<StepOp>(); // of a repeated step: batches of its own
        std::string name = input.getName().str() + (step ? "@" + std::to_string(step.getIndex()) : "");
        auto [it, fresh] = inputs.try_emplace(name, inputBytes);
        if (fresh)
          inputBytes += llvm::alignTo(byteSize(tensorOf(input)), alignment);
        op->setAttr("place", placeAttr(context, {Space::Input, it->second}));
      }
    });
    graph.walk([&](StepOp step) {
      SmallVector<Attribute> places;
      for (unsigned i = 0; i < step.getNumResults(); ++i)
        places.push_back(placeAttr(context, {Space::State, states.lookup(stepStates[step][i])}));
      step->setAttr("places", builder.getArrayAttr(places));
    });
  }

  void placeTemporaries() {
    llvm::MapVector<Value, std::pair<unsigned, int64_t>> parts; // kernel result -> buffer and offset in it
    std::vector<Buffer> buffers;
    graph.walk([&](PackOp pack) {
      int64_t bytes = 0;
      for (Value part : pack.getParts()) {
        parts[behindReshapes(part)] = {buffers.size(), bytes};
        bytes += byteSize(tensorOf(part));
      }
      buffers.push_back({bytes, INT64_MAX, -1, -1});
    });
    for (auto &[kernel, at] : number)
      for (Value result : kernel->getResults())
        if (!versions.count(result) && !parts.count(result)) {
          parts[result] = {buffers.size(), 0};
          buffers.push_back({byteSize(tensorOf(result)), INT64_MAX, -1, -1});
        }
    for (auto &[value, part] : parts) {
      Buffer &buffer = buffers[part.first];
      auto kernel = value.getDefiningOp<KernelOp>();
      buffer.begin = std::min(buffer.begin, number[kernel]);
      buffer.end = std::max({buffer.end, number[kernel], lastUse(value, kernel)});
    }
    assignOffsets(buffers);
    for (auto &[kernel, at] : number)
      writePlaces(cast<KernelOp>(kernel), parts, buffers);
  }

  int64_t lastUse(Value value, KernelOp definition) {
    int64_t last = -1;
    for (Operation *user : value.getUsers()) {
      if (auto kernel = dyn_cast<KernelOp>(user))
        last = std::max(last, usedUntil(kernel, definition));
      else if (isa<ReshapeOp, PackOp>(user))
        last = std::max(last, lastUse(user->getResult(0), definition));
    }
    return last;
  }

  void assignOffsets(std::vector<Buffer> &buffers) {
    std::vector<Buffer *> order;
    for (Buffer &buffer : buffers)
      order.push_back(&buffer);
    llvm::stable_sort(order, [](const Buffer *a, const Buffer *b) { return a->bytes > b->bytes; });
    std::vector<Buffer *> placed; // by offset
    for (Buffer *buffer : order) {
      int64_t offset = 0;
      for (const Buffer *other : placed) {
        if (other->end < buffer->begin || buffer->end < other->begin)
          continue;
        if (offset + buffer->bytes <= other->offset)
          break;
        offset = std::max<int64_t>(offset, llvm::alignTo(other->offset + other->bytes, alignment));
      }
      buffer->offset = offset;
      placed.insert(
          llvm::upper_bound(placed, buffer, [](const Buffer *a, const Buffer *b) { return a->offset < b->offset; }),
          buffer);
      arenaBytes = std::max<int64_t>(arenaBytes, llvm::alignTo(offset + buffer->bytes, alignment));
      sumBytes += llvm::alignTo(buffer->bytes, alignment);
    }
  }

  void writePlaces(KernelOp kernel, const llvm::MapVector<Value, std::pair<unsigned, int64_t>> &parts,
                   const std::vector<Buffer> &buffers) {
    SmallVector<Attribute> places;
    for (Value result : kernel.getResults()) {
      auto version = versions.find(result);
      if (version != versions.end()) {
        places.push_back(placeAttr(graph.getContext(), {Space::State, states.lookup(version->second)}));
        continue;
      }
      auto [buffer, offset] = parts.find(result)->second;
      places.push_back(placeAttr(graph.getContext(), {Space::Arena, buffers[buffer].offset + offset}));
    }
    kernel.setPlacesAttr(ArrayAttr::get(graph.getContext(), places));
  }

  GraphOp graph;
  const llvm::StringMap<int64_t> &states;
  llvm::MapVector<Operation *, int64_t> number; ///< of each kernel in the order of running
  llvm::DenseMap<Value, StringRef> versions;    ///< values that lie in a state's memory
  std::vector<std::pair<OpOperand *, StringRef>> versionUses;
  llvm::DenseMap<Operation *, llvm::DenseMap<unsigned, StringRef>> stepStates;
  int64_t arenaBytes = 0, sumBytes = 0, inputBytes = 0;
};

struct PlanMemory : impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    llvm::StringMap<int64_t> states;
    int64_t bytes = 0;
    getOperation().walk([&](StateOp state) {
      states[state.getName()] = bytes;
      state->setAttr("place", placeAttr(&getContext(), {Space::State, bytes}));
      bytes += llvm::alignTo(byteSize(cast<Tensor>(state.getType())), alignment);
    });
    getOperation()->setAttr("gan.state_bytes", Builder(&getContext()).getI64IntegerAttr(bytes));
    getOperation().walk([&](GraphOp graph) { GraphPlanner(graph, states).run(); });
  }
};

} // namespace
} // namespace gan
