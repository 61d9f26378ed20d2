// Common subexpression elimination across steps. A value that two steps compute from the same values outside them is
// computed once, before the steps. This is done only if both steps run in every iteration, once, so that nothing is
// computed in vain. Draws and state changes are never shared, because their operands or attributes differ by
// construction.
#include "compiler/passes/Passes.h"

#include "mlir/IR/OperationSupport.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_SHAREACROSSSTEPS
#include "compiler/passes/Passes.h.inc"

namespace {

bool always(StepOp step) {
  return step.getEvery() == 1 && step.getTimes() == 1 && (int64_t)step.getStream() < 0 && !step.getUsers();
}

/// Whether the operation is pure and reads only values from outside the step, so that it could stand before the step.
bool hoistable(Operation &op, StepOp step) {
  if (!isMemoryEffectFree(&op) || op.hasTrait<OpTrait::IsTerminator>() || op.getNumRegions() ||
      op.getNumOperands() == 0)
    return false;
  return llvm::all_of(op.getOperands(), [&](Value v) { return v.getParentRegion() != &step.getBody(); });
}

bool same(Operation &a, Operation &b) {
  return OperationEquivalence::isEquivalentTo(&a, &b, OperationEquivalence::exactValueMatch, nullptr,
                                              OperationEquivalence::IgnoreLocations);
}

/// Moves one operation that stands in both steps before the first step; returns whether there was one.
bool shareOne(StepOp first, StepOp second) {
  llvm::DenseMap<unsigned, SmallVector<Operation *>> candidates;
  auto hash = [](Operation &op) {
    return (unsigned)OperationEquivalence::computeHash(&op, OperationEquivalence::directHashValue,
                                                       OperationEquivalence::ignoreHashValue,
                                                       OperationEquivalence::IgnoreLocations);
  };
  for (Operation &op : first.getBody().front())
    if (hoistable(op, first) && llvm::all_of(op.getOperands(), [&](Value v) {
          Operation *def = v.getDefiningOp();
          return !def || def->getBlock() != first->getBlock() || def->isBeforeInBlock(first);
        }))
      candidates[hash(op)].push_back(&op);
  bool changed = false;
  for (Operation &op : llvm::make_early_inc_range(second.getBody().front())) {
    if (!hoistable(op, second))
      continue;
    for (Operation *&candidate : candidates[hash(op)]) {
      if (!candidate || !same(*candidate, op))
        continue;
      if (candidate->getBlock() != first->getBlock())
        candidate->moveBefore(first);
      op.replaceAllUsesWith(candidate);
      op.erase();
      changed = true;
      break;
    }
  }
  return changed;
}

struct ShareAcrossSteps : impl::ShareAcrossStepsBase<ShareAcrossSteps> {
  void runOnOperation() override {
    getOperation().walk([](GraphOp graph) {
      SmallVector<StepOp> steps;
      for (StepOp step : graph.getBody().getOps<StepOp>())
        if (always(step))
          steps.push_back(step);
      bool changed = true;
      while (changed) { // users of an operation that was moved can now move as well
        changed = false;
        for (size_t i = 0; i < steps.size(); ++i)
          for (size_t j = i + 1; j < steps.size(); ++j)
            changed |= shareOne(steps[i], steps[j]);
      }
    });
  }
};

} // namespace
} // namespace gan
