// The tensors of a layer, with PyTorch's names, and their initial values.
#include "dsl/check/State.h"

#include <algorithm>
#include <numbers>

namespace gan::dsl {

/// Adds the tensors of a layer, with PyTorch's names and shapes.
void Check::layerParams(Layer &layer, const ast::Block &b) {
  auto add = [&](std::string name, ParamRole role, Shape shape, Init fallback, int64_t in, int64_t out) {
    layer.params.push_back({std::move(name), role, false, std::move(shape), initFor(role, fallback, b), in, out});
  };
  const Init torch{InitKind::TorchUniform, 0, 0};
  auto weight = [&](const Shape &shape, Init fallback, int64_t in, int64_t out, size_t rows) {
    bool spectral = layer.literal("spectral") != 0;
    add(spectral ? "parametrizations.weight.original" : "weight", ParamRole::Weight, shape, fallback, in, out);
    if (!spectral)
      return;
    for (auto [name, size] : {std::pair("_u", shape[rows]), std::pair("_v", elements(shape) / shape[rows])})
      layer.params.push_back({std::string("parametrizations.weight.0.") + name,
                              ParamRole::Weight,
                              true,
                              {size},
                              {InitKind::UnitVector, 0, 0},
                              size,
                              size});
  };
  auto affine = [&](const Shape &shape) {
    add("weight", ParamRole::Scale, shape, {InitKind::Constant, 1, 0}, shape[0], shape[0]);
    add("bias", ParamRole::Shift, shape, {InitKind::Constant, 0, 0}, shape[0], shape[0]);
  };
  auto size = [&](std::string_view name, int i) { return int64_t(*layer.argument(name).values[i].literal()); };
  switch (layer.kind) {
  case LayerKind::Linear:
  case LayerKind::Maxout: {
    int64_t in = layer.in[0], out = int64_t(layer.literal("n"));
    if (layer.kind == LayerKind::Maxout)
      out *= int64_t(layer.literal("pieces"));
    weight({out, in}, torch, in, out, 0);
    if (layer.literal("bias") != 0)
      add("bias", ParamRole::Bias, {out}, torch, in, out);
    return;
  }
  case LayerKind::Conv:
  case LayerKind::ConvTranspose: {
    bool transposed = layer.kind == LayerKind::ConvTranspose;
    int64_t kh = size("kernel", 0), kw = size("kernel", 1), in = layer.in[0], out = layer.out[0], area = kh * kw;
    // PyTorch takes the fan-in from the weight's second dimension, which is the output's channels for a transposed
    // convolution.
    Shape shape{transposed ? in : out, (transposed ? out : in) / size("groups", 0), kh, kw};
    weight(shape, torch, shape[1] * area, shape[0] * area, transposed ? 1 : 0);
    if (layer.literal("bias") != 0)
      add("bias", ParamRole::Bias, {out}, torch, shape[1] * area, shape[0] * area);
    return;
  }
  case LayerKind::BatchNorm: {
    int64_t n = layer.in[0];
    const std::vector<Ref> &by = layer.argument("by").refs;
    if (!by.empty() && by[0].oneHot) {
      affine({by[0].shape[0], n});
    } else if (!by.empty()) // scale 1 + W w, shift W' w: as W and W' start at zero, it starts as a plain batch norm
      for (const char *name : {"weight", "bias"})
        add(name, ParamRole::Weight, {by[0].shape[0], n}, {InitKind::Constant, 0, 0}, by[0].shape[0], n);
    else if (layer.literal("affine") != 0)
      affine({n});
    layer.params.push_back({"running_mean", ParamRole::Shift, true, {n}, {InitKind::Constant, 0, 0}, n, n});
    layer.params.push_back({"running_var", ParamRole::Scale, true, {n}, {InitKind::Constant, 1, 0}, n, n});
    layer.params.push_back({"num_batches_tracked", ParamRole::Scale, true, {}, {InitKind::Constant, 0, 0}, n, n});
    return;
  }
  case LayerKind::InstanceNorm:
  case LayerKind::GroupNorm:
    return layer.literal("affine") != 0 ? affine({layer.in[0]}) : void();
  case LayerKind::LayerNorm:
    return layer.literal("affine") != 0 ? affine(layer.in) : void();
  case LayerKind::Embedding:
    return weight({layer.in[0], layer.out[0]}, {InitKind::Normal, 0, 1}, layer.in[0], layer.out[0], 0);
  default:
    return;
  }
}

/// The initial values for a kind of tensor: the block's rule overrides the file's, and that the layer's default.
Init Check::initFor(ParamRole role, const Init &fallback, const ast::Block &b) {
  for (const std::vector<ast::InitRule> *rules : {&b.inits, &file.inits}) {
    std::optional<Init> found;
    for (const ast::InitRule &rule : *rules) {
      ParamRole of{};
      std::optional<Init> init = initialiser(rule, of);
      if (init && of == role)
        found = init;
    }
    if (found)
      return *found;
  }
  return fallback;
}

std::optional<Init> Check::initialiser(const ast::InitRule &rule, ParamRole &role) {
  struct Row {
    std::string_view spelling;
    InitKind kind;
    size_t fewest, most;
    double a, b;
  };
  static constexpr Row rows[] = {{"constant", InitKind::Constant, 1, 1, 0, 0},
                                 {"normal", InitKind::Normal, 2, 2, 0, 1},
                                 {"uniform", InitKind::Uniform, 2, 2, 0, 1},
                                 {"glorot_uniform", InitKind::GlorotUniform, 0, 0, 0, 0},
                                 {"glorot_normal", InitKind::GlorotNormal, 0, 0, 0, 0},
                                 {"he_uniform", InitKind::HeUniform, 0, 1, std::numbers::sqrt2, 0},
                                 {"he_normal", InitKind::HeNormal, 0, 1, std::numbers::sqrt2, 0},
                                 {"orthogonal", InitKind::Orthogonal, 0, 1, 1, 0}};
  static constexpr std::string_view roles[] = {"weight", "bias", "scale", "shift"};
  auto at = std::find(std::begin(roles), std::end(roles), rule.role.text);
  if (at == std::end(roles)) {
    report.suggest(report.error(Id::UnknownName, rule.role.span, {"kind of tensor", rule.role.text}), rule.role.text,
                   {roles, roles + 4}, rule.role.span, "kind of tensor");
    return std::nullopt;
  }
  role = ParamRole(at - roles);
  if (!rule.value)
    return std::nullopt;
  const ast::Expr &e = *rule.value;
  const std::string &name = e.kind == ast::ExprKind::Call ? e.operands[0]->name.text : e.name.text;
  for (const Row &row : rows) {
    if (row.spelling != name)
      continue;
    if (e.arguments.size() < row.fewest || e.arguments.size() > row.most) {
      report.error(Id::MissingArgument, e.span,
                   {name, row.most == 0   ? "no arguments"
                          : row.most == 1 ? "one number"
                                          : "two numbers"});
      return std::nullopt;
    }
    double values[2] = {row.a, row.b};
    for (size_t i = 0; i < e.arguments.size(); ++i)
      if (e.arguments[i].value)
        values[i] = numbers.literal(*e.arguments[i].value, "argument").value_or(0);
    return Init{row.kind, values[0], values[1]};
  }
  std::vector<std::string> names;
  for (const Row &row : rows)
    names.emplace_back(row.spelling);
  if (e.kind == ast::ExprKind::Number) {
    std::string text = report.text(e.span);
    report.error(Id::UnknownName, e.span, {"initialiser", text})
        .notes.push_back({e.span, "one number for all is `constant(" + text + ")`, draws are `normal(0, 0.02)`"});
    return std::nullopt;
  }
  Span span = e.kind == ast::ExprKind::Call ? e.operands[0]->span : e.span;
  report.suggest(report.error(Id::UnknownName, span, {"initialiser", name}), name, names, span, "initialiser");
  return std::nullopt;
}

} // namespace gan::dsl
