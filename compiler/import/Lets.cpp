// Evaluates the lets of a place in the model, each with all its outputs. Their values are kept by Expressions.
#include "compiler/import/Lets.h"
#include "compiler/import/LetUsers.h"

using namespace mlir;

namespace gan {

void Lets::evaluate(int index) {
  const dsl::Model &model = graph.model;
  dsl::Expr let;
  let.kind = dsl::ExprKind::Let;
  let.index = index;
  bool several = model.lets[index].value->type.kind == dsl::TypeKind::Block;
  int outputs = several ? int(model.blocks[originOf(model, let).first->index].outputs.size()) : 1;
  for (let.output = 0; let.output < outputs; ++let.output)
    expressions.evaluate(let);
}

void Lets::ofStep() {
  for (size_t i = 0; i < graph.model.lets.size(); ++i)
    if (graph.model.lets[i].step == graph.position.step)
      evaluate(int(i));
}

void Lets::outer() {
  for (auto &[let, users] : usersOfLets(graph.model)) {
    auto advancing = graph.advances.forUsers(users);
    evaluate(let);
  }
}

void Lets::watched() {
  for (int let : watchedLets(graph.model))
    evaluate(let);
}

} // namespace gan
