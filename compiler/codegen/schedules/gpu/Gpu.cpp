#include "compiler/codegen/schedules/gpu/Gpu.h"

namespace gan::gpu {

void oneBlock(Halide::Func f, const Halide::Var &block) {
  f.split(Halide::Var::outermost(), Halide::Var::outermost(), block, 1).gpu_blocks(block);
}

Halide::Var fused(Halide::Func f, Halide::Var first, const std::vector<Halide::Var> &others) {
  for (const Halide::Var &other : others) {
    Halide::Var both(first.name() + "_" + other.name());
    f.fuse(first, other, both);
    first = both;
  }
  return first;
}

} // namespace gan::gpu
