// Finds the shape of each layer's output, and reports layers that do not fit. `conv` and its relatives keep PyTorch's
// rules of size.
#include "dsl/check/Shapes.h"

#include "dsl/Checker.h"
#include "dsl/Tables.h"

#include <algorithm>

namespace gan::dsl {
namespace {

/// Whether a value of shape `from` is broadcast when it is joined with one of shape `to`: a vector is broadcast over an
/// image.
bool spreads(const Shape &from, const Shape &to) { return from.size() == 1 && to.size() == 3; }

/// Whether the value at this point of the chain is an unchanged one-hot input: a label, or a latent of classes.
bool isOneHot(const Block &block) {
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

/// Finds the shape of one layer's output. Each function gives nothing for a layer that does not fit, and reports it.
class LayerShape {
public:
  LayerShape(Layer &layer, const Block &block, const Model &model, Report &report)
      : layer(layer), block(block), model(model), report(report) {}

  std::optional<Shape> shape(bool last);

private:
  bool isVector() const { return layer.in.size() == 1; }
  bool isImage() const { return layer.in.size() == 3; }
  /// The i-th number of an argument.
  int64_t size(std::string_view name, size_t i) const { return int64_t(*layer.argument(name).values[i].literal()); }
  std::optional<Shape> needs(const std::string &what, const std::string &fix = "");
  std::optional<Shape> refuse(Id id, std::vector<std::string> arguments);
  std::optional<Shape> dense(bool last);
  std::optional<Shape> convolution();
  std::optional<Shape> window();
  std::optional<Shape> border();
  std::optional<Shape> pixelShuffle();
  std::optional<Shape> norm();
  std::optional<Shape> attention();
  std::optional<Shape> slice();
  std::optional<Shape> join();
  std::optional<Shape> reshape();

  Layer &layer;
  const Block &block;
  const Model &model;
  Report &report;
};

std::optional<Shape> LayerShape::shape(bool last) {
  switch (layer.kind) {
  case LayerKind::Linear:
  case LayerKind::Maxout:
    return dense(last);
  case LayerKind::Conv:
  case LayerKind::ConvTranspose:
    return isImage() ? convolution() : needs("an image");
  case LayerKind::MaxPool:
  case LayerKind::AvgPool:
    return isImage() ? window() : needs("an image");
  case LayerKind::GlobalMaxPool:
  case LayerKind::GlobalAvgPool:
    return isImage() ? Shape{layer.in[0], 1, 1} : needs("an image");
  case LayerKind::Upsample:
  case LayerKind::Pad:
  case LayerKind::Crop:
    return isImage() ? border() : needs("an image");
  case LayerKind::PixelShuffle:
    return pixelShuffle();
  case LayerKind::InstanceNorm:
  case LayerKind::GroupNorm:
  case LayerKind::LayerNorm:
  case LayerKind::BatchNorm:
    return norm();
  case LayerKind::Attention:
    return isImage() ? attention() : needs("an image");
  case LayerKind::Gain:
    return layer.arg("start").literal() ? layer.in
                                        : refuse(Id::ArgumentType, {"start", "a fixed number", "one that can change"});
  case LayerKind::Slice:
    return slice();
  case LayerKind::ChannelDropout:
    return isImage() ? layer.in : needs("an image");
  case LayerKind::Embedding:
    return isVector() && isOneHot(block)
               ? Shape{int64_t(layer.literal("n"))}
               : needs("a one-hot vector, which is an input that is or was declared `categorical`");
  case LayerKind::MinibatchStddev: {
    Shape out = layer.in;
    ++out[0];
    return out;
  }
  case LayerKind::Take:
  case LayerKind::Add:
  case LayerKind::Multiply:
  case LayerKind::Concat:
    return join();
  case LayerKind::Softmax:
    return isVector() ? layer.in : needs("a vector");
  case LayerKind::Flatten:
    return Shape{elements(layer.in)};
  case LayerKind::Reshape:
    return reshape();
  default:
    return layer.in;
  }
}

/// Reports what the layer needs in place of its input. The `fix` is put in front of the layer.
std::optional<Shape> LayerShape::needs(const std::string &what, const std::string &fix) {
  Diagnostic &d =
      report.error(Id::LayerInput, layer.span, {std::string(rowOf(layer.kind).spelling), what, shapeText(layer.in)});
  noteRemainders(block, d);
  if (block.trunk && layer.index == 0) {
    const Block &trunk = model.blocks[block.trunk->block];
    const Label &label = trunk.labels[block.trunk->label];
    d.notes.push_back({label.span, "`" + block.name + "` starts at `" + trunk.name + "." + label.name + "`"});
  }
  if (!fix.empty())
    d.fix = Fix{{layer.span.begin, layer.span.begin}, fix};
  return std::nullopt;
}

std::optional<Shape> LayerShape::refuse(Id id, std::vector<std::string> arguments) {
  report.error(id, layer.span, std::move(arguments));
  return std::nullopt;
}

/// A `linear` or `maxout`. Without a size the last one of a block takes it from the outputs.
std::optional<Shape> LayerShape::dense(bool last) {
  if (!isVector())
    return needs("a vector", "flatten ; " + report.text(layer.span));
  LayerArg &n = layer.args[0];
  if (n.values.empty()) {
    if (!last)
      return refuse(Id::MissingArgument, {"linear", "a size: only the last one of a block takes it from the output"});
    int64_t width = 0;
    for (const Output &o : block.outputs)
      width += o.width;
    if (!width)
      return std::nullopt; // the outputs have a mistake, which is reported
    n.values.push_back(literalNumber(double(width)));
  }
  return Shape{int64_t(layer.literal("n"))};
}

/// Checks that the groups divide the channels, that the kernel fits, and that the output is not empty.
std::optional<Shape> LayerShape::convolution() {
  Shape out{int64_t(layer.literal("n")), 0, 0};
  int64_t groups = size("groups", 0);
  for (int64_t channels : {layer.in[0], out[0]})
    if (channels % groups)
      return refuse(Id::GroupsDoNotDivide,
                    {std::to_string(groups), std::to_string(channels), channels == out[0] ? "out" : "in"});
  for (size_t i : {0, 1}) {
    int64_t in = layer.in[i + 1], s = size("stride", i), p = size("pad", i), d = size("dilation", i);
    int64_t window = (size("kernel", i) - 1) * d + 1;
    if (layer.kind == LayerKind::Conv) {
      if (window > in + 2 * p)
        return refuse(Id::KernelTooLarge, {std::to_string(window), std::to_string(in + 2 * p)});
      out[i + 1] = (in + 2 * p - window) / s + 1;
      continue;
    }
    int64_t extra = size("output_pad", i);
    out[i + 1] = (in - 1) * s - 2 * p + window + extra;
    if (extra && extra >= std::max(s, d))
      return refuse(Id::OutOfRange, {"output_pad", "less than the stride or the dilation", std::to_string(extra)});
    if (out[i + 1] < 1)
      return refuse(Id::OutOfRange, {"pad", "small enough to leave an output", std::to_string(p)});
  }
  return out;
}

/// Checks that the window of a pool fits, with at most half of it in the padding (PyTorch's rule, so that every window
/// sees the image).
std::optional<Shape> LayerShape::window() {
  LayerArg &stride = layer.args[1];
  if (stride.values.empty())
    stride.values = layer.args[0].values;
  Shape out = layer.in;
  for (size_t i : {0, 1}) {
    int64_t kernel = size("kernel", i), pad = size("pad", i), in = layer.in[i + 1] + 2 * pad;
    if (kernel > in)
      return refuse(Id::KernelTooLarge, {std::to_string(kernel), std::to_string(in)});
    if (2 * pad > kernel)
      return refuse(Id::OutOfRange, {"pad", "at most half the kernel", std::to_string(pad)});
    out[i + 1] = (in - kernel) / size("stride", i) + 1;
  }
  return out;
}

/// The output shape of upsample, pad and crop.
std::optional<Shape> LayerShape::border() {
  Shape out = layer.in;
  if (layer.kind == LayerKind::Upsample) {
    out[1] *= size("factor", 0);
    out[2] *= size("factor", 1);
  } else {
    bool reflects = layer.kind == LayerKind::Pad && layer.literal("mode") == 1;
    for (size_t i = 0; i < 4; ++i) {
      int64_t side = size("sides", i), limit = layer.in[1 + i / 2] - 1;
      if (reflects && side > limit)
        return refuse(Id::OutOfRange, {"sides", "less than the image, to be reflected in it", std::to_string(side)});
      out[1 + i / 2] += layer.kind == LayerKind::Pad ? side : -side;
    }
  }
  for (int64_t n : out)
    if (n < 1)
      return refuse(Id::OutOfRange, {"sides", "small enough to leave an image", shapeText(layer.in)});
  return out;
}

std::optional<Shape> LayerShape::pixelShuffle() {
  int64_t f = int64_t(layer.literal("factor"));
  if (!isImage() || layer.in[0] % (f * f))
    return needs("an image with a multiple of " + std::to_string(f * f) + " channels");
  return Shape{layer.in[0] / (f * f), layer.in[1] * f, layer.in[2] * f};
}

std::optional<Shape> LayerShape::norm() {
  if (layer.kind == LayerKind::InstanceNorm && !isImage())
    return refuse(Id::LayerInput, {"instance_norm", "an image", shapeText(layer.in)});
  if (layer.kind == LayerKind::GroupNorm && layer.in[0] % int64_t(layer.literal("groups")))
    return refuse(Id::GroupsDoNotDivide,
                  {std::to_string(int64_t(layer.literal("groups"))), std::to_string(layer.in[0]), "in"});
  if (!layer.argument("by").refs.empty()) {
    const Shape &by = layer.argument("by").refs[0].shape;
    if (by.size() != 1)
      return refuse(Id::LayerInput, {std::string(rowOf(layer.kind).spelling), "a vector after `by`", shapeText(by)});
  }
  return layer.in;
}

/// Fills in how many keys and values there are, and checks that the heads divide them.
std::optional<Shape> LayerShape::attention() {
  int64_t heads = int64_t(layer.literal("heads"));
  for (LayerArg &arg : layer.args) {
    if (arg.name != "keys" && arg.name != "values")
      continue;
    if (arg.values.empty())
      arg.values.push_back(literalNumber(double(layer.in[0])));
    int64_t n = int64_t(*arg.values[0].literal());
    if (n % heads)
      return refuse(Id::OutOfRange,
                    {"heads", "a divisor of the " + std::to_string(n) + " " + arg.name, std::to_string(heads)});
  }
  return layer.in;
}

std::optional<Shape> LayerShape::slice() {
  Shape out = layer.in;
  int64_t n = int64_t(layer.literal("n")), from = int64_t(layer.literal("from"));
  if (from + n > layer.in[0])
    return refuse(Id::LayerInput,
                  {"slice", std::to_string(from + n) + (isImage() ? " channels" : " numbers"), shapeText(layer.in)});
  out[0] = n;
  return out;
}

/// The output shape of take, add, multiply and concat.
std::optional<Shape> LayerShape::join() {
  std::string name(rowOf(layer.kind).spelling);
  const std::vector<Ref> &refs = layer.args[0].refs;
  if (layer.kind == LayerKind::Take) {
    if (refs.size() == 1)
      return refs[0].shape;
    return refuse(Id::ExtraArgument, {name, "one name", std::to_string(refs.size())});
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

std::optional<Shape> LayerShape::reshape() {
  Shape out;
  for (const Number &n : layer.args[0].values)
    out.push_back(int64_t(*n.literal()));
  if (elements(out) == elements(layer.in))
    return out;
  noteRemainders(block, report.error(Id::ReshapeCount, layer.span,
                                     {shapeText(layer.in), std::to_string(elements(layer.in)), shapeText(out),
                                      std::to_string(elements(out))}));
  return std::nullopt;
}

} // namespace

std::optional<Shape> layerShape(Layer &layer, const Block &block, bool last, const Model &model, Report &report) {
  return LayerShape(layer, block, model, report).shape(last);
}

Shape joinedShape(const Block &block, Report &report) {
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
                   {block.name, shapeText(image), shapeText(input.shape), "heights and widths differ"});
      return {};
    }
    out = Shape{(out.empty() ? 0 : out[0]) + input.shape[0], image[1], image[2]};
  }
  return out;
}

void noteRemainders(const Block &block, Diagnostic &d) {
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
