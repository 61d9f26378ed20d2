// Small queries of the checked model.
#include "dsl/Model.h"

#include <set>
#include <stdexcept>

namespace gan::dsl {

int64_t elements(const Shape &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(product, size, &product))
      return std::numeric_limits<int64_t>::max();
  return product;
}

Number literalNumber(double value) { return {{{NumberOp::Literal, value, -1}}}; }

const LayerArg &Layer::argument(std::string_view name) const {
  for (const LayerArg &arg : args)
    if (arg.name == name)
      return arg;
  throw std::logic_error("a layer has no argument " + std::string(name));
}

const Number &Layer::arg(std::string_view name) const { return argument(name).values.at(0); }

std::string givenName(const Block &block, int input) {
  const Input &own = block.inputs[size_t(input)];
  if (!own.name.empty())
    return own.name;
  int before = 0;
  for (int i = 0; i < input; ++i)
    before += block.inputs[size_t(i)].name.empty();
  return "input" + (before ? std::to_string(before + 1) : std::string());
}

const Layer *codebookAt(const Model &model, const Expr &e) {
  const Expr *origin = &e;
  while (origin->kind == ExprKind::Let)
    origin = model.lets[size_t(origin->index)].value.get();
  if (origin->kind != ExprKind::Apply || model.blocks[size_t(origin->index)].layers.empty())
    return nullptr;
  const Block &block = model.blocks[size_t(origin->index)];
  if (origin->label < 0 && (block.outputs.size() != 1 || block.layers.back().out != block.outputs[0].shape))
    return nullptr;
  const Layer &last =
      origin->label < 0 ? block.layers.back() : block.layers[size_t(block.labels[size_t(origin->label)].afterLayer)];
  return last.kind == LayerKind::Codebook ? &last : nullptr;
}

const Label *updatedLabel(const Model &model, const Objective &objective, int block) {
  auto found = objective.labels.find(block);
  return found == objective.labels.end() ? nullptr : &model.blocks[size_t(block)].labels[size_t(found->second)];
}

static void walk(const Model *model, const Expr &root, const std::function<void(const Expr &)> &visit) {
  std::set<const Expr *> seen;
  std::vector<const Expr *> open{&root}; // an explicit stack, because lets can be nested too deeply for recursion
  while (!open.empty()) {
    const Expr *e = open.back();
    open.pop_back();
    if (!seen.insert(e).second)
      continue;
    visit(*e);
    if (model && e->kind == ExprKind::Let && model->lets[size_t(e->index)].value)
      open.push_back(model->lets[size_t(e->index)].value.get());
    for (const ExprPtr &a : e->args)
      open.push_back(a.get());
  }
}

void visitAll(const Model &model, const Expr &root, const std::function<void(const Expr &)> &visit) {
  walk(&model, root, visit);
}

void visitWithin(const Expr &root, const std::function<void(const Expr &)> &visit) { walk(nullptr, root, visit); }

void walkGradient(const Model &model, const Expr &root, const std::function<void(const Expr &, int)> &visit) {
  std::set<const Expr *> seen;
  std::vector<std::pair<const Expr *, int>> stack{{&root, -1}};
  while (!stack.empty()) {
    auto [e, let] = stack.back();
    stack.pop_back();
    if (!seen.insert(e).second || (e->kind == ExprKind::Call && e->function == Function::Stop))
      continue;
    if (e->kind == ExprKind::Let) {
      const Let &l = model.lets[e->index];
      if (l.value)
        stack.push_back({l.value.get(), l.step < 0 && let < 0 ? e->index : let});
      continue;
    }
    if (e->kind == ExprKind::Apply)
      visit(*e, let);
    for (const ExprPtr &a : e->args)
      stack.push_back({a.get(), let});
  }
}

} // namespace gan::dsl
