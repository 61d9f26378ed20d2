// Checks expressions from their parts upwards. A part with a mistake gives null, and so does all that it stands in.
#include "dsl/check/Expressions.h"

#include "dsl/Checker.h"
#include "dsl/check/Lengths.h"
#include "dsl/check/References.h"
#include "dsl/check/Values.h"

#include <algorithm>

namespace gan::dsl {

ExprPtr Expressions::expression(const ast::Expr &e) {
  if (numbers.isNumber(e))
    return number(e);
  switch (e.kind) {
  case ast::ExprKind::Name:
    return name(e);
  case ast::ExprKind::Call:
    return call(e);
  case ast::ExprKind::Member:
    return output(e);
  case ast::ExprKind::Unary:
    return unary(e);
  case ast::ExprKind::Binary:
    return binary(e);
  default:
    report.error(Id::WrongType, e.span, {"an expression", "a list"});
    return nullptr;
  }
}

ExprPtr Expressions::value(const ast::Expr &e) {
  ExprPtr v = expression(e);
  if (v && v->type.kind == TypeKind::Block) {
    report.error(Id::WrongType, e.span, {"one value", "several outputs: name one of them"});
    return nullptr;
  }
  return v && isDistribution(v) ? expectationOf(v) : v;
}

ExprPtr Expressions::number(const ast::Expr &e) {
  size_t before = report.mistakes();
  auto n = makeExpr(ExprKind::Number, e.span, {TypeKind::Number, {}, OutputKind::Value, {}});
  n->number = numbers.number(e);
  if (std::optional<double> v = n->number.literal())
    n->type.range = {*v, *v};
  return report.mistakes() == before ? n : nullptr;
}

ExprPtr Expressions::name(const ast::Expr &e) {
  static constexpr std::pair<std::string_view, OutputKind> priors[] = {{"standard_normal", OutputKind::Gaussian},
                                                                       {"standard_laplace", OutputKind::Laplace},
                                                                       {"standard_logistic", OutputKind::Logistic}};
  for (auto [word, kind] : priors)
    if (!names.lookup(e.name.text) && e.name.text == word)
      return makeExpr(ExprKind::Standard, e.span, {TypeKind::Distribution, {}, kind, {}});
  const Entity *entity =
      names.find(e.name, "value", {Entity::Data, Entity::Latent, Entity::Let, Entity::Global, Entity::Refined});
  if (!entity)
    return nullptr;
  std::shared_ptr<Expr> out;
  if (entity->kind == Entity::Global) {
    out = makeExpr(ExprKind::Apply, e.span, {TypeKind::Batch, {}, OutputKind::Value, {}});
    out->type.range = model.blocks[size_t(entity->index)].kept.value_or(Range{});
    out->index = entity->index;
    return out;
  }
  if (entity->kind == Entity::Refined) {
    const Latent &start = model.latents[size_t(model.refinements[size_t(entity->index)].latent)];
    out = makeExpr(ExprKind::Refined, e.span, {TypeKind::Sample, start.shape, OutputKind::Value, {}});
  } else if (entity->kind == Entity::Let) {
    const Let &let = model.lets[entity->index];
    if (!let.value)
      return nullptr;
    out = makeExpr(ExprKind::Let, e.span, let.value->type);
  } else if (entity->kind == Entity::Data) {
    const Data &data = model.data[entity->index];
    out = makeExpr(ExprKind::Data, e.span, {TypeKind::Sample, data.shape, OutputKind::Value, data.range});
  } else {
    const Latent &latent = model.latents[entity->index];
    Range range = latent.kind == LatentKind::Uniform       ? Range{latent.lo, latent.hi}
                  : latent.kind == LatentKind::Categorical ? Range{0, 1}
                                                           : Range{};
    out = makeExpr(ExprKind::Latent, e.span, {TypeKind::Sample, latent.shape, OutputKind::Value, range});
  }
  out->index = entity->index;
  return out;
}

/// The type of an output of a block.
static Type typeOf(const Output &o) {
  return {o.kind == OutputKind::Value ? TypeKind::Sample : TypeKind::Distribution, o.shape, o.kind, o.range};
}

/// The type of the value at a label. What some activations give is at least 0.
static Type typeOf(const Block &block, const Label &label) {
  Type type{TypeKind::Sample, label.shape, OutputKind::Value, {}};
  LayerKind last = block.layers[label.afterLayer].kind;
  if (last == LayerKind::Relu || last == LayerKind::Softplus || last == LayerKind::Sigmoid)
    type.range.lo = 0;
  return type;
}

/// Q(fake).c: one of an application's outputs.
ExprPtr Expressions::output(const ast::Expr &e) {
  ExprPtr object = expression(*e.operands[0]);
  if (!object)
    return nullptr;
  const Expr *application = object.get();
  while (application->kind == ExprKind::Let)
    application = model.lets[application->index].value.get();
  if (application->kind != ExprKind::Apply || application->type.kind != TypeKind::Block) {
    report.error(Id::WrongType, e.operands[0]->span,
                 {"a block's application with several outputs", typeText(object->type)});
    return nullptr;
  }
  const Block &block = model.blocks[application->index];
  std::vector<std::string> known;
  for (size_t i = 0; i < block.outputs.size(); ++i) {
    known.push_back(block.outputs[i].name);
    if (block.outputs[i].name != e.name.text)
      continue;
    auto field = std::make_shared<Expr>(*object); // a copy of a let is still computed once, where the let stands
    field->span = e.span;
    field->output = int(i);
    field->type = typeOf(block.outputs[i]);
    return field;
  }
  report.suggest(report.error(Id::UnknownName, e.name.span, {"output of " + block.name, e.name.text}), e.name.text,
                 known, e.name.span);
  return nullptr;
}

ExprPtr Expressions::call(const ast::Expr &e) {
  const ast::Expr &callee = *e.operands[0];
  bool member = callee.kind == ast::ExprKind::Member;
  if (member && callee.name.text == "detach") {
    report.error(Id::UnknownName, callee.name.span, {"block or function", callee.name.text}).fix =
        Fix{e.span, "stop(" + report.text(callee.operands[0]->span) + ")"};
    return nullptr;
  }
  if (member && callee.operands[0]->kind == ast::ExprKind::Name)
    return callAtLabel(e);
  if (callee.kind == ast::ExprKind::Name)
    return callByName(e);
  report.error(Id::WrongType, callee.span, {"a block or a function", "`" + report.text(callee.span) + "`"});
  return nullptr;
}

/// D.trunk(x): the value at a label.
ExprPtr Expressions::callAtLabel(const ast::Expr &e) {
  const ast::Expr &callee = *e.operands[0];
  const Entity *entity = names.find(callee.operands[0]->name, "block", {Entity::Block});
  if (!entity)
    return nullptr;
  const Block &block = model.blocks[entity->index];
  std::vector<std::string> known;
  for (size_t i = 0; i < block.labels.size(); ++i) {
    if (block.labels[i].name == callee.name.text)
      return apply(e, entity->index, int(i));
    known.push_back(block.labels[i].name);
  }
  if (declaresLabel(file, block.name, callee.name.text))
    return nullptr; // its layers have a mistake, which is reported
  report.suggest(report.error(Id::UnknownName, callee.name.span, {"label of " + block.name, callee.name.text}),
                 callee.name.text, known, callee.name.span);
  return nullptr;
}

/// E(x), fresh(z), log(v): an application of a block, a draw, or a function.
ExprPtr Expressions::callByName(const ast::Expr &e) {
  const ast::Expr &callee = *e.operands[0];
  if (names.isBroken(callee.name.text))
    return nullptr;
  if (const Entity *entity = names.lookup(callee.name.text); entity && entity->kind == Entity::Block)
    return apply(e, entity->index, -1);
  if (callee.name.text == "fresh")
    return fresh(e);
  if (const Entity *entity = names.lookup(callee.name.text); entity && entity->kind == Entity::Global) {
    names.find(callee.name, "block or function", {Entity::Block});
    return nullptr;
  }
  std::vector<std::string> known{"fresh"};
  for (const FunctionRow &row : functionRows()) {
    if (row.spelling == callee.name.text)
      return function(e, row);
    known.emplace_back(row.spelling);
  }
  for (const Block &block : model.blocks)
    if (block.kind != BlockKind::Global)
      known.push_back(block.name);
  report.suggest(report.error(Id::UnknownName, callee.span, {"block or function", callee.name.text}), callee.name.text,
                 known, callee.span, "function");
  return nullptr;
}

/// An application of a block. `label` is the label whose value is meant, or -1 for the outputs.
ExprPtr Expressions::apply(const ast::Expr &e, int blockIndex, int label) {
  const Block &block = model.blocks[blockIndex];
  auto out = makeExpr(ExprKind::Apply, e.span, {TypeKind::Block, {}, OutputKind::Value, {}});
  out->index = blockIndex;
  out->label = label;
  if (label >= 0)
    out->type = typeOf(block, block.labels[label]);
  else if (block.outputs.size() == 1)
    out->type = typeOf(block.outputs[0]);
  if (e.arguments.size() != block.inputs.size()) {
    report
        .error(Id::ExtraArgument, e.span,
               {block.name, std::to_string(block.inputs.size()) + (block.inputs.size() == 1 ? " input" : " inputs"),
                std::to_string(e.arguments.size())})
        .notes.push_back({block.span, "declared here"});
    return nullptr;
  }
  for (size_t i = 0; i < e.arguments.size(); ++i) {
    ExprPtr v = e.arguments[i].value ? value(*e.arguments[i].value) : nullptr;
    if (!v)
      return nullptr;
    bool spreads = v->type.kind == TypeKind::Number && block.inputs[i].shape == Shape{1}; // the same for each sample
    if (!spreads && (v->type.kind != TypeKind::Sample || v->type.shape != block.inputs[i].shape)) {
      report
          .error(Id::BlockInputMismatch, e.arguments[i].span,
                 {std::to_string(i + 1), block.name, shapeText(block.inputs[i].shape), typeText(v->type)})
          .notes.push_back({block.inputs[i].span, "declared here"});
      return nullptr;
    }
    out->args.push_back(v);
  }
  return out;
}

/// fresh(z) is a new draw. fresh(z, c) may only stand on the right of `let (a, b) = ..`, and is handled there.
ExprPtr Expressions::fresh(const ast::Expr &e) {
  if (e.arguments.size() == 1 && e.arguments[0].value && e.arguments[0].value->kind == ast::ExprKind::Name)
    return freshDraw(*e.arguments[0].value, e.span);
  report.error(Id::MissingArgument, e.span, {"fresh", "one latent; several only in `let (a, b) = fresh(z, c)`"});
  return nullptr;
}

ExprPtr Expressions::freshDraw(const ast::Expr &latent, std::optional<Span> span) {
  const Entity *entity = names.find(latent.name, "latent", {Entity::Latent});
  if (!entity)
    return nullptr;
  auto draw = std::make_shared<Expr>(*name(latent));
  draw->kind = ExprKind::Fresh;
  draw->span = span.value_or(latent.span);
  draw->draw = ++freshDraws[entity->index];
  return draw;
}

ExprPtr Expressions::function(const ast::Expr &e, const FunctionRow &row) {
  if (e.arguments.size() < row.fewest || e.arguments.size() > row.most) {
    Diagnostic &d = report.error(Id::ExtraArgument, e.span,
                                 {std::string(row.spelling),
                                  std::to_string(row.fewest) + (row.fewest == 1 ? " argument" : " arguments"),
                                  std::to_string(e.arguments.size())});
    bool kl = row.kind == Function::Kl || row.kind == Function::KlEach;
    if (kl && e.arguments.size() == 1) // papers often leave out the prior
      d.fix = Fix{e.span, std::string(row.spelling) + "(" + report.text(e.arguments[0].span) + ", standard_normal)"};
    return nullptr;
  }
  auto out = makeExpr(ExprKind::Call, e.span, {});
  out->function = row.kind;
  for (const ast::Argument &a : e.arguments) {
    if (row.kind == Function::Sample && &a != e.arguments.data()) {
      if (!relaxation(a, *out))
        return nullptr;
      continue;
    }
    ExprPtr v = !a.value ? nullptr : takesDistribution(row.kind) ? expression(*a.value) : value(*a.value);
    if (!v)
      return nullptr;
    out->args.push_back(v);
  }
  if (row.kind == Function::Mean && isDistribution(out->args[0]))
    out->function = Function::Expectation;
  return functions.type(*out) ? out : nullptr;
}

/// Adds `temperature t` or `hard on` to a relaxed draw; null if this is not what stands there.
bool Expressions::relaxation(const ast::Argument &a, Expr &draw) {
  bool first = draw.args.size() == 1;
  std::string_view name = first ? "temperature" : "hard";
  if (!a.value || a.name.text != name) {
    report.error(Id::MissingArgument, a.span,
                 {"sample", first ? "`temperature t` behind the distribution" : "`hard on` behind the temperature"});
    return false;
  }
  if (first) {
    if (!numbers.isNumber(*a.value)) {
      report.error(Id::WrongType, a.value->span, {"a number", "`" + report.text(a.value->span) + "`"});
      return false;
    }
    draw.args.push_back(number(*a.value));
    return draw.args.back() != nullptr;
  }
  std::string flag = a.value->kind == ast::ExprKind::Name ? a.value->name.text : "";
  if (flag != "on" && flag != "off") {
    report.error(Id::ArgumentType, a.value->span, {"hard", "`on` or `off`", "`" + report.text(a.value->span) + "`"});
    return false;
  }
  auto hard = makeExpr(ExprKind::Number, a.value->span, {TypeKind::Number, {}, OutputKind::Value, {}});
  hard->number = literalNumber(flag == "on");
  draw.args.push_back(hard);
  return true;
}

ExprPtr Expressions::unary(const ast::Expr &e) {
  ExprPtr v = value(*e.operands[0]);
  if (!v)
    return nullptr;
  auto out = makeExpr(e.name.text == "not" ? ExprKind::Not : ExprKind::Neg, e.span, v->type);
  out->type.range = out->kind == ExprKind::Not ? Range{0, 1} : Range{-v->type.range.hi, -v->type.range.lo};
  out->args = {v};
  return out;
}

ExprPtr Expressions::binary(const ast::Expr &e) {
  static constexpr std::pair<std::string_view, ExprKind> kinds[] = {
      {"+", ExprKind::Add},     {"-", ExprKind::Sub},   {"*", ExprKind::Mul},
      {"/", ExprKind::Div},     {"^", ExprKind::Pow},   {"<", ExprKind::Less},
      {">", ExprKind::Greater}, {"and", ExprKind::And}, {"or", ExprKind::Or}};
  ExprPtr a = value(*e.operands[0]), b = value(*e.operands[1]);
  if (!a || !b)
    return nullptr;
  std::optional<Type> type = broadcast(a->type, b->type, e.span, report);
  if (!type)
    return nullptr;
  auto kind = std::find_if(std::begin(kinds), std::end(kinds), [&](auto &k) { return k.first == e.name.text; })->second;
  type->range = kind >= ExprKind::Less ? Range{0, 1} : rangeOf(kind, a->type.range, b->type.range);
  if (kind == ExprKind::Div && isOverOwnLength(model, *a, *b))
    report.error(Id::OverOwnLength, e.span).fix = // at 0 the gradient of `norm` is 0, but that of a root is infinite
        Fix{b->span, "max(norm(" + report.text(a->span) + "), 1e-12)"};
  auto out = makeExpr(kind, e.span, *type);
  out->args = {a, b};
  return out;
}

} // namespace gan::dsl
