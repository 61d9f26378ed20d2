// The heuristic schedule: register tiles fit the machine's registers, and tasks are large enough to pay for waking a
// thread. It depends only on the kernel's sizes and the target, never on the number of threads, so the bytes of a
// result do not depend on that number either.
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/Kernels.h"

#include <algorithm>

using namespace mlir;

namespace gan {
namespace {

/// Less work than this, in multiply-adds, is done before a second thread is awake (about 20 microseconds).
constexpr int64_t worthSharing = 1 << 20;

int64_t divisor(int64_t n) {
  for (int64_t d : {4, 2})
    if (n % d == 0)
      return d;
  return 1;
}

Schedule contraction(KernelOp kernel, const TargetInfo &target) {
  auto op = cast<MatMulOp>(anchorOperation(kernel));
  ProductSizes s = productSizes(op);
  Schedule schedule;
  schedule.anchor = Anchor::Contraction;
  schedule.vec = target.lanes;
  while (schedule.vec > 4 && schedule.vec / 2 >= s.n)
    schedule.vec /= 2;
  // Accumulators plus one row of the right operand and one broadcast must fit into the registers. An operand that has
  // to be transposed while it is packed is best read in wide panels, unless blocks of a long sum are packed one by one.
  bool large = target.registers >= 32, blocked = s.k > 1536;
  int64_t vectors = large && op.getTransposeRhs() && !blocked ? 3 : 2, height = !large ? 6 : vectors == 3 ? 8 : 10;
  vectors = std::clamp<int64_t>((s.n + schedule.vec - 1) / schedule.vec, 1, vectors);
  schedule.columns = schedule.vec * vectors;
  // Chooses the number of rows that wastes least; of equal ones the tallest tile.
  int64_t best = 1, waste = INT64_MAX;
  for (int64_t rows = height; rows >= std::min<int64_t>(height / 2, s.m); --rows) {
    int64_t padded = (s.m + rows - 1) / rows * rows;
    if (padded - s.m < waste) {
      waste = padded - s.m;
      best = rows;
    }
  }
  schedule.rows = std::min<int64_t>(best, s.m);
  schedule.unroll = divisor(s.k);
  if (blocked) { // equal blocks of about 128, of which a panel stays in the L1 cache
    int64_t blocks = (s.k + 127) / 128;
    schedule.depth = ((s.k + blocks - 1) / blocks + 15) / 16 * 16;
    schedule.unroll = 4;
  }
  // A product of two transposed batches, which a weight gradient is, has short sums: its rows are written as they lie.
  schedule.byRows = s.m >= s.n || (op.getTransposeLhs() && s.m >= 256);
  int64_t work = s.m * s.n * s.k, side = schedule.byRows ? s.m : s.n;
  int64_t tasks = std::clamp<int64_t>(work / worthSharing, 1, schedule.depth ? 8 : 16);
  if (tasks > 1) {
    int64_t tile = schedule.byRows ? schedule.rows : schedule.columns;
    schedule.task = std::max(tile, (side + tasks - 1) / tasks / tile * tile);
  }
  return schedule;
}

/// As many images as make at least `pixels` points: one small image would not pay for copying the weights.
int64_t imagesFor(int64_t pixels, int64_t points) {
  return std::max<int64_t>(1, pixels / std::max<int64_t>(1, points));
}

Schedule convolution(KernelOp kernel, const TargetInfo &target) {
  Operation *op = anchorOperation(kernel);
  ConvGeometry g = convGeometry(op);
  Schedule schedule;
  schedule.anchor = Anchor::Convolution;
  bool weights = isa<ConvWeightGradOp>(op), wide = target.registers >= 32;
  // Vectors lie along `along` channels; the rows of the register tile come from the other side.
  int64_t along = isa<ConvInputGradOp>(op) ? g.ci : g.co, across = g.groupIn();
  int64_t points = int64_t(g.out[0]) * g.out[1];
  double work = 2.0 * tensorOf(g.y).getNumElements() * g.kernel[0] * g.kernel[1] * g.groupIn();
  schedule.vec = target.lanes;
  if (2 * along <= target.lanes && (!weights || g.groupIn() > along)) {
    schedule.algorithm = Algorithm::Points;
    std::swap(along, across);
  }
  // channels on the other side
  bool few = wide && across <= 6 && across >= (weights ? 2 : 1) && along >= 4 * target.lanes;
  if (!weights && schedule.algorithm == Algorithm::Points) {
    schedule.columns = across;
    schedule.rows = std::clamp<int64_t>((wide ? 24 : 8) / across, 1, 8);
  } else {
    while (schedule.vec > 4 && schedule.vec / 2 >= along)
      schedule.vec /= 2;
    schedule.columns = schedule.vec * std::clamp<int64_t>((along + schedule.vec - 1) / schedule.vec, 1, few ? 4 : 2);
    schedule.rows = few ? (weights ? 6 / across * across : 4) : wide ? 8 : 4;
  }
  schedule.unroll = 4;
  schedule.images = weights ? imagesFor(256, points) : imagesFor(256, isa<ConvOp>(op) ? points : g.in[0] * g.in[1]);
  if (!weights) // a task should be worth waking a thread, and there should be several
    schedule.images = std::clamp<int64_t>(int64_t(8 * worthSharing * g.n / work), schedule.images,
                                          std::max<int64_t>(schedule.images, g.n / 8));
  if (weights && !few) { // what a block reads should stay in the L1 cache
    int64_t most = std::max<int64_t>(1, 128 / g.out[1]);
    schedule.lines = std::min<int64_t>(most, g.out[0]);
    while (g.out[0] % schedule.lines)
      --schedule.lines;
  }
  if (work >= 2.0 * worthSharing)
    schedule.task = weights
                        ? std::max<int64_t>(schedule.algorithm == Algorithm::Points ? schedule.columns : schedule.rows,
                                            std::max<int64_t>(few ? across : 16, (g.groupIn() + 3) / 4))
                        : 1;
  return target.exact ? schedule : winogradSchedule(kernel, target, schedule).value_or(schedule);
}

Schedule reduction(KernelOp kernel, const TargetInfo &target) {
  Operation *op = anchorOperation(kernel);
  Tensor domain = tensorOf(op->getOperand(0));
  auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef();
  int64_t reduced = 1, kept = tensorOf(op->getResult(0)).getNumElements();
  for (int64_t d : dims)
    reduced *= domain.getDimSize(d);
  Schedule schedule;
  schedule.anchor = Anchor::Reduction;
  schedule.vec = target.lanes;
  bool along = !dims.empty() && dims.back() == domain.getRank() - 1;
  bool share = reduced * kept >= worthSharing / 8;
  if (along && reduced >= 2 * target.lanes) {
    schedule.lanes = target.lanes;
    int64_t perLane = (reduced + schedule.lanes - 1) / schedule.lanes;
    // short chains of additions keep the rounding error small; blocks become tasks if few results are kept
    schedule.blocks = std::max<int64_t>(1, (perLane + 511) / 512);
    schedule.task = !share ? 0 : std::max<int64_t>(1, kept / 16);
    return schedule;
  }
  schedule.blocks = std::max<int64_t>(1, std::min<int64_t>((reduced + 255) / 256, 64));
  schedule.task =
      share ? std::max<int64_t>(
                  1, (tensorOf(op->getResult(0)).getRank() > 1 ? tensorOf(op->getResult(0)).getDimSize(0) : 1) / 16)
            : 0;
  return schedule;
}

} // namespace

Schedule defaultSchedule(KernelOp canonical, const TargetInfo &target) {
  Anchor anchor = anchorOf(canonical);
  if (anchor == Anchor::Contraction)
    return contraction(canonical, target);
  if (anchor == Anchor::Convolution)
    return convolution(canonical, target);
  if (anchor == Anchor::Reduction)
    return reduction(canonical, target);
  Schedule schedule;
  schedule.anchor = anchor;
  schedule.vec = target.lanes;
  int64_t count = cast<Tensor>(canonical.getResult(0).getType()).getNumElements();
  int64_t cost = anchor == Anchor::Draw ? 32 : 4;
  if (count * cost >= worthSharing / 4)
    schedule.task = std::max<int64_t>(4096, (count + 31) / 32);
  return schedule;
}

} // namespace gan
