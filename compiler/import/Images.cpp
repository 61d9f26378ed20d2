// Layers that rearrange images. Windows, borders and bilinear sizes take rows and columns by tables of indices, in
// which -1 stands for padding; everything else is a view, a broadcast or a transposition.
#include "compiler/import/Images.h"

using namespace mlir;
using gan::dsl::LayerKind;

namespace gan {
namespace {

int64_t whole(const dsl::Layer &l, StringRef name, int i) {
  return int64_t(*l.argument(name).values[size_t(i)].literal());
}

Value take(OpMaker &ops, Value x, int64_t dim, ArrayRef<int64_t> indices, double fill) {
  SmallVector<int64_t> shape(tensorOf(x).getShape());
  shape[dim] = indices.size();
  return TakeOp::create(ops.b, ops.loc, ops.f32(shape), x, dim, indices, APFloat(fill));
}

/// Views (.., size, ..) as (.., windows, kernel, ..), with `fill` in the padding.
Value windows(OpMaker &ops, const dsl::Layer &l, Value x, int64_t dim, int i, double fill) {
  int64_t kernel = whole(l, "kernel", i), stride = whole(l, "stride", i), pad = whole(l, "pad", i);
  int64_t size = tensorOf(x).getDimSize(dim), count = l.out[1 + i];
  SmallVector<int64_t> shape(tensorOf(x).getShape());
  if (stride == kernel && !pad) { // windows side by side: a view, apart from what is left over at the end
    shape[dim] = count * kernel;
    if (shape[dim] != size)
      x = SliceOp::create(ops.b, ops.loc, ops.f32(shape), x,
                          ops.b.getDenseI64ArrayAttr(SmallVector<int64_t>(shape.size(), 0)));
  } else {
    SmallVector<int64_t> indices;
    for (int64_t o = 0; o < count; ++o)
      for (int64_t k = 0; k < kernel; ++k) {
        int64_t from = o * stride + k - pad;
        indices.push_back(from >= 0 && from < size ? from : -1);
      }
    x = take(ops, x, dim, indices, fill);
  }
  shape[dim] = count;
  shape.insert(shape.begin() + dim + 1, kernel);
  return ops.reshape(x, shape);
}

} // namespace

Value join(OpMaker &ops, ArrayRef<Value> parts) {
  if (parts.size() == 1)
    return parts[0];
  SmallVector<int64_t> shape(tensorOf(parts[0]).getShape());
  for (Value v : parts)
    if (tensorOf(v).getRank() == 4)
      shape.assign(tensorOf(v).getShape().begin(), tensorOf(v).getShape().end());
  SmallVector<Value> wide;
  int64_t channels = 0, last = int64_t(shape.size()) - 1;
  for (Value v : parts) {
    shape[last] = tensorOf(v).getShape().back();
    wide.push_back(tensorOf(v).getRank() == last + 1 ? v : ops.broadcast(v, ops.f32(shape), {0, last}));
    channels += shape[last];
  }
  shape[last] = channels;
  return ConcatOp::create(ops.b, ops.loc, ops.f32(shape), wide, ops.b.getI64IntegerAttr(last));
}

SmallVector<int64_t> insideShape(const dsl::Shape &s) {
  return s.size() == 3 ? SmallVector<int64_t>{s[1], s[2], s[0]} : SmallVector<int64_t>(s.begin(), s.end());
}

Value toUserOrder(OpMaker &ops, Value x) {
  int64_t width = tensorOf(x).getNumElements() / ops.batch;
  if (tensorOf(x).getRank() == 4)
    x = ops.transpose(x, {0, 3, 1, 2});
  return ops.reshape(x, {ops.batch, width});
}

Value fromUserOrder(OpMaker &ops, Value x, const dsl::Shape &s) {
  if (s.size() != 3)
    return ops.reshape(x, ops.batched(s).getShape());
  return ops.transpose(ops.reshape(x, {ops.batch, s[0], s[1], s[2]}), {0, 2, 3, 1});
}

Value pool(OpMaker &ops, const dsl::Layer &l, Value x) {
  bool largest = l.kind == LayerKind::MaxPool || l.kind == LayerKind::GlobalMaxPool;
  SmallVector<int64_t> dims{1, 2};
  double count = double(l.in[1] * l.in[2]);
  if (l.kind == LayerKind::MaxPool || l.kind == LayerKind::AvgPool) {
    double fill = largest ? -std::numeric_limits<double>::infinity() : 0;
    x = windows(ops, l, windows(ops, l, x, 1, 0, fill), 3, 1, fill);
    dims = {2, 4};
    count = double(whole(l, "kernel", 0) * whole(l, "kernel", 1));
  }
  Value y = largest ? ops.maximum(x, dims) : ops.scale(ops.sum(x, dims), 1 / count);
  return ops.reshape(y, {ops.batch, l.out[1], l.out[2], l.out[0]});
}

/// Bilinear mode is PyTorch's with align_corners off: row o lies at (o + 1/2) / f - 1/2 of the source, clamped to it.
Value upsample(OpMaker &ops, const dsl::Layer &l, Value x) {
  if (l.literal("mode") == 0) {
    int64_t fy = whole(l, "factor", 0), fx = whole(l, "factor", 1);
    Tensor wide = ops.batched({l.in[1], fy, l.in[2], fx, l.in[0]});
    return ops.reshape(ops.broadcast(x, wide, {0, 1, 3, 5}), {ops.batch, l.out[1], l.out[2], l.out[0]});
  }
  for (int i : {0, 1}) {
    int64_t size = l.in[1 + i];
    SmallVector<int64_t> low, high;
    SmallVector<double> lowShare, highShare;
    for (int64_t o = 0; o < l.out[1 + i]; ++o) {
      double at = std::max(0.0, (double(o) + 0.5) / double(whole(l, "factor", i)) - 0.5);
      low.push_back(int64_t(at));
      high.push_back(std::min(low.back() + 1, size - 1));
      highShare.push_back(at - double(low.back()));
      lowShare.push_back(1 - highShare.back());
    }
    auto part = [&](ArrayRef<int64_t> from, ArrayRef<double> shares) {
      Value v = take(ops, x, 1 + i, from, 0);
      Value share = TableOp::create(ops.b, ops.loc, ops.f32({int64_t(shares.size())}), shares);
      return ops.mul(v, ops.broadcast(share, tensorOf(v), {1 + i}));
    };
    x = ops.add(part(low, lowShare), part(high, highShare));
  }
  return x;
}

/// pad and crop: each row of the result is a row of the source, or zeros.
Value border(OpMaker &ops, const dsl::Layer &l, Value x) {
  bool grows = l.kind == LayerKind::Pad;
  int mode = grows ? int(l.literal("mode")) : 0;
  for (int i : {0, 1}) {
    int64_t size = l.in[1 + i], before = whole(l, "sides", 2 * i) * (grows ? 1 : -1);
    SmallVector<int64_t> indices;
    for (int64_t o = 0; o < l.out[1 + i]; ++o) {
      int64_t from = o - before, clamped = std::clamp<int64_t>(from, 0, size - 1);
      if (from != clamped)
        from = mode == 0 ? -1 : mode == 1 ? 2 * clamped - from : clamped;
      indices.push_back(from);
    }
    if (l.out[1 + i] != size || before)
      x = take(ops, x, 1 + i, indices, 0);
  }
  return x;
}

Value pixelShuffle(OpMaker &ops, const dsl::Layer &l, Value x) {
  int64_t f = whole(l, "factor", 0);
  x = ops.transpose(ops.reshape(x, {ops.batch, l.in[1], l.in[2], l.out[0], f, f}), {0, 1, 4, 2, 5, 3});
  return ops.reshape(x, {ops.batch, l.out[1], l.out[2], l.out[0]});
}

/// Karras et al. 2018: sqrt(var + 1e-8) over the group, averaged over all elements of a sample.
Value minibatchStddev(OpMaker &ops, const dsl::Layer &l, Value x) {
  Tensor type = tensorOf(x);
  int64_t group = l.argument("group").values.empty() ? ops.batch : whole(l, "group", 0);
  int64_t each = type.getNumElements() / ops.batch, rest = ops.batch / group;
  Value flat = ops.reshape(x, {group, rest, each});
  auto broadcast = [&](Value v) { return ops.broadcast(v, tensorOf(flat), {1, 2}); };
  Value centred = ops.sub(flat, broadcast(ops.scale(ops.sum(flat, {0}), 1.0 / double(group))));
  Value var = ops.scale(ops.sum(ops.unary<SquareOp>(centred), {0}), 1.0 / double(group));
  Value deviation = ops.unary<SqrtOp>(ops.add(var, ops.like(var, 1e-8)));
  Value mean = ops.scale(ops.sum(deviation, {1}), 1.0 / double(each));
  SmallVector<int64_t> plane(type.getShape());
  plane.back() = 1;
  Value one = ops.reshape(ops.broadcast(mean, ops.f32({group, rest}), {1}), {ops.batch, 1});
  return join(ops, {x, type.getRank() == 4 ? one : ops.reshape(one, plane)});
}

Value slice(OpMaker &ops, const dsl::Layer &l, Value x) {
  SmallVector<int64_t> shape(tensorOf(x).getShape()), from(shape.size(), 0);
  shape.back() = int64_t(l.literal("n"));
  from.back() = int64_t(l.literal("from"));
  return SliceOp::create(ops.b, ops.loc, ops.f32(shape), x, ops.b.getDenseI64ArrayAttr(from));
}

} // namespace gan
