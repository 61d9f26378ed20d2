// Attention as primitive operations: two products over the pixels, which are products of broadcast values that are
// summed in the same kernel, and a softmax between them. So it can be differentiated as often as one likes.
#include "compiler/import/Attention.h"

#include <cmath>

using namespace mlir;

namespace gan {
namespace {

/// A linear layer over the last dimension of a matrix.
Value linear(Graph &graph, const dsl::Block &block, const dsl::Layer &l, const std::string &weight,
             const std::string &bias, Value x) {
  OpMaker &ops = graph.ops;
  Value w = graph.states.parameter(block, l, weight), b = graph.states.parameter(block, l, bias);
  Tensor type = ops.f32({tensorOf(x).getDimSize(0), tensorOf(w).getDimSize(0)});
  Value y = MatMulOp::create(ops.b, ops.loc, type, x, w, false, true);
  return b ? ops.add(y, ops.broadcast(b, type, {1})) : y;
}

/// Softmax over dimension `dim`. The largest is taken off first, so that nothing overflows.
Value softmax(OpMaker &ops, Value x, int64_t dim) {
  Tensor type = tensorOf(x);
  SmallVector<int64_t> rest;
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (d != dim)
      rest.push_back(d);
  Value largest = ops.maximum(x, {dim});
  largest = StopOp::create(ops.b, ops.loc, largest.getType(), largest); // it cancels in the derivative
  Value e = ops.unary<ExpOp>(ops.sub(x, ops.broadcast(largest, type, rest)));
  return ops.div(e, ops.broadcast(ops.sum(e, {dim}), type, rest));
}

} // namespace

Value attention(Graph &graph, const dsl::Block &block, const dsl::Layer &l, Value x) {
  OpMaker &ops = graph.ops;
  Tensor image = tensorOf(x);
  int64_t pixels = image.getDimSize(1) * image.getDimSize(2), channels = image.getDimSize(3);
  int64_t heads = int64_t(l.literal("heads")), keys = int64_t(l.literal("keys")), values = int64_t(l.literal("values"));
  Value all = linear(graph, block, l, "in_proj_weight", "in_proj_bias", ops.reshape(x, {ops.batch * pixels, channels}));
  auto part = [&](int64_t from, int64_t n) { // (N, pixels, heads, numbers of a head)
    Value v =
        SliceOp::create(ops.b, ops.loc, ops.f32({ops.batch * pixels, n}), all, ops.b.getDenseI64ArrayAttr({0, from}));
    return ops.reshape(v, {ops.batch, pixels, heads, n / heads});
  };
  Value q = part(0, keys), k = part(keys, keys), v = part(2 * keys, values);
  // Dimensions of what follows: sample, the pixel that attends, the pixel that is attended to, head, number of a head.
  int64_t keyWidth = keys / heads;
  Tensor pairs = ops.batched({pixels, pixels, heads, keyWidth});
  Value scores = ops.sum(ops.mul(ops.broadcast(q, pairs, {0, 1, 3, 4}), ops.broadcast(k, pairs, {0, 2, 3, 4})), {4});
  Value weights = softmax(ops, ops.scale(scores, 1 / std::sqrt(double(keyWidth))), 2);
  Tensor taken = ops.batched({pixels, pixels, heads, values / heads});
  Value y = ops.sum(ops.mul(ops.broadcast(weights, taken, {0, 1, 2, 3}), ops.broadcast(v, taken, {0, 2, 3, 4})), {2});
  y = linear(graph, block, l, "out_proj.weight", "out_proj.bias", ops.reshape(y, {ops.batch * pixels, values}));
  return ops.reshape(y, image.getShape());
}

} // namespace gan
