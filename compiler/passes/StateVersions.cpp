#include "compiler/passes/StateVersions.h"
#include "compiler/passes/Places.h"
#include "compiler/passes/States.h"

using namespace mlir;

namespace gan {

Value insertCopy(Value value, Operation *before) {
  OpBuilder builder(before);
  auto kernel =
      KernelOp::create(builder, before->getLoc(), value.getType(), value, builder.getStringAttr("copy"), {}, {}, {});
  Block &body = kernel.getBody().emplaceBlock();
  Value argument = body.addArgument(value.getType(), before->getLoc());
  OpBuilder inside = OpBuilder::atBlockEnd(&body);
  YieldOp::create(inside, before->getLoc(), argument);
  return kernel.getResult(0);
}

llvm::MapVector<Operation *, int64_t> numberKernels(GraphOp graph) {
  llvm::MapVector<Operation *, int64_t> number;
  for (KernelOp kernel : kernelsInOrder(graph))
    number[kernel] = int64_t(number.size());
  return number;
}

StateVersions::StateVersions(GraphOp graph) : graph(graph) {
  find();
  copyUnsafe();
}

std::optional<StringRef> StateVersions::of(Value value) const {
  auto it = versions.find(value);
  return it == versions.end() ? std::nullopt : std::optional(it->second);
}

/// Follows each written state backwards through the steps: every value on the way is a version of it.
void StateVersions::find() {
  for (WriteOp write : graph.getBody().getOps<WriteOp>()) {
    StringRef state = write.getState();
    OpOperand *use = &write.getValueMutable();
    while (auto step = use->get().getDefiningOp<StepOp>()) {
      unsigned i = cast<OpResult>(use->get()).getResultNumber();
      stepStates[step][i] = state;
      versions[step.getBody().getArgument(i)] = state;
      versions[step.getResult(i)] = state;
      add(step.getBody().front().getTerminator()->getOpOperand(i), state);
      use = &step->getOpOperand(i);
    }
    add(*use, state); // what the first step starts with; it is computed here if a let advances the state
  }
  graph.walk([&](ReadOp read) { versions[read.getResult()] = read.getState(); });
}

/// A state may be assigned the value of another state, which keeps its own memory, so the value is copied. A value that
/// a `let` in front of the steps computes is copied, too, because the step may not run while others still read the
/// value.
void StateVersions::add(OpOperand &use, StringRef state) {
  auto step = dyn_cast<StepOp>(use.getOwner()->getParentOp());
  Operation *def = use.get().getDefiningOp();
  if (!isa_and_nonnull<KernelOp>(def) || (step && step.getUsers() && def->getParentOp() != step)) {
    if (stateOf(use.get()) == state)
      return;
    use.set(insertCopy(use.get(), use.getOwner()));
  }
  uses.push_back({&use, state});
}

static bool packed(Value v) {
  return llvm::any_of(v.getUsers(), [](Operation *user) { return isa<PackOp, ReshapeOp>(user); });
}

/// If a kernel cannot write a version over the older one, the version is written elsewhere and copied at the end.
void StateVersions::copyUnsafe() {
  number = numberKernels(graph);
  for (auto &[use, state] : uses) {
    auto kernel = use->get().getDefiningOp<KernelOp>();
    bool taken = versions.count(use->get()) && versions[use->get()] != state;
    if (taken || packed(use->get()) || !canOverwrite(kernel, state)) {
      use->set(insertCopy(use->get(), use->getOwner()));
      number = numberKernels(graph);
    }
    versions[use->get()] = state;
  }
  for (auto &[use, state] : uses)
    markInPlace(use->get().getDefiningOp<KernelOp>());
}

/// Whether the kernel is a map that reads the operand only at the index that it writes.
static bool readsInPlace(KernelOp kernel, unsigned operand) {
  Block &body = kernel.getBody().front();
  for (Operation &op : body.without_terminator())
    if (!isMap(&op))
      return false;
  Value argument = body.getArgument(operand);
  return llvm::all_of(argument.getUsers(), [](Operation *user) { return isElementwise(user) || isa<YieldOp>(user); });
}

/// The value behind views, and whether there was any view.
static std::pair<Value, bool> behindViews(Value v) {
  bool view = false;
  while (Operation *def = v.getDefiningOp()) {
    if (!isa<UnpackOp, ReshapeOp>(def))
      break;
    view = true;
    v = def->getOperand(0);
  }
  return {v, view};
}

/// Whether every kernel that reads an older version of the state runs before `kernel`, or is `kernel` and reads it
/// element by element.
bool StateVersions::canOverwrite(KernelOp kernel, StringRef state) const {
  int64_t at = number.lookup(kernel);
  for (auto &[other, otherNumber] : number)
    for (OpOperand &operand : other->getOpOperands()) {
      auto [v, view] = behindViews(operand.get());
      if (of(v) != state || definedAt(v) >= at)
        continue;
      if (otherNumber > at || (other == kernel && (view || !readsInPlace(kernel, operand.getOperandNumber()))))
        return false;
    }
  return true;
}

/// The number of the kernel that computes a version; -1: it exists from the start. A step's argument is the same
/// version as its init.
int64_t StateVersions::definedAt(Value v) const {
  while (true) {
    if (auto kernel = v.getDefiningOp<KernelOp>())
      return number.lookup(kernel);
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

void StateVersions::markInPlace(KernelOp kernel) const {
  SmallVector<int64_t> inplace(kernel.getNumResults(), -1);
  for (auto [i, result] : llvm::enumerate(kernel.getResults()))
    for (auto [o, operand] : llvm::enumerate(kernel.getOperands()))
      if (std::optional<StringRef> state = of(result); state && of(operand) == state)
        inplace[i] = o;
  if (llvm::any_of(inplace, [](int64_t o) { return o >= 0; }))
    kernel.setInplace(inplace);
}

} // namespace gan
