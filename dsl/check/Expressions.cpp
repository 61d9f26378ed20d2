// Checks expressions over values of a sample: names, applications of blocks, arithmetic. Ranges of values are computed,
// so that a logarithm of something negative is found before anything runs.
#include "dsl/check/State.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {
namespace {

std::shared_ptr<Expr> make(ExprKind kind, Span span, Type type) {
  auto e = std::make_shared<Expr>();
  e->kind = kind;
  e->span = span;
  e->type = std::move(type);
  return e;
}

/// The range of a product, from the products of the ends. 0 * infinity counts as 0, because each factor is finite when
/// it is computed.
Range product(Range a, Range b) {
  double lo = INFINITY, hi = -INFINITY;
  for (double x : {a.lo, a.hi})
    for (double y : {b.lo, b.hi}) {
      double p = x == 0 || y == 0 ? 0 : x * y;
      lo = std::min(lo, p);
      hi = std::max(hi, p);
    }
  return {lo, hi};
}

Range arithmetic(ExprKind kind, Range a, Range b) {
  switch (kind) {
  case ExprKind::Add:
    return {a.lo + b.lo, a.hi + b.hi};
  case ExprKind::Sub:
    return {a.lo - b.hi, a.hi - b.lo};
  case ExprKind::Mul:
    return product(a, b);
  case ExprKind::Div:
    return b.lo > 0 || b.hi < 0 ? product(a, {1 / b.hi, 1 / b.lo}) : Range{};
  default:
    return a.lo >= 0 ? Range{0, INFINITY} : Range{};
  }
}

} // namespace

std::string Check::typeText(const Type &type) const {
  static constexpr const char *dists[] = {"value", "bernoulli", "gaussian", "categorical"};
  switch (type.kind) {
  case TypeKind::Number:
    return "a number";
  case TypeKind::Sample:
    return type.shape.empty() ? "one number per sample" : shapeText(type.shape) + " per sample";
  case TypeKind::Batch:
    return type.shape.empty() ? "one number for the batch" : shapeText(type.shape) + " for the batch";
  case TypeKind::Distribution:
    return std::string("a ") + dists[size_t(type.dist)] + " of " + shapeText(type.shape);
  case TypeKind::Block:
    return "several outputs";
  }
  return "";
}

ExprPtr Check::expression(const ast::Expr &e) {
  if (numbers.isNumber(e)) {
    size_t before = report.mistakes();
    auto n = make(ExprKind::Number, e.span, {TypeKind::Number, {}, OutputKind::Value, {}});
    n->number = numbers.number(e);
    if (std::optional<double> v = n->number.literal())
      n->type.range = {*v, *v};
    return report.mistakes() == before ? n : fail();
  }
  switch (e.kind) {
  case ast::ExprKind::Name:
    return nameExpression(e);
  case ast::ExprKind::Call:
    return callExpression(e);
  case ast::ExprKind::Member:
    return member(e);
  case ast::ExprKind::Unary:
    return unary(e);
  case ast::ExprKind::Binary:
    return binary(e);
  default:
    report.error(Id::WrongType, e.span, {"an expression", "a list"});
    return fail();
  }
}

ExprPtr Check::value(const ast::Expr &e) {
  ExprPtr v = expression(e);
  if (v && v->type.kind == TypeKind::Block) {
    report.error(Id::WrongType, e.span, {"one value", "several outputs: name one of them"});
    return fail();
  }
  return v && v->type.kind == TypeKind::Distribution ? expectation(v) : v;
}

ExprPtr Check::expectation(const ExprPtr &v) {
  Range range = v->type.dist == OutputKind::Gaussian ? Range{} : Range{0, 1};
  auto mean = make(ExprKind::Call, v->span, {TypeKind::Sample, v->type.shape, OutputKind::Value, range});
  mean->function = Function::Expectation;
  mean->args = {v};
  return mean;
}

ExprPtr Check::nameExpression(const ast::Expr &e) {
  if (!names.lookup(e.name.text) && e.name.text == "standard_normal")
    return make(ExprKind::StandardNormal, e.span, {TypeKind::Distribution, {}, OutputKind::Gaussian, {}});
  const Entity *entity = names.find(e.name, "value", {Entity::Data, Entity::Latent, Entity::Let});
  if (!entity)
    return fail();
  if (entity->kind == Entity::Let) {
    const Let &let = model.lets[entity->index];
    if (!let.value)
      return fail();
    auto ref = make(ExprKind::Let, e.span, let.value->type);
    ref->index = entity->index;
    return ref;
  }
  bool isData = entity->kind == Entity::Data;
  Type type{TypeKind::Sample,
            isData ? model.data[entity->index].shape : model.latents[entity->index].shape,
            OutputKind::Value,
            {}};
  if (isData)
    type.range = model.data[entity->index].range;
  else if (model.latents[entity->index].kind == LatentKind::Uniform)
    type.range = {model.latents[entity->index].lo, model.latents[entity->index].hi};
  else if (model.latents[entity->index].kind == LatentKind::Categorical)
    type.range = {0, 1};
  auto ref = make(isData ? ExprKind::Data : ExprKind::Latent, e.span, type);
  ref->index = entity->index;
  return ref;
}

/// Q(fake).c: one of an application's outputs.
ExprPtr Check::member(const ast::Expr &e) {
  ExprPtr object = expression(*e.operands[0]);
  if (!object)
    return fail();
  const Expr *application = object.get();
  while (application->kind == ExprKind::Let)
    application = model.lets[application->index].value.get();
  if (application->kind != ExprKind::Apply || application->type.kind != TypeKind::Block) {
    report.error(Id::WrongType, e.operands[0]->span,
                 {"a block's application with several outputs", typeText(object->type)});
    return fail();
  }
  const Block &block = model.blocks[application->index];
  std::vector<std::string> names;
  for (size_t i = 0; i < block.outputs.size(); ++i) {
    names.push_back(block.outputs[i].name);
    if (block.outputs[i].name != e.name.text)
      continue;
    auto field = std::make_shared<Expr>(*object); // a copy of a let is still computed once, where the let stands
    const Output &o = block.outputs[i];
    field->span = e.span;
    field->output = i;
    field->type = {o.kind == OutputKind::Value ? TypeKind::Sample : TypeKind::Distribution, o.shape, o.kind, o.range};
    return field;
  }
  report.suggest(report.error(Id::UnknownName, e.name.span, {"output of " + block.name, e.name.text}), e.name.text,
                 names, e.name.span);
  return fail();
}

ExprPtr Check::callExpression(const ast::Expr &e) {
  const ast::Expr &callee = *e.operands[0];
  if (callee.kind == ast::ExprKind::Member && callee.name.text == "detach") {
    report.error(Id::UnknownName, callee.name.span, {"block or function", callee.name.text}).fix =
        Fix{e.span, "stop(" + report.text(callee.operands[0]->span) + ")"};
    return fail();
  }
  if (callee.kind == ast::ExprKind::Member && callee.operands[0]->kind == ast::ExprKind::Name) {
    const Entity *entity = names.find(callee.operands[0]->name, "block", {Entity::Block});
    if (!entity)
      return fail();
    const Block &block = model.blocks[entity->index];
    std::vector<std::string> names;
    for (size_t i = 0; i < block.labels.size(); ++i) {
      if (block.labels[i].name == callee.name.text)
        return apply(e, entity->index, i);
      names.push_back(block.labels[i].name);
    }
    if (declaresLabel(file, block.name, callee.name.text))
      return fail(); // its layers have a mistake, which is reported
    report.suggest(report.error(Id::UnknownName, callee.name.span, {"label of " + block.name, callee.name.text}),
                   callee.name.text, names, callee.name.span);
    return fail();
  }
  if (callee.kind != ast::ExprKind::Name) {
    report.error(Id::WrongType, callee.span, {"a block or a function", "`" + report.text(callee.span) + "`"});
    return fail();
  }
  if (names.isBroken(callee.name.text))
    return fail();
  if (const Entity *entity = names.lookup(callee.name.text); entity && entity->kind == Entity::Block)
    return apply(e, entity->index, -1);
  if (callee.name.text == "fresh")
    return fresh(e);
  std::vector<std::string> names{"fresh"};
  for (const FunctionRow &row : functionRows()) {
    if (row.spelling == callee.name.text)
      return functionCall(e, row);
    names.emplace_back(row.spelling);
  }
  for (const Block &block : model.blocks)
    names.push_back(block.name);
  report.suggest(report.error(Id::UnknownName, callee.span, {"block or function", callee.name.text}), callee.name.text,
                 names, callee.span, "function");
  return fail();
}

ExprPtr Check::apply(const ast::Expr &e, int blockIndex, int label) {
  const Block &block = model.blocks[blockIndex];
  Type type{TypeKind::Block, {}, OutputKind::Value, {}};
  if (label >= 0) {
    type = {TypeKind::Sample, block.labels[label].shape, OutputKind::Value, {}};
    LayerKind last = block.layers[block.labels[label].afterLayer].kind;
    if (last == LayerKind::Relu || last == LayerKind::Softplus || last == LayerKind::Sigmoid)
      type.range.lo = 0;
  } else if (block.outputs.size() == 1) {
    const Output &o = block.outputs[0];
    type = {o.kind == OutputKind::Value ? TypeKind::Sample : TypeKind::Distribution, o.shape, o.kind, o.range};
  }
  auto out = make(ExprKind::Apply, e.span, type);
  out->index = blockIndex;
  out->label = label;
  if (e.arguments.size() != block.inputs.size()) {
    report
        .error(Id::ExtraArgument, e.span,
               {block.name, std::to_string(block.inputs.size()) + (block.inputs.size() == 1 ? " input" : " inputs"),
                std::to_string(e.arguments.size())})
        .notes.push_back({block.span, "declared here"});
    return fail();
  }
  for (size_t i = 0; i < e.arguments.size(); ++i) {
    ExprPtr v = e.arguments[i].value ? value(*e.arguments[i].value) : fail();
    if (!v)
      return fail();
    if (v->type.kind != TypeKind::Sample || v->type.shape != block.inputs[i].shape) {
      report
          .error(Id::BlockInputMismatch, e.arguments[i].span,
                 {std::to_string(i + 1), block.name, shapeText(block.inputs[i].shape), typeText(v->type)})
          .notes.push_back({block.inputs[i].span, "declared here"});
      return fail();
    }
    out->args.push_back(v);
  }
  return out;
}

/// fresh(z) is a new draw. fresh(z, c) may only stand on the right of `let (a, b) = ..`, and is handled there.
ExprPtr Check::fresh(const ast::Expr &e) {
  if (e.arguments.size() != 1 || !e.arguments[0].value || e.arguments[0].value->kind != ast::ExprKind::Name) {
    report.error(Id::MissingArgument, e.span, {"fresh", "one latent; several only in `let (a, b) = fresh(z, c)`"});
    return fail();
  }
  const Entity *entity = names.find(e.arguments[0].value->name, "latent", {Entity::Latent});
  if (!entity)
    return fail();
  ExprPtr same = nameExpression(*e.arguments[0].value);
  auto draw = make(ExprKind::Fresh, e.span, same->type);
  draw->index = entity->index;
  draw->draw = ++freshDraws[entity->index];
  return draw;
}

ExprPtr Check::unary(const ast::Expr &e) {
  ExprPtr v = value(*e.operands[0]);
  if (!v)
    return fail();
  auto out = make(e.name.text == "not" ? ExprKind::Not : ExprKind::Neg, e.span, v->type);
  out->type.range = out->kind == ExprKind::Not ? Range{0, 1} : Range{-v->type.range.hi, -v->type.range.lo};
  out->args = {v};
  return out;
}

void Check::shapeMismatch(Span span, const Shape &a, const Shape &b) {
  Diagnostic &d = report.error(Id::ShapeMismatch, span, {shapeText(a), shapeText(b)});
  if (elements(a) == elements(b) && !a.empty() && !b.empty())
    d.notes.push_back(
        {span, "as many numbers in another shape: end the block of the image with `flatten`, or that of the "
               "vector with `reshape " +
                   shapeText(a.size() > b.size() ? a : b) + "`"});
}

/// The type of an element-wise combination. Numbers and per-sample numbers are broadcast to shapes.
bool Check::broadcastTypes(const Type &a, const Type &b, Span span, Type &out) {
  auto rank = [](const Type &t) { return t.kind == TypeKind::Number ? 0 : t.kind == TypeKind::Batch ? 1 : 2; };
  auto single = [](const Type &t) { return t.shape.empty() || t.shape == Shape{1}; };
  if (!single(a) && !single(b) && a.shape != b.shape) {
    shapeMismatch(span, a.shape, b.shape);
    return false;
  }
  out.kind = rank(a) >= rank(b) ? a.kind : b.kind;
  out.shape = a.shape.empty() || (single(a) && !b.shape.empty()) ? b.shape : a.shape;
  return true;
}

const Expr &Check::behindLets(const Expr &e) const {
  const Expr *inner = &e;
  while (inner->kind == ExprKind::Let && model.lets[inner->index].value->type.kind != TypeKind::Block)
    inner = model.lets[inner->index].value.get();
  return *inner;
}

/// Whether both are the same expression, so that they have the same value; two draws of random numbers never have.
bool Check::sameValue(const Expr &first, const Expr &second) const {
  const Expr &a = behindLets(first), &b = behindLets(second);
  if (&a == &b)
    return true;
  bool random = a.kind == ExprKind::Fresh || (a.kind == ExprKind::Call && a.function == Function::Sample);
  if (random || a.kind != b.kind || a.index != b.index || a.label != b.label || a.output != b.output ||
      a.function != b.function || a.args.size() != b.args.size())
    return false;
  if (a.kind == ExprKind::Number)
    return a.number.literal() && a.number.literal() == b.number.literal();
  for (size_t i = 0; i < a.args.size(); ++i)
    if (!sameValue(*a.args[i], *b.args[i]))
      return false;
  return true;
}

/// The v of norm(v), or of sqrt(sum(square(v))) with square(v), v^2 or v * v; null for anything else.
const Expr *Check::lengthOf(const Expr &e) const {
  auto argument = [&](const Expr &of, Function function) -> const Expr * {
    const Expr &call = behindLets(of);
    return call.kind == ExprKind::Call && call.function == function ? call.args[0].get() : nullptr;
  };
  if (const Expr *v = argument(e, Function::Norm))
    return v;
  const Expr *sum = argument(e, Function::Sqrt), *squares = sum ? argument(*sum, Function::Sum) : nullptr;
  if (!squares)
    return nullptr;
  const Expr &inner = behindLets(*squares);
  bool power =
      inner.kind == ExprKind::Pow && inner.args[1]->kind == ExprKind::Number && inner.args[1]->number.literal() == 2.0;
  if (power || (inner.kind == ExprKind::Mul && sameValue(*inner.args[0], *inner.args[1])))
    return inner.args[0].get();
  return argument(*squares, Function::Square);
}

ExprPtr Check::binary(const ast::Expr &e) {
  static constexpr std::pair<std::string_view, ExprKind> kinds[] = {
      {"+", ExprKind::Add},     {"-", ExprKind::Sub},   {"*", ExprKind::Mul},
      {"/", ExprKind::Div},     {"^", ExprKind::Pow},   {"<", ExprKind::Less},
      {">", ExprKind::Greater}, {"and", ExprKind::And}, {"or", ExprKind::Or}};
  ExprPtr a = value(*e.operands[0]), b = value(*e.operands[1]);
  if (!a || !b)
    return fail();
  Type type;
  if (!broadcastTypes(a->type, b->type, e.span, type))
    return fail();
  auto kind = std::find_if(std::begin(kinds), std::end(kinds), [&](auto &k) { return k.first == e.name.text; })->second;
  type.range = kind >= ExprKind::Less ? Range{0, 1} : arithmetic(kind, a->type.range, b->type.range);
  if (const Expr *v = kind == ExprKind::Div ? lengthOf(*b) : nullptr; v && sameValue(*a, *v))
    report.error(Id::OverOwnLength, e.span).fix = // at 0 the gradient of `norm` is 0, but that of a root is infinite
        Fix{b->span, "max(norm(" + report.text(a->span) + "), 1e-12)"};
  auto out = make(kind, e.span, type);
  out->args = {a, b};
  return out;
}

} // namespace gan::dsl
