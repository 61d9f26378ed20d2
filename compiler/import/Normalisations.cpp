// Builds the statistics of normalisations, and in training what they keep from batch to batch. Images have their
// channels last, so a statistic of a channel is broadcast along the last dimension.
#include "compiler/import/Normalisations.h"

using namespace mlir;
using gan::dsl::LayerKind;

namespace gan {

/// Uses the batch's statistics in training, otherwise the running ones. PyTorch's running variance is unbiased.
Value Normalisations::ofBatch(const dsl::Block &block, const dsl::Layer &l, Value x, Value by) {
  Tensor type = tensorOf(x);
  int64_t channel = type.getRank() - 1, channels = type.getDimSize(channel);
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < channel; ++d)
    dims.push_back(d);
  std::string prefix = tensorName(block, l, "");
  Value mean = graph.states.at(prefix + "running_mean"), var = graph.states.at(prefix + "running_var");
  Value centred;
  auto broadcast = [&](Value v) { return ops.broadcast(v, type, {channel}); };
  if (graph.mode.training && !block.frozen) {
    double count = double(type.getNumElements()) / channels;
    // Of the part of a batch that this process has, or of all parts, which gan-cross-ranks sees to.
    bool own = graph.declared.sharing == Sharing::OwnStatistics;
    auto total = [&](Value v) {
      Value sum = ops.sum(v, dims);
      return own ? OwnOp::create(ops.b, ops.loc, sum.getType(), sum).getResult() : sum;
    };
    Value m = ops.scale(total(x), 1 / count);
    centred = ops.sub(x, broadcast(m));
    Value squares = total(ops.unary<SquareOp>(centred));
    Tensor vector = tensorOf(m);
    Value momentum = graph.numbers.as(vector, l.arg("momentum")), rest = ops.sub(ops.constant(vector, 1), momentum);
    Value unbiased =
        graph.declared.sharing == Sharing::Ranks
            ? ops.mul(squares, ops.broadcastScalar(graph.numbers.unbiasedOverRanks(int64_t(count)), vector))
            : ops.scale(squares, 1 / std::max(count - 1, 1.0));
    auto toward = [&](Value batch) {
      return [&, batch](Value old) { return ops.add(ops.mul(rest, old), ops.mul(momentum, batch)); };
    };
    graph.advances.advance(prefix + "running_mean", toward(m));
    graph.advances.advance(prefix + "running_var", toward(unbiased));
    graph.advances.advance(prefix + "num_batches_tracked", [&](Value old) { return ops.add(old, ops.like(old, 1)); });
    var = ops.scale(squares, 1 / count);
  } else {
    centred = ops.sub(x, broadcast(mean));
  }
  Value root = ops.unary<SqrtOp>(ops.add(var, graph.numbers.as(tensorOf(var), l.arg("eps"))));
  Value scale = graph.states.parameter(block, l, "weight"), shift = graph.states.parameter(block, l, "bias");
  if (!scale)
    return ops.div(centred, broadcast(root));
  if (!by)
    return ops.add(ops.mul(centred, broadcast(ops.div(scale, root))), broadcast(shift));
  return scaledBy(block, l, ops.div(centred, broadcast(root)), by);
}

/// Scales and shifts the channels of each sample by what its vector `by` gives them.
Value Normalisations::scaledBy(const dsl::Block &block, const dsl::Layer &l, Value normed, Value by) {
  Tensor type = tensorOf(normed);
  int64_t channel = type.getRank() - 1, channels = type.getDimSize(channel);
  auto chosen = [&](StringRef name) {
    Value table = graph.states.parameter(block, l, name.str());
    Value rows = MatMulOp::create(ops.b, ops.loc, ops.batched({channels}), by, table, false, false);
    return ops.broadcast(rows, type, {0, channel});
  };
  Value factor = chosen("weight");
  if (!l.argument("by").refs[0].oneHot)
    factor = ops.add(ops.like(factor, 1), factor);
  return ops.add(ops.mul(normed, factor), chosen("bias"));
}

Value Normalisations::ofSample(const dsl::Block &block, const dsl::Layer &l, Value x, Value by) {
  Tensor type = tensorOf(x);
  int64_t channels = type.getShape().back(), pixels = type.getNumElements() / channels / ops.batch;
  int64_t groups = l.kind == LayerKind::LayerNorm      ? 1
                   : l.kind == LayerKind::InstanceNorm ? channels
                                                       : int64_t(l.literal("groups"));
  int64_t inGroup = channels / groups;
  x = ops.reshape(x, {ops.batch, pixels, groups, inGroup});
  double count = double(pixels * inGroup);
  auto broadcast = [&](Value v) { return ops.broadcast(v, tensorOf(x), {0, 2}); };
  Value centred = ops.sub(x, broadcast(ops.scale(ops.sum(x, {1, 3}), 1 / count)));
  Value var = ops.scale(ops.sum(ops.unary<SquareOp>(centred), {1, 3}), 1 / count);
  Value root = ops.unary<SqrtOp>(ops.add(var, graph.numbers.as(tensorOf(var), l.arg("eps"))));
  Value y = ops.reshape(ops.div(centred, broadcast(root)), type.getShape());
  Value scale = graph.states.parameter(block, l, "weight");
  if (!scale)
    return y;
  if (by)
    return scaledBy(block, l, y, by);
  SmallVector<int64_t> dims;
  for (int64_t d = type.getRank() - tensorOf(scale).getRank(); d < type.getRank(); ++d)
    dims.push_back(d);
  return ops.add(ops.mul(y, ops.broadcast(scale, type, dims)),
                 ops.broadcast(graph.states.parameter(block, l, "bias"), type, dims));
}

/// y / sigma(w), where sigma = u^T W v after one power iteration and W is the weight with the
/// output's channels as rows, as in torch.nn.utils.parametrizations.spectral_norm. u and v carry no gradient.
Value Normalisations::overSpectralNorm(const dsl::Block &block, const dsl::Layer &l, Value w, Value y) {
  std::string prefix = tensorName(block, l, "parametrizations.weight.0.");
  Value u = graph.states.find(prefix + "_u");
  if (!u)
    return y;
  Value v = graph.states.at(prefix + "_v");
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
  if (graph.mode.training && !block.frozen) {
    Value fixed = StopOp::create(ops.b, ops.loc, type, w);
    u = unit(ops.sum(ops.mul(fixed, ops.broadcast(v, type, rest)), rest));
    v = unit(ops.sum(ops.mul(fixed, ops.broadcast(u, type, {row})), {row}));
    graph.advances.advance(prefix + "_u", [&](Value) { return u; });
    graph.advances.advance(prefix + "_v", [&](Value) { return v; });
  }
  Value inner = ops.sum(ops.mul(w, ops.broadcast(v, type, rest)), rest);
  Value sigma = ops.sum(ops.mul(inner, u), {0});
  return ops.div(y, ops.broadcastScalar(sigma, tensorOf(y)));
}

} // namespace gan
