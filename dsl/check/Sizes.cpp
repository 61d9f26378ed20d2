// Checks sizes against what a buffer holds, first of one sample and then of a whole batch.
#include "dsl/check/Sizes.h"

#include "dsl/Checker.h"
#include "dsl/Tables.h"

namespace gan::dsl {
namespace {

/// The number of elements as text: "10000000000", or rounded if it is very large.
std::string countText(const Shape &shape) {
  double product = 1;
  for (int64_t size : shape)
    product *= double(size);
  char text[40];
  snprintf(text, sizeof text, product < 1e15 ? "%.0f" : "%.3g", product);
  return text;
}

bool batchFits(const std::string &what, const Shape &shape, Span span, int64_t batch, Report &report) {
  if (elements(shape) > mostElements)
    return false; // already reported, as it is too large for any batch
  Shape whole{batch};
  whole.insert(whole.end(), shape.begin(), shape.end());
  return fits("a batch of " + std::to_string(batch) + " of " + what, whole, span, report);
}

/// Checks that groups of samples divide the batch, and that a norm has more than one value.
void samplesOfLayer(const Layer &layer, int64_t batch, Report &report) {
  int64_t all = elements(layer.in), pixels = layer.in.size() == 3 ? layer.in[1] * layer.in[2] : 1;
  int64_t values = 0;
  std::string instead;
  switch (layer.kind) {
  case LayerKind::MinibatchStddev:
    if (!layer.argument("group").values.empty() && batch % int64_t(layer.literal("group")))
      report.error(Id::OutOfRange, layer.span,
                   {"group", "a divisor of the batch " + std::to_string(batch),
                    std::to_string(int64_t(layer.literal("group")))});
    return;
  case LayerKind::BatchNorm:
    values = batch * pixels;
    instead = all > 1 ? "a batch larger than 1 gives it more, and `layer_norm` takes all numbers of a sample"
                      : "a batch larger than 1 gives it more";
    break;
  case LayerKind::InstanceNorm:
    values = pixels;
    instead = all > 1 ? "leave it out, or take `layer_norm`, over all numbers of a sample" : "leave it out";
    break;
  case LayerKind::GroupNorm:
    values = all / int64_t(layer.literal("groups"));
    instead = all > 1 ? "fewer groups give it more" : "leave it out";
    break;
  case LayerKind::LayerNorm:
    values = all;
    instead = "leave it out";
    break;
  default:
    return;
  }
  if (values == 1)
    report.error(Id::OneValue, layer.span, {std::string(rowOf(layer.kind).spelling), instead});
}

/// Checks the layers of a block, and all its parameters together.
void blockFits(const Block &block, int64_t batch, Report &report) {
  for (const Layer &layer : block.layers) {
    Shape widest = layer.out;
    if (layer.kind == LayerKind::Maxout)
      widest.push_back(int64_t(layer.literal("pieces")));
    if (layer.kind == LayerKind::Attention) // how much each pixel attends to each
      widest = {int64_t(layer.literal("heads")), layer.in[1] * layer.in[2], layer.in[1] * layer.in[2]};
    std::string name = "`" + std::string(rowOf(layer.kind).spelling) + "`";
    if (!batchFits("the input of " + name, layer.in, layer.span, batch, report) ||
        !batchFits("the output of " + name, widest, layer.span, batch, report))
      break; // the layers that follow are probably too large as well
    samplesOfLayer(layer, batch, report);
  }
  int64_t parameters = 0;
  for (const Layer &layer : block.layers)
    for (const Param &p : layer.params)
      parameters += p.buffer ? 0 : elements(p.shape);
  if (parameters > mostElements && report.clean())
    report.error(
        Id::TooLarge, block.span,
        {"the parameters of `" + block.name + "` together", std::to_string(parameters), std::to_string(mostElements)});
}

} // namespace

bool fits(const std::string &what, const Shape &shape, Span span, Report &report) {
  if (elements(shape) <= mostElements)
    return true;
  report.error(Id::TooLarge, span, {what + " " + shapeText(shape), countText(shape), std::to_string(mostElements)});
  return false;
}

bool layerFits(const Layer &layer, Report &report) {
  std::string name(rowOf(layer.kind).spelling);
  bool ok = fits("the output of `" + name + "`", layer.out, layer.span, report);
  for (const Param &p : layer.params)
    ok = ok && fits("`" + p.name + "` of `" + name + "`", p.shape, layer.span, report);
  return ok;
}

void checkBatch(const Model &model, Report &report) {
  for (const Data &d : model.data)
    batchFits("`" + d.name + "`", d.shape, d.span, model.batch, report);
  for (const Latent &l : model.latents)
    batchFits("`" + l.name + "`", l.shape, l.span, model.batch, report);
  for (const Block &block : model.blocks)
    blockFits(block, model.batch, report);
}

} // namespace gan::dsl
