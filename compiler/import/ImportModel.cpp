// The graphs of a module, one after the other, behind its declarations.
#include "compiler/import/Importer.h"

using namespace mlir;

namespace gan {

OwningOpRef<ModuleOp> importModel(const dsl::Model &model, const dsl::Source &source, MLIRContext &context) {
  context.loadDialect<GanDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  Declarations declared(model, source, *module);
  Importer(declared).run();
  return module;
}

void Importer::run() {
  builder.setInsertionPointToEnd(declared.module().getBody());
  trainGraph();
  evaluateGraph();
  sampleGraph();
  reconstructGraph();
  encodeGraph();
  decodeGraph();
  likelihoodGraph();
}

} // namespace gan
