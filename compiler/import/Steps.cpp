// Builds gan.steps around the objectives. Which states a step changes is known only when its body is there, so the body
// begins with all of them as arguments.
#include "compiler/import/Steps.h"
#include "compiler/import/Objectives.h"
#include "compiler/import/Streams.h"

using namespace mlir;

namespace gan {

void Steps::build() {
  for (size_t s = 0; s < graph.model.steps.size(); ++s)
    for (int stream : streamsOf(graph.model.steps[s]))
      step(graph.model.steps[s], int64_t(s), stream);
}

void Steps::step(const dsl::Step &s, int64_t index, int stream) {
  const States::Versions before = graph.states.versions();
  Location loc = graph.declared.location(s.span, "step " + s.name);
  int64_t entry = entries++;
  Body made;
  {
    auto versions = graph.states.enter();
    auto values = expressions.enter();
    llvm::SaveAndRestore position(graph.position, Position{index, entry, stream});
    made = body(s, loc, before);
  }
  SmallVector<Value> inits;
  for (const std::string &name : made.states)
    inits.push_back(before.at(name));
  SmallVector<int64_t> blocks;
  for (const dsl::Objective &o : s.objectives)
    blocks.append(o.blocks.begin(), o.blocks.end());
  auto op = StepOp::create(ops.b, loc, TypeRange(ValueRange(inits)), s.name, entry, s.every, s.times, stream, blocks,
                           DenseI64ArrayAttr(), ArrayAttr(), inits);
  op.getBody().push_back(made.block.release());
  for (auto [name, result] : llvm::zip(made.states, op.getResults()))
    graph.states.set(name, result);
}

/// The body is built on arguments for every state; those that did not change are dropped afterwards. A body makes draws
/// outside of the step, for later steps as well, unless it is repeated.
Steps::Body Steps::body(const dsl::Step &s, Location loc, const States::Versions &before) {
  Body body{std::make_unique<Block>(), {}};
  for (auto &[name, type] : graph.declared.states()) {
    body.states.push_back(name);
    graph.states.set(name, body.block->addArgument(type, loc));
  }
  OpBuilder::InsertionGuard guard(ops.b);
  ops.b.setInsertionPointToEnd(body.block.get());
  Objectives objectives(graph, expressions, s, before);
  if (s.times > 1) {
    auto own = graph.inputs.repeat(s, *body.block);
    objectives.build();
  } else {
    objectives.build();
  }
  dropUnchanged(body, before);
  SmallVector<Value> yields;
  for (const std::string &name : body.states)
    yields.push_back(graph.states.at(name));
  ops.b.setInsertionPointToEnd(body.block.get());
  YieldOp::create(ops.b, loc, yields);
  return body;
}

/// Replaces arguments that did not change by the value outside.
void Steps::dropUnchanged(Body &body, const States::Versions &before) {
  for (int64_t i = int64_t(body.states.size()) - 1; i >= 0; --i) {
    Value argument = body.block->getArgument(i), same = before.at(body.states[i]);
    if (graph.states.at(body.states[i]) != argument)
      continue;
    argument.replaceAllUsesWith(same);
    graph.states.replace(argument, same); // an average copies the values of other states
    body.block->eraseArgument(i);
    body.states.erase(body.states.begin() + i);
  }
}

} // namespace gan
