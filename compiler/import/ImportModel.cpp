// Declares what a model needs, and then builds its graphs one after the other. Graphs share nothing but the
// declarations.
#include "compiler/import/ImportModel.h"
#include "compiler/import/Graphs.h"
#include "compiler/import/ShownGraphs.h"

using namespace mlir;

namespace gan {

OwningOpRef<ModuleOp> importModel(const dsl::Model &model, const dsl::Source &source, MLIRContext &context,
                                  Sharing sharing) {
  context.loadDialect<GanDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  Declarations declared(model, source, *module, sharing);
  buildTrainGraph(declared);
  buildEvaluateGraph(declared);
  ShownGraphs(declared).build();
  return module;
}

} // namespace gan
