// Loops of convolutions. The register tile is points x results. Vectors lie along the results' channels or, if these
// are few, along the points of a row.
#include "compiler/codegen/kernels/Kernels.h"

namespace gan {
namespace {

constexpr auto tail = Halide::TailStrategy::GuardWithIf;

/// The largest power of two that is at most `vec` and at most `size`.
int32_t vectorFor(int64_t vec, int64_t size) {
  while (vec > size)
    vec /= 2;
  return int32_t(vec);
}

/// The factor by which the product's own channel loop is unrolled: it leaves no remainder.
int32_t unrollFor(int64_t unroll, int64_t size) {
  while (size % unroll)
    --unroll;
  return int32_t(unroll);
}

void copyOf(Halide::Func f, const Halide::Var &along, int64_t vec, int64_t size) {
  int32_t lanes = vectorFor(vec, size);
  if (lanes > 1)
    f.vectorize(along, lanes, tail);
}

} // namespace

void applySchedule(WindowStages &s, const Schedule &schedule) {
  Halide::Var oo("oo"), oi("oi"), ov("ov");
  Halide::RVar qo("qo"), qi("qi");
  int32_t vec = int32_t(schedule.vec), unroll = unrollFor(schedule.unroll, s.channels);
  Halide::Stage u = s.out.update();
  u.allow_race_conditions(); // no two points write the same element
  u.split(s.o, oo, oi, s.columns, tail).split(s.dq, qo, qi, s.rows, tail);
  Halide::Stage p = s.product.update();
  s.product.compute_at(s.out, qo).bound_extent(s.o, s.columns).bound_extent(s.q, s.rows);
  if (s.pixels) {
    u.reorder(s.dLane, oi, qi, qo, oo, s.dPhase, s.dTask).vectorize(s.dLane).unroll(oi).unroll(qi);
    s.product.bound_extent(s.lane, s.lanes).vectorize(s.lane).unroll(s.o).unroll(s.q);
    p.reorder(s.lane, s.o, s.q, s.rc, s.rx, s.ry).vectorize(s.lane).unroll(s.o).unroll(s.q);
    s.image.reorder_storage(s.x, s.c, s.y, s.n);
  } else {
    u.split(oi, ov, oi, vec, tail).reorder(oi, ov, qi, qo, oo, s.dPhase, s.dTask).vectorize(oi).unroll(ov).unroll(qi);
    s.product.vectorize(s.o, vec).unroll(s.o).unroll(s.q);
    p.reorder(s.o, s.q, s.rc, s.rx, s.ry).vectorize(s.o, vec).unroll(s.o).unroll(s.q);
  }
  if (unroll > 1)
    p.unroll(s.rc, unroll);
  s.image.compute_at(s.out, s.dTask);
  copyOf(s.image, s.c, vec, s.sourceChannels);
  s.weights.compute_root();
  if (s.turned)
    s.turned->scheduleInto(s.weights, s.inner, s.c);
  else if (!s.pixels)
    s.weights.vectorize(s.inner, vec);
  if (schedule.task && s.tasks > 1) {
    u.parallel(s.dTask);
    s.weights.parallel(s.panel);
  }
}

void applySchedule(WeightGradStages &s, const Schedule &schedule) {
  Halide::Var ct("ct"), ot("ot"), task("task"), oo("oo"), oi("oi"), ov("ov"), co("co"), ci("ci"), cv("cv"), xo("xo"),
      xi("xi");
  int32_t vec = int32_t(schedule.vec), columns = int32_t(std::max(schedule.columns, schedule.vec)),
          rows = int32_t(schedule.rows);
  // A task is a slab of each side's channels or, if there would be few such tasks, of one row of taps.
  int32_t slab = schedule.task ? int32_t(std::min<int64_t>(schedule.task, s.ci)) : s.ci,
          panel = schedule.task && !s.byInput ? std::min(columns, s.co) : s.co;
  bool few = (s.ci + slab - 1) / slab * ((s.co + panel - 1) / panel) < 8;
  s.out.split(s.c, ct, ci, slab, tail).split(s.o, ot, oi, panel, tail);
  if (few)
    s.out.reorder(oi, ci, s.tx, ot, ct, s.ty).fuse(ot, ct, task).fuse(task, s.ty, task);
  else
    s.out.reorder(oi, ci, s.tx, s.ty, ot, ct).fuse(ot, ct, task);
  if (schedule.task)
    s.out.parallel(task);
  copyOf(s.out, oi, vec, panel);
  s.sum.compute_at(s.out, task);
  copyOf(s.sum, s.o, vec, panel);
  Halide::Stage u = s.sum.update(), p = s.inside.update();
  // rows of the tile are channels of the other side first, then neighbouring taps
  int32_t across = s.byInput ? s.co : s.ci;
  int32_t channels = std::min(across, rows), taps = std::clamp(rows / channels, 1, s.kw);
  u.split(s.tx, xo, xi, taps, tail);
  int32_t wide = s.byInput ? channels : columns, deep = s.byInput ? columns : channels;
  u.split(s.o, oo, oi, wide, tail).split(s.c, co, ci, deep, tail);
  s.inside.bound_extent(s.o, wide).bound_extent(s.c, deep).bound_extent(s.tx, taps);
  if (s.byInput) {
    u.split(ci, cv, ci, vec, tail)
        .reorder(ci, cv, oi, xi, xo, oo, co, s.ty, s.rp, s.rb)
        .vectorize(ci)
        .unroll(cv)
        .unroll(oi)
        .unroll(xi);
    s.inside.compute_at(s.sum, xo).vectorize(s.c, vec).unroll(s.c).unroll(s.o).unroll(s.tx);
    p.reorder(s.c, s.o, s.tx, s.rx, s.ry, s.rn).vectorize(s.c, vec).unroll(s.c).unroll(s.o).unroll(s.tx);
    s.inside.reorder_storage(s.c, s.o, s.tx, s.ty, s.part, s.block); // dense vectors stay in registers
    s.gradient.compute_at(s.sum, s.rp);
  } else {
    u.split(oi, ov, oi, vec, tail)
        .reorder(oi, ov, ci, xi, co, xo, s.ty, oo, s.rp, s.rb)
        .vectorize(oi)
        .unroll(ov)
        .unroll(ci)
        .unroll(xi);
    s.inside.compute_at(s.sum, co).vectorize(s.o, vec).unroll(s.o).unroll(s.c).unroll(s.tx);
    p.reorder(s.o, s.c, s.tx, s.rx, s.ry, s.rn).vectorize(s.o, vec).unroll(s.o).unroll(s.c).unroll(s.tx);
    s.gradient.compute_at(s.sum, oo).vectorize(s.inner, vec).unroll(s.inner);
  }
  if (int32_t unroll = unrollFor(schedule.unroll, s.ow); unroll > 1)
    p.unroll(s.rx, unroll);
  s.image.compute_at(s.sum, s.rp);
  if (slab < 4) // few channels: vectors lie along a row
    s.image.reorder_storage(s.x, s.c, s.y, s.n).reorder(s.x, s.c, s.y, s.n).vectorize(s.x, vec, tail);
  else
    copyOf(s.image, s.c, vec, slab);
}

} // namespace gan
