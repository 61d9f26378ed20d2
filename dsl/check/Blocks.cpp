// Checks blocks: their inputs and outputs, and through other files their layers. A head's input is a value inside
// another block, and its inputs are those of that block.
#include "dsl/check/Blocks.h"

#include "dsl/check/Outputs.h"
#include "dsl/check/Shapes.h"
#include "dsl/check/Types.h"

#include <algorithm>

namespace gan::dsl {

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

void Blocks::block(const ast::Block &b) {
  Block out;
  out.name = b.name.text;
  out.span = b.span;
  out.frozen = b.frozen;
  out.file = b.file.text;
  std::vector<std::string> kinds = keywords({KeywordGroup::Block});
  auto kind = std::find(kinds.begin(), kinds.end(), b.kind.text); // any kind if an unknown one is reported
  out.kind = kind == kinds.end() ? BlockKind::Discriminator : BlockKind(kind - kinds.begin());
  size_t declared = report.mistakes();
  inputs(b, out);
  outputs(b, out);
  if (report.mistakes() != declared || out.inputs.empty() || out.outputs.empty())
    names.setBroken(b.name.text);
  for (size_t i = 1; i < out.inputs.size(); ++i)
    out.inputs[i].joined = !takenUp(b.items, out.inputs[i].name);
  Shape shape = out.trunk ? model.blocks[out.trunk->block].labels[out.trunk->label].shape : joinedShape(out, report);
  Chain chain{b, out, std::move(shape)};
  size_t before = report.mistakes();
  layers.check(chain);
  if (b.items.empty())
    report.missing(Id::EmptyBlock, b.span);
  else if (before == report.mistakes() && !out.layers.empty() && !names.isBroken(b.name.text))
    checkOutputs(out, model, report);
  model.blocks.push_back(std::move(out));
  names.declare(b.name, {Entity::Block, int(model.blocks.size()) - 1, {}});
}

void Blocks::inputs(const ast::Block &b, Block &out) {
  for (const ast::Port &p : b.inputs) {
    if (!p.type)
      continue;
    if (p.type->kind == ast::ExprKind::Member) {
      if (!trunk(*p.type, b, out))
        return;
    } else if (std::optional<Input> in = input(p, b)) {
      out.inputs.push_back(std::move(*in));
    }
  }
  if (out.inputs.empty() && report.clean())
    report.error(Id::MissingArgument, b.span, {b.name.text, "at least one input"});
}

/// Lets the block start at a label of another one: `D.trunk`. False if the layers of that block have a mistake, and
/// nothing more can be said of the inputs.
bool Blocks::trunk(const ast::Expr &e, const ast::Block &b, Block &out) {
  const Entity *owner = names.find(e.operands[0]->name, "block", {Entity::Block});
  if (!owner)
    return true;
  const Block &trunk = model.blocks[owner->index];
  std::vector<std::string> labels;
  for (const Label &l : trunk.labels)
    labels.push_back(l.name);
  auto label = std::find(labels.begin(), labels.end(), e.name.text);
  if (label != labels.end()) {
    out.trunk = LabelRef{owner->index, int(label - labels.begin())};
    out.inputs = trunk.inputs;
    return true;
  }
  if (declaresLabel(file, trunk.name, e.name.text)) {
    names.setBroken(b.name.text);
    return false;
  }
  report.suggest(report.error(Id::UnknownName, e.name.span, {"label", trunk.name + "." + e.name.text}), e.name.text,
                 labels, e.name.span);
  return true;
}

/// An input that names a latent or data, or that has a type of its own.
std::optional<Input> Blocks::input(const ast::Port &p, const ast::Block &b) {
  Input out;
  out.name = p.name.text;
  out.span = p.span;
  const ast::Expr &e = *p.type;
  if (e.kind != ast::ExprKind::Name) {
    WrittenType t = checkType(e, {"image", "vector", "categorical"}, numbers, report);
    out.shape = t.shape;
    out.oneHot = t.name == "categorical";
    return t.ok ? std::optional(std::move(out)) : std::nullopt;
  }
  const Entity *source = names.find(e.name, "latent or data", {Entity::Latent, Entity::Data});
  if (!source) {
    names.setBroken(b.name.text);
    return std::nullopt;
  }
  bool latent = source->kind == Entity::Latent;
  (latent ? out.latent : out.data) = source->index;
  out.shape = latent ? model.latents[source->index].shape : model.data[source->index].shape;
  out.oneHot = latent ? model.latents[source->index].kind == LatentKind::Categorical
                      : model.data[source->index].kind == DataKind::Categorical;
  if (out.name.empty())
    out.name = e.name.text;
  return out;
}

void Blocks::outputs(const ast::Block &b, Block &out) {
  for (const ast::Port &p : b.outputs) {
    std::optional<Output> o = p.type ? output(p) : std::nullopt;
    if (!o)
      continue;
    for (const Output &other : out.outputs)
      if (other.name == o->name)
        report.error(Id::DuplicateName, p.span, {o->name, "an output"})
            .notes.push_back({other.span, "it is declared here"});
    out.outputs.push_back(std::move(*o));
  }
}

std::optional<Output> Blocks::output(const ast::Port &p) {
  WrittenType t = checkOutputType(*p.type, numbers, report);
  if (!t.ok)
    return std::nullopt;
  Output out;
  out.name = p.name.text;
  out.span = p.span;
  out.shape = t.shape;
  out.kind = t.kind;
  out.given = t.given;
  out.kept = t.kept;
  out.pixels = t.pixels;
  out.freedom = t.freedom;
  out.width = elements(t.shape);
  if (t.kind != OutputKind::Value) {
    out.width *= t.given ? 1 : rowOf(t.kind).numbers;
    out.range = rowOf(t.kind).values;
  }
  return out;
}

} // namespace gan::dsl
