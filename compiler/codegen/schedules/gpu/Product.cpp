// Loops of a GPU's products. A block goes through k chunk by chunk: its threads copy the chunk's part of both operands
// to shared memory, wait for each other, and add up products of what lies there, each for its own tile in registers.
#include "compiler/codegen/schedules/gpu/Gpu.h"

namespace gan::gpu {
namespace {

/// Copies a chunk of an operand. Neighbouring threads read neighbours in memory; neighbours in shared memory are rows
/// or columns of the result, and 4 words of padding keep what a warp reads or writes in different banks.
void stage(Halide::Func f, const ProductStages &s, bool alongK, bool wide, const Side &side) {
  Halide::Var t("t"), step("step"), tx("ttx"), ty("tty"), quad("quad"), four("four");
  int32_t threads = s.columns.threads * s.rows.threads, count = s.depth * side.tile() / (wide ? 4 : 1);
  Halide::Var inner = alongK ? s.r : s.x, outer = alongK ? s.x : s.r;
  f.compute_at(s.sum, s.chunk).store_in(Halide::MemoryType::GPUShared).reorder_storage(s.x, s.r, s.z);
  f.align_storage(s.x, side.tile() + 4).bound_extent(s.x, side.tile()).bound_extent(s.r, s.depth);
  if (wide) {
    f.split(inner, quad, four, 4).reorder(four, quad, outer, s.z).vectorize(four);
    inner = quad;
  } else {
    f.reorder(inner, outer, s.z);
  }
  f.fuse(inner, outer, t);
  f.split(t, step, t, threads, Halide::TailStrategy::GuardWithIf).split(t, ty, tx, s.columns.threads);
  wide ? f.reorder(four, step, tx, ty) : f.reorder(step, tx, ty);
  f.gpu_threads(tx, ty);
  if ((count + threads - 1) / threads <= stagedByThread)
    f.unroll(step);
}

/// At the edge of the result a tile is computed whole, although not all of it is stored: sizes are then constants.
void wholeTiles(ProductStages &s) {
  s.sum.bound_extent(s.i, s.columns.neighbours()).bound_extent(s.iq, s.columns.quads());
  s.sum.bound_extent(s.j, s.rows.neighbours()).bound_extent(s.jq, s.rows.quads());
  s.sum.bound_extent(s.tx, s.columns.threads).bound_extent(s.ty, s.rows.threads);
}

} // namespace

void applySchedule(ProductStages &s, const Schedule &) {
  Halide::Func user = s.parts == 1 ? s.out : s.partial;
  Halide::LoopLevel block(s.partial, s.bx);
  wholeTiles(s);
  if (s.parts == 1) {
    s.out.update().allow_race_conditions().reorder(std::vector<Halide::VarOrRVar>(s.d.begin(), s.d.end()));
    for (int i = 0; i < 4; ++i)
      s.out.update().unroll(s.d[size_t(i)]);
    s.out.update().gpu_threads(s.d[4], s.d[5]).gpu_blocks(s.d[6], s.d[7], s.d[8]);
    block = Halide::LoopLevel(s.out, s.d[6]);
  } else {
    s.partial.compute_root().reorder(std::vector<Halide::VarOrRVar>{s.i, s.iq, s.j, s.jq, s.tx, s.ty, s.bx, s.by, s.z});
    s.partial.unroll(s.i).unroll(s.iq).unroll(s.j).unroll(s.jq).gpu_threads(s.tx, s.ty).gpu_blocks(s.bx, s.by, s.z);
    Halide::RVar bx("bx"), tx("tx");
    s.out.update().allow_race_conditions().split(s.d[0], bx, tx, 64, Halide::TailStrategy::GuardWithIf);
    s.out.update().gpu_threads(tx).gpu_blocks(s.d[1], bx, s.d[2]); // rows first: of y there may be 65535
  }
  s.sum.compute_at(block).store_in(Halide::MemoryType::Register);
  s.sum.reorder(s.i, s.iq, s.j, s.jq, s.tx, s.ty).unroll(s.i).unroll(s.iq).unroll(s.j).unroll(s.jq);
  s.sum.gpu_threads(s.tx, s.ty);
  Halide::RVar inside("inside");
  s.chunk = Halide::RVar(s.overlaps ? pipelinedLoop : "chunk");
  s.sum.update().split(s.k, s.chunk, inside, s.depth);
  s.sum.update().reorder({s.i, s.iq, s.j, s.jq, inside, s.tx, s.ty, s.chunk});
  s.sum.update().unroll(s.i).unroll(s.iq).unroll(s.j).unroll(s.jq).unroll(inside).gpu_threads(s.tx, s.ty);
  stage(s.a, s, s.aAlongK, s.aWide, s.rows);
  stage(s.b, s, s.bAlongK, s.bWide, s.columns);
}

} // namespace gan::gpu
