// Computes the shape of each layer's output, and reports layers that do not fit.
#include "dsl/check/State.h"

#include <algorithm>

namespace gan::dsl {

/// The shape of the layer's output. Reports it if the layer does not fit its input.
std::optional<Shape> Check::layerShape(Layer &layer, const Block &block, bool last) {
  const LayerRow &row = rowOf(layer.kind);
  auto needs = [&](const std::string &what, const std::string &fix) -> std::optional<Shape> {
    Diagnostic &d = report.error(Id::LayerInput, layer.span, {std::string(row.spelling), what, shapeText(layer.in)});
    remainders(block, d);
    if (block.trunk && layer.index == 0) {
      const Block &trunk = model.blocks[block.trunk->block];
      const Label &label = trunk.labels[block.trunk->label];
      d.notes.push_back({label.span, "`" + block.name + "` starts at `" + trunk.name + "." + label.name + "`"});
    }
    if (!fix.empty())
      d.fix = Fix{{layer.span.begin, layer.span.begin}, fix};
    return std::nullopt;
  };
  switch (layer.kind) {
  case LayerKind::Linear:
  case LayerKind::Maxout: {
    if (layer.in.size() != 1)
      return needs("a vector", "flatten ; " + report.text(layer.span));
    LayerArg &n = layer.args[0];
    if (n.values.empty()) {
      if (!last)
        return report.error(Id::MissingArgument, layer.span,
                            {"linear", "a size: only the last one of a block takes it from the output"}),
               std::nullopt;
      int64_t width = 0;
      for (const Output &o : block.outputs)
        width += o.width;
      if (!width)
        return std::nullopt; // the outputs have a mistake, which is reported
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
  case LayerKind::MaxPool:
  case LayerKind::AvgPool:
    return layer.in.size() == 3 ? windowShape(layer) : needs("an image", "");
  case LayerKind::GlobalMaxPool:
  case LayerKind::GlobalAvgPool:
    return layer.in.size() == 3 ? std::optional(Shape{layer.in[0], 1, 1}) : needs("an image", "");
  case LayerKind::Upsample:
  case LayerKind::Pad:
  case LayerKind::Crop:
    return layer.in.size() == 3 ? borderShape(layer) : needs("an image", "");
  case LayerKind::PixelShuffle: {
    int64_t f = int64_t(layer.literal("factor"));
    if (layer.in.size() != 3 || layer.in[0] % (f * f))
      return needs("an image with a multiple of " + std::to_string(f * f) + " channels", "");
    return Shape{layer.in[0] / (f * f), layer.in[1] * f, layer.in[2] * f};
  }
  case LayerKind::InstanceNorm:
  case LayerKind::GroupNorm:
  case LayerKind::BatchNorm:
    return normShape(layer);
  case LayerKind::ChannelDropout:
    return layer.in.size() == 3 ? std::optional(layer.in) : needs("an image", "");
  case LayerKind::Embedding:
    return layer.in.size() == 1 && isOneHot(block)
               ? std::optional(Shape{int64_t(layer.literal("n"))})
               : needs("a one-hot vector, which is an input that is or was declared `categorical`", "");
  case LayerKind::MinibatchStddev: {
    Shape out = layer.in;
    ++out[0];
    return out;
  }
  case LayerKind::Take:
  case LayerKind::Add:
  case LayerKind::Concat:
    return joinShape(layer, block);
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
    remainders(block, report.error(Id::ReshapeCount, layer.span,
                                   {shapeText(layer.in), std::to_string(elements(layer.in)), shapeText(out),
                                    std::to_string(elements(out))}));
    return std::nullopt;
  }
  default:
    return layer.in;
  }
}

/// Checks that the groups divide the channels, that the kernel fits, and that the output is not empty.
std::optional<Shape> Check::convolutionShape(const Layer &layer) {
  auto size = [&](std::string_view name, int i) { return int64_t(*layer.argument(name).values[i].literal()); };
  Shape out{int64_t(layer.literal("n")), 0, 0};
  int64_t groups = size("groups", 0);
  for (int64_t channels : {layer.in[0], out[0]})
    if (channels % groups)
      return report.error(Id::GroupsDoNotDivide, layer.span,
                          {std::to_string(groups), std::to_string(channels), channels == out[0] ? "out" : "in"}),
             std::nullopt;
  for (int i : {0, 1}) {
    int64_t in = layer.in[i + 1], s = size("stride", i), p = size("pad", i), d = size("dilation", i);
    int64_t window = (size("kernel", i) - 1) * d + 1;
    if (layer.kind == LayerKind::Conv) {
      if (window > in + 2 * p)
        return report.error(Id::KernelTooLarge, layer.span, {std::to_string(window), std::to_string(in + 2 * p)}),
               std::nullopt;
      out[i + 1] = (in + 2 * p - window) / s + 1;
      continue;
    }
    int64_t extra = size("output_pad", i);
    out[i + 1] = (in - 1) * s - 2 * p + window + extra;
    if (extra && extra >= std::max(s, d))
      return report.error(Id::OutOfRange, layer.span,
                          {"output_pad", "less than the stride or the dilation", std::to_string(extra)}),
             std::nullopt;
    if (out[i + 1] < 1)
      return report.error(Id::OutOfRange, layer.span, {"pad", "small enough to leave an output", std::to_string(p)}),
             std::nullopt;
  }
  return out;
}

/// Checks that the window fits, with at most half of it in the padding (PyTorch's rule, so that every window sees the
/// image).
std::optional<Shape> Check::windowShape(Layer &layer) {
  LayerArg &stride = layer.args[1];
  if (stride.values.empty())
    stride.values = layer.args[0].values;
  Shape out = layer.in;
  for (int i : {0, 1}) {
    auto size = [&](std::string_view name) { return int64_t(*layer.argument(name).values[i].literal()); };
    int64_t kernel = size("kernel"), pad = size("pad"), in = layer.in[i + 1] + 2 * pad;
    if (kernel > in)
      return report.error(Id::KernelTooLarge, layer.span, {std::to_string(kernel), std::to_string(in)}), std::nullopt;
    if (2 * pad > kernel)
      return report.error(Id::OutOfRange, layer.span, {"pad", "at most half the kernel", std::to_string(pad)}),
             std::nullopt;
    out[i + 1] = (in - kernel) / size("stride") + 1;
  }
  return out;
}

/// The output shape of upsample, pad and crop.
std::optional<Shape> Check::borderShape(const Layer &layer) {
  auto number = [&](std::string_view name, int i) { return int64_t(*layer.argument(name).values[i].literal()); };
  Shape out = layer.in;
  if (layer.kind == LayerKind::Upsample) {
    out[1] *= number("factor", 0);
    out[2] *= number("factor", 1);
  } else {
    bool reflects = layer.kind == LayerKind::Pad && layer.literal("mode") == 1;
    for (int i = 0; i < 4; ++i) {
      int64_t side = number("sides", i), limit = layer.in[1 + i / 2] - 1;
      if (reflects && side > limit)
        return report.error(Id::OutOfRange, layer.span,
                            {"sides", "less than the image, to be reflected in it", std::to_string(side)}),
               std::nullopt;
      out[1 + i / 2] += layer.kind == LayerKind::Pad ? side : -side;
    }
  }
  for (int64_t size : out)
    if (size < 1)
      return report.error(Id::OutOfRange, layer.span, {"sides", "small enough to leave an image", shapeText(layer.in)}),
             std::nullopt;
  return out;
}

/// Whether a value of shape `from` is broadcast when it is joined with one of shape `to`: a vector is broadcast over an
/// image.
static bool spreads(const Shape &from, const Shape &to) { return from.size() == 1 && to.size() == 3; }

std::optional<Shape> Check::joinShape(const Layer &layer, const Block &block) {
  std::string name(rowOf(layer.kind).spelling);
  const std::vector<Ref> &refs = layer.args[0].refs;
  if (layer.kind == LayerKind::Take) {
    if (refs.size() == 1)
      return refs[0].shape;
    return report.error(Id::ExtraArgument, layer.span, {name, "one name", std::to_string(refs.size())}), std::nullopt;
  }
  Shape out = layer.in;
  for (const Ref &ref : refs) {
    auto cannot = [&](const std::string &why) -> std::optional<Shape> {
      Diagnostic &d = report.error(Id::CannotJoin, layer.span, {name, shapeText(out), shapeText(ref.shape), why});
      Span declared = ref.label >= 0 ? block.labels[ref.label].span : block.inputs[ref.input].span;
      d.notes.push_back({declared, "it is declared here"});
      return std::nullopt;
    };
    if (spreads(out, ref.shape))
      return cannot("an image does not fit into a vector");
    if (out.size() == 3 && ref.shape.size() == 3 && (out[1] != ref.shape[1] || out[2] != ref.shape[2]))
      return cannot("heights and widths differ");
    if (layer.kind == LayerKind::Concat)
      out[0] += ref.shape[0];
    else if (out[0] != ref.shape[0])
      return cannot(out.size() == 3 ? "channels differ" : "sizes differ");
  }
  return out;
}

std::optional<Shape> Check::normShape(const Layer &layer) {
  if (layer.kind == LayerKind::InstanceNorm && layer.in.size() != 3)
    return report.error(Id::LayerInput, layer.span, {"instance_norm", "an image", shapeText(layer.in)}), std::nullopt;
  if (layer.kind == LayerKind::GroupNorm && layer.in[0] % int64_t(layer.literal("groups")))
    return report.error(Id::GroupsDoNotDivide, layer.span,
                        {std::to_string(int64_t(layer.literal("groups"))), std::to_string(layer.in[0]), "in"}),
           std::nullopt;
  if (layer.kind == LayerKind::BatchNorm && !layer.argument("by").refs.empty() &&
      layer.argument("by").refs[0].shape.size() != 1)
    return report.error(Id::LayerInput, layer.span,
                        {"batch_norm", "a vector after `by`", shapeText(layer.argument("by").refs[0].shape)}),
           std::nullopt;
  return layer.in;
}

/// The shape that the chain of layers starts with: the inputs concatenated, without those that a layer refers to by
/// name.
Shape Check::joined(const Block &block, const ast::Block &b) {
  Shape image, out;
  for (const Input &input : block.inputs)
    if (input.joined && input.shape.size() == 3 && image.empty())
      image = input.shape;
  for (const Input &input : block.inputs) {
    if (!input.joined)
      continue;
    if (input.shape.empty())
      return {}; // its declaration has a mistake
    if (image.empty()) {
      out = out.empty() ? input.shape : Shape{out[0] + input.shape[0]};
      continue;
    }
    if (input.shape.size() == 3 && (input.shape[1] != image[1] || input.shape[2] != image[2])) {
      report.error(Id::CannotJoin, input.span,
                   {b.name.text, shapeText(image), shapeText(input.shape), "heights and widths differ"});
      return {};
    }
    out = Shape{(out.empty() ? 0 : out[0]) + input.shape[0], image[1], image[2]};
  }
  return out;
}

/// Whether the value at this point of the chain is an unchanged one-hot input: a label, or a latent of classes.
bool Check::isOneHot(const Block &block) const {
  if (!block.layers.empty()) {
    const Layer &last = block.layers.back();
    return last.kind == LayerKind::Take && last.args[0].refs[0].oneHot;
  }
  size_t joined = 0, oneHot = 0;
  for (const Input &input : block.inputs) {
    joined += input.joined;
    oneHot += input.joined && input.oneHot;
  }
  return !block.trunk && joined == 1 && oneHot == 1;
}

/// Adds notes about strides that leave rows over, which often cause a size that is not the expected one.
void Check::remainders(const Block &block, Diagnostic &d) {
  for (const Layer &layer : block.layers) {
    bool pool = layer.kind == LayerKind::MaxPool || layer.kind == LayerKind::AvgPool;
    if (layer.kind != LayerKind::Conv && !pool)
      continue;
    for (int i : {0, 1}) {
      auto size = [&](std::string_view name) { return int64_t(*layer.argument(name).values[i].literal()); };
      int64_t window = (size("kernel") - 1) * (pool ? 1 : size("dilation")) + 1;
      int64_t rest = (layer.in[i + 1] + 2 * size("pad") - window) % size("stride");
      if (!rest)
        continue;
      d.notes.push_back({layer.span, std::string(i ? "the width" : "the height") + " " +
                                         std::to_string(layer.in[i + 1]) + " becomes " +
                                         std::to_string(layer.out[i + 1]) + ": the stride leaves " +
                                         std::to_string(rest) + (rest == 1 ? " row over" : " rows over")});
      break;
    }
  }
}

} // namespace gan::dsl
