// Loops of matrix products. A register tile of rows x columns accumulates over a block of k from packed panels. Tasks
// are blocks of rows or of columns. Each task packs its own panels so that they are in its core's cache, while the
// other operand is packed once beforehand. Long sums are computed block by block of k, so that packed panels stay in
// that cache.
#include "compiler/codegen/kernels/Kernels.h"

namespace gan {

void applySchedule(ContractionStages &s, const Schedule &schedule) {
  constexpr auto tail = Halide::TailStrategy::GuardWithIf;
  Halide::Var no("no"), mo("mo"), ni("ni"), mi("mi"), nv("nv"), kv("kv"), task("task"), tile("tile");
  int32_t rows = schedule.rows, columns = schedule.columns, vec = schedule.vec;
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

  auto pack = [&](Halide::Func f, bool ours, int32_t width, bool alongK) {
    f.bound_extent(s.inner, width);
    if (alongK && s.depth >= vec) // loads are contiguous; stores are strided but stay in the L1 cache
      f.split(s.k, kv, s.k, vec, Halide::TailStrategy::ShiftInwards)
          .reorder(s.k, s.inner, kv, s.panel)
          .vectorize(s.k)
          .unroll(s.inner);
    else if (width % vec == 0)
      f.vectorize(s.inner, vec).unroll(s.inner);
    else
      f.unroll(s.inner);
    if (ours && s.blocks > 1) {
      f.compute_at(s.sum, s.rb);
      if (!alongK) // reads whole lines of the task
        f.reorder(s.inner, s.panel, s.k);
    } else if (ours && parallel) {
      f.compute_at(s.out, task);
    } else {
      f.compute_root();
      if (parallel)
        f.parallel(s.panel);
    }
  };
  pack(s.packedB, !schedule.byRows, columns, s.bAlongK);
  pack(s.packedA, schedule.byRows, rows, s.aAlongK);
}

} // namespace gan
