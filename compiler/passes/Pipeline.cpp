// Defines the order of the passes, stage by stage.
#include "compiler/passes/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace gan {

void addPasses(mlir::OpPassManager &manager, PassStage stage, std::optional<int64_t> shared) {
  // Stable forms come first: log(sigmoid(x)) must be gone before its derivative, which contains 1 / sigmoid(x), is
  // built.
  manager.addPass(createSimplify());
  manager.addPass(mlir::createCSEPass());
  manager.addPass(createAssignLayouts());
  manager.addPass(createDifferentiate());
  if (stage == PassStage::Grad)
    return;
  manager.addPass(createSimplify());
  manager.addPass(mlir::createCSEPass());
  manager.addPass(createShareAcrossSteps());
  // Sharing and CSE make more simplifications possible. After this, fusion sees no dead or equal operations.
  manager.addPass(createSimplify());
  manager.addPass(mlir::createCSEPass());
  // Whatever sums over samples, forward or backward, now stands there as an operation.
  if (shared)
    manager.addPass(createCrossRanks({*shared}));
  manager.addPass(createFuseKernels());
  if (stage == PassStage::Fused)
    return;
  manager.addPass(createPlanMemory());
}

} // namespace gan
