// Layers: arguments and defaults, shapes, tensors and how they start.
#include "dsl/CheckState.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gan::dsl {

/// A layer after which the shape is what it was.
static bool keepsShape(const ast::Item &item) {
  if (!item.layer)
    return false;
  for (const LayerRow &row : layerRows())
    if (row.spelling == item.layer->name.text)
      return row.kind == LayerKind::BatchNorm || row.kind == LayerKind::Dropout || row.kind >= LayerKind::Relu;
  return false;
}

void Check::layers(const std::vector<ast::Item> &items, Block &out, Shape &shape, const ast::Block &b) {
  for (const ast::Item &item : items) {
    size_t before = diagnostics.size();
    if (item.layer)
      layer(*item.layer, out, shape,
            &items == &b.items && std::all_of(&item + 1, items.data() + items.size(), keepsShape), b);
    else
      layers(item.group, out, shape, b);
    if (item.label.text.empty() || before != diagnostics.size() || out.layers.empty())
      continue;
    for (const Label &other : out.labels)
      if (other.name == item.label.text)
        error(Id::DuplicateName, item.label.span, {item.label.text, "a label"})
            .notes.push_back({other.span, "it is declared here"});
    out.labels.push_back({item.label.text, int(out.layers.size()) - 1, shape, item.label.span});
  }
}

void Check::layer(const ast::Layer &l, Block &out, Shape &shape, bool last, const ast::Block &b) {
  const std::vector<LayerRow> &rows = layerRows();
  auto row = std::find_if(rows.begin(), rows.end(), [&](const LayerRow &r) { return r.spelling == l.name.text; });
  if (row == rows.end()) {
    std::vector<std::string> names;
    for (const LayerRow &r : rows)
      names.emplace_back(r.spelling);
    suggest(error(Id::UnknownName, l.name.span, {"layer", l.name.text}), l.name.text, names, l.name.span);
    return;
  }
  bool ok = true;
  Layer layer;
  layer.kind = row->kind;
  layer.index = out.layers.size();
  layer.span = l.span;
  layer.in = shape;
  layer.args = layerArguments(l, *row, ok);
  if (!ok || shape.empty())
    return; // without a shape nothing more can be said; the mistake that lost it is reported
  std::optional<Shape> result = layerShape(layer, out, last);
  if (!result) {
    shape.clear();
    return;
  }
  layer.out = shape = *result;
  layerParams(layer, b);
  out.layers.push_back(std::move(layer));
}

std::vector<LayerArg> Check::layerArguments(const ast::Layer &l, const LayerRow &row, bool &ok) {
  std::vector<LayerArg> result;
  std::vector<bool> given(row.args.size());
  for (const ArgRow &arg : row.args)
    result.push_back({std::string(arg.name), {}});
  size_t positional = 0;
  for (const ast::Argument &a : l.arguments) {
    size_t i = 0;
    if (a.name.text.empty()) {
      i = positional++;
    } else {
      while (i < row.args.size() && row.args[i].name != a.name.text)
        ++i;
      if (i == row.args.size()) {
        std::vector<std::string> names;
        for (const ArgRow &arg : row.args)
          names.emplace_back(arg.name);
        suggest(error(Id::UnknownName, a.name.span, {"argument of " + l.name.text, a.name.text}), a.name.text, names,
                a.name.span);
        ok = false;
        continue;
      }
    }
    if (i >= row.args.size()) {
      error(Id::ExtraArgument, a.span, {l.name.text, std::to_string(row.args.size()) + " arguments", "one more"});
      ok = false;
      continue;
    }
    given[i] = true;
    ok &= layerArgument(row.args[i], a, result[i]);
  }
  for (size_t i = 0; i < row.args.size(); ++i) {
    if (given[i] || row.args[i].fallback.empty())
      continue;
    if (row.args[i].fallback == "!") {
      error(Id::MissingArgument, l.span,
            {l.name.text, "`" + std::string(row.args[i].name) + "`: " + std::string(row.args[i].doc)});
      ok = false;
      continue;
    }
    double v =
        row.args[i].type == ArgType::Flag ? row.args[i].fallback == "on" : std::stod(std::string(row.args[i].fallback));
    result[i].values.assign(row.args[i].type == ArgType::Pair ? 2 : 1, Number{{{NumberOp::Literal, v, -1}}});
  }
  return result;
}

bool Check::layerArgument(const ArgRow &row, const ast::Argument &argument, LayerArg &out) {
  if (!argument.value)
    return false;
  const ast::Expr &e = *argument.value;
  size_t before = diagnostics.size();
  std::string name(row.name);
  auto push = [&](double v) { out.values.push_back(Number{{{NumberOp::Literal, v, -1}}}); };
  if (row.type == ArgType::Flag) {
    if (e.kind != ast::ExprKind::Name || (e.name.text != "on" && e.name.text != "off")) {
      error(Id::ArgumentType, e.span, {name, "`on` or `off`", "something else"});
      return false;
    }
    push(e.name.text == "on");
    return true;
  }
  if (row.type == ArgType::Real) {
    out.values.push_back(number(e));
    std::optional<double> v = out.values[0].literal();
    if (v && (*v < row.lo || *v > row.hi || std::isnan(*v))) {
      char text[96];
      snprintf(text, sizeof text, "from %g to %g", row.lo, row.hi);
      char found[40];
      snprintf(found, sizeof found, "%g", *v);
      error(Id::OutOfRange, e.span, {name, text, found});
    }
    return diagnostics.size() == before;
  }
  std::vector<const ast::Expr *> values;
  if (e.kind == ast::ExprKind::Tuple)
    for (const ast::ExprPtr &operand : e.operands)
      values.push_back(operand.get());
  else
    values.push_back(&e);
  if ((row.type == ArgType::Whole && values.size() != 1) || (row.type == ArgType::Pair && values.size() > 2) ||
      (row.type == ArgType::Shape && values.size() != 1 && values.size() != 3)) {
    error(Id::ArgumentType, e.span,
          {name,
           row.type == ArgType::Shape  ? "(n) or (C, H, W)"
           : row.type == ArgType::Pair ? "one or two numbers"
                                       : "one number",
           std::to_string(values.size()) + " numbers"});
    return false;
  }
  for (const ast::Expr *v : values) {
    std::optional<int64_t> size = whole(*v, name, row.lo, row.hi);
    if (!size)
      return false;
    push(double(*size));
  }
  if (row.type == ArgType::Pair && out.values.size() == 1)
    out.values.push_back(out.values[0]);
  return true;
}

/// Shape of the layer's result; reports what does not fit.
std::optional<Shape> Check::layerShape(Layer &layer, const Block &block, bool last) {
  const LayerRow &row = rowOf(layer.kind);
  auto needs = [&](const std::string &what, const std::string &fix) -> std::optional<Shape> {
    Diagnostic &d = error(Id::LayerInput, layer.span, {std::string(row.spelling), what, shapeText(layer.in)});
    if (!fix.empty())
      d.fix = Fix{{layer.span.begin, layer.span.begin}, fix};
    return std::nullopt;
  };
  switch (layer.kind) {
  case LayerKind::Linear:
  case LayerKind::Maxout: {
    if (layer.in.size() != 1)
      return needs("a vector", "flatten ; " + std::string(source.text(layer.span)));
    LayerArg &n = layer.args[0];
    if (n.values.empty()) {
      if (!last)
        return error(Id::MissingArgument, layer.span,
                     {"linear", "a size: only the last one of a block takes it from the output"}),
               std::nullopt;
      int64_t width = 0;
      for (const Output &o : block.outputs)
        width += o.width;
      n.values.push_back(Number{{{NumberOp::Literal, double(width), -1}}});
    }
    return Shape{int64_t(layer.literal("n"))};
  }
  case LayerKind::Conv:
  case LayerKind::ConvTranspose: {
    if (layer.in.size() != 3)
      return needs("an image", "");
    return convolutionShape(layer);
  }
  case LayerKind::Softmax:
    return layer.in.size() == 1 ? std::optional(layer.in) : needs("a vector", "");
  case LayerKind::Flatten:
    return Shape{elements(layer.in)};
  case LayerKind::Reshape: {
    Shape out;
    for (const Number &n : layer.args[0].values)
      out.push_back(int64_t(*n.literal()));
    if (elements(out) == elements(layer.in))
      return out;
    error(Id::ReshapeCount, layer.span,
          {shapeText(layer.in), std::to_string(elements(layer.in)), shapeText(out), std::to_string(elements(out))});
    return std::nullopt;
  }
  default:
    return layer.in;
  }
}

/// Groups that divide, a kernel that fits, an output that exists.
std::optional<Shape> Check::convolutionShape(const Layer &layer) {
  auto size = [&](std::string_view name, int i) { return int64_t(*layer.argument(name).values[i].literal()); };
  Shape out{int64_t(layer.literal("n")), 0, 0};
  int64_t groups = size("groups", 0);
  for (int64_t channels : {layer.in[0], out[0]})
    if (channels % groups)
      return error(Id::GroupsDoNotDivide, layer.span,
                   {std::to_string(groups), std::to_string(channels), channels == out[0] ? "out" : "in"}),
             std::nullopt;
  for (int i : {0, 1}) {
    int64_t in = layer.in[i + 1], s = size("stride", i), p = size("pad", i), d = size("dilation", i);
    int64_t window = (size("kernel", i) - 1) * d + 1;
    if (layer.kind == LayerKind::Conv) {
      if (window > in + 2 * p)
        return error(Id::KernelTooLarge, layer.span, {std::to_string(window), std::to_string(in + 2 * p)}),
               std::nullopt;
      out[i + 1] = (in + 2 * p - window) / s + 1;
      continue;
    }
    int64_t extra = size("output_pad", i);
    out[i + 1] = (in - 1) * s - 2 * p + window + extra;
    if (extra && extra >= std::max(s, d))
      return error(Id::OutOfRange, layer.span,
                   {"output_pad", "less than the stride or the dilation", std::to_string(extra)}),
             std::nullopt;
    if (out[i + 1] < 1)
      return error(Id::OutOfRange, layer.span, {"pad", "small enough to leave an output", std::to_string(p)}),
             std::nullopt;
  }
  return out;
}

/// The tensors of a layer by PyTorch's names, in PyTorch's shapes.
void Check::layerParams(Layer &layer, const ast::Block &b) {
  auto add = [&](std::string name, ParamRole role, Shape shape, Init fallback, int64_t in, int64_t out) {
    layer.params.push_back({std::move(name), role, false, std::move(shape), initFor(role, fallback, b), in, out});
  };
  const Init torch{InitKind::TorchUniform, 0, 0};
  auto size = [&](std::string_view name, int i) { return int64_t(*layer.argument(name).values[i].literal()); };
  switch (layer.kind) {
  case LayerKind::Linear:
  case LayerKind::Maxout: {
    int64_t in = layer.in[0], out = int64_t(layer.literal("n"));
    if (layer.kind == LayerKind::Maxout)
      out *= int64_t(layer.literal("pieces"));
    add("weight", ParamRole::Weight, {out, in}, torch, in, out);
    if (layer.literal("bias") != 0)
      add("bias", ParamRole::Bias, {out}, torch, in, out);
    return;
  }
  case LayerKind::Conv:
  case LayerKind::ConvTranspose: {
    bool transposed = layer.kind == LayerKind::ConvTranspose;
    int64_t kh = size("kernel", 0), kw = size("kernel", 1), in = layer.in[0], out = layer.out[0], area = kh * kw;
    // PyTorch reads fan-in off the weight's second dimension, which is the output's channels when transposed.
    Shape shape{transposed ? in : out, (transposed ? out : in) / size("groups", 0), kh, kw};
    add("weight", ParamRole::Weight, shape, torch, shape[1] * area, shape[0] * area);
    if (layer.literal("bias") != 0)
      add("bias", ParamRole::Bias, {out}, torch, shape[1] * area, shape[0] * area);
    return;
  }
  case LayerKind::BatchNorm: {
    int64_t n = layer.in[0];
    add("weight", ParamRole::Scale, {n}, {InitKind::Constant, 1, 0}, n, n);
    add("bias", ParamRole::Shift, {n}, {InitKind::Constant, 0, 0}, n, n);
    layer.params.push_back({"running_mean", ParamRole::Shift, true, {n}, {InitKind::Constant, 0, 0}, n, n});
    layer.params.push_back({"running_var", ParamRole::Scale, true, {n}, {InitKind::Constant, 1, 0}, n, n});
    layer.params.push_back({"num_batches_tracked", ParamRole::Scale, true, {}, {InitKind::Constant, 0, 0}, n, n});
    return;
  }
  default:
    return;
  }
}

/// The block's rule wins over the file's, and that over the layer's own.
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
    suggest(error(Id::UnknownName, rule.role.span, {"kind of tensor", rule.role.text}), rule.role.text,
            {roles, roles + 4}, rule.role.span);
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
      error(Id::MissingArgument, e.span,
            {name, row.most == 0   ? "no arguments"
                   : row.most == 1 ? "one number"
                                   : "two numbers"});
      return std::nullopt;
    }
    double values[2] = {row.a, row.b};
    for (size_t i = 0; i < e.arguments.size(); ++i)
      if (e.arguments[i].value)
        values[i] = literal(*e.arguments[i].value, "argument").value_or(0);
    return Init{row.kind, values[0], values[1]};
  }
  std::vector<std::string> names;
  for (const Row &row : rows)
    names.emplace_back(row.spelling);
  suggest(error(Id::UnknownName, e.span, {"initialiser", name}), name, names, e.span);
  return std::nullopt;
}

} // namespace gan::dsl
