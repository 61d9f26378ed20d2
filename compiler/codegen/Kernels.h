// From a kernel to a scheduled Halide pipeline. Each anchor has its algorithm in kernels/ and its loops in schedules/,
// joined by the small structs here.
#pragma once

#include "compiler/codegen/Evaluator.h"
#include "compiler/codegen/KernelBody.h"

namespace gan {

/// An element-wise map, or random draws: one function of several values.
struct MapStages {
  Halide::Func out;
  Halide::Func values;           ///< everything of a point before any store of it; defined where memory is overwritten
  std::vector<Halide::Var> vars; ///< innermost first
  std::vector<int64_t> extents;
};

/// out(kept) = sum over blocks and lanes of partial(lane, block, kept).
struct ReductionStages {
  Halide::Func out, total, partial;
  std::vector<Halide::Var> kept; ///< innermost first
  std::vector<int64_t> extents;  ///< of `kept`
  Halide::Var lane, block;
};

/// out(n, m) = epilogue(product(n, m)), over packed panels of the operands.
struct ContractionStages {
  Halide::Func out, product, packedA, packedB; ///< packedA is undefined where rows are read in place
  Halide::Var n, m, inner, panel, k;           ///< inner, k, panel: of the packed operands
  Halide::RVar r;
  ProductSizes sizes;
};

MapStages buildMap(KernelOp kernel, Evaluator &evaluator);
MapStages buildDraw(KernelOp kernel, Evaluator &evaluator);
ReductionStages buildReduction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
ContractionStages buildContraction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);

void applySchedule(MapStages &stages, const Schedule &schedule);
void applySchedule(ReductionStages &stages, const Schedule &schedule);
void applySchedule(ContractionStages &stages, const Schedule &schedule);

/// Registers and vectors of the machine that kernels are built for.
struct TargetInfo {
  int64_t lanes = 8;      ///< floats in a vector
  int64_t registers = 16; ///< vector registers
};

/// The schedule used where nothing is known of the kernel.
Schedule defaultSchedule(KernelOp canonical, const TargetInfo &target);

} // namespace gan
