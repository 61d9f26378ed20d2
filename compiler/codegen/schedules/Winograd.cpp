// Loops of convolutions by Winograd's transforms. Data, products and outputs of a task stay in its core's cache. The
// products are a matrix product for each spot of the transform, with a register tile of tiles x results. Transforms run
// along vectors of channels, which are unrolled so that all their terms are in registers.
#include "compiler/codegen/kernels/Kernels.h"

namespace gan {
namespace {

using Halide::Var;

/// Computes both steps of a transform for one vector at a time: `rows`, along x, is computed where `all` needs it.
void transformAlong(Halide::Func all, Halide::Func rows, const Halide::Var &vector, int32_t vec,
                    const Halide::LoopLevel &where, const std::vector<Halide::Var> &unrolled,
                    const std::vector<Halide::Var> &rowsUnrolled) {
  for (const Halide::Var &v : unrolled)
    all.unroll(v);
  rows.compute_at(where).vectorize(vector, vec, Halide::TailStrategy::RoundUp);
  for (const Halide::Var &v : rowsUnrolled)
    rows.unroll(v);
}

/// Each spot of a transform is a plane of `rows` rows of `classes` * `width` numbers, and a transform reads or writes a
/// vector in all planes at once. If planes were a multiple of a page apart, these vectors would fight for the same few
/// lines of the cache, so an odd number of rows is kept for each plane, and some more numbers for long rows.
void spreadPlanes(Halide::Func f, const Var &row, int32_t rows, const Var &inner, int32_t width, int32_t classes) {
  f.align_storage(row, rows | 1);
  if (width * classes % 256 == 0)
    f.align_storage(inner, width + 16);
}

/// The outputs of a vector of results of a tile, computed at loop `where` of `out`.
void transformOutputs(WinogradStages &s, const Schedule &schedule, const Var &where) {
  int32_t vec = int32_t(schedule.vec);
  s.outputs.compute_at(s.out, where).bound(s.i, 0, s.tileX).bound(s.j, 0, s.tileY);
  s.outputs.reorder(s.o, s.i, s.j).vectorize(s.o, vec, Halide::TailStrategy::RoundUp);
  s.outputRows.bound(s.i, 0, s.tileX).bound(s.b, 0, s.spotsY).reorder(s.o, s.i, s.b);
  transformAlong(s.outputs, s.outputRows, s.o, vec, {s.out, where}, {s.i, s.j}, {s.i, s.b});
}

/// The products of a register tile, which are the loop `qo` of `spots`.
void productOf(WinogradStages &s, const Schedule &schedule, const Var &oo, const Var &qo) {
  Var oi("oi"), qi("qi");
  int32_t vec = int32_t(schedule.vec), unroll = greatestDivisor(s.channels, schedule.unroll);
  int32_t tiles = (s.tiles + s.rows - 1) / s.rows * s.rows;
  spreadPlanes(s.spots, s.q, tiles, s.o, (s.results + s.columns - 1) / s.columns * s.columns, 1);
  s.spots.bound(s.a, 0, s.spotsX)
      .bound(s.b, 0, s.spotsY)
      .tile(s.o, s.q, oo, qo, oi, qi, s.columns, s.rows, Halide::TailStrategy::RoundUp)
      .reorder(oi, qi, qo, oo, s.a, s.b)
      .vectorize(oi, vec)
      .unroll(oi)
      .unroll(qi);
  s.product.compute_at(s.spots, qo).vectorize(s.o, vec).unroll(s.o).unroll(s.q);
  s.product.bound_extent(s.o, s.columns).bound_extent(s.q, s.rows);
  s.product.update().reorder(s.o, s.q, s.rc, s.rw).vectorize(s.o, vec).unroll(s.o).unroll(s.q).unroll(s.rc, unroll);
}

void transformData(WinogradStages &s, const Schedule &schedule) {
  Var cv("cv");
  spreadPlanes(s.data, s.q, s.tiles, s.c, s.channels, s.classes);
  int32_t vec = int32_t(schedule.vec);
  s.data.bound(s.a, 0, s.spotsX)
      .bound(s.b, 0, s.spotsY)
      .split(s.c, s.c, cv, vec, Halide::TailStrategy::RoundUp)
      .reorder(cv, s.a, s.b, s.c, s.which, s.q)
      .vectorize(cv);
  transformAlong(s.data, s.dataRows, s.c, vec, {s.data, s.c}, {s.a, s.b}, {s.a, s.b});
  s.dataRows.reorder(s.c, s.a, s.b);
  s.image.vectorize(s.c, vec, Halide::TailStrategy::RoundUp);
}

void transformWeights(WinogradStages &s, const Schedule &schedule) {
  Var iv("iv"), co("co");
  int32_t vec = int32_t(schedule.vec);
  spreadPlanes(s.weights, s.c, s.channels, s.inner, s.columns, 1);
  s.weights.compute_root()
      .bound(s.a, 0, s.spotsX)
      .bound(s.b, 0, s.spotsY)
      .split(s.inner, s.inner, iv, vec, Halide::TailStrategy::RoundUp)
      .reorder(iv, s.a, s.b, s.inner, s.c, s.which, s.panel, s.phase)
      .vectorize(iv);
  if (s.turned) {
    s.weights.split(s.c, co, s.c, vec);
    s.taps.compute_at(s.weights, co);
    s.turned->scheduleInto(s.taps, s.inner, s.c);
  }
  transformAlong(s.weights, s.weightRows, s.inner, vec, {s.weights, s.inner}, {s.a, s.b}, {s.a, s.b});
  s.weightRows.reorder(s.inner, s.a, s.b);
  if (schedule.task)
    s.weights.parallel(s.panel);
}

} // namespace

void applySchedule(WinogradStages &s, const Schedule &schedule) {
  Var ov("ov"), oo("oo"), po("po"), qo("qo"), qi("qi"), spot("spot"), share("share");
  Halide::RVar dImage("d_image"), dTile("d_tile");
  Halide::Stage u = s.out.update();
  u.allow_race_conditions(); // no two points write the same element
  u.split(s.o, oo, ov, int32_t(schedule.vec), Halide::TailStrategy::GuardWithIf);
  u.split(s.dq, dImage, dTile, s.tiles / s.images);
  u.reorder(ov, s.dx, s.dy, oo, dTile, dImage, s.dPhase, s.dTask).vectorize(ov);
  transformOutputs(s, schedule, oo);
  productOf(s, schedule, po, qo);
  transformData(s, schedule);
  transformWeights(s, schedule);
  s.spots.compute_at(s.out, s.dPhase);
  s.data.compute_at(s.out, s.dPhase);
  if (s.byRows) {
    s.image.compute_at(s.out, s.dTask);
    if (schedule.task && s.tasks > 1)
      u.parallel(s.dTask);
    return;
  }
  // All threads transform the data of a block of images, then each multiplies a panel of results of a spot, and then
  // all transform the outputs.
  s.data.split(s.q, qo, qi, s.tiles / s.images);
  s.image.compute_at(s.data, qo);
  s.spots.fuse(s.a, s.b, spot).fuse(po, spot, share);
  if (schedule.task) {
    u.parallel(dImage);
    s.data.parallel(qo);
    s.spots.parallel(share);
  }
}

namespace {

/// The product of one register tile, which is summed over the tiles of a block.
void productOf(WinogradGradientStages &s, const Schedule &schedule, const Var &where) {
  int32_t vec = int32_t(schedule.vec), unroll = greatestDivisor(s.tiles, schedule.unroll);
  s.product.compute_at(s.sum, where).vectorize(s.o, vec).unroll(s.o).unroll(s.c);
  s.product.bound_extent(s.o, s.columns).bound_extent(s.c, s.rows);
  s.product.update().reorder(s.o, s.c, s.rq).vectorize(s.o, vec).unroll(s.o).unroll(s.c).unroll(s.rq, unroll);
}

/// The two transforms that a product reads, each stored into planes of spots, so that a product reads one plane.
/// `images` and `rest` become the loops over images and over the tiles of one; `channels` are transformed at once.
void transformOperands(WinogradGradientStages &s, const Schedule &schedule, int32_t channels, const Var &images,
                       const Var &rest) {
  Var cv("cv"), iv("iv");
  int32_t vec = int32_t(schedule.vec), each = s.tiles / s.images;
  spreadPlanes(s.data, s.q, s.tiles, s.c, channels, s.classes);
  spreadPlanes(s.gradient, s.q, s.tiles, s.inner, s.columns, 1);
  s.data.bound(s.a, 0, s.spotsX)
      .bound(s.b, 0, s.spotsY)
      .split(s.c, s.c, cv, vec, Halide::TailStrategy::RoundUp)
      .split(s.q, images, rest, each)
      .reorder(cv, s.a, s.b, s.c, s.which, rest, images)
      .vectorize(cv);
  transformAlong(s.data, s.dataRows, s.c, vec, {s.data, s.c}, {s.a, s.b}, {s.a, s.b});
  s.dataRows.reorder(s.c, s.a, s.b);
  s.image.compute_at(s.data, images).vectorize(s.c, vec, Halide::TailStrategy::RoundUp);
  s.gradient.bound(s.a, 0, s.spotsX)
      .bound(s.b, 0, s.spotsY)
      .split(s.inner, s.inner, iv, vec)
      .split(s.q, images, rest, each)
      .reorder(iv, s.a, s.b, s.inner, rest, s.panel, images)
      .vectorize(iv);
  transformAlong(s.gradient, s.gradientRows, s.inner, vec, {s.gradient, s.inner}, {s.a, s.b}, {s.a, s.b});
  s.gradientRows.reorder(s.inner, s.a, s.b);
}

/// The taps of one vector of results, for all classes.
void transformTaps(WinogradGradientStages &s, const Schedule &schedule, const Var &where) {
  int32_t vec = int32_t(schedule.vec);
  s.taps.compute_at(s.out, where).bound(s.a, 0, s.tapsX).bound(s.b, 0, s.tapsY);
  s.taps.reorder(s.o, s.a, s.b, s.which).vectorize(s.o, vec, Halide::TailStrategy::RoundUp);
  s.tapRows.bound(s.a, 0, s.tapsX).bound(s.b, 0, s.spotsY).reorder(s.o, s.a, s.b);
  transformAlong(s.taps, s.tapRows, s.o, vec, {s.taps, s.which}, {s.a, s.b}, {s.a, s.b});
}

/// All images at once: a task is a slab of input channels, of which it makes all sums and then the taps.
void bySlabs(WinogradGradientStages &s, const Schedule &schedule) {
  constexpr auto tail = Halide::TailStrategy::GuardWithIf, up = Halide::TailStrategy::RoundUp;
  Var ov("ov"), oo("oo"), op("op"), oi("oi"), co("co"), ci("ci"), images("images"), rest("rest");
  int32_t vec = int32_t(schedule.vec),
          slab = int32_t(schedule.task ? std::min<int64_t>(schedule.task, s.channels) : s.channels);
  slab = (slab + s.rows - 1) / s.rows * s.rows;
  s.out.split(s.c, co, ci, slab, tail)
      .split(s.o, op, oi, s.columns, tail)
      .split(oi, oo, ov, vec, tail)
      .reorder(ov, s.tx, s.ty, oo, ci, op, co)
      .vectorize(ov);
  transformTaps(s, schedule, oo);
  s.sum.compute_at(s.out, op).bound(s.a, 0, s.spotsX).bound(s.b, 0, s.spotsY);
  spreadPlanes(s.sum, s.c, slab, s.o, s.columns, s.classes);
  Var so("so"), si("si"), to("to"), ti("ti");
  s.sum.tile(s.o, s.c, so, to, si, ti, s.columns, s.rows, up)
      .reorder(si, ti, to, s.which, so, s.a, s.b)
      .vectorize(si, vec)
      .unroll(si)
      .unroll(ti);
  productOf(s, schedule, to);
  transformOperands(s, schedule, slab, images, rest);
  s.data.compute_at(s.out, co);
  s.gradient.compute_root();
  if (schedule.task) {
    s.out.parallel(co);
    s.gradient.parallel(images);
  }
}

/// Block by block of images, which are transformed by all threads; then each task sums for a panel of results and a
/// spot.
void byBlocks(WinogradGradientStages &s, const Schedule &schedule) {
  constexpr auto tail = Halide::TailStrategy::GuardWithIf, up = Halide::TailStrategy::RoundUp;
  Var ov("ov"), oo("oo"), oi("oi"), co("co"), ci("ci"), spot("spot"), share("share"), images("images"), rest("rest");
  int32_t vec = int32_t(schedule.vec);
  s.out.split(s.o, oo, ov, vec, tail).reorder(ov, s.tx, s.ty, oo, s.c).vectorize(ov);
  transformTaps(s, schedule, oo);
  s.sum.compute_root().bound(s.a, 0, s.spotsX).bound(s.b, 0, s.spotsY);
  spreadPlanes(s.sum, s.c, (s.channels + s.rows - 1) / s.rows * s.rows, s.o,
               (s.results + s.columns - 1) / s.columns * s.columns, s.classes);
  s.sum.bound_extent(s.o, (s.results + s.columns - 1) / s.columns * s.columns).vectorize(s.o, vec);
  s.sum.update()
      .tile(s.o, s.c, oo, co, oi, ci, s.columns, s.rows, up)
      .reorder(oi, ci, co, s.which, oo, s.a, s.b, s.rb)
      .vectorize(oi, vec)
      .unroll(oi)
      .unroll(ci)
      .fuse(s.a, s.b, spot)
      .fuse(oo, spot, share);
  productOf(s, schedule, co);
  transformOperands(s, schedule, s.channels, images, rest);
  s.data.compute_at(s.sum, s.rb);
  s.gradient.compute_at(s.sum, s.rb);
  if (schedule.task) {
    s.out.parallel(s.c);
    s.sum.update().parallel(share);
    s.data.parallel(images);
    s.gradient.parallel(images);
  }
}

} // namespace

void applySchedule(WinogradGradientStages &s, const Schedule &schedule) {
  if (s.byRows)
    bySlabs(s, schedule);
  else
    byBlocks(s, schedule);
}

} // namespace gan
