// Loops of a GPU's reductions. A block of threads makes some results; `lanes` of its threads share each sum, and leave
// their parts in shared memory. If the sums are also cut into blocks, because there are too few results to fill the
// card, a second launch adds the blocks up.
#include "compiler/codegen/schedules/gpu/Gpu.h"

#include <functional>
#include <numeric>

namespace gan::gpu {
namespace {

constexpr auto tail = Halide::TailStrategy::GuardWithIf;
constexpr int64_t mostAlongY = 65535; ///< blocks of a CUDA grid; along x there may be more than anybody needs

/// The loops of a function of (kept) or (block, kept): which of them are blocks and which threads.
struct Tiles {
  Halide::Var block, thread; ///< of the results; `block` is the innermost loop of blocks
};

/// Cuts the results into blocks of `results` threads; all other dimensions are blocks too.
Tiles tiled(Halide::Func f, const ReductionStages &s, int32_t results, bool blocks) {
  Tiles t{Halide::Var("bx"), Halide::Var("tx")};
  std::vector<Halide::Var> outer;
  if (blocks)
    outer.push_back(s.block);
  if (s.kept.empty()) {
    if (!blocks) {
      oneBlock(f, t.block);
      return {t.block, t.block};
    }
    f.gpu_blocks(s.block);
    return {s.block, s.block};
  }
  outer.insert(outer.end(), s.kept.begin() + 1, s.kept.end());
  f.split(s.kept[0], t.block, t.thread, results, tail);
  std::vector<Halide::VarOrRVar> order{t.thread, t.block};
  order.insert(order.end(), outer.begin(), outer.end());
  f.reorder(order);
  if (outer.empty()) {
    f.gpu_blocks(t.block).gpu_threads(t.thread);
    return t;
  }
  Halide::Var rest = fused(f, outer[0], {outer.begin() + 1, outer.end()});
  int64_t others = std::accumulate(s.extents.begin() + 1, s.extents.end(), int64_t(blocks ? s.blocks : 1),
                                   std::multiplies<int64_t>());
  f.gpu_blocks(t.block, rest).gpu_threads(t.thread); // the inner one is along x
  if (others > mostAlongY) {
    f.reorder(t.thread, rest, t.block);
    t.block = rest;
  }
  return t;
}

/// Threads of a stage in shared memory: neighbouring threads read neighbours in memory. Where only few lanes share a
/// sum, neighbours have different results, as in the stage that stores them: otherwise a block would get the longer
/// side of each.
void asThreads(Halide::Stage stage, const ReductionStages &s, const Schedule &schedule, const Halide::Var &lane,
               const Halide::RVar *summed) {
  bool lanesFirst = s.along && schedule.lanes >= schedule.results;
  std::vector<Halide::VarOrRVar> order;
  if (summed)
    order.push_back(*summed);
  std::vector<Halide::Var> threads{lane};
  if (!s.kept.empty())
    threads.insert(lanesFirst ? threads.end() : threads.begin(), s.kept[0]);
  order.insert(order.end(), threads.begin(), threads.end());
  stage.reorder(order);
  if (threads.size() == 1)
    stage.gpu_threads(threads[0]);
  else
    stage.gpu_threads(threads[0], threads[1]);
}

void inShared(Halide::Func f, const ReductionStages &s, const Schedule &schedule, const Halide::Var &lane,
              const Halide::Func &user, const Halide::Var &block) {
  f.compute_at(user, block).store_in(Halide::MemoryType::GPUShared);
  asThreads(f, s, schedule, lane, nullptr);
  Halide::RVar summed = f.rvars(0)[0];
  asThreads(f.update(), s, schedule, lane, &summed);
}

} // namespace

void applySchedule(ReductionStages &s, const Schedule &schedule) {
  auto results = int32_t(schedule.results);
  Tiles t = tiled(s.out, s, results, false);
  s.total.compute_at(s.out, t.thread);
  Halide::Func user = s.out;
  if (s.blocks > 1) {
    user = s.parts.compute_root();
    t = tiled(s.parts, s, results, true);
  }
  s.rows.compute_at(user, t.thread);
  inShared(s.partial, s, schedule, s.lane, user, t.block);
  if (s.groups.defined())
    inShared(s.groups, s, schedule, s.group, user, t.block);
}

} // namespace gan::gpu
