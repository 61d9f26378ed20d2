// Loops of a GPU's maps and draws: each thread has one result, or a vector of neighbours.
#include "compiler/codegen/schedules/gpu/Gpu.h"

namespace gan::gpu {

void applySchedule(MapStages &stages, const Schedule &schedule) {
  constexpr auto tail = Halide::TailStrategy::GuardWithIf; // computes no point twice: it may be overwritten
  Halide::Func out = stages.out;
  Halide::Var block("block"), thread("thread"), lane("lane");
  if (stages.vars.empty()) {
    oneBlock(out, block);
    if (stages.values.defined())
      stages.values.compute_at(out, block);
    return;
  }
  Halide::Var all = stages.vars[0];
  bool vectors = schedule.vec > 1 && stages.extents[0] % schedule.vec == 0;
  if (vectors) {
    out.split(all, all, lane, int32_t(schedule.vec)).vectorize(lane);
  }
  all = fused(out, all, {stages.vars.begin() + 1, stages.vars.end()});
  out.split(all, block, thread, int32_t(schedule.threads), tail).gpu_blocks(block).gpu_threads(thread);
  if (stages.values.defined()) {
    stages.values.compute_at(out, thread);
    if (vectors)
      stages.values.vectorize(stages.vars[0], int32_t(schedule.vec));
  }
}

} // namespace gan::gpu
