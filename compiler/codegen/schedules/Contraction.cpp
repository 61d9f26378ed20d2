// Loops of matrix products. A register tile of rows x columns accumulates over k from packed panels; tasks are blocks
// of rows or of columns, each packing its own panels so that they are in its core's cache, while the other operand is
// packed once before.
#include "compiler/codegen/Kernels.h"

namespace gan {

void applySchedule(ContractionStages &s, const Schedule &schedule) {
  constexpr auto tail = Halide::TailStrategy::GuardWithIf;
  Halide::Var no("no"), mo("mo"), ni("ni"), mi("mi"), block("block"), nv("nv"), kv("kv");
  int32_t rows = schedule.rows, columns = schedule.columns, vec = schedule.vec;
  s.out.tile(s.n, s.m, no, mo, ni, mi, columns, rows, tail);
  // Each task walks its panel-sized blocks; the packed panel of the task's own side is reused across the other side.
  int64_t tiles = schedule.byRows ? (s.sizes.m + rows - 1) / rows : (s.sizes.n + columns - 1) / columns;
  int64_t perTask =
      schedule.task ? std::clamp<int64_t>(schedule.task / (schedule.byRows ? rows : columns), 1, tiles) : tiles;
  Halide::Var own = schedule.byRows ? mo : no, other = schedule.byRows ? no : mo, task("task"), tile("tile");
  s.out.split(own, task, tile, int32_t(perTask), tail).reorder(ni, mi, tile, other, task);
  s.out.split(ni, nv, ni, vec, tail).reorder(ni, nv, mi, tile, other, task).vectorize(ni).unroll(nv).unroll(mi);
  bool parallel = schedule.task && perTask < tiles;
  if (parallel)
    s.out.parallel(task);
  s.product.compute_at(s.out, tile).bound_extent(s.n, columns).bound_extent(s.m, rows);
  s.product.vectorize(s.n, vec).unroll(s.n).unroll(s.m);
  s.product.update().reorder(s.n, s.m, s.r).vectorize(s.n, vec).unroll(s.n).unroll(s.m);
  if (schedule.unroll > 1 && s.sizes.k % schedule.unroll == 0)
    s.product.update().unroll(s.r, int32_t(schedule.unroll));

  auto pack = [&](Halide::Func f, bool ours, int32_t width) {
    int32_t lanes = width % vec == 0 ? vec : 1;
    if (lanes > 1)
      f.vectorize(s.inner, lanes).unroll(s.inner);
    else
      f.unroll(s.inner);
    f.bound_extent(s.inner, width);
    if (ours && parallel) {
      f.compute_at(s.out, task);
      return;
    }
    f.compute_root();
    if (parallel)
      f.parallel(s.panel);
  };
  pack(s.packedB, !schedule.byRows, columns);
  if (s.packedA.defined())
    pack(s.packedA, schedule.byRows, rows);
}

} // namespace gan
