// Begins a graph with a read of each state, and ends it with a write of those that changed. Everything between works on
// values alone.
#include "compiler/import/Graph.h"

using namespace mlir;

namespace gan {

static Block *newGraph(ModuleOp module, GraphKind kind, const std::string &label) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto op = GraphOp::create(builder, builder.getUnknownLoc(), kind,
                            label.empty() ? StringAttr() : builder.getStringAttr(label), IntegerAttr(), IntegerAttr(),
                            IntegerAttr());
  return &op.getBody().emplaceBlock();
}

Graph::Graph(const Declarations &declared, GraphKind kind, const Mode &mode, const std::string &label)
    : builder(OpBuilder::atBlockEnd(newGraph(declared.module(), kind, label))), declared(declared),
      model(declared.model), mode(mode), ops{builder, builder.getUnknownLoc(), model.batch},
      numbers(model, ops, position), inputs(model, ops, position, *builder.getBlock()), states(declared.fields, ops),
      advances(ops, position, states) {
  for (auto &[state, type] : declared.states())
    states.set(state, inputs.state(state, type));
  before = states.versions();
}

ObserveOp Graph::observe(ObserveKind kind, const std::string &name, Value v) {
  return ObserveOp::create(ops.b, ops.loc, kind, name, position.entry, v, ArrayAttr(), LayoutAttr(), APFloat(0.0),
                           APFloat(0.0), ValueKind::Plain, false, false);
}

void Graph::writeStates() {
  for (auto &[state, version] : states.versions())
    if (version != before[state])
      WriteOp::create(ops.b, ops.b.getUnknownLoc(), state, version);
}

} // namespace gan
