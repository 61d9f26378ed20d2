// Layers as operations. Normalisations are primitive maps and reductions, so that they can be differentiated twice.
#include "compiler/import/Importer.h"
#include "dsl/Tables.h"

using namespace mlir;
using gan::dsl::LayerKind;

namespace gan {

/// Outputs of the first `count` layers of a block; those of an earlier application on the same values are reused.
std::vector<Value> Importer::applyLayers(int index, size_t count, ArrayRef<Value> arguments,
                                         const std::vector<const void *> &key) {
  const dsl::Block &block = model.blocks[index];
  std::vector<Value> &outputs = g.applications[key];
  Value x;
  if (!outputs.empty()) {
    x = outputs.back();
  } else if (arguments.size() == 1) {
    x = arguments[0];
  } else {
    SmallVector<Value> parts;
    int64_t width = 0;
    for (Value v : arguments) {
      parts.push_back(at().reshape(v, {model.batch, tensorOf(v).getNumElements() / model.batch}));
      width += tensorOf(parts.back()).getDimSize(1);
    }
    x = ConcatOp::create(builder, here, batched({width}), parts, builder.getI64IntegerAttr(1));
  }
  for (size_t i = outputs.size(); i < count; ++i) {
    const dsl::Layer &l = block.layers[i];
    here =
        location(l.span, block.name + "." + std::to_string(l.index) + " " + std::string(dsl::rowOf(l.kind).spelling));
    x = layer(block, l, x);
    g.applications[key].push_back(x);
  }
  return g.applications[key];
}

Value Importer::layer(const dsl::Block &block, const dsl::Layer &l, Value x) {
  switch (l.kind) {
  case LayerKind::Linear:
    return linear(block, l, x);
  case LayerKind::Maxout:
    return maxout(block, l, x);
  case LayerKind::Conv:
  case LayerKind::ConvTranspose:
    return convolution(block, l, x);
  case LayerKind::BatchNorm:
    return batchNorm(block, l, x);
  case LayerKind::Dropout:
    return dropout(block, l, x);
  case LayerKind::Flatten:
    return toUserOrder(x);
  case LayerKind::Reshape:
    return fromUserOrder(toUserOrder(x), l.out);
  default:
    return activation(l, x);
  }
}

Value Importer::toUserOrder(Value x) {
  int64_t width = tensorOf(x).getNumElements() / model.batch;
  if (tensorOf(x).getRank() == 4)
    x = at().transpose(x, {0, 3, 1, 2});
  return at().reshape(x, {model.batch, width});
}

Value Importer::fromUserOrder(Value x, const dsl::Shape &s) {
  if (s.size() != 3)
    return at().reshape(x, batched(s).getShape());
  return at().transpose(at().reshape(x, {model.batch, s[0], s[1], s[2]}), {0, 2, 3, 1});
}

Value Importer::parameter(const dsl::Block &block, const dsl::Layer &l, StringRef name) {
  auto it = fields.find(block.name + "." + std::to_string(l.index) + "." + name.str());
  return it == fields.end() ? Value() : unpacked(g.states.at(block.name), it->second);
}

/// One view for each version of a state: what a layer reads is what a gradient is taken with respect to.
Value Importer::unpacked(Value state, const Field &field) {
  Value &known = g.views[{state.getAsOpaquePointer(), field.offset}];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(state);
  return known = UnpackOp::create(builder, here, f32(field.inside), state, field.offset);
}

/// A number of the host spread over `type`: a constant where it is literal, else read at run time.
Value Importer::number(const dsl::Number &n, Tensor type) {
  if (std::optional<double> v = n.literal())
    return splat(builder, here, type, *v);
  return at().spread(scalar(dsl::numberText(model, n)), type);
}

Value Importer::scalar(const std::string &polish) { return ScalarOp::create(builder, here, f64(), polish, g.entry); }

Value Importer::linear(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Value w = parameter(block, l, "weight"), bias = parameter(block, l, "bias");
  int64_t out = tensorOf(w).getDimSize(0);
  Value y = MatMulOp::create(builder, here, batched({out}), x, w, false, true);
  return bias ? at().add(y, at().broadcast(bias, batched({out}), {1})) : y;
}

Value Importer::maxout(const dsl::Block &block, const dsl::Layer &l, Value x) {
  int64_t n = l.literal("n"), k = l.literal("pieces");
  return at().maximum(at().reshape(linear(block, l, x), {model.batch, n, k}), 2);
}

Value Importer::convolution(const dsl::Block &block, const dsl::Layer &l, Value x) {
  auto pair = [&](StringRef name) {
    const dsl::LayerArg &a = l.argument(name);
    return builder.getDenseI64ArrayAttr({int64_t(*a.values[0].literal()), int64_t(*a.values[1].literal())});
  };
  Value w = parameter(block, l, "weight"), bias = parameter(block, l, "bias"), y;
  IntegerAttr groups = builder.getI64IntegerAttr(int64_t(l.literal("groups")));
  Tensor type = batched({l.out[1], l.out[2], l.out[0]});
  if (l.kind == LayerKind::Conv)
    y = ConvOp::create(builder, here, type, x, w, pair("stride"), pair("pad"), pair("dilation"), groups);
  else
    y = ConvInputGradOp::create(builder, here, type, x, w, pair("stride"), pair("pad"), pair("dilation"), groups);
  return bias ? at().add(y, at().broadcast(bias, type, {3})) : y;
}

/// Ioffe & Szegedy 2015: the batch's statistics in training, the running ones else. PyTorch's running variance is
/// unbiased.
Value Importer::batchNorm(const dsl::Block &block, const dsl::Layer &l, Value x) {
  Tensor type = tensorOf(x);
  int64_t channel = type.getRank() - 1, channels = type.getDimSize(channel);
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < channel; ++d)
    dims.push_back(d);
  std::string prefix = block.name + "." + std::to_string(l.index) + ".";
  Value mean = g.states.at(prefix + "running_mean"), var = g.states.at(prefix + "running_var");
  Value centred;
  auto spread = [&](Value v) { return at().broadcast(v, type, {channel}); };
  if (g.training) {
    double count = double(type.getNumElements()) / channels;
    Value m = at().scale(at().sum(x, dims), 1 / count);
    centred = at().sub(x, spread(m));
    Value squares = at().sum(at().unary<SquareOp>(centred), dims);
    Tensor vector = tensorOf(m);
    Value momentum = number(l.arg("momentum"), vector), rest = at().sub(splat(builder, here, vector, 1), momentum);
    Value unbiased = at().scale(squares, 1 / std::max(count - 1, 1.0));
    advance(prefix + "running_mean", at().add(at().mul(rest, mean), at().mul(momentum, m)));
    advance(prefix + "running_var", at().add(at().mul(rest, var), at().mul(momentum, unbiased)));
    Value count0 = g.states.at(prefix + "num_batches_tracked");
    advance(prefix + "num_batches_tracked", at().add(count0, at().like(count0, 1)));
    var = at().scale(squares, 1 / count);
  } else {
    centred = at().sub(x, spread(mean));
  }
  Value root = at().unary<SqrtOp>(at().add(var, number(l.arg("eps"), tensorOf(var))));
  Value factor = at().div(parameter(block, l, "weight"), root);
  return at().add(at().mul(centred, spread(factor)), spread(parameter(block, l, "bias")));
}

void Importer::advance(const std::string &state, Value v) { g.states[state] = v; }

/// Each application has a mask of its own, named by its place in the iteration.
Value Importer::dropout(const dsl::Block &block, const dsl::Layer &l, Value x) {
  if (!g.training)
    return x;
  std::string purpose = block.name + "." + std::to_string(l.index);
  int application = g.uses[purpose]++;
  std::string name = purpose + ".mask" + (application ? "~" + std::to_string(application) : "");
  Value p = l.arg("p").literal() ? splat(builder, here, f64(), *l.arg("p").literal())
                                 : scalar(dsl::numberText(model, l.arg("p")));
  Value keep = at().sub(splat(builder, here, f64(), 1), p);
  Tensor bytes = Tensor::get(tensorOf(x).getShape(), builder.getIntegerType(8, false));
  Value mask = draw(name, purpose, application, "mask", bytes, 0, 1, keep);
  Value kept = CastOp::create(builder, here, x.getType(), mask);
  return at().mul(x, at().div(kept, at().spread(keep, tensorOf(x))));
}

Value Importer::activation(const dsl::Layer &l, Value x) {
  Tensor type = tensorOf(x);
  switch (l.kind) {
  case LayerKind::Relu:
    return at().unary<ReluOp>(x);
  case LayerKind::LeakyRelu:
    return at().binary<LeakyReluOp>(x, number(l.arg("slope"), type));
  case LayerKind::Elu:
    return at().select(at().binary<GtOp>(x, at().like(x, 0)), x,
                       at().mul(number(l.arg("alpha"), type), at().unary<Expm1Op>(x)));
  case LayerKind::Gelu:
    return at().mul(at().scale(x, 0.5),
                    at().add(at().like(x, 1), at().unary<ErfOp>(at().scale(x, 0.70710678118654752440))));
  case LayerKind::Silu:
    return at().mul(x, at().unary<SigmoidOp>(x));
  case LayerKind::Softplus:
    return at().unary<SoftplusOp>(x);
  case LayerKind::Tanh:
    return at().unary<TanhOp>(x);
  case LayerKind::Softmax:
    return at().unary<ExpOp>(logSoftmax(x));
  default:
    assert(l.kind == LayerKind::Sigmoid && "every layer has its case");
    return at().unary<SigmoidOp>(x);
  }
}

} // namespace gan
