// Evaluates each kind of expression but functions, which are in Functions. Every expression sets the place that its
// operations carry, so that what fails later leads back to the words of the model.
#include "compiler/import/Expressions.h"
#include "compiler/Bug.h"
#include "compiler/import/Images.h"
#include "compiler/import/LetUsers.h"

using namespace mlir;
using gan::dsl::ExprKind;

namespace gan {

Expressions::Expressions(Graph &graph) : graph(graph), ops(graph.ops), applications(graph), functions(graph, *this) {}

/// The type of a value as it lies in memory.
Tensor Expressions::typeOf(const dsl::Type &type) {
  SmallVector<int64_t> shape = insideShape(type.shape);
  return type.kind == dsl::TypeKind::Sample || type.kind == dsl::TypeKind::Distribution ? ops.batched(shape)
                                                                                        : ops.f32(shape);
}

Value Expressions::value(const dsl::Expr &e) {
  return e.kind == ExprKind::Number ? graph.numbers.as(ops.f32({}), e.number) : evaluate(e).first;
}

Value Expressions::valueAs(const dsl::Expr &e, const dsl::Type &target) {
  Tensor type = typeOf(target);
  if (e.kind == ExprKind::Number)
    return graph.numbers.as(type, e.number);
  Value v = value(e);
  if (v.getType() == type)
    return v;
  // `dims` lists the target's dimensions that v has: the batch, the shape of a sample, both, or none.
  int64_t rank = type.getRank();
  dsl::Shape shape = e.type.shape;
  if (shape == dsl::Shape{1} && target.shape != shape) { // v is one number for each sample
    shape.clear();
    v = ops.reshape(v, tensorOf(v).getShape().drop_back());
  }
  SmallVector<int64_t> dims;
  if (e.type.kind == dsl::TypeKind::Sample)
    dims.push_back(0);
  if (!shape.empty())
    for (int64_t d = rank - int64_t(shape.size()); d < rank; ++d)
      dims.push_back(d);
  return ops.broadcast(v, type, dims);
}

Value Expressions::average(const dsl::Expr &e) {
  Value v = value(e);
  graph.standAt(e.span, "average");
  return tensorOf(v).getRank() ? ops.scale(ops.sum(v, {0}), 1.0 / double(ops.batch)) : v;
}

SmallVector<Value> Expressions::operands(const dsl::Expr &e) {
  SmallVector<Value> values;
  for (const dsl::ExprPtr &a : e.args)
    values.push_back(valueAs(*a, e.type));
  return values;
}

Distribution Expressions::evaluate(const dsl::Expr &e) {
  if (e.kind == ExprKind::Let)
    return let(e);
  ops.loc = graph.declared.location(e);
  switch (e.kind) {
  case ExprKind::Number:
    return graph.numbers.as(ops.f32({}), e.number);
  case ExprKind::Data:
    return data(e);
  case ExprKind::Latent:
    return graph.inputs.latent(e.index, 0);
  case ExprKind::Fresh:
    return graph.inputs.latent(e.index, e.draw);
  case ExprKind::Refined:
    return known.refined.at(e.index);
  case ExprKind::Refine:
    return refine(graph.model.refinements[e.index], e.index);
  case ExprKind::Given: {
    const dsl::Block &block = graph.model.blocks[e.index];
    return graph.inputs.given(givenSymbol(block, e.draw), dsl::givenName(block, e.draw), typeOf(e.type));
  }
  case ExprKind::Apply:
    return apply(e);
  case ExprKind::Standard: {
    Value zero = ops.constant(typeOf(e.type), 0);
    return {e.type.dist, zero, zero};
  }
  case ExprKind::Call:
    return functions.call(e);
  default:
    return arithmetic(e);
  }
}

Distribution Expressions::let(const dsl::Expr &e) {
  const dsl::Expr &inner = *graph.model.lets[e.index].value;
  bool several = inner.type.kind == dsl::TypeKind::Block;
  std::pair<int, int> key{e.index, several ? e.output : 0};
  if (auto found = known.lets.find(key); found != known.lets.end())
    return found->second;
  dsl::Expr chosen = inner;
  if (several)
    chosen.output = e.output;
  Distribution v = evaluate(several ? chosen : inner);
  known.lets[key] = v;
  return v;
}

Value Expressions::data(const dsl::Expr &e) {
  const dsl::Data &d = graph.model.data[e.index];
  Tensor type = typeOf(e.type);
  if (graph.mode.drawLabels && d.kind == dsl::DataKind::Categorical)
    return graph.inputs.labels(d.name, type);
  if (graph.mode.drawLabels && d.kind == dsl::DataKind::Vector)
    return graph.inputs.attributes(d.name, type, d.range);
  return graph.inputs.data(d.name, type);
}

/// Lets that contain something random are computed anew for every copy but the first; the other lets are computed once.
SmallVector<Value> Expressions::copies(const dsl::Expr &e, int count) {
  SmallVector<Value> values;
  llvm::SaveAndRestore lets(known.lets);
  llvm::SaveAndRestore copy(graph.position.copy);
  for (int i = 0; i < count; ++i) {
    graph.position.copy = i;
    if (i)
      std::erase_if(known.lets, [&](const auto &let) { return isRandom(graph.model, let.first.first); });
    values.push_back(value(e));
  }
  return values;
}

/// All steps, one after the other: each has its own draws, lets and time. Other graphs have no such values.
Value Expressions::refine(const dsl::Refinement &refinement, int index) {
  const dsl::Type type{dsl::TypeKind::Sample, graph.model.latents[refinement.latent].shape, dsl::OutputKind::Value, {}};
  Value v = graph.inputs.latent(refinement.latent, 0);
  llvm::SaveAndRestore names(known);
  llvm::SaveAndRestore position(graph.position);
  for (int64_t k = refinement.steps; k > 0; --k) {
    char time[32];
    snprintf(time, sizeof time, "%.17g", double(k) / double(refinement.steps));
    known.lets.clear();
    known.refined[index] = v;
    graph.position.copy = int(refinement.steps - k);
    graph.position.time = time;
    v = valueAs(*refinement.next, type);
  }
  return v;
}

Value Expressions::arithmetic(const dsl::Expr &e) {
  SmallVector<Value> v = operands(e);
  graph.standAt(e.span, "expression");
  switch (e.kind) {
  case ExprKind::Add:
    return ops.add(v[0], v[1]);
  case ExprKind::Sub:
    return ops.sub(v[0], v[1]);
  case ExprKind::Mul:
    return ops.mul(v[0], v[1]);
  case ExprKind::Div:
    return ops.div(v[0], v[1]);
  case ExprKind::Pow:
    if (std::optional<double> two = e.args[1]->kind == ExprKind::Number ? e.args[1]->number.literal() : std::nullopt;
        two == 2.0)
      return ops.unary<SquareOp>(v[0]);
    return ops.binary<PowOp>(v[0], v[1]);
  case ExprKind::Less:
    return ops.binary<GtOp>(v[1], v[0]);
  case ExprKind::Greater:
    return ops.binary<GtOp>(v[0], v[1]);
  case ExprKind::And:
    return ops.mul(v[0], v[1]);
  case ExprKind::Or:
    return ops.binary<MaxOp>(v[0], v[1]);
  case ExprKind::Not:
    return ops.sub(ops.like(v[0], 1), v[0]);
  default:
    ensure(e.kind == ExprKind::Neg, "every operator has its case");
    return ops.unary<NegOp>(v[0]);
  }
}

/// The value of a block after some layers, applied to the expression's arguments.
Value Expressions::after(size_t count, int block, const dsl::Expr &e) {
  SmallVector<Value> arguments;
  for (const dsl::ExprPtr &a : e.args) {
    bool number = a->type.kind == dsl::TypeKind::Number;
    Value v = number ? valueAs(*a, {dsl::TypeKind::Sample, {1}, dsl::OutputKind::Value, {}}) : value(*a);
    arguments.push_back(applications.same(v));
  }
  return applications.after(count, block, arguments);
}

/// Applies a block to its inputs, or a head to its trunk applied to them.
Distribution Expressions::apply(const dsl::Expr &e) {
  const dsl::Model &model = graph.model;
  const dsl::Block &block = model.blocks[e.index];
  if (block.kind == dsl::BlockKind::Global)
    return ops.reshape(graph.states.parameter(block, block.layers[0], block.layers[0].params[0].name), {});
  if (e.label < 0 && graph.mode.givenCodes.count(e.index))
    return graph.inputs.data(codeName(block, e.output), ops.batched(insideShape(block.outputs[e.output].shape)));
  size_t count = e.label >= 0 ? block.labels[e.label].afterLayer + 1 : block.layers.size();
  Value last;
  if (block.trunk) {
    size_t depth = model.blocks[block.trunk->block].labels[block.trunk->label].afterLayer + 1;
    Value trunk = after(depth, block.trunk->block, e);
    last = count ? applications.after(count, e.index, {trunk}) : trunk;
  } else {
    last = count ? after(count, e.index, e) : value(*e.args[0]);
  }
  if (e.label >= 0)
    return last;
  graph.standAt(block.outputs[e.output].span, block.name + " output");
  return applications.output(block, last, e.output);
}

} // namespace gan
