// Layers that rearrange images: windows, borders, other sizes. All consist of indexing, sums and maxima. So their
// gradients are gathers, and they cost nothing where a kernel reads through them.
#include "compiler/import/Importer.h"

using namespace mlir;
using gan::dsl::LayerKind;

namespace gan {

static int64_t whole(const dsl::Layer &l, StringRef name, int i) {
  return int64_t(*l.argument(name).values[size_t(i)].literal());
}

Value Importer::take(Value x, int64_t dim, ArrayRef<int64_t> indices, double fill) {
  SmallVector<int64_t> shape(tensorOf(x).getShape());
  shape[dim] = indices.size();
  return TakeOp::create(builder, here, f32(shape), x, dim, indices, APFloat(fill));
}

/// Views (.., size, ..) as (.., windows, kernel, ..), with `fill` in the padding.
Value Importer::windows(const dsl::Layer &l, Value x, int64_t dim, int i, double fill) {
  int64_t kernel = whole(l, "kernel", i), stride = whole(l, "stride", i), pad = whole(l, "pad", i);
  int64_t size = tensorOf(x).getDimSize(dim), count = l.out[1 + i];
  SmallVector<int64_t> shape(tensorOf(x).getShape());
  if (stride == kernel && !pad) { // windows side by side: a view, apart from what is left over at the end
    shape[dim] = count * kernel;
    if (shape[dim] != size)
      x = SliceOp::create(builder, here, f32(shape), x,
                          builder.getDenseI64ArrayAttr(SmallVector<int64_t>(shape.size(), 0)));
  } else {
    SmallVector<int64_t> indices;
    for (int64_t o = 0; o < count; ++o)
      for (int64_t k = 0; k < kernel; ++k) {
        int64_t from = o * stride + k - pad;
        indices.push_back(from >= 0 && from < size ? from : -1);
      }
    x = take(x, dim, indices, fill);
  }
  shape[dim] = count;
  shape.insert(shape.begin() + dim + 1, kernel);
  return at().reshape(x, shape);
}

Value Importer::pool(const dsl::Layer &l, Value x) {
  bool largest = l.kind == LayerKind::MaxPool || l.kind == LayerKind::GlobalMaxPool;
  SmallVector<int64_t> dims{1, 2};
  double count = double(l.in[1] * l.in[2]);
  if (l.kind == LayerKind::MaxPool || l.kind == LayerKind::AvgPool) {
    double fill = largest ? -std::numeric_limits<double>::infinity() : 0;
    x = windows(l, windows(l, x, 1, 0, fill), 3, 1, fill);
    dims = {2, 4};
    count = double(whole(l, "kernel", 0) * whole(l, "kernel", 1));
  }
  Value y = largest ? at().maximum(x, dims) : at().scale(at().sum(x, dims), 1 / count);
  return at().reshape(y, {model.batch, l.out[1], l.out[2], l.out[0]});
}

/// Bilinear mode is PyTorch's with align_corners off: row o lies at (o + 1/2) / f - 1/2 of the source, clamped to it.
Value Importer::upsample(const dsl::Layer &l, Value x) {
  if (l.literal("mode") == 0) {
    int64_t fy = whole(l, "factor", 0), fx = whole(l, "factor", 1);
    Tensor wide = batched({l.in[1], fy, l.in[2], fx, l.in[0]});
    return at().reshape(at().broadcast(x, wide, {0, 1, 3, 5}), {model.batch, l.out[1], l.out[2], l.out[0]});
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
      Value v = take(x, 1 + i, from, 0);
      Value share = TableOp::create(builder, here, f32({int64_t(shares.size())}), shares);
      return at().mul(v, at().broadcast(share, tensorOf(v), {1 + i}));
    };
    x = at().add(part(low, lowShare), part(high, highShare));
  }
  return x;
}

/// pad and crop: each row of the result is a row of the source, or zeros.
Value Importer::border(const dsl::Layer &l, Value x) {
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
      x = take(x, 1 + i, indices, 0);
  }
  return x;
}

Value Importer::pixelShuffle(const dsl::Layer &l, Value x) {
  int64_t f = whole(l, "factor", 0);
  x = at().transpose(at().reshape(x, {model.batch, l.in[1], l.in[2], l.out[0], f, f}), {0, 1, 4, 2, 5, 3});
  return at().reshape(x, {model.batch, l.out[1], l.out[2], l.out[0]});
}

/// Karras et al. 2018: sqrt(var + 1e-8) over the group, averaged over all elements of a sample.
Value Importer::minibatchStddev(const dsl::Layer &l, Value x) {
  Tensor type = tensorOf(x);
  int64_t group = l.argument("group").values.empty() ? model.batch : whole(l, "group", 0);
  int64_t each = type.getNumElements() / model.batch, rest = model.batch / group;
  Value flat = at().reshape(x, {group, rest, each});
  auto broadcast = [&](Value v) { return at().broadcast(v, tensorOf(flat), {1, 2}); };
  Value centred = at().sub(flat, broadcast(at().scale(at().sum(flat, {0}), 1.0 / double(group))));
  Value var = at().scale(at().sum(at().unary<SquareOp>(centred), {0}), 1.0 / double(group));
  Value deviation = at().unary<SqrtOp>(at().add(var, at().like(var, 1e-8)));
  Value mean = at().scale(at().sum(deviation, {1}), 1.0 / double(each));
  SmallVector<int64_t> plane(type.getShape());
  plane.back() = 1;
  Value one = at().reshape(at().broadcast(mean, f32({group, rest}), {1}), {model.batch, 1});
  return join({x, type.getRank() == 4 ? one : at().reshape(one, plane)});
}

} // namespace gan
