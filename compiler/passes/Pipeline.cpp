// The order of the passes, stage by stage.
#include "compiler/passes/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace gan {

void addPasses(mlir::OpPassManager &manager, PassStage stage) {
  // Stable forms first: log(sigmoid(x)) must be gone before its derivative 1 / sigmoid(x) is written.
  manager.addPass(createSimplify());
  manager.addPass(mlir::createCSEPass());
  manager.addPass(createAssignLayouts());
  manager.addPass(createDifferentiate());
  if (stage == PassStage::Grad)
    return;
  manager.addPass(createSimplify());
  manager.addPass(mlir::createCSEPass());
  manager.addPass(createShareAcrossSteps());
  // Sharing and CSE uncover more to simplify; after this nothing dead or equal is left for fusion to see.
  manager.addPass(createSimplify());
  manager.addPass(mlir::createCSEPass());
  manager.addPass(createFuseKernels());
  if (stage == PassStage::Fused)
    return;
  manager.addPass(createPlanMemory());
}

} // namespace gan
