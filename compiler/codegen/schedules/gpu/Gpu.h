// Loops for GPUs. The functions are those of kernels/; here their loops become a grid of blocks, each of which is a
// group of threads that share fast memory and can wait for each other.
#pragma once

#include "compiler/codegen/kernels/Kernels.h"

namespace gan::gpu {

void applySchedule(MapStages &stages, const Schedule &schedule);
void applySchedule(ReductionStages &stages, const Schedule &schedule);
void applySchedule(ProductStages &stages, const Schedule &schedule);

/// What the heuristic knows of a card; the numbers of an H100 where none is given.
struct Card {
  int64_t multiprocessors = 132;
};

/// The schedule that is used if nothing else is known about the kernel.
Schedule defaultSchedule(KernelOp canonical, const Card &card);

/// Where the operands that products may read in groups of four start: at multiples of so many bytes, if the schedule is
/// wide.
constexpr int wideAlignment = 16;
/// Whether an operand is one of them; scalars and keys are not.
inline bool isWideOperand(Tensor type) { return type.getElementType().isF32() && type.getNumElements() >= 4; }

/// Makes `block` the only block of a function without dimensions.
void oneBlock(Halide::Func f, const Halide::Var &block);

/// Fuses loops to one, the first innermost.
Halide::Var fused(Halide::Func f, Halide::Var first, const std::vector<Halide::Var> &others);

} // namespace gan::gpu
