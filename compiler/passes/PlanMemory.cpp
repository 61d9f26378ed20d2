// Plans memory. States have fixed places, and so have their versions (StateVersions). Parts of a gan.pack lie side by
// side. Every other buffer gets an offset in the graph's arena, which depends on its liveness (Offsets). From here on
// every value has a place.
#include "compiler/passes/Offsets.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/Places.h"
#include "compiler/passes/StateVersions.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_PLANMEMORY
#include "compiler/passes/Passes.h.inc"

namespace {

/// Makes every part of a pack the result of a kernel that is a part of this pack only.
void separatePackedParts(GraphOp graph) {
  llvm::DenseSet<Value> taken;
  graph.walk([&](PackOp pack) {
    for (OpOperand &part : pack->getOpOperands()) {
      Value v = behindReshapes(part.get());
      if (!v.getDefiningOp<KernelOp>() || !taken.insert(v).second)
        part.set(insertCopy(part.get(), pack));
    }
  });
}

/// The buffers of a value: itself, or the parts of a pack.
SmallVector<OpOperand *> buffersOf(OpOperand &use) {
  if (auto pack = behindReshapes(use.get()).getDefiningOp<PackOp>())
    return llvm::map_to_vector(pack->getOpOperands(), [](OpOperand &part) { return &part; });
  return {&use};
}

/// Whether nothing but this reads the value, which a kernel computes.
bool readOnlyBy(OpOperand &use) {
  Value v = use.get();
  while (v.hasOneUse()) {
    if (v.getDefiningOp<KernelOp>())
      return true;
    auto reshape = v.getDefiningOp<ReshapeOp>();
    if (!reshape)
      return false;
    v = reshape.getX();
  }
  return false;
}

/// The mean over ranks is written over a rank's own values, so nothing else may read these.
void separateReduced(GraphOp graph) {
  graph.walk([](AllReduceOp reduce) {
    for (OpOperand *buffer : buffersOf(reduce->getOpOperand(0)))
      if (!readOnlyBy(*buffer))
        buffer->set(insertCopy(buffer->get(), buffer->getOwner()));
  });
}

class GraphPlanner {
public:
  GraphPlanner(GraphOp graph, const llvm::StringMap<int64_t> &states, bool share)
      : graph(graph), states(states), share(share), versions(graph), number(numberKernels(graph)) {}

  void run() {
    placeSources();
    placeSteps();
    placeTemporaries();
  }

private:
  PlaceAttr place(Space space, int64_t offset) { return PlaceAttr::get(graph.getContext(), space, offset); }

  // ---- what the host provides, and states ----

  void placeSources() {
    int64_t scalars = 0, rngs = 0, bytes = 0;
    llvm::StringMap<int64_t> inputs;
    graph.walk([&](Operation *op) {
      if (auto read = dyn_cast<ReadOp>(op))
        read.setPlaceAttr(place(Space::State, states.lookup(read.getState())));
      if (auto scalar = dyn_cast<ScalarOp>(op))
        scalar.setPlaceAttr(place(Space::Scalar, 8 * scalars++));
      if (auto rng = dyn_cast<RngOp>(op))
        rng.setPlaceAttr(place(Space::Rng, 32 * rngs++));
      if (auto input = dyn_cast<InputOp>(op)) {
        auto step = op->getParentOfType<StepOp>(); // inputs of a repeated step have their own batches
        std::string name = input.getName().str() + (step ? "@" + std::to_string(step.getIndex()) : "");
        auto [it, fresh] = inputs.try_emplace(name, bytes);
        if (fresh)
          bytes += llvm::alignTo(byteSize(tensorOf(input)), bufferAlignment);
        input.setPlaceAttr(place(Space::Input, it->second));
      }
    });
    graph.setInputBytes(bytes);
  }

  void placeSteps() {
    graph.walk([&](StepOp step) {
      SmallVector<Attribute> places;
      for (unsigned i = 0; i < step.getNumResults(); ++i)
        places.push_back(place(Space::State, states.lookup(versions.ofStep(step, i))));
      step.setPlacesAttr(ArrayAttr::get(graph.getContext(), places));
    });
  }

  // ---- temporaries ----

  void placeTemporaries() {
    findBuffers();
    for (auto &[value, part] : parts) {
      Buffer &buffer = buffers[part.buffer];
      auto kernel = value.getDefiningOp<KernelOp>();
      buffer.begin = std::min(buffer.begin, number[kernel]);
      buffer.end = std::max({buffer.end, number[kernel], lastUse(value, kernel)});
    }
    ArenaSize size = assignOffsets(buffers, share);
    graph.setArenaBytes(size.bytes);
    graph.setSumBytes(size.sum);
    for (auto &[kernel, at] : number)
      writePlaces(cast<KernelOp>(kernel));
  }

  /// All parts of a pack together are one buffer; any other result of a kernel is a buffer by itself.
  void findBuffers() {
    graph.walk([&](PackOp pack) {
      int64_t bytes = 0;
      for (Value part : pack.getParts()) {
        parts[behindReshapes(part)] = {unsigned(buffers.size()), bytes};
        bytes += byteSize(tensorOf(part));
      }
      buffers.push_back({.bytes = bytes});
    });
    for (auto &[kernel, at] : number)
      for (Value result : kernel->getResults())
        if (!versions.of(result) && !parts.count(result)) {
          parts[result] = {unsigned(buffers.size()), 0};
          buffers.push_back({.bytes = byteSize(tensorOf(result))});
        }
  }

  /// The number of the last kernel that reads the value, also through views and packs.
  int64_t lastUse(Value value, KernelOp definition) {
    int64_t last = -1;
    for (Operation *user : value.getUsers()) {
      if (auto kernel = dyn_cast<KernelOp>(user))
        last = std::max(last, usedUntil(kernel, definition));
      else if (isa<ReshapeOp, PackOp, AllReduceOp>(user))
        last = std::max(last, lastUse(user->getResult(0), definition));
      else if (auto observed = dyn_cast<ObserveOp>(user); observed && behindRanks(value))
        last = std::max(last, endOfStep(observed));
    }
    return last;
  }

  /// The number of the last kernel of an operation's step; -1 outside of steps. What ranks reduce is observed only
  /// there, so that they do not wait for one another at once.
  int64_t endOfStep(Operation *op) {
    int64_t last = -1;
    if (auto step = dyn_cast<StepOp>(op->getParentOp()))
      for (auto kernel : step.getBody().front().getOps<KernelOp>())
        last = std::max(last, number[kernel]);
    return last;
  }

  /// The number of the last kernel of a repeated step, because the next repetition needs values from outside again;
  /// otherwise the number of the user itself.
  int64_t usedUntil(KernelOp user, Operation *definition) {
    auto step = dyn_cast<StepOp>(user->getParentOp());
    if (!step || step.getTimes() == 1 || definition->getParentOp() == step)
      return number[user];
    int64_t last = number[user];
    for (auto kernel : step.getBody().front().getOps<KernelOp>())
      last = std::max(last, number[kernel]);
    return last;
  }

  void writePlaces(KernelOp kernel) {
    SmallVector<Attribute> places;
    for (Value result : kernel.getResults()) {
      if (std::optional<StringRef> state = versions.of(result)) {
        places.push_back(place(Space::State, states.lookup(*state)));
      } else {
        Part part = parts.lookup(result);
        places.push_back(place(Space::Arena, buffers[part.buffer].offset + part.offset));
      }
    }
    kernel.setPlacesAttr(ArrayAttr::get(graph.getContext(), places));
  }

  /// The place of a kernel's result in a buffer.
  struct Part {
    unsigned buffer = 0;
    int64_t offset = 0;
  };

  GraphOp graph;
  const llvm::StringMap<int64_t> &states; ///< offset of each state
  bool share;
  StateVersions versions;
  llvm::MapVector<Operation *, int64_t> number;
  llvm::MapVector<Value, Part> parts;
  std::vector<Buffer> buffers;
};

struct PlanMemory : impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    llvm::StringMap<int64_t> states;
    int64_t bytes = 0;
    getOperation().walk([&](StateOp state) {
      states[state.getName()] = bytes;
      state.setPlaceAttr(PlaceAttr::get(&getContext(), Space::State, bytes));
      bytes += llvm::alignTo(byteSize(cast<Tensor>(state.getType())), bufferAlignment);
    });
    getOperation()->setAttr("gan.state_bytes", Builder(&getContext()).getI64IntegerAttr(bytes));
    getOperation().walk([&](GraphOp graph) {
      separateReduced(graph);
      separatePackedParts(graph);
      GraphPlanner(graph, states, share).run();
    });
  }
};

} // namespace
} // namespace gan
