// Writes each layer as operators of ONNX (github.com/onnx/onnx/blob/main/docs/Operators.md), whose definitions are
// PyTorch's for nearly all of them. Shapes are those of one sample; the batch leads and is free.
#include "compiler/export/Onnx.h"
#include "compiler/export/ExportError.h"
#include "compiler/export/GivenCount.h"
#include "compiler/export/OnnxModel.h"
#include "dsl/Tables.h"

#include <algorithm>
#include <cmath>

using gan::dsl::LayerKind;

namespace gan {
namespace {

using Names = std::vector<std::string>;
using Whole = std::vector<int64_t>;

/// A value of the graph.
struct Value {
  std::string name;
  dsl::Shape shape;
};

class BlockWriter {
public:
  BlockWriter(const dsl::Model &model, const dsl::Block &block, Weights &weights, OnnxModel &out)
      : model(model), block(block), weights(weights), out(out) {}

  void write() {
    std::vector<Value> inputs;
    for (size_t i = 0; i < block.inputs.size(); ++i) {
      inputs.push_back({dsl::givenName(block, int(i)), block.inputs[i].shape});
      out.input(inputs.back().name, inputs.back().shape);
    }
    Value x;
    if (block.trunk) {
      const dsl::Block &trunk = model.blocks[size_t(block.trunk->block)];
      x = chain(trunk, joined(trunk, inputs), inputs, size_t(trunk.labels[size_t(block.trunk->label)].afterLayer) + 1);
    } else {
      x = joined(block, inputs);
    }
    outputs(chain(block, x, inputs, block.layers.size()));
  }

private:
  // ---- shorthands ----

  Value op(const std::string &name, const Value &x) { return {out.node(name, {x.name}), x.shape}; }
  Value with(const std::string &name, const Value &x, const std::vector<OnnxAttribute> &attributes) {
    return {out.node(name, {x.name}, attributes), x.shape};
  }
  Value op(const std::string &name, const Value &a, const std::string &b) {
    return {out.node(name, {a.name, b}), a.shape};
  }
  Value op(const std::string &name, const Value &a, const Value &b) { return op(name, a, b.name); }
  Value scaled(const Value &x, double factor) { return op("Mul", x, out.scalar(factor)); }
  std::string constant(const Weight &w) { return out.floats(w.shape, w.values); }
  std::string vector(int64_t n, float value) { return out.floats({n}, std::vector<float>(size_t(n), value)); }
  Value reshaped(const Value &x, const dsl::Shape &shape) {
    Whole sizes{-1};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    return {out.node("Reshape", {x.name, out.whole(sizes)}), shape};
  }
  /// A number or row for each channel, in a shape that spreads over x.
  std::string perChannel(const Weight &w, const Value &x) {
    Whole shape = w.shape;
    if (x.shape.size() == 3 && shape.size() == 1 && shape[0] > 1)
      shape = {shape[0], 1, 1};
    return out.floats(shape, w.values);
  }
  /// v in a shape that spreads over x: a vector stands at each pixel of an image.
  Value spread(const Value &v, const Value &x) {
    if (v.shape.size() == x.shape.size())
      return v;
    return reshaped(v, {v.shape[0], 1, 1});
  }

  double number(const dsl::Layer &l, const char *name) const {
    if (std::optional<double> literal = l.arg(name).literal())
      return *literal;
    throw refused(l,
                  std::string("its ") + name + " is a number that changes while it trains, which ONNX does not have");
  }
  Whole pair(const dsl::Layer &l, const char *name) const {
    const dsl::LayerArg &a = l.argument(name);
    return {int64_t(*a.values[0].literal()), int64_t(*a.values[1].literal())};
  }
  ExportError refused(const dsl::Layer &l, const std::string &why) const {
    return ExportError(block.name + "." + std::to_string(l.index) + " " + std::string(dsl::rowOf(l.kind).spelling) +
                       " has no counterpart in ONNX: " + why);
  }

  // ---- chains of layers ----

  Value joined(const dsl::Block &of, const std::vector<Value> &inputs) {
    std::vector<Value> parts;
    for (size_t i = 0; i < of.inputs.size(); ++i)
      if (of.inputs[i].joined)
        parts.push_back(inputs[i]);
    return parts.empty() ? Value() : concat(parts);
  }

  Value chain(const dsl::Block &of, Value x, const std::vector<Value> &inputs, size_t count) {
    std::vector<Value> after;
    for (size_t i = 0; i < count; ++i) {
      const dsl::Layer &l = of.layers[i];
      std::vector<Value> refs;
      for (const dsl::LayerArg &a : l.args)
        for (const dsl::Ref &ref : a.refs)
          refs.push_back(ref.input >= 0 ? inputs[size_t(ref.input)]
                                        : after[size_t(of.labels[size_t(ref.label)].afterLayer)]);
      x = layer(of, l, x, refs);
      x.shape = l.out;
      after.push_back(x);
    }
    return x;
  }

  Value layer(const dsl::Block &of, const dsl::Layer &l, const Value &x, const std::vector<Value> &refs) {
    switch (l.kind) {
    case LayerKind::Linear:
    case LayerKind::Maxout:
      return linear(of, l, x);
    case LayerKind::Conv:
    case LayerKind::ConvTranspose:
      return convolution(of, l, x);
    case LayerKind::Embedding:
      return op("MatMul", x, constant(weights.at(of, l, "weight")));
    case LayerKind::BatchNorm:
    case LayerKind::InstanceNorm:
    case LayerKind::LayerNorm:
    case LayerKind::GroupNorm:
      return normalised(of, l, x, refs);
    case LayerKind::Positions:
      return op("Add", x, constant(weights.at(of, l, "weight")));
    case LayerKind::Gain:
      return op("Mul", x, perChannel(weights.at(of, l, "weight"), x));
    case LayerKind::Prelu:
      return op("PRelu", x, perChannel(weights.at(of, l, "weight"), x));
    case LayerKind::Codebook:
      return codebook(of, l, x);
    case LayerKind::Attention:
      return attention(of, l, x);
    case LayerKind::MaxPool:
    case LayerKind::AvgPool:
      return pool(l, x);
    case LayerKind::MinibatchStddev:
      throw refused(l, "it looks at the whole batch, of which nothing is known here");
    default:
      return rearranged(l, x, refs);
    }
  }

  Value linear(const dsl::Block &of, const dsl::Layer &l, const Value &x) {
    Names inputs{x.name, constant(weights.at(of, l, "weight"))};
    if (const Weight *bias = weights.find(of, l, "bias"))
      inputs.push_back(constant(*bias));
    Value y{out.node("Gemm", inputs, {{"transB", int64_t(1)}}), l.out};
    if (l.kind == LayerKind::Linear)
      return y;
    y = reshaped(y, {int64_t(number(l, "n")), int64_t(number(l, "pieces"))});
    return {out.node("ReduceMax", {y.name}, {{"axes", Whole{2}}, {"keepdims", int64_t(0)}}), l.out};
  }

  Value convolution(const dsl::Block &of, const dsl::Layer &l, const Value &x) {
    Names inputs{x.name, constant(weights.at(of, l, "weight"))};
    if (const Weight *bias = weights.find(of, l, "bias"))
      inputs.push_back(constant(*bias));
    Whole pad = pair(l, "pad");
    std::vector<OnnxAttribute> attributes{{"kernel_shape", pair(l, "kernel")},
                                          {"strides", pair(l, "stride")},
                                          {"dilations", pair(l, "dilation")},
                                          {"pads", Whole{pad[0], pad[1], pad[0], pad[1]}},
                                          {"group", int64_t(number(l, "groups"))}};
    if (l.kind == LayerKind::ConvTranspose)
      attributes.push_back({"output_padding", pair(l, "output_pad")});
    return {out.node(l.kind == LayerKind::Conv ? "Conv" : "ConvTranspose", inputs, attributes), l.out};
  }

  Value pool(const dsl::Layer &l, const Value &x) {
    Whole pad = pair(l, "pad");
    std::vector<OnnxAttribute> attributes{{"kernel_shape", pair(l, "kernel")},
                                          {"strides", pair(l, "stride")},
                                          {"pads", Whole{pad[0], pad[1], pad[0], pad[1]}}};
    if (l.kind == LayerKind::AvgPool)
      attributes.push_back({"count_include_pad", int64_t(1)});
    return with(l.kind == LayerKind::MaxPool ? "MaxPool" : "AveragePool", x, attributes);
  }

  // ---- normalisations ----

  Value normalised(const dsl::Block &of, const dsl::Layer &l, const Value &x, const std::vector<Value> &refs) {
    const Weight *scale = weights.find(of, l, "weight"), *shift = weights.find(of, l, "bias");
    Value y = l.kind == LayerKind::BatchNorm ? byRunning(of, l, x) : bySample(l, x);
    if (!scale)
      return y;
    if (refs.empty())
      return op("Add", op("Mul", y, perChannel(*scale, x)), perChannel(*shift, x));
    auto rows = [&](const Weight &table) {
      return spread({out.node("MatMul", {refs[0].name, constant(table)}), {x.shape[0]}}, x);
    };
    Value factor = rows(*scale);
    if (!l.argument("by").refs[0].oneHot)
      factor = op("Add", factor, out.scalar(1));
    return op("Add", op("Mul", y, factor), rows(*shift));
  }

  Value byRunning(const dsl::Block &of, const dsl::Layer &l, const Value &x) {
    int64_t n = x.shape[0];
    return {out.node("BatchNormalization",
                     {x.name, vector(n, 1), vector(n, 0), constant(weights.at(of, l, "running_mean")),
                      constant(weights.at(of, l, "running_var"))},
                     {{"epsilon", number(l, "eps")}}),
            x.shape};
  }

  /// Statistics over each of the groups that a sample is cut into: one, all channels, or so many.
  Value bySample(const dsl::Layer &l, const Value &x) {
    int64_t groups = l.kind == LayerKind::LayerNorm      ? 1
                     : l.kind == LayerKind::InstanceNorm ? x.shape[0]
                                                         : int64_t(number(l, "groups"));
    Value rows = reshaped(x, {groups, dsl::elements(x.shape) / groups});
    rows.name = out.node("InstanceNormalization", {rows.name, vector(groups, 1), vector(groups, 0)},
                         {{"epsilon", number(l, "eps")}});
    return reshaped(rows, x.shape);
  }

  // ---- over the pixels ----

  /// (C, H, W) as rows of channels, one for each pixel; a vector is one row.
  Value pixels(const Value &x) {
    if (x.shape.size() != 3)
      return reshaped(x, {1, x.shape[0]});
    Value flat = reshaped(x, {x.shape[0], x.shape[1] * x.shape[2]});
    return {out.node("Transpose", {flat.name}, {{"perm", Whole{0, 2, 1}}}), {flat.shape[1], flat.shape[0]}};
  }
  Value fromPixels(const Value &rows, const dsl::Shape &shape) {
    if (shape.size() != 3)
      return reshaped(rows, shape);
    return reshaped({out.node("Transpose", {rows.name}, {{"perm", Whole{0, 2, 1}}}), {}}, shape);
  }

  /// The vector e with the largest 2 x e - e e, which is the nearest.
  Value codebook(const dsl::Block &of, const dsl::Layer &l, const Value &x) {
    const Weight &table = weights.at(of, l, "weight");
    int64_t n = table.shape[0], size = table.shape[1];
    std::vector<float> lengths(static_cast<size_t>(n)), turned(table.values.size());
    for (int64_t i = 0; i < n; ++i) {
      double sum = 0;
      for (int64_t k = 0; k < size; ++k) {
        float v = table.values[size_t(i * size + k)];
        sum += double(v) * double(v);
        turned[size_t(k * n + i)] = 2 * v;
      }
      lengths[size_t(i)] = float(sum);
    }
    std::string products = out.node("MatMul", {pixels(x).name, out.floats({size, n}, turned)});
    std::string nearest = out.node("ArgMax", {out.node("Sub", {products, out.floats({n}, lengths)})},
                                   {{"axis", int64_t(2)}, {"keepdims", int64_t(0)}});
    return fromPixels({out.node("Gather", {constant(table), nearest}), {}}, x.shape);
  }

  Value attention(const dsl::Block &of, const dsl::Layer &l, const Value &x) {
    int64_t heads = int64_t(number(l, "heads")), keys = int64_t(number(l, "keys")),
            values = int64_t(number(l, "values"));
    int64_t count = x.shape[1] * x.shape[2], each = keys / heads;
    auto linearOver = [&](const std::string &rows, const std::string &weight, const std::string &bias) {
      const Weight &w = weights.at(of, l, weight);
      std::string turned = out.node("Transpose", {constant(w)}, {{"perm", Whole{1, 0}}});
      std::string y = out.node("MatMul", {rows, turned});
      const Weight *b = weights.find(of, l, bias);
      return b ? out.node("Add", {y, constant(*b)}) : y;
    };
    std::string all = linearOver(pixels(x).name, "in_proj_weight", "in_proj_bias");
    auto part = [&](int64_t from, int64_t n, const Whole &order) {
      std::string v = out.node("Slice", {all, out.whole({from}), out.whole({from + n}), out.whole({2})});
      v = out.node("Reshape", {v, out.whole({-1, count, heads, n / heads})});
      return out.node("Transpose", {v}, {{"perm", order}});
    };
    std::string q = part(0, keys, {0, 2, 1, 3}), k = part(keys, keys, {0, 2, 3, 1}),
                v = part(2 * keys, values, {0, 2, 1, 3});
    std::string scores = out.node("Mul", {out.node("MatMul", {q, k}), out.scalar(1 / std::sqrt(double(each)))});
    std::string y = out.node("MatMul", {out.node("Softmax", {scores}, {{"axis", int64_t(-1)}}), v});
    y = out.node("Transpose", {y}, {{"perm", Whole{0, 2, 1, 3}}});
    y = out.node("Reshape", {y, out.whole({-1, count, values})});
    return fromPixels({linearOver(y, "out_proj.weight", "out_proj.bias"), {}}, x.shape);
  }

  // ---- layers that rearrange, and element-wise ones ----

  Value concat(std::vector<Value> parts) {
    if (parts.size() == 1)
      return parts[0];
    auto image = std::find_if(parts.begin(), parts.end(), [](const Value &v) { return v.shape.size() == 3; });
    Names names;
    for (Value &v : parts) {
      if (image != parts.end() && v.shape.size() == 1)
        v.name = out.node("Expand", {spread(v, *image).name, out.whole({1, 1, image->shape[1], image->shape[2]})});
      names.push_back(v.name);
    }
    dsl::Shape shape = image != parts.end() ? image->shape : dsl::Shape{0};
    shape[0] = 0;
    for (const Value &v : parts)
      shape[0] += v.shape[0];
    return {out.node("Concat", names, {{"axis", int64_t(1)}}), shape};
  }

  Value slice(const Value &x, const Whole &starts, const Whole &ends, const Whole &axes) {
    return {out.node("Slice", {x.name, out.whole(starts), out.whole(ends), out.whole(axes)}), {}};
  }

  Value border(const dsl::Layer &l, const Value &x) {
    auto side = [&](size_t i) { return int64_t(*l.argument("sides").values[i].literal()); };
    if (l.kind == LayerKind::Crop)
      return slice(x, {side(0), side(2)}, {l.in[1] - side(1), l.in[2] - side(3)}, {2, 3});
    static constexpr const char *modes[] = {"constant", "reflect", "edge"};
    std::string sides = out.whole({0, 0, side(0), side(2), 0, 0, side(1), side(3)});
    return {out.node("Pad", {x.name, sides}, {{"mode", std::string(modes[size_t(number(l, "mode"))])}}), l.out};
  }

  Value upsampled(const dsl::Layer &l, const Value &x) {
    bool nearest = number(l, "mode") == 0;
    Whole factor = pair(l, "factor");
    std::string scales = out.floats({4}, {1, 1, float(factor[0]), float(factor[1])});
    std::vector<OnnxAttribute> attributes{
        {"mode", std::string(nearest ? "nearest" : "linear")},
        {"coordinate_transformation_mode", std::string(nearest ? "asymmetric" : "half_pixel")}};
    if (nearest)
      attributes.push_back({"nearest_mode", std::string("floor")});
    return {out.node("Resize", {x.name, "", scales}, attributes), l.out};
  }

  Value rearranged(const dsl::Layer &l, Value x, const std::vector<Value> &refs) {
    switch (l.kind) {
    case LayerKind::Dropout: // nothing in evaluation
    case LayerKind::ChannelDropout:
      return x;
    case LayerKind::GlobalMaxPool:
      return op("GlobalMaxPool", x);
    case LayerKind::GlobalAvgPool:
      return op("GlobalAveragePool", x);
    case LayerKind::Upsample:
      return upsampled(l, x);
    case LayerKind::Pad:
    case LayerKind::Crop:
      return border(l, x);
    case LayerKind::PixelShuffle:
      return with("DepthToSpace", x, {{"blocksize", int64_t(number(l, "factor"))}, {"mode", std::string("CRD")}});
    case LayerKind::Take:
      return refs[0];
    case LayerKind::Add:
    case LayerKind::Multiply:
      for (const Value &v : refs)
        x = op(l.kind == LayerKind::Add ? "Add" : "Mul", x, spread(v, x));
      return x;
    case LayerKind::Concat: {
      std::vector<Value> parts{x};
      parts.insert(parts.end(), refs.begin(), refs.end());
      return concat(parts);
    }
    case LayerKind::Slice: {
      int64_t from = int64_t(number(l, "from"));
      return slice(x, {from}, {from + int64_t(number(l, "n"))}, {1});
    }
    case LayerKind::Flatten:
    case LayerKind::Reshape:
      return reshaped(x, l.out);
    default:
      return activation(l, x);
    }
  }

  Value activation(const dsl::Layer &l, const Value &x) {
    switch (l.kind) {
    case LayerKind::Relu:
      return op("Relu", x);
    case LayerKind::LeakyRelu:
      return with("LeakyRelu", x, {{"alpha", number(l, "slope")}});
    case LayerKind::Elu:
      return with("Elu", x, {{"alpha", number(l, "alpha")}});
    case LayerKind::Selu:
      return op("Selu", x);
    case LayerKind::Gelu: // ONNX has it from version 20 on
      return op("Mul", scaled(x, 0.5), op("Add", op("Erf", scaled(x, std::sqrt(0.5))), out.scalar(1)));
    case LayerKind::Silu:
      return op("Mul", x, op("Sigmoid", x));
    case LayerKind::Mish:
      return op("Mul", x, op("Tanh", op("Softplus", x)));
    case LayerKind::Softplus:
      return scaled(op("Softplus", scaled(x, number(l, "beta"))), 1 / number(l, "beta"));
    case LayerKind::Tanh:
      return op("Tanh", x);
    case LayerKind::Sigmoid:
      return op("Sigmoid", x);
    case LayerKind::HardTanh:
      return {out.node("Clip", {x.name, out.scalar(-1), out.scalar(1)}), x.shape};
    case LayerKind::HardSigmoid:
      return with("HardSigmoid", x, {{"alpha", 1.0 / 6}, {"beta", 0.5}});
    case LayerKind::Softmax:
      return with("Softmax", x, {{"axis", int64_t(1)}});
    default:
      throw refused(l, "ganc export does not know it");
    }
  }

  // ---- outputs ----

  /// The last layer has all outputs in declared order, each as the numbers of its shape.
  void outputs(const Value &last) {
    bool whole = block.outputs.size() == 1 && last.shape == block.outputs[0].shape;
    Value flat = whole ? last : reshaped(last, {dsl::elements(last.shape)});
    int64_t from = 0;
    for (const dsl::Output &o : block.outputs) {
      int64_t n = dsl::elements(o.shape);
      auto part = [&](int64_t at) {
        Value v = whole || n == flat.shape[0] ? flat : slice(flat, {at}, {at + n}, {1});
        return whole ? v : reshaped(v, o.shape);
      };
      std::string name = o.name.empty() ? block.name : o.name;
      std::optional<Value> second;
      if (o.width > n)
        second = bounded(o, part(from + n));
      output(name, expectation(o, part(from), second), o.shape);
      if (second)
        output(name + "." + std::string(rowOf(o.kind).kept), *second, o.shape);
      from += o.width;
    }
  }

  void output(const std::string &name, const Value &v, const dsl::Shape &shape) {
    out.node("Identity", {v.name}, {}, name);
    out.output(name, shape);
  }

  Value expectation(const dsl::Output &o, const Value &v, const std::optional<Value> &second) {
    switch (o.kind) {
    case dsl::OutputKind::Bernoulli:
      return op("Sigmoid", v);
    case dsl::OutputKind::Categorical:
      return with("Softmax", v, {{"axis", int64_t(1)}});
    case dsl::OutputKind::Poisson:
      return op("Exp", v);
    case dsl::OutputKind::NegativeBinomial:
      return second ? op("Exp", op("Add", v, *second)) : scaled(op("Exp", v), givenCount(block, o));
    default:
      return v;
    }
  }

  /// v, kept smoothly inside the interval of a logarithm.
  Value bounded(const dsl::Output &o, Value v) {
    if (!o.kept)
      return v;
    auto from = [&](double end, const Value &x) { return Value{out.node("Sub", {out.scalar(end), x.name}), x.shape}; };
    v = from(o.kept->hi, op("Softplus", from(o.kept->hi, v)));
    return op("Add", op("Softplus", op("Sub", v, out.scalar(o.kept->lo))), out.scalar(o.kept->lo));
  }

  const dsl::Model &model;
  const dsl::Block &block;
  Weights &weights;
  OnnxModel &out;
};

} // namespace

std::string onnxOf(const dsl::Model &model, const dsl::Block &block, Weights &weights, const std::string &version) {
  OnnxModel out;
  BlockWriter(model, block, weights, out).write();
  return out.encoded(block.name, block.name + " of model " + model.name, version);
}

} // namespace gan
