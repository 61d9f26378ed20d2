// The heuristic for GPUs: enough blocks to fill the card, and in each block enough threads to hide the latency of
// memory. It depends only on the kernel's sizes and on numbers of the card, so that the same program gives the same
// bytes on it.
#include "compiler/codegen/schedules/gpu/Gpu.h"

#include <algorithm>

using namespace mlir;

namespace gan::gpu {
namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The largest power of two that is at most n; 1 for smaller n.
int64_t powerBelow(int64_t n) {
  int64_t p = 1;
  while (2 * p <= n)
    p *= 2;
  return p;
}

/// Into how many parts work for `blocks` blocks is cut, of which each has `steps`, so that the card is full and no part
/// becomes shorter than `least` steps.
int64_t partsToFill(int64_t blocks, int64_t steps, int64_t least, const Card &card) {
  int64_t wanted = ceilDiv(2 * card.multiprocessors, std::max<int64_t>(1, blocks));
  return std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, steps / least));
}

Schedule reduction(KernelOp kernel, const Card &card) {
  Operation *op = anchorOperation(kernel);
  Tensor domain = tensorOf(op->getOperand(0)), result = tensorOf(op->getResult(0));
  auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef();
  int64_t kept = result.getNumElements(), reduced = domain.getNumElements() / std::max<int64_t>(1, kept);
  bool along = llvm::is_contained(dims, domain.getRank() - 1);
  int64_t innermost = result.getRank() ? result.getDimSize(result.getRank() - 1) : 1;
  Schedule s;
  s.anchor = Anchor::GpuReduction;
  if (along) { // neighbouring threads read neighbours that are added up
    s.lanes = std::clamp<int64_t>(powerBelow(reduced / 2), 1, 256);
    s.results = std::min<int64_t>(innermost, std::max<int64_t>(1, 128 / s.lanes));
  } else { // neighbouring threads have neighbouring results
    s.results = std::min<int64_t>(32, powerBelow(std::max<int64_t>(1, 2 * innermost - 1)));
    s.lanes = std::clamp<int64_t>(powerBelow(reduced / 2), 1, 256 / s.results);
  }
  int64_t blocks = ceilDiv(innermost, s.results) * (kept / innermost);
  s.blocks = std::min<int64_t>(64, partsToFill(blocks, reduced / s.lanes, 16, card));
  return s;
}

/// How a tile of a product is shared by the threads of a block.
struct Tile {
  int64_t each, threads;
  int64_t size() const { return each * threads; }
};

Schedule product(KernelOp kernel, const Card &card) {
  ViewSizes sizes = viewSizes(anchorOperation(kernel));
  // Large tiles read less from memory, small ones fill the card and waste less at the edges. The last two are for
  // results of a few rows or columns, like those of a discriminator's last layer.
  constexpr Tile tiles[] = {{8, 16}, {4, 16}, {4, 8}, {4, 4}, {2, 4}, {1, 4}};
  auto fitting = [&](int64_t extent, size_t first) {
    while (first + 1 < std::size(tiles) && tiles[first + 1].size() >= extent)
      ++first;
    return first;
  };
  size_t m = fitting(sizes.m, 0), n = fitting(sizes.n, 0);
  auto blocks = [&] { return sizes.batches * ceilDiv(sizes.m, tiles[m].size()) * ceilDiv(sizes.n, tiles[n].size()); };
  while (blocks() < card.multiprocessors && (tiles[m].each > 4 || tiles[n].each > 4)) {
    m += tiles[m].each > 4;
    n += tiles[n].each > 4;
  }
  Schedule s;
  s.anchor = Anchor::GpuProduct;
  s.rows = tiles[m].each, s.rowThreads = tiles[m].threads;
  s.columns = tiles[n].each, s.columnThreads = tiles[n].threads;
  // A small block has few threads to read a slice of depth, and what each reads takes registers.
  s.depth = std::min<int64_t>(s.rowThreads * s.columnThreads <= 64 ? 4 : 8, sizes.k);
  s.parts = std::min<int64_t>(64, partsToFill(blocks(), sizes.k, 128, card));
  return s;
}

} // namespace

Schedule defaultSchedule(KernelOp canonical, const Card &card) {
  switch (anchorOf(canonical)) {
  case Anchor::Reduction:
    return reduction(canonical, card);
  case Anchor::Contraction:
  case Anchor::Convolution:
    return product(canonical, card);
  default:
    Schedule s;
    s.anchor = Anchor::GpuMap;
    s.vec = 1;
    return s;
  }
}

} // namespace gan::gpu
