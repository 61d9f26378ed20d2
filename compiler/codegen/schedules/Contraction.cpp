// Loops of matrix products. A register tile of rows x columns accumulates over a block of k from packed panels. Tasks
// are blocks of rows or of columns. Each task packs its own panels so that they are in its core's cache, while the
// other operand is packed once beforehand. Long sums are computed block by block of k, so that packed panels stay in
// that cache.
#include "compiler/codegen/kernels/Kernels.h"

namespace gan {
namespace {

/// Transposed blocks come out of registers as whole vectors.
void packBlocks(ContractionStages &s, PackedPanels &p, int32_t vec, bool parallel) {
  Halide::RVar fo("fo"), fi("fi");
  Halide::Stage u = p.data.update();
  u.allow_race_conditions(); // no two numbers of a block go to the same place, and blocks that overlap are equal there
  u.split(p.f, fo, fi, vec).reorder(fi, fo, p.group, p.step, s.panel).vectorize(fi).unroll(fo);
  p.blocks->computeAt({p.data, p.group});
  if (parallel)
    u.parallel(s.panel);
}

/// Numbers are read and written as far as they lie side by side. `ours` are the panels of a task, if these are made
/// block by block of k.
void packNumbers(ContractionStages &s, PackedPanels &p, int32_t vec, bool ours, bool parallel) {
  if (p.alongK && s.depth >= vec) { // loads are contiguous; stores are strided but stay in the L1 cache
    Halide::Var kv("kv");
    p.data.split(s.k, kv, s.k, vec, Halide::TailStrategy::ShiftInwards)
        .reorder(s.k, s.inner, kv, s.block, s.panel)
        .vectorize(s.k)
        .unroll(s.inner);
  } else if (p.width % vec == 0) {
    p.data.vectorize(s.inner, vec).unroll(s.inner);
  } else {
    p.data.unroll(s.inner);
  }
  if (ours && s.blocks > 1 && !p.alongK) // reads whole lines of the task
    p.data.reorder(s.inner, s.panel, s.k, s.block);
  if (parallel)
    p.data.parallel(s.panel);
}

} // namespace

void applySchedule(ContractionStages &s, const Schedule &schedule) {
  constexpr auto tail = Halide::TailStrategy::GuardWithIf;
  Halide::Var no("no"), mo("mo"), ni("ni"), mi("mi"), nv("nv"), kv("kv"), task("task"), tile("tile");
  int32_t rows = schedule.rows, columns = schedule.columns, vec = int32_t(schedule.vec);
  s.out.tile(s.n, s.m, no, mo, ni, mi, columns, rows, tail);
  // Each task loops over its panel-sized blocks; the packed panel of the task's own side is reused across the other
  // side.
  int64_t tiles = schedule.byRows ? (s.sizes.m + rows - 1) / rows : (s.sizes.n + columns - 1) / columns;
  int64_t perTask =
      schedule.task ? std::clamp<int64_t>(schedule.task / (schedule.byRows ? rows : columns), 1, tiles) : tiles;
  Halide::Var own = schedule.byRows ? mo : no, other = schedule.byRows ? no : mo;
  s.out.split(own, task, tile, int32_t(perTask), tail).reorder(ni, mi, other, tile, task);
  s.out.split(ni, nv, ni, vec, tail).reorder(ni, nv, mi, other, tile, task).vectorize(ni).unroll(nv).unroll(mi);
  bool parallel = schedule.task && perTask < tiles;
  if (parallel)
    s.out.parallel(task);

  auto inRegisters = [&](Halide::Func f) {
    f.bound_extent(s.column, columns).bound_extent(s.row, rows);
    f.vectorize(s.column, vec).unroll(s.column).unroll(s.row);
    f.update().vectorize(s.column, vec).unroll(s.column).unroll(s.row);
  };
  s.product.update().reorder(s.column, s.row, s.r);
  inRegisters(s.product);
  if (schedule.unroll > 1 && s.depth % schedule.unroll == 0)
    s.product.update().unroll(s.r, int32_t(schedule.unroll));
  Halide::Var ownTile = schedule.byRows ? s.mo : s.no, otherTile = schedule.byRows ? s.no : s.mo;
  if (s.blocks > 1) {
    s.sum.compute_at(s.out, task);
    s.sum.update().reorder(s.column, s.row, otherTile, ownTile, s.rb);
    inRegisters(s.sum);
    s.product.compute_at(s.sum, otherTile);
  } else {
    s.product.compute_at(s.out, other);
  }

  auto pack = [&](PackedPanels &p, bool ours) {
    bool inTask = ours && (s.blocks > 1 || parallel);
    if (!inTask)
      p.data.compute_root();
    else if (s.blocks > 1)
      p.data.compute_at(s.sum, s.rb);
    else
      p.data.compute_at(s.out, task);
    p.data.bound_extent(s.inner, p.width);
    if (p.blocks)
      packBlocks(s, p, vec, parallel && !inTask);
    else
      packNumbers(s, p, vec, ours, parallel && !inTask);
  };
  pack(s.b, !schedule.byRows);
  pack(s.a, schedule.byRows);
}

} // namespace gan
