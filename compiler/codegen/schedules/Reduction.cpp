// Loops of reductions: vectors are lanes or lie along the innermost kept dimension; tasks are blocks or kept rows.
#include "compiler/codegen/kernels/Kernels.h"

namespace gan {

void applySchedule(ReductionStages &stages, const Schedule &schedule) {
  constexpr auto tail = Halide::TailStrategy::GuardWithIf;
  Halide::Func partial = stages.partial;
  bool lanes = schedule.lanes > 1;
  int64_t innermost = stages.kept.empty() ? 1 : stages.extents[0];
  int64_t vec = schedule.vec;
  while (!lanes && vec > innermost)
    vec /= 2;
  Halide::RVar i = partial.rvars(0)[0];

  partial.compute_root();
  Halide::Stage update = partial.update();
  std::vector<Halide::VarOrRVar> order{stages.lane, i};
  if (!lanes && !stages.kept.empty())
    order = {stages.lane, stages.kept[0], i};
  // loops over kept rows are outside the sum, so that a row's accumulators stay in registers
  if (lanes && !stages.kept.empty())
    order.push_back(stages.kept[0]);
  for (size_t d = 1; d < stages.kept.size(); ++d)
    order.push_back(stages.kept[d]);
  order.push_back(stages.block);
  if (!lanes && !stages.kept.empty() && vec > 1) {
    // columns: a strip of vectors keeps its sums in registers while the loop passes over rows; if rows are long, the
    // strip is a page that stays in the L1 cache, because each row then lies in other pages
    Halide::Var strip("strip"), x("x"), v("v");
    bool longRows = innermost >= 2048;
    int32_t width = longRows ? 1024 : int32_t(std::min<int64_t>(vec * 4, innermost / vec * vec));
    update.split(stages.kept[0], strip, x, width, tail).split(x, x, v, int32_t(vec), tail);
    order = {stages.lane, v, x, i, strip};
    for (size_t d = 1; d < stages.kept.size(); ++d)
      order.push_back(stages.kept[d]);
    order.push_back(stages.block);
    update.reorder(order).vectorize(v);
    if (!longRows)
      update.unroll(x);
    else if (schedule.task && schedule.blocks == 1)
      update.parallel(strip);
    std::vector<Halide::Var> storage = stages.kept; // sums of neighbouring columns are neighbours in memory
    storage.insert(storage.end(), {stages.lane, stages.block});
    partial.reorder_storage(storage);
    partial.reorder(std::vector<Halide::VarOrRVar>(storage.begin(), storage.end()));
    partial.vectorize(stages.kept[0], int32_t(vec), tail);
  } else {
    update.reorder(order);
    if (lanes) {
      update.vectorize(stages.lane, int32_t(schedule.lanes));
      partial.vectorize(stages.lane, int32_t(schedule.lanes));
    }
  }
  if (schedule.task) {
    bool byBlock = schedule.blocks > 1;
    if (byBlock || stages.kept.empty())
      update.parallel(stages.block);
    else {
      Halide::Var chunk("chunk"), row("row");
      Halide::Var outermost = stages.kept.back();
      bool split = !(lanes == false && stages.kept.size() == 1 && vec > 1); // one strip loop is too short to share
      if (split)
        update.split(outermost, chunk, row, int32_t(std::max<int64_t>(1, schedule.task)), tail).parallel(chunk);
    }
  }
  stages.total.compute_root();
  if (!stages.kept.empty() && innermost >= schedule.vec) {
    stages.total.vectorize(stages.kept[0], int32_t(schedule.vec), tail);
    stages.total.update().vectorize(stages.kept[0], int32_t(schedule.vec), tail);
    stages.out.vectorize(stages.kept[0], int32_t(schedule.vec), tail);
  }
}

} // namespace gan
