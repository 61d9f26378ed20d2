// Checks blocks: types, inputs, outputs, and what the last layer must give.
#include "dsl/Tables.h"
#include "dsl/check/State.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {

/// Checks a type: image(c, h, w), vector(n), bernoulli[(shape)], gaussian(n[, variance v]), categorical(k), uniform(n),
/// normal(n)
Check::TypeText Check::type(const ast::Expr &e, std::initializer_list<std::string_view> allowed) {
  TypeText result;
  const ast::Expr &head = e.kind == ast::ExprKind::Call ? *e.operands[0] : e;
  std::vector<std::string> names(allowed.begin(), allowed.end());
  if (head.kind != ast::ExprKind::Name) {
    report.error(Id::WrongType, e.span, {"a type", "`" + report.text(e.span) + "`"});
    return result;
  }
  result.name = head.name.text;
  if (std::find(names.begin(), names.end(), result.name) == names.end()) {
    report.suggest(report.error(Id::UnknownName, head.span, {"type", result.name}), result.name, names, head.span,
                   "type");
    return result;
  }
  std::vector<const ast::Argument *> sizes;
  for (const ast::Argument &a : e.arguments)
    if (a.name.text == "variance" && result.name == "gaussian" && a.value)
      result.variance = numbers.number(*a.value);
    else
      sizes.push_back(&a);
  size_t wanted = result.name == "image" ? 3 : 1;
  bool takesImage = result.name == "gaussian" || result.name == "normal" || result.name == "uniform";
  bool any = (result.name == "bernoulli" && (sizes.empty() || sizes.size() == 1 || sizes.size() == 3)) ||
             (takesImage && sizes.size() == 3);
  if (!any && sizes.size() != wanted) {
    Diagnostic &d =
        report.error(Id::MissingArgument, e.span,
                     {result.name, wanted == 3                  ? "three sizes: channels, height, width"
                                   : result.name == "bernoulli" ? "no size, one, or three: channels, height, width"
                                   : takesImage                 ? "one size, or three: channels, height, width"
                                                                : "one size"});
    if (wanted == 3 && sizes.size() == 2 && sizes[0]->value && sizes[1]->value)
      d.fix = Fix{e.span, result.name + "(1, " + report.text({sizes[0]->span.begin, sizes[1]->span.end}) + ")"};
    return result;
  }
  for (const ast::Argument *a : sizes) {
    std::optional<int64_t> size = a->value ? numbers.whole(*a->value, "size", 1, 1e8) : std::nullopt;
    if (!size)
      return result;
    result.shape.push_back(*size);
  }
  result.ok = fits("`" + result.name + "`", result.shape, e.span, report);
  return result;
}

/// Whether some layer has this name as an argument.
static bool takenUp(const std::vector<ast::Item> &items, const std::string &name) {
  return std::any_of(items.begin(), items.end(), [&](const ast::Item &item) {
    if (!item.layer)
      return takenUp(item.group, name);
    const std::vector<ast::Argument> &all = item.layer->arguments;
    return std::any_of(all.begin(), all.end(), [&](const ast::Argument &a) {
      return a.value && a.value->kind == ast::ExprKind::Name && a.value->name.text == name;
    });
  });
}

void Check::block(const ast::Block &b) {
  Block out;
  out.name = b.name.text;
  out.span = b.span;
  std::vector<std::string> kinds = keywords({KeywordGroup::Block});
  auto kind = std::find(kinds.begin(), kinds.end(), b.kind.text); // any kind if an unknown one is reported
  out.kind = kind == kinds.end() ? BlockKind::Discriminator : BlockKind(kind - kinds.begin());
  size_t declared = report.mistakes();
  blockInputs(b, out);
  blockOutputs(b, out);
  if (report.mistakes() != declared || out.inputs.empty() || out.outputs.empty())
    names.setBroken(b.name.text);
  for (size_t i = 1; i < out.inputs.size(); ++i)
    out.inputs[i].joined = !takenUp(b.items, out.inputs[i].name);
  Shape shape = out.trunk ? model.blocks[out.trunk->block].labels[out.trunk->label].shape : joinedShape(out, report);
  currentBlock = &b;
  size_t before = report.mistakes();
  layers(b.items, out, shape, b);
  if (b.items.empty())
    report.missing(Id::EmptyBlock, b.span);
  else if (before == report.mistakes() && !out.layers.empty() && !names.isBroken(b.name.text))
    finishBlock(b, out);
  model.blocks.push_back(std::move(out));
  names.declare(b.name, {Entity::Block, int(model.blocks.size()) - 1, {}});
}

void Check::blockInputs(const ast::Block &b, Block &out) {
  for (const ast::Port &p : b.inputs) {
    if (!p.type)
      continue;
    Input input;
    input.name = p.name.text;
    input.span = p.span;
    const ast::Expr &e = *p.type;
    if (e.kind == ast::ExprKind::Member) {
      const Entity *owner = names.find(e.operands[0]->name, "block", {Entity::Block});
      if (!owner)
        continue;
      const Block &trunk = model.blocks[owner->index];
      auto label =
          std::find_if(trunk.labels.begin(), trunk.labels.end(), [&](const Label &l) { return l.name == e.name.text; });
      if (label == trunk.labels.end() && hasLabel(trunk.name, e.name.text)) { // its layers have a mistake
        names.setBroken(b.name.text);
        return;
      }
      if (label == trunk.labels.end()) {
        std::vector<std::string> names;
        for (const Label &l : trunk.labels)
          names.push_back(l.name);
        report.suggest(report.error(Id::UnknownName, e.name.span, {"label", trunk.name + "." + e.name.text}),
                       e.name.text, names, e.name.span);
        continue;
      }
      out.trunk = LabelRef{owner->index, int(label - trunk.labels.begin())};
      out.inputs = trunk.inputs;
      continue;
    }
    if (e.kind == ast::ExprKind::Name) {
      const Entity *source = names.find(e.name, "latent or data", {Entity::Latent, Entity::Data});
      if (!source) {
        names.setBroken(b.name.text);
        continue;
      }
      bool latent = source->kind == Entity::Latent;
      (latent ? input.latent : input.data) = source->index;
      input.shape = latent ? model.latents[source->index].shape : model.data[source->index].shape;
      input.oneHot = latent ? model.latents[source->index].kind == LatentKind::Categorical
                            : model.data[source->index].kind == DataKind::Categorical;
      if (input.name.empty())
        input.name = e.name.text;
    } else {
      TypeText t = type(e, {"image", "vector", "categorical"});
      if (!t.ok)
        continue;
      input.shape = t.shape;
      input.oneHot = t.name == "categorical";
    }
    out.inputs.push_back(std::move(input));
  }
  if (out.inputs.empty() && report.clean())
    report.error(Id::MissingArgument, b.span, {b.name.text, "at least one input"});
}

void Check::blockOutputs(const ast::Block &b, Block &out) {
  for (const ast::Port &p : b.outputs) {
    if (!p.type)
      continue;
    TypeText t = type(*p.type, {"image", "vector", "bernoulli", "gaussian", "categorical"});
    if (!t.ok)
      continue;
    Output output;
    output.name = p.name.text;
    output.span = p.span;
    output.shape = t.shape;
    output.variance = t.variance;
    output.kind = t.name == "bernoulli"     ? OutputKind::Bernoulli
                  : t.name == "gaussian"    ? OutputKind::Gaussian
                  : t.name == "categorical" ? OutputKind::Categorical
                                            : OutputKind::Value;
    output.width = elements(t.shape) * (output.kind == OutputKind::Gaussian && !output.variance ? 2 : 1);
    if (output.kind == OutputKind::Bernoulli || output.kind == OutputKind::Categorical)
      output.range = {0, 1};
    for (const Output &other : out.outputs)
      if (other.name == output.name)
        report.error(Id::DuplicateName, p.span, {output.name, "an output"})
            .notes.push_back({other.span, "it is declared here"});
    out.outputs.push_back(std::move(output));
  }
}

/// Checks the whole chain of layers: sizes of the outputs, no activation applied twice, ranges.
void Check::finishBlock(const ast::Block &, Block &out) {
  const Layer &last = out.layers.back();
  int64_t width = 0;
  for (const Output &o : out.outputs)
    width += o.width;
  if (elements(last.out) != width && !out.outputs.empty()) {
    std::string takes;
    for (const Output &o : out.outputs)
      takes += (takes.empty() ? "" : " and ") + std::to_string(o.width);
    Diagnostic &d = report.error(Id::OutputSize, last.span,
                                 {std::to_string(elements(last.out)), out.outputs.size() == 1 ? "" : "s", takes});
    std::string shape = last.out.size() == 3 ? ": the layer gives " + shapeText(last.out) : "";
    if (!shape.empty() && out.outputs.size() == 1 && out.outputs[0].shape.size() == 3)
      shape += ", the output is " + shapeText(out.outputs[0].shape);
    d.notes.push_back({out.outputs[0].span, "declared here" + shape});
    noteRemainders(out, d);
  }
  // The range of the values is decided by the last layer that does more than rearrange them.
  auto arranges = [](const Layer &l) {
    return l.kind == LayerKind::Flatten || l.kind == LayerKind::Reshape || l.kind == LayerKind::Crop ||
           l.kind == LayerKind::PixelShuffle || l.kind == LayerKind::Upsample;
  };
  auto deciding = std::find_if_not(out.layers.rbegin(), out.layers.rend() - 1, arranges);
  const Layer &final = *deciding;
  for (Output &o : out.outputs) {
    if (o.kind == OutputKind::Bernoulli && final.kind == LayerKind::Sigmoid)
      report.error(Id::DoubleSigmoid, final.span)
          .notes.push_back({o.span, "a bernoulli's block ends in logits: leave the sigmoid out"});
    if (o.kind == OutputKind::Categorical && final.kind == LayerKind::Softmax)
      report.error(Id::DoubleSoftmax, final.span)
          .notes.push_back({o.span, "a categorical's block ends in logits: leave the softmax out"});
    if (o.kind != OutputKind::Value)
      continue;
    const double inf = std::numeric_limits<double>::infinity();
    switch (final.kind) {
    case LayerKind::Sigmoid:
    case LayerKind::Softmax:
      o.range = {0, 1};
      break;
    case LayerKind::Tanh:
      o.range = {-1, 1};
      break;
    case LayerKind::Relu:
    case LayerKind::Softplus:
      o.range = {0, inf};
      break;
    default:
      break;
    }
    for (const Data &d : model.data)
      if (d.kind == DataKind::Image && o.shape == d.shape && std::isfinite(o.range.lo) && std::isfinite(o.range.hi) &&
          (o.range.lo != d.range.lo || o.range.hi != d.range.hi)) {
        auto text = [](Range r) {
          char buffer[64];
          snprintf(buffer, sizeof buffer, "[%g, %g]", r.lo, r.hi);
          return std::string(buffer);
        };
        report
            .error(Id::RangeMismatch, final.span,
                   {std::string(rowOf(final.kind).spelling), text(o.range), d.name, text(d.range)})
            .notes.push_back({d.span, "declared here"});
      }
  }
}

} // namespace gan::dsl
