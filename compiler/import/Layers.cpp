// Chooses the operations of each kind of layer. Layers that rearrange images are in Images, normalisations in
// Normalisations.
#include "compiler/import/Layers.h"
#include "compiler/Bug.h"
#include "compiler/import/Attention.h"
#include "compiler/import/Codes.h"
#include "compiler/import/Densities.h"
#include "compiler/import/Images.h"

using namespace mlir;
using gan::dsl::LayerKind;

namespace gan {

Value Layers::apply(const dsl::Block &block, const dsl::Layer &l, Value x, ArrayRef<Value> refs) {
  switch (l.kind) {
  case LayerKind::Linear:
    return linear(block, l, x);
  case LayerKind::Maxout:
    return maxout(block, l, x);
  case LayerKind::Conv:
  case LayerKind::ConvTranspose:
    return convolution(block, l, x);
  case LayerKind::BatchNorm:
    return normalisations.ofBatch(block, l, x, refs.empty() ? Value() : refs[0]);
  case LayerKind::Attention:
    return attention(graph, block, l, x);
  case LayerKind::Positions:
    return ops.add(x, ops.broadcast(graph.states.parameter(block, l, "weight"), tensorOf(x), OpMaker::sampleDims(x)));
  case LayerKind::Gain:
    return ops.mul(x, learned(block, l, x));
  case LayerKind::Prelu:
    return ops.binary<LeakyReluOp>(x, learned(block, l, x));
  case LayerKind::Codebook:
    return codebook(block, l, x);
  case LayerKind::Slice:
    return slice(ops, l, x);
  case LayerKind::InstanceNorm:
  case LayerKind::LayerNorm:
  case LayerKind::GroupNorm:
    return normalisations.ofSample(block, l, x, refs.empty() ? Value() : refs[0]);
  case LayerKind::Dropout:
  case LayerKind::ChannelDropout:
    return dropout(block, l, x);
  case LayerKind::MaxPool:
  case LayerKind::AvgPool:
  case LayerKind::GlobalMaxPool:
  case LayerKind::GlobalAvgPool:
    return pool(ops, l, x);
  case LayerKind::Upsample:
    return upsample(ops, l, x);
  case LayerKind::Pad:
  case LayerKind::Crop:
    return border(ops, l, x);
  case LayerKind::PixelShuffle:
    return pixelShuffle(ops, l, x);
  case LayerKind::Embedding:
    return embedding(block, l, x);
  case LayerKind::MinibatchStddev:
    return minibatchStddev(ops, l, x);
  case LayerKind::Take:
    return refs[0];
  case LayerKind::Add:
    for (Value v : refs)
      x = ops.add(x, spread(v, x));
    return x;
  case LayerKind::Multiply:
    for (Value v : refs)
      x = ops.mul(x, spread(v, x));
    return x;
  case LayerKind::Concat: {
    SmallVector<Value> parts{x};
    parts.append(refs.begin(), refs.end());
    return join(ops, parts);
  }
  case LayerKind::Flatten:
    return toUserOrder(ops, x);
  case LayerKind::Reshape:
    return fromUserOrder(ops, toUserOrder(ops, x), l.out);
  default:
    return activation(l, x);
  }
}

/// The nearest vector is chosen by a product with one-hot rows, through which its gradient goes to it.
Value Layers::codebook(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Value table = graph.states.parameter(block, l, "weight");
  bool moving = !table;
  if (moving)
    table = graph.states.at(tensorName(block, l, "weight"));
  int64_t size = tensorOf(table).getDimSize(1), count = tensorOf(x).getNumElements() / size;
  Value rows = ops.reshape(x, {count, size}), chosen = nearestCodes(ops, rows, table);
  Value y = MatMulOp::create(ops.b, ops.loc, ops.f32({count, size}), chosen, table, false, false);
  if (moving && graph.mode.training && !block.frozen)
    moveCodes(block, l, rows, chosen);
  Value made = ops.reshape(y, tensorOf(x).getShape());
  graph.chosen[made] = chosen;
  return made;
}

/// With c rows of sum s that chose a vector e, and its size N so far, N becomes N' = ema N + (1 - ema) c, and e the
/// average (ema N e + (1 - ema) s) / N' = e + (1 - ema) (s - c e) / N'. So a vector that nothing chooses stays where it
/// is, however small its size has become.
void Layers::moveCodes(const dsl::Block &block, const dsl::Layer &l, Value rows, Value chosen) {
  std::string prefix = tensorName(block, l, "");
  Value size = graph.states.at(prefix + "cluster_size"), chosers = ops.sum(chosen, {0});
  Tensor vector = tensorOf(size),
         all = Tensor::get({vector.getDimSize(0), tensorOf(rows).getDimSize(1)}, ops.b.getF32Type());
  Value ema = graph.numbers.as(vector, l.arg("ema")), rest = ops.sub(ops.constant(vector, 1), ema);
  Value sum = MatMulOp::create(ops.b, ops.loc, all, chosen, rows, true, false);
  auto next = [&](Value old) { return ops.add(ops.mul(ema, old), ops.mul(rest, chosers)); };
  Value share = ops.div(rest, ops.binary<MaxOp>(next(size), ops.like(size, 1e-5)));
  auto wide = [&](Value v) { return ops.broadcast(v, all, {0}); };
  graph.advances.advance(prefix + "weight", [&](Value old) {
    return ops.add(old, ops.mul(wide(share), ops.sub(sum, ops.mul(wide(chosers), old))));
  });
  graph.advances.advance(prefix + "cluster_size", next);
}

/// v in the shape of x: a vector stands at each pixel of an image.
Value Layers::spread(Value v, Value x) {
  return tensorOf(v).getRank() == tensorOf(x).getRank() ? v : ops.broadcast(v, tensorOf(x), {0, 3});
}

/// The layer's learned number, or its numbers for the channels, in the shape of x.
Value Layers::learned(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Value w = graph.states.parameter(block, l, "weight");
  if (l.literal("channels") != 0)
    return ops.broadcast(w, tensorOf(x), {tensorOf(x).getRank() - 1});
  return ops.broadcast(ops.reshape(w, {}), tensorOf(x), {});
}

Value Layers::linear(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Value w = weight(block, l), bias = graph.states.parameter(block, l, "bias");
  int64_t out = tensorOf(w).getDimSize(0);
  Value y = MatMulOp::create(ops.b, ops.loc, ops.batched({out}), x, w, false, true);
  y = normalisations.overSpectralNorm(block, l, w, y);
  return bias ? ops.add(y, ops.broadcast(bias, ops.batched({out}), {1})) : y;
}

Value Layers::maxout(const dsl::Block &block, const dsl::Layer &l, Value x) {
  int64_t n = l.literal("n"), k = l.literal("pieces");
  return ops.maximum(ops.reshape(linear(block, l, x), {ops.batch, n, k}), 2);
}

Value Layers::convolution(const dsl::Block &block, const dsl::Layer &l, Value x) {
  auto pair = [&](StringRef name) {
    const dsl::LayerArg &a = l.argument(name);
    return ops.b.getDenseI64ArrayAttr({int64_t(*a.values[0].literal()), int64_t(*a.values[1].literal())});
  };
  Value w = weight(block, l), bias = graph.states.parameter(block, l, "bias"), y;
  IntegerAttr groups = ops.b.getI64IntegerAttr(int64_t(l.literal("groups")));
  Tensor type = ops.batched({l.out[1], l.out[2], l.out[0]});
  if (l.kind == LayerKind::Conv)
    y = ConvOp::create(ops.b, ops.loc, type, x, w, pair("stride"), pair("pad"), pair("dilation"), groups);
  else
    y = ConvInputGradOp::create(ops.b, ops.loc, type, x, w, pair("stride"), pair("pad"), pair("dilation"), groups);
  y = normalisations.overSpectralNorm(block, l, w, y);
  return bias ? ops.add(y, ops.broadcast(bias, type, {3})) : y;
}

Value Layers::embedding(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Value w = weight(block, l);
  Value y = MatMulOp::create(ops.b, ops.loc, ops.batched(l.out), x, w, false, false);
  return normalisations.overSpectralNorm(block, l, w, y);
}

/// A layer's weight by its own name or, if it is parametrized, by PyTorch's name of the original.
Value Layers::weight(const dsl::Block &block, const dsl::Layer &l) {
  Value original = graph.states.parameter(block, l, "parametrizations.weight.original");
  return original ? original : graph.states.parameter(block, l, "weight");
}

/// Each application has its own mask, which is named by its place in the iteration.
Value Layers::dropout(const dsl::Block &block, const dsl::Layer &l, Value x) {
  if (!graph.mode.training || block.frozen)
    return x;
  Value p = graph.numbers.wide(l.arg("p"));
  Value keep = ops.sub(ops.constant(ops.f64(), 1), p);
  Tensor type = tensorOf(x);
  if (l.kind == LayerKind::ChannelDropout)
    type = ops.batched({type.getShape().back()});
  Value mask = graph.inputs.mask(block.name + "." + std::to_string(l.index), type, keep);
  Value kept = CastOp::create(ops.b, ops.loc, type, mask);
  if (l.kind == LayerKind::ChannelDropout)
    kept = ops.broadcast(kept, tensorOf(x), {0, 3});
  return ops.mul(x, ops.div(kept, ops.broadcastScalar(keep, tensorOf(x))));
}

Value Layers::activation(const dsl::Layer &l, Value x) {
  Tensor type = tensorOf(x);
  switch (l.kind) {
  case LayerKind::Relu:
    return ops.unary<ReluOp>(x);
  case LayerKind::LeakyRelu:
    return ops.binary<LeakyReluOp>(x, graph.numbers.as(type, l.arg("slope")));
  case LayerKind::Elu: {
    // the branch that is not taken must stay finite, because 0 times an infinite derivative is NaN
    Value below = ClampOp::create(ops.b, ops.loc, type, x, ops.like(x, -1e30), ops.like(x, 0));
    return ops.select(ops.binary<GtOp>(x, ops.like(x, 0)), x,
                      ops.mul(graph.numbers.as(type, l.arg("alpha")), ops.unary<Expm1Op>(below)));
  }
  case LayerKind::Gelu:
    return ops.mul(ops.scale(x, 0.5), ops.add(ops.like(x, 1), ops.unary<ErfOp>(ops.scale(x, 0.70710678118654752440))));
  case LayerKind::Silu:
    return ops.mul(x, ops.unary<SigmoidOp>(x));
  case LayerKind::Selu: {
    Value below = ClampOp::create(ops.b, ops.loc, type, x, ops.like(x, -1e30), ops.like(x, 0));
    return ops.scale(
        ops.select(ops.binary<GtOp>(x, ops.like(x, 0)), x, ops.scale(ops.unary<Expm1Op>(below), 1.6732632423543772848)),
        1.0507009873554804934);
  }
  case LayerKind::Mish:
    return ops.mul(x, ops.unary<TanhOp>(ops.unary<SoftplusOp>(x)));
  case LayerKind::Softplus: {
    std::optional<double> fixed = l.arg("beta").literal();
    if (fixed && *fixed == 1)
      return ops.unary<SoftplusOp>(x);
    Value beta = graph.numbers.as(type, l.arg("beta"));
    return ops.div(ops.unary<SoftplusOp>(ops.mul(beta, x)), beta);
  }
  case LayerKind::HardTanh:
    return ClampOp::create(ops.b, ops.loc, type, x, ops.like(x, -1), ops.like(x, 1));
  case LayerKind::HardSigmoid:
    return ClampOp::create(ops.b, ops.loc, type, ops.add(ops.scale(x, 1.0 / 6), ops.like(x, 0.5)), ops.like(x, 0),
                           ops.like(x, 1));
  case LayerKind::Tanh:
    return ops.unary<TanhOp>(x);
  case LayerKind::Softmax:
    return ops.unary<ExpOp>(logSoftmax(ops, x));
  default:
    ensure(l.kind == LayerKind::Sigmoid, "every layer has its case");
    return ops.unary<SigmoidOp>(x);
  }
}

} // namespace gan
