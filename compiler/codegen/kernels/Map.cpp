// Element-wise kernels: every result at a point is an expression of the operands.
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {

static std::vector<Halide::Var> varsFor(Tensor type, MapStages &stages) {
  std::vector<Halide::Var> outer;
  for (int64_t d = 0; d < type.getRank(); ++d)
    outer.emplace_back("i" + std::to_string(d));
  stages.vars = reversed(outer);
  for (int64_t size : llvm::reverse(type.getShape()))
    stages.extents.push_back(size);
  return outer;
}

MapStages buildMap(KernelOp kernel, Evaluator &evaluator) {
  MapStages stages;
  std::vector<Halide::Var> vars = varsFor(cast<Tensor>(kernel.getResult(0).getType()), stages);
  Index index(vars.begin(), vars.end());
  std::vector<Halide::Expr> results;
  for (Value v : kernel.getBody().front().getTerminator()->getOperands())
    results.push_back(evaluator.at(v, index));
  if (!kernel.getInplace() || results.size() == 1) {
    stages.out(stages.vars) = Halide::Tuple(results);
    return stages;
  }
  stages.values = Halide::Func("values");
  stages.values(stages.vars) = Halide::Tuple(results);
  std::vector<Halide::Expr> stores;
  for (size_t i = 0; i < results.size(); ++i)
    stores.push_back(stages.values(stages.vars)[i]);
  stages.out(stages.vars) = Halide::Tuple(stores);
  return stages;
}

} // namespace gan
