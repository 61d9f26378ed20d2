// Checks layers in their order. After a mistake the shape is unknown until the end of the block, and what depends on it
// is not reported; only layers that keep any shape do not lose it.
#include "dsl/check/Layers.h"

#include "dsl/check/Shapes.h"
#include "dsl/check/Sizes.h"
#include "dsl/check/Tensors.h"

#include <algorithm>

namespace gan::dsl {

/// Whether a layer of this name leaves the shape unchanged.
static bool keepsShape(std::string_view name) {
  using enum LayerKind;
  for (const LayerRow &row : layerRows())
    if (row.spelling == name)
      return (row.kind >= BatchNorm && row.kind <= ChannelDropout) || (row.kind >= Attention && row.kind <= Codebook) ||
             row.kind == Add || row.kind == Multiply || row.kind >= Relu;
  return false;
}

void Layers::check(const std::vector<ast::Item> &items, Chain &chain) {
  auto keeps = [](const ast::Item &i) { return i.layer && keepsShape(i.layer->name.text); };
  // From `tail` to the end no layer changes the shape, so a size that is left out just before it must be that of the
  // output.
  const ast::Item *tail = items.data() + (std::find_if_not(items.rbegin(), items.rend(), keeps).base() - items.begin());
  for (const ast::Item &item : items) {
    size_t before = report.mistakes();
    auto first = int(chain.checked.layers.size());
    if (item.layer)
      layer(*item.layer, &items == &chain.written.items && &item + 1 >= tail, chain);
    else
      check(item.group, chain);
    if (!item.label.text.empty() && before == report.mistakes() && !chain.checked.layers.empty())
      label(item.label, first, chain);
  }
}

/// Adds a label for the layers from `first` on, whose value is that of the last one.
void Layers::label(const ast::Name &name, int first, Chain &chain) {
  Block &block = chain.checked;
  for (const Label &other : block.labels)
    if (other.name == name.text)
      report.error(Id::DuplicateName, name.span, {name.text, "a label"})
          .notes.push_back({other.span, "it is declared here"});
  block.labels.push_back({name.text, int(block.layers.size()) - 1, chain.shape, name.span, first});
}

/// Reports a layer that does not exist. The shape is kept if the one that was probably meant keeps it.
void Layers::unknown(const ast::Name &name, Chain &chain) {
  std::vector<std::string> known;
  for (const LayerRow &row : layerRows())
    known.emplace_back(row.spelling);
  report.suggest(report.error(Id::UnknownName, name.span, {"layer", name.text}), name.text, known, name.span, "layer");
  if (!keepsShape(nearest(name.text, known)))
    chain.shape.clear(); // the layers after it cannot be checked
}

void Layers::layer(const ast::Layer &l, bool last, Chain &chain) {
  const std::vector<LayerRow> &rows = layerRows();
  auto row = std::find_if(rows.begin(), rows.end(), [&](const LayerRow &r) { return r.spelling == l.name.text; });
  if (row == rows.end())
    return unknown(l.name, chain);
  Block &block = chain.checked;
  Layer layer;
  layer.kind = row->kind;
  layer.index = int(block.layers.size());
  layer.span = l.span;
  layer.in = chain.shape;
  std::optional<std::vector<LayerArg>> args = arguments.of(l, *row, chain);
  if (!args && !keepsShape(l.name.text))
    chain.shape.clear();
  if (!args || chain.shape.empty())
    return; // without a shape nothing more can be checked; the mistake that caused this is reported
  layer.args = std::move(*args);
  std::optional<Shape> result = layerShape(layer, block, last, model, report);
  if (!result) {
    chain.shape.clear();
    return;
  }
  layer.out = chain.shape = *result;
  addTensors(layer, chain.written.inits, inits);
  if (!layerFits(layer, report))
    chain.shape.clear();
  block.layers.push_back(std::move(layer));
}

} // namespace gan::dsl
