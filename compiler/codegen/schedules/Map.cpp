// Loops of maps and draws: all dimensions but the innermost are outer loops, vectors lie along the innermost one, and
// tasks are chunks of it or rows.
#include "compiler/codegen/kernels/Kernels.h"

namespace gan {

void applySchedule(MapStages &stages, const Schedule &schedule) {
  if (stages.vars.empty()) {
    if (stages.values.defined())
      stages.values.compute_root();
    return;
  }
  constexpr auto tail = Halide::TailStrategy::GuardWithIf; // computes no point twice: it may be overwritten
  Halide::Var chunk("chunk"), x("x"), v("v"), row("row");
  int64_t innermost = stages.extents[0], rows = 1;
  for (size_t d = 1; d < stages.extents.size(); ++d)
    rows *= stages.extents[d];
  int64_t vec = schedule.vec;
  while (vec > innermost)
    vec /= 2;
  Halide::Var at = stages.vars[0];
  if (rows == 1 && schedule.task && schedule.task < innermost) {
    stages.out.split(at, chunk, x, int32_t((schedule.task + vec - 1) / vec * vec), tail).parallel(chunk);
    at = x;
  } else if (schedule.task && rows > 1) {
    Halide::Var fused = stages.vars[1];
    for (size_t d = 2; d < stages.vars.size(); ++d) {
      Halide::Var next("f" + std::to_string(d));
      stages.out.fuse(fused, stages.vars[d], next);
      fused = next;
    }
    int64_t perTask = std::clamp<int64_t>(schedule.task / innermost, 1, rows);
    stages.out.split(fused, chunk, row, int32_t(perTask), tail).parallel(chunk);
  }
  if (vec > 1)
    stages.out.split(at, v, Halide::Var("lane"), int32_t(vec), tail).vectorize(Halide::Var("lane"));
  if (stages.values.defined()) {
    stages.values.compute_at(stages.out, vec > 1 ? v : at);
    if (vec > 1)
      stages.values.vectorize(stages.vars[0], int32_t(vec), tail);
  }
}

} // namespace gan
