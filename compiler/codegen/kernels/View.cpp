#include "compiler/codegen/kernels/View.h"
#include "compiler/codegen/kernels/ConvGeometry.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

ProductView matmulView(MatMulOp op, Evaluator &evaluator) {
  ProductView v;
  Tensor lhs = tensorOf(op.getLhs()), out = tensorOf(op.getResult());
  v.m = int32_t(out.getDimSize(0)), v.n = int32_t(out.getDimSize(1));
  v.k = int32_t(lhs.getDimSize(op.getTransposeLhs() ? 0 : 1));
  bool ta = op.getTransposeLhs(), tb = op.getTransposeRhs();
  Value lhsValue = op.getLhs(), rhsValue = op.getRhs();
  v.aAlongK = !ta, v.bAlongK = tb;
  v.aInner = ta ? v.m : v.k, v.bInner = tb ? v.k : v.n;
  v.a = [=, &evaluator](const Expr &, const Expr &m, const Expr &k) {
    return evaluator.at(lhsValue, ta ? Index{k, m} : Index{m, k});
  };
  v.b = [=, &evaluator](const Expr &, const Expr &k, const Expr &n) {
    return evaluator.at(rhsValue, tb ? Index{n, k} : Index{k, n});
  };
  v.place = [](const Expr &, const Expr &m, const Expr &n) { return Index{m, n}; };
  return v;
}

/// A point of a result that is gathered: its image, and its place within its phase.
struct Point {
  Expr image, at[2];
};
Point pointOf(const Expr &m, const GatherAxis *axis) {
  return {m / (axis[0].points * axis[1].points), {m / axis[1].points % axis[0].points, m % axis[1].points}};
}

/// A convolution or its input gradient: rows are points, k runs over taps and, innermost, channels.
ProductView gatherView(Operation *op, Evaluator &evaluator) {
  ConvGeometry g = convGeometry(op);
  bool forward = isa<ConvOp>(op);
  GatherAxis axis[2];
  for (int i : {0, 1})
    axis[i] = forward ? forwardAxis(g, i) : inputGradAxis(g, i);
  Value source = forward ? g.x : g.y;
  int32_t channels = forward ? g.groupIn() : g.groupOut(), taps = axis[1].taps();
  ProductView v;
  v.batches = g.groups * axis[0].phases * axis[1].phases;
  v.m = g.n * axis[0].points * axis[1].points;
  v.n = forward ? g.groupOut() : g.groupIn();
  v.k = axis[0].taps() * taps * channels;
  v.aAlongK = true;
  v.bAlongK = !forward; // weights are (height, width, in, out)
  v.aInner = channels, v.bInner = forward ? v.n : channels;
  int32_t groups = g.groups, phases1 = axis[1].phases, width = v.n;
  GatherAxis y = axis[0], x = axis[1];
  auto phase = [=](const Expr &batch, int i) { return i ? batch / groups % phases1 : batch / groups / phases1; };
  v.a = [=, &evaluator](const Expr &batch, const Expr &m, const Expr &k) {
    const GatherAxis *both[] = {&y, &x};
    GatherAxis axes[] = {y, x};
    Point p = pointOf(m, axes);
    Expr tap[] = {k / (channels * taps), k / channels % taps}, at[2];
    for (int i : {0, 1})
      at[i] = p.at[i] * both[i]->sourceStep + lookup(both[i]->bases, phase(batch, i)) + tap[i] * both[i]->tapStep;
    return padded(evaluator, source, p.image, at[0], at[1], batch % groups * channels + k % channels);
  };
  int32_t kernel[] = {g.kernel[0], g.kernel[1]};
  Value w = g.w;
  v.b = [=, &evaluator](const Expr &batch, const Expr &k, const Expr &n) {
    const GatherAxis *both[] = {&y, &x};
    Expr tap[] = {k / (channels * taps), k / channels % taps}, at[2], valid = Halide::Internal::const_true();
    for (int i : {0, 1}) {
      at[i] = lookup(both[i]->firsts, phase(batch, i)) + tap[i] * both[i]->kernelStep;
      if (both[i]->uneven()) // a phase with fewer taps than another, or with none
        valid = valid && tap[i] < lookup(both[i]->counts, phase(batch, i));
      at[i] = Halide::clamp(at[i], 0, kernel[i] - 1);
    }
    Expr own = batch % groups, c = k % channels;
    Expr value = forward ? evaluator.at(w, {at[0], at[1], c, own * width + n})
                         : evaluator.at(w, {at[0], at[1], n, own * channels + c});
    return Halide::select(valid, value, Halide::Internal::make_zero(value.type()));
  };
  auto pixel = [=](const Expr &batch, const Expr &m) {
    GatherAxis axes[] = {y, x};
    Point p = pointOf(m, axes);
    return Index{p.image, p.at[0] * y.phases + phase(batch, 0), p.at[1] * x.phases + phase(batch, 1)};
  };
  v.place = [=](const Expr &batch, const Expr &m, const Expr &n) {
    Index index = pixel(batch, m);
    index.push_back(batch % groups * width + n);
    return index;
  };
  Tensor result = tensorOf(op->getResult(0));
  auto h = int32_t(result.getDimSize(1)), w1 = int32_t(result.getDimSize(2));
  if (y.points * y.phases != h || x.points * x.phases != w1)
    v.valid = [=](const Expr &batch, const Expr &m, const Expr &) {
      Index index = pixel(batch, m);
      return index[1] < h && index[2] < w1;
    };
  return v;
}

/// A convolution's weight gradient: rows are taps and, innermost, channels of the input; k runs over pixels.
ProductView weightGradView(Operation *op, Evaluator &evaluator) {
  ConvGeometry g = convGeometry(op);
  ProductView v;
  v.batches = g.groups;
  v.m = g.kernel[0] * g.kernel[1] * g.groupIn(), v.n = g.groupOut(), v.k = g.n * g.out[0] * g.out[1];
  v.aInner = g.groupIn(), v.bInner = g.groupOut();
  auto pixel = [=](const Expr &k) {
    return std::array<Expr, 3>{k / (g.out[0] * g.out[1]), k / g.out[1] % g.out[0], k % g.out[1]};
  };
  auto tap = [=](const Expr &m) {
    return std::array<Expr, 3>{m / (g.kernel[1] * g.groupIn()), m / g.groupIn() % g.kernel[1], m % g.groupIn()};
  };
  v.a = [=, &evaluator](const Expr &batch, const Expr &m, const Expr &k) {
    auto [n, y, x] = pixel(k);
    auto [ty, tx, c] = tap(m);
    return padded(evaluator, g.x, n, y * g.stride[0] + ty * g.dilation[0] - g.pad[0],
                  x * g.stride[1] + tx * g.dilation[1] - g.pad[1], batch * g.groupIn() + c);
  };
  v.b = [=, &evaluator](const Expr &batch, const Expr &k, const Expr &n) {
    auto [image, y, x] = pixel(k);
    return evaluator.at(g.y, {image, y, x, batch * g.groupOut() + n});
  };
  v.place = [=](const Expr &batch, const Expr &m, const Expr &n) {
    auto [ty, tx, c] = tap(m);
    return Index{ty, tx, c, batch * g.groupOut() + n};
  };
  return v;
}

} // namespace

Expr lookup(ArrayRef<int32_t> table, const Expr &i) {
  Expr value = table.back();
  if (!llvm::all_equal(table))
    for (size_t k = table.size() - 1; k-- > 0;)
      value = Halide::select(i == int32_t(k), table[k], value);
  return value;
}

ViewSizes viewSizes(Operation *op) {
  Evaluator none; // the sizes are known without reading an element
  ProductView view = productView(op, none);
  return {view.batches, view.m, view.n, view.k};
}

ProductView productView(Operation *op, Evaluator &evaluator) {
  if (auto product = dyn_cast<MatMulOp>(op))
    return matmulView(product, evaluator);
  return isa<ConvWeightGradOp>(op) ? weightGradView(op, evaluator) : gatherView(op, evaluator);
}

Expr padded(Evaluator &evaluator, Value image, const Expr &n, const Expr &y, const Expr &x, const Expr &channel) {
  auto h = int32_t(tensorOf(image).getDimSize(1)), w = int32_t(tensorOf(image).getDimSize(2));
  Expr inside = y >= 0 && y < h && x >= 0 && x < w;
  Expr value = evaluator.at(image, {n, Halide::clamp(y, 0, h - 1), Halide::clamp(x, 0, w - 1), channel});
  return Halide::select(inside, value, Halide::Internal::make_zero(value.type()));
}

} // namespace gan
