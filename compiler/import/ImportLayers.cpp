// Builds the operations of layers. Normalisations consist of primitive maps and reductions, so that they can be
// differentiated twice.
#include "compiler/Bug.h"
#include "compiler/import/Images.h"
#include "compiler/import/Importer.h"
#include "dsl/Tables.h"

#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using gan::dsl::LayerKind;

namespace gan {

/// Returns the outputs of the first `count` layers of a block; outputs of an earlier application to the same values are
/// reused.
std::vector<Value> Importer::applyLayers(int index, size_t count, ArrayRef<Value> arguments,
                                         const std::vector<const void *> &key) {
  const dsl::Block &block = model.blocks[index];
  // Objectives share an application, so numbers in it go by the step's count of updates.
  llvm::SaveAndRestore counted(g.count, g.step < 0 ? std::string() : declared.counts.of(model.steps[g.step]));
  std::vector<Value> &outputs = g.applications[key];
  Value x = !outputs.empty() ? outputs.back() : block.trunk ? arguments[0] : joinedInputs(block, arguments);
  for (size_t i = outputs.size(); i < count; ++i) {
    const dsl::Layer &l = block.layers[i];
    ops.loc = declared.location(l.span, block.name + "." + std::to_string(l.index) + " " +
                                            std::string(dsl::rowOf(l.kind).spelling));
    SmallVector<Value> refs;
    for (const dsl::LayerArg &a : l.args)
      for (const dsl::Ref &ref : a.refs)
        refs.push_back(ref.input >= 0 ? arguments[ref.input] : g.applications[key][block.labels[ref.label].afterLayer]);
    x = layer(block, l, x, refs);
    g.applications[key].push_back(x);
    g.same[x.getAsOpaquePointer()] = x; // the value is already unique because applications are shared
  }
  shareAdvances(key);
  return g.applications[key];
}

/// The block's first value: its inputs joined along channels, except those that only layers refer to.
Value Importer::joinedInputs(const dsl::Block &block, ArrayRef<Value> arguments) {
  SmallVector<Value> parts;
  for (auto [input, v] : llvm::zip(block.inputs, arguments))
    if (input.joined)
      parts.push_back(v);
  return join(ops, parts);
}

Value Importer::layer(const dsl::Block &block, const dsl::Layer &l, Value x, ArrayRef<Value> refs) {
  switch (l.kind) {
  case LayerKind::Linear:
    return linear(block, l, x);
  case LayerKind::Maxout:
    return maxout(block, l, x);
  case LayerKind::Conv:
  case LayerKind::ConvTranspose:
    return convolution(block, l, x);
  case LayerKind::BatchNorm:
    return batchNorm(block, l, x, refs.empty() ? Value() : refs[0]);
  case LayerKind::InstanceNorm:
  case LayerKind::LayerNorm:
  case LayerKind::GroupNorm:
    return sampleNorm(block, l, x);
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
  case LayerKind::Embedding: {
    Value w = weight(block, l);
    return overSpectralNorm(block, l, w, MatMulOp::create(ops.b, ops.loc, ops.batched(l.out), x, w, false, false));
  }
  case LayerKind::MinibatchStddev:
    return minibatchStddev(ops, l, x);
  case LayerKind::Take:
    return refs[0];
  case LayerKind::Add:
    for (Value v : refs)
      x = ops.add(x, tensorOf(v).getRank() == tensorOf(x).getRank() ? v : ops.broadcast(v, tensorOf(x), {0, 3}));
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

Value Importer::parameter(const dsl::Block &block, const dsl::Layer &l, StringRef name) {
  const Field *field = declared.fields.find(tensorName(block, l, name));
  return field ? unpacked(g.states.at(block.name), *field) : Value();
}

/// Makes one view for each version of a state, so that a layer reads the value with respect to which a gradient is
/// taken.
Value Importer::unpacked(Value state, const Field &field) {
  Value &known = g.views[{state.getAsOpaquePointer(), field.offset}];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(ops.b);
  ops.b.setInsertionPointAfterValue(state);
  return known = UnpackOp::create(ops.b, ops.loc, ops.f32(field.inside), state, field.offset);
}

/// A number of the host, broadcast to `type`: a constant if it is a literal, otherwise it is read at run time.
Value Importer::number(const dsl::Number &n, Tensor type) {
  if (std::optional<double> v = n.literal())
    return ops.constant(type, *v);
  return ops.broadcastScalar(scalar(dsl::numberText(model, n)), type);
}

Value Importer::scalar(const std::string &polish) {
  auto number = ScalarOp::create(ops.b, ops.loc, ops.f64(), polish, g.entry, StringAttr(), PlaceAttr());
  if (!g.count.empty())
    number.setCount(g.count);
  return number;
}

Value Importer::linear(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Value w = weight(block, l), bias = parameter(block, l, "bias");
  int64_t out = tensorOf(w).getDimSize(0);
  Value y = MatMulOp::create(ops.b, ops.loc, ops.batched({out}), x, w, false, true);
  y = overSpectralNorm(block, l, w, y);
  return bias ? ops.add(y, ops.broadcast(bias, ops.batched({out}), {1})) : y;
}

Value Importer::maxout(const dsl::Block &block, const dsl::Layer &l, Value x) {
  int64_t n = l.literal("n"), k = l.literal("pieces");
  return ops.maximum(ops.reshape(linear(block, l, x), {ops.batch, n, k}), 2);
}

Value Importer::convolution(const dsl::Block &block, const dsl::Layer &l, Value x) {
  auto pair = [&](StringRef name) {
    const dsl::LayerArg &a = l.argument(name);
    return ops.b.getDenseI64ArrayAttr({int64_t(*a.values[0].literal()), int64_t(*a.values[1].literal())});
  };
  Value w = weight(block, l), bias = parameter(block, l, "bias"), y;
  IntegerAttr groups = ops.b.getI64IntegerAttr(int64_t(l.literal("groups")));
  Tensor type = ops.batched({l.out[1], l.out[2], l.out[0]});
  if (l.kind == LayerKind::Conv)
    y = ConvOp::create(ops.b, ops.loc, type, x, w, pair("stride"), pair("pad"), pair("dilation"), groups);
  else
    y = ConvInputGradOp::create(ops.b, ops.loc, type, x, w, pair("stride"), pair("pad"), pair("dilation"), groups);
  y = overSpectralNorm(block, l, w, y);
  return bias ? ops.add(y, ops.broadcast(bias, type, {3})) : y;
}

/// A layer's weight by its own name or, if it is parametrized, by PyTorch's name of the original.
Value Importer::weight(const dsl::Block &block, const dsl::Layer &l) {
  Value original = parameter(block, l, "parametrizations.weight.original");
  return original ? original : parameter(block, l, "weight");
}

/// y / sigma(w) (Miyato et al. 2018), where sigma = u^T W v after one power iteration and W is the weight with the
/// output's channels as rows, as in torch.nn.utils.parametrizations.spectral_norm. u and v carry no gradient.
Value Importer::overSpectralNorm(const dsl::Block &block, const dsl::Layer &l, Value w, Value y) {
  std::string prefix = block.name + "." + std::to_string(l.index) + ".parametrizations.weight.0.";
  auto state = g.states.find(prefix + "_u");
  if (state == g.states.end())
    return y;
  Value u = state->second, v = g.states.at(prefix + "_v");
  Tensor type = tensorOf(w);
  int64_t row = l.kind == LayerKind::Conv ? 3 : l.kind == LayerKind::ConvTranspose ? 2 : 0;
  SmallVector<int64_t> rest;
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (d != row)
      rest.push_back(d);
  auto unit = [&](Value x) {
    SmallVector<int64_t> all;
    for (int64_t d = 0; d < tensorOf(x).getRank(); ++d)
      all.push_back(d);
    Value norm = ops.unary<SqrtOp>(ops.sum(ops.unary<SquareOp>(x), all));
    return ops.div(x, ops.broadcastScalar(ops.binary<MaxOp>(norm, ops.like(norm, 1e-12)), tensorOf(x)));
  };
  if (g.training) {
    Value fixed = StopOp::create(ops.b, ops.loc, type, w);
    u = unit(ops.sum(ops.mul(fixed, ops.broadcast(v, type, rest)), rest));
    v = unit(ops.sum(ops.mul(fixed, ops.broadcast(u, type, {row})), {row}));
    advance(prefix + "_u", [&](Value) { return u; });
    advance(prefix + "_v", [&](Value) { return v; });
  }
  Value inner = ops.sum(ops.mul(w, ops.broadcast(v, type, rest)), rest);
  Value sigma = ops.sum(ops.mul(inner, u), {0});
  return ops.div(y, ops.broadcastScalar(sigma, tensorOf(y)));
}

/// Ioffe & Szegedy 2015: uses the batch's statistics in training, otherwise the running ones. PyTorch's running
/// variance is unbiased.
/// With `by`, the scale and shift of each sample are that vector times a table: this is the row of a class, or what is
/// added to 1 and 0.
Value Importer::batchNorm(const dsl::Block &block, const dsl::Layer &l, Value x, Value by) {
  Tensor type = tensorOf(x);
  int64_t channel = type.getRank() - 1, channels = type.getDimSize(channel);
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < channel; ++d)
    dims.push_back(d);
  std::string prefix = block.name + "." + std::to_string(l.index) + ".";
  Value mean = g.states.at(prefix + "running_mean"), var = g.states.at(prefix + "running_var");
  Value centred;
  auto broadcast = [&](Value v) { return ops.broadcast(v, type, {channel}); };
  if (g.training) {
    double count = double(type.getNumElements()) / channels;
    Value m = ops.scale(ops.sum(x, dims), 1 / count);
    centred = ops.sub(x, broadcast(m));
    Value squares = ops.sum(ops.unary<SquareOp>(centred), dims);
    Tensor vector = tensorOf(m);
    Value momentum = number(l.arg("momentum"), vector), rest = ops.sub(ops.constant(vector, 1), momentum);
    Value unbiased = ops.scale(squares, 1 / std::max(count - 1, 1.0));
    auto toward = [&](Value batch) {
      return [&, batch](Value old) { return ops.add(ops.mul(rest, old), ops.mul(momentum, batch)); };
    };
    advance(prefix + "running_mean", toward(m));
    advance(prefix + "running_var", toward(unbiased));
    advance(prefix + "num_batches_tracked", [&](Value old) { return ops.add(old, ops.like(old, 1)); });
    var = ops.scale(squares, 1 / count);
  } else {
    centred = ops.sub(x, broadcast(mean));
  }
  Value root = ops.unary<SqrtOp>(ops.add(var, number(l.arg("eps"), tensorOf(var))));
  Value scale = parameter(block, l, "weight"), shift = parameter(block, l, "bias");
  if (!scale)
    return ops.div(centred, broadcast(root));
  if (!by)
    return ops.add(ops.mul(centred, broadcast(ops.div(scale, root))), broadcast(shift));
  auto chosen = [&](Value table) {
    Value rows = MatMulOp::create(ops.b, ops.loc, ops.batched({channels}), by, table, false, false);
    return ops.broadcast(rows, type, {0, channel});
  };
  Value factor = chosen(scale);
  if (!l.argument("by").refs[0].oneHot)
    factor = ops.add(ops.like(factor, 1), factor);
  return ops.add(ops.mul(ops.div(centred, broadcast(root)), factor), chosen(shift));
}

/// Normalises over parts of a sample: a channel of an image (Ulyanov et al. 2016), all of it (Ba et al. 2016), or a
/// group of channels (Wu & He 2018). Nothing is kept from batch to batch.
Value Importer::sampleNorm(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Tensor type = tensorOf(x);
  int64_t channels = type.getShape().back(), pixels = type.getNumElements() / channels / ops.batch;
  int64_t groups = l.kind == LayerKind::LayerNorm      ? 1
                   : l.kind == LayerKind::InstanceNorm ? channels
                                                       : int64_t(l.literal("groups"));
  x = ops.reshape(x, {ops.batch, pixels, groups, channels / groups});
  double count = double(pixels) * double(channels / groups);
  auto broadcast = [&](Value v) { return ops.broadcast(v, tensorOf(x), {0, 2}); };
  Value centred = ops.sub(x, broadcast(ops.scale(ops.sum(x, {1, 3}), 1 / count)));
  Value var = ops.scale(ops.sum(ops.unary<SquareOp>(centred), {1, 3}), 1 / count);
  Value root = ops.unary<SqrtOp>(ops.add(var, number(l.arg("eps"), tensorOf(var))));
  Value y = ops.reshape(ops.div(centred, broadcast(root)), type.getShape()), scale = parameter(block, l, "weight");
  if (!scale)
    return y;
  SmallVector<int64_t> dims;
  for (int64_t d = type.getRank() - tensorOf(scale).getRank(); d < type.getRank(); ++d)
    dims.push_back(d);
  return ops.add(ops.mul(y, ops.broadcast(scale, type, dims)), ops.broadcast(parameter(block, l, "bias"), type, dims));
}

/// Each application has its own mask, which is named by its place in the iteration.
Value Importer::dropout(const dsl::Block &block, const dsl::Layer &l, Value x) {
  if (!g.training)
    return x;
  std::string purpose = block.name + "." + std::to_string(l.index);
  int application = g.uses[purpose]++;
  std::string name = purpose + ".mask" + (application ? "~" + std::to_string(application) : "");
  Value p = l.arg("p").literal() ? ops.constant(ops.f64(), *l.arg("p").literal())
                                 : scalar(dsl::numberText(model, l.arg("p")));
  Value keep = ops.sub(ops.constant(ops.f64(), 1), p);
  Tensor type = tensorOf(x);
  if (l.kind == LayerKind::ChannelDropout)
    type = ops.batched({type.getShape().back()});
  Tensor bytes = Tensor::get(type.getShape(), ops.b.getIntegerType(8, false));
  Value mask = draw(name, purpose, application, DrawKind::Mask, bytes, 0, 1, keep);
  Value kept = CastOp::create(ops.b, ops.loc, type, mask);
  if (l.kind == LayerKind::ChannelDropout)
    kept = ops.broadcast(kept, tensorOf(x), {0, 3});
  return ops.mul(x, ops.div(kept, ops.broadcastScalar(keep, tensorOf(x))));
}

Value Importer::activation(const dsl::Layer &l, Value x) {
  Tensor type = tensorOf(x);
  switch (l.kind) {
  case LayerKind::Relu:
    return ops.unary<ReluOp>(x);
  case LayerKind::LeakyRelu:
    return ops.binary<LeakyReluOp>(x, number(l.arg("slope"), type));
  case LayerKind::Elu: {
    // the branch that is not taken must stay finite, because 0 times an infinite derivative is NaN
    Value below = ClampOp::create(ops.b, ops.loc, type, x, ops.like(x, -1e30), ops.like(x, 0));
    return ops.select(ops.binary<GtOp>(x, ops.like(x, 0)), x,
                      ops.mul(number(l.arg("alpha"), type), ops.unary<Expm1Op>(below)));
  }
  case LayerKind::Gelu:
    return ops.mul(ops.scale(x, 0.5), ops.add(ops.like(x, 1), ops.unary<ErfOp>(ops.scale(x, 0.70710678118654752440))));
  case LayerKind::Silu:
    return ops.mul(x, ops.unary<SigmoidOp>(x));
  case LayerKind::Softplus:
    return ops.unary<SoftplusOp>(x);
  case LayerKind::Tanh:
    return ops.unary<TanhOp>(x);
  case LayerKind::Softmax:
    return ops.unary<ExpOp>(logSoftmax(x));
  default:
    ensure(l.kind == LayerKind::Sigmoid, "every layer has its case");
    return ops.unary<SigmoidOp>(x);
  }
}

} // namespace gan
