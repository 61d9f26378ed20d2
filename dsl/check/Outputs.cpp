// Checks the outputs of a block. The range of an output's values follows from the block's last activation, so that an
// image in [0, 1] is not compared with data in [-1, 1].
#include "dsl/check/Outputs.h"

#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "dsl/check/Shapes.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {
namespace {

/// Checks that the last layer gives as many numbers as the outputs take together.
void checkSize(const Block &block, Report &report) {
  const Layer &last = block.layers.back();
  int64_t width = 0;
  for (const Output &o : block.outputs)
    width += o.width;
  if (elements(last.out) == width || block.outputs.empty())
    return;
  std::string takes;
  for (const Output &o : block.outputs)
    takes += (takes.empty() ? "" : " and ") + std::to_string(o.width);
  Diagnostic &d = report.error(Id::OutputSize, last.span,
                               {std::to_string(elements(last.out)), block.outputs.size() == 1 ? "" : "s", takes});
  std::string shape = last.out.size() == 3 ? ": the layer gives " + shapeText(last.out) : "";
  if (!shape.empty() && block.outputs.size() == 1 && block.outputs[0].shape.size() == 3)
    shape += ", the output is " + shapeText(block.outputs[0].shape);
  d.notes.push_back({block.outputs[0].span, "declared here" + shape});
  noteRemainders(block, d);
}

/// The layer that decides the range of the values: the last one that does more than rearrange them.
const Layer &decidingLayer(const Block &block) {
  auto arranges = [](const Layer &l) {
    return l.kind == LayerKind::Flatten || l.kind == LayerKind::Reshape || l.kind == LayerKind::Crop ||
           l.kind == LayerKind::PixelShuffle || l.kind == LayerKind::Upsample;
  };
  return *std::find_if_not(block.layers.rbegin(), block.layers.rend() - 1, arranges);
}

/// Reports an activation that the distribution of the output applies too.
void checkActivation(const Output &o, const Layer &deciding, Report &report) {
  if (o.kind == OutputKind::Bernoulli && deciding.kind == LayerKind::Sigmoid)
    report.error(Id::DoubleSigmoid, deciding.span)
        .notes.push_back({o.span, "a bernoulli's block ends in logits: leave the sigmoid out"});
  if (o.kind == OutputKind::Categorical && deciding.kind == LayerKind::Softmax)
    report.error(Id::DoubleSoftmax, deciding.span)
        .notes.push_back({o.span, "a categorical's block ends in logits: leave the softmax out"});
}

/// The range of what the layer gives; `otherwise` if it may give any value.
Range rangeOf(const Layer &layer, Range otherwise) {
  switch (layer.kind) {
  case LayerKind::Sigmoid:
  case LayerKind::HardSigmoid:
  case LayerKind::Softmax:
    return {0, 1};
  case LayerKind::HardTanh:
  case LayerKind::Tanh:
    return {-1, 1};
  case LayerKind::Relu:
  case LayerKind::Softplus:
    return {0, std::numeric_limits<double>::infinity()};
  default:
    return otherwise;
  }
}

/// Reports an output in the shape of the data's images but in another range.
void checkRange(const Output &o, const Layer &deciding, const Model &model, Report &report) {
  auto text = [](Range r) {
    char buffer[64];
    snprintf(buffer, sizeof buffer, "[%g, %g]", r.lo, r.hi);
    return std::string(buffer);
  };
  if (!std::isfinite(o.range.lo) || !std::isfinite(o.range.hi))
    return;
  for (const Data &d : model.data)
    if (d.kind == DataKind::Image && o.shape == d.shape && (o.range.lo != d.range.lo || o.range.hi != d.range.hi))
      report
          .error(Id::RangeMismatch, deciding.span,
                 {std::string(rowOf(deciding.kind).spelling), text(o.range), d.name, text(d.range)})
          .notes.push_back({d.span, "declared here"});
}

} // namespace

void checkOutputs(Block &block, const Model &model, Report &report) {
  checkSize(block, report);
  const Layer &deciding = decidingLayer(block);
  for (Output &o : block.outputs) {
    checkActivation(o, deciding, report);
    if (o.kind != OutputKind::Value)
      continue;
    o.range = rangeOf(deciding, o.range);
    checkRange(o, deciding, model, report);
  }
}

} // namespace gan::dsl
