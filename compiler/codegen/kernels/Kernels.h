// Leads from a kernel to a scheduled Halide pipeline. Each kind of anchor has its algorithm in kernels/ and its loops
// in schedules/; the small structs here connect them.
#pragma once

#include "compiler/codegen/kernels/Evaluator.h"
#include "compiler/codegen/kernels/KernelBody.h"

namespace gan {

/// An element-wise map, or random draws: one function with several values.
struct MapStages {
  Halide::Func out;
  Halide::Func values; ///< all values at a point before any of them is stored; defined if memory is overwritten
  std::vector<Halide::Var> vars; ///< innermost first
  std::vector<int64_t> extents;
};

/// out(kept) = sum over blocks and lanes of partial(lane, block, kept).
struct ReductionStages {
  Halide::Func out, total, partial;
  std::vector<Halide::Var> kept; ///< innermost first
  std::vector<int64_t> extents;  ///< extents of `kept`
  Halide::Var lane, block;
};

/// out(n, m) = epilogue(product), where product(column, row, no, mo, block) is a register tile's sum over a block of k,
/// read from packed panels of the operands. If there are several blocks, `sum` adds them up and the epilogue reads
/// `sum`.
struct ContractionStages {
  Halide::Func out{"out"}, sum{"sum"}, product{"product"}, packedA{"packed_a"}, packedB{"packed_b"};
  Halide::Var n{"n"}, m{"m"};                                                   ///< variables of the result
  Halide::Var column{"column"}, row{"row"}, no{"no"}, mo{"mo"}, block{"block"}; ///< variables of the product
  Halide::Var inner{"inner"}, panel{"panel"}, k{"k"};                           ///< variables of the packed operands
  Halide::RVar r, rb;
  int32_t depth = 1, blocks = 1;         ///< size and number of the blocks of k
  bool aAlongK = false, bAlongK = false; ///< whether elements of an operand that are neighbours in memory differ in k
  ProductSizes sizes;
};

/// out(o, point) = epilogue(product), where product(o, q, phase, task) = sum over channels and taps of image * weights.
/// With `pixels`, q is a vector of points of a row and `lane` is an element of it.
struct WindowStages {
  Halide::Func out{"out"}, product{"product"}, image{"image"}, weights{"weights"};
  Halide::Var o{"o"}, lane{"lane"}, q{"q"}, phase{"phase"}, task{"task"}; ///< variables of the product
  Halide::Var c{"c"}, x{"x"}, y{"y"}, n{"n"};                             ///< variables of the image
  Halide::Var inner{"inner"}, tx{"tx"}, ty{"ty"}, panel{"panel"};         ///< variables of the weights
  Halide::RVar rc, rx, ry;                                                ///< variables of the product's sum
  Halide::RVar dLane, dq, dPhase, dTask;                                  ///< variables of the points of `out`
  bool pixels = false;
  int32_t lanes = 1, rows = 1, columns = 1;  ///< the register tile
  int32_t points = 1, phases = 1, tasks = 1; ///< the extents of q, phase and task
  int32_t channels = 1, sourceChannels = 1;  ///< channels to sum over; channels of the image
};

/// out = epilogue(sum), where sum adds up inside(.., block) over blocks. `inside` is itself a sum over the pixels of a
/// block, which is some images, or some rows of one image.
struct WeightGradStages {
  Halide::Func out{"out"}, sum{"sum"}, inside{"inside"}, image{"image"}, gradient{"gradient"};
  Halide::Var o{"o"}, c{"c"}, tx{"tx"}, ty{"ty"}, part{"part"}, block{"block"};
  Halide::Var x{"x"}, y{"y"}, n{"n"}, inner{"inner"}, panel{"panel"};
  Halide::RVar rx, ry, rn, rp, rb;
  bool byInput = false; ///< whether vectors lie along the input's channels
  int32_t ci = 1, co = 1, kh = 1, kw = 1, ow = 1, width = 1;
};

MapStages buildMap(KernelOp kernel, Evaluator &evaluator);
MapStages buildDraw(KernelOp kernel, Evaluator &evaluator);
ReductionStages buildReduction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
ContractionStages buildContraction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
WindowStages buildWindow(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
WeightGradStages buildWeightGrad(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);

void applySchedule(MapStages &stages, const Schedule &schedule);
void applySchedule(ReductionStages &stages, const Schedule &schedule);
void applySchedule(ContractionStages &stages, const Schedule &schedule);
void applySchedule(WindowStages &stages, const Schedule &schedule);
void applySchedule(WeightGradStages &stages, const Schedule &schedule);

/// Registers and vectors of the machine for which kernels are built.
struct TargetInfo {
  int64_t lanes = 8;      ///< floats in a vector
  int64_t registers = 16; ///< vector registers
};

/// The schedule that is used if nothing else is known about the kernel.
Schedule defaultSchedule(KernelOp canonical, const TargetInfo &target);

} // namespace gan
