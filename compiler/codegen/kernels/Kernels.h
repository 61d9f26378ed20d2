// Leads from a kernel to a scheduled Halide pipeline. Each kind of anchor has its algorithm in kernels/ and its loops
// in schedules/; the small structs here connect them.
#pragma once

#include "compiler/codegen/kernels/Evaluator.h"
#include "compiler/codegen/kernels/KernelBody.h"
#include "compiler/codegen/kernels/Transpose.h"
#include "compiler/codegen/kernels/View.h"
#include "compiler/codegen/kernels/Winograd.h"

namespace gan {

/// An element-wise map, or random draws: one function with several values.
struct MapStages {
  Halide::Func out;
  Halide::Func values; ///< all values at a point before any of them is stored; defined if memory is overwritten
  std::vector<Halide::Var> vars; ///< innermost first
  std::vector<int64_t> extents;
};

/// out(kept) = sum over blocks and lanes of partial(lane, block, kept). For a GPU the sum over lanes is apart: groups
/// of lanes first, then `rows(block, kept)`, the sum of a block, of which `parts` is a copy in memory.
struct ReductionStages {
  Halide::Func out, total, partial;
  Halide::Func rows{"rows"}, parts{"parts"}, groups{"groups"}; ///< of a GPU's only
  Halide::Var group{"group"};                                  ///< variable of `groups`
  int32_t blocks = 1;                                          ///< extent of `block`
  bool along = false;            ///< whether neighbours in memory are added up, and not kept apart
  std::vector<Halide::Var> kept; ///< innermost first
  std::vector<int64_t> extents;  ///< extents of `kept`
  Halide::Var lane, block;
};

/// An operand of a product in panels of `width` rows or columns: data(inner, k of a block, block, panel).
struct PackedPanels {
  Halide::Func data{"packed"};
  int32_t width = 1;
  bool alongK = false; ///< whether elements that are neighbours in memory differ in k
  /// If set, panels are made of transposed blocks: number `f` of a block, block of a panel along `inner`, then along k.
  std::optional<TransposedBlock> blocks;
  Halide::RVar f, group, step;
};

/// out(n, m) = epilogue(product), where product(column, row, no, mo, block) is a register tile's sum over a block of k,
/// read from packed panels of the operands. If there are several blocks, `sum` adds them up and the epilogue reads
/// `sum`.
struct ContractionStages {
  Halide::Func out{"out"}, sum{"sum"}, product{"product"};
  PackedPanels a, b;
  Halide::Var n{"n"}, m{"m"};                                                   ///< variables of the result
  Halide::Var column{"column"}, row{"row"}, no{"no"}, mo{"mo"}, block{"block"}; ///< variables of the product
  Halide::Var inner{"inner"}, panel{"panel"}, k{"k"}; ///< variables of the panels, and `block`
  Halide::RVar r, rb;
  int32_t depth = 1, blocks = 1; ///< size and number of the blocks of k
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
  std::optional<TransposedBlock> turned; ///< weights that lie along the channels that are summed over
  bool pixels = false;
  int32_t lanes = 1, rows = 1, columns = 1;  ///< the register tile
  int32_t points = 1, phases = 1, tasks = 1; ///< the extents of q, phase and task
  int32_t channels = 1, sourceChannels = 1;  ///< channels to sum over; channels of the image
};

/// out(o, point) = epilogue(outputs), where a tile of outputs(.., q, phase, task) is transformed from spots(o, q, a, b)
/// = sum over channels and classes of data(c, which, q, a, b) * weights. A spot (a, b) is a point of the transform
/// along both axes; `..Rows` are transformed along x only.
struct WinogradStages {
  Halide::Func out{"out"}, image{"image"}, dataRows{"data_rows"}, data{"data"}, weightRows{"weight_rows"},
      weights{"weights"}, product{"product"}, spots{"spots"}, outputRows{"output_rows"}, outputs{"outputs"};
  Halide::Var o{"o"}, q{"q"}, a{"a"}, b{"b"}, phase{"phase"}, task{"task"}; ///< variables of the product
  Halide::Var c{"c"}, which{"which"}, x{"x"}, y{"y"}, n{"n"}; ///< variables of the image and its transform
  Halide::Var inner{"inner"}, panel{"panel"}, i{"i"}, j{"j"}; ///< of the weights; of the outputs of a tile
  /// Weights that lie along the channels that are summed over are transposed into `taps`, of which `tx` is the column.
  Halide::Func taps{"taps"};
  Halide::Var tx{"tx"}, ty{"ty"};
  std::optional<TransposedBlock> turned;
  Halide::RVar rc, rw;                    ///< variables of the product's sum
  Halide::RVar dx, dy, dq, dPhase, dTask; ///< variables of the points of `out`
  int32_t channels = 1, classes = 1, results = 1, tiles = 1, phases = 1, tasks = 1; ///< the extents
  int32_t spotsX = 1, spotsY = 1, tileX = 1, tileY = 1;                             ///< of the transforms
  int32_t images = 1, bands = 1; ///< images of a task; tasks that share an image
  int32_t rows = 1, columns = 1; ///< the register tile
  bool byRows = true;            ///< whether a task has whole tiles; otherwise tasks share a block of images
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

/// out = epilogue(taps), where the taps of a class are transformed from sum(o, c, which, a, b), which adds up
/// product(.., block) over blocks of images. The product is itself a sum over the tiles of a block, of data * gradient,
/// both transformed.
struct WinogradGradientStages {
  Halide::Func out{"out"}, image{"image"}, dataRows{"data_rows"}, data{"data"}, gradientRows{"gradient_rows"},
      gradient{"gradient"}, product{"product"}, sum{"sum"}, tapRows{"tap_rows"}, taps{"taps"};
  Halide::Var o{"o"}, c{"c"}, which{"which"}, a{"a"}, b{"b"}, block{"block"}; ///< variables of the product
  Halide::Var q{"q"}, inner{"inner"}, panel{"panel"};                         ///< a tile of a block; panels of results
  Halide::Var x{"x"}, y{"y"}, n{"n"}, tx{"tx"}, ty{"ty"}; ///< variables of the image; of a kernel element
  Halide::RVar rq, rb;
  int32_t channels = 1, results = 1, classes = 1, phases = 1, tiles = 1, blocks = 1, images = 1; ///< the extents
  int32_t spotsX = 1, spotsY = 1, tapsX = 1, tapsY = 1;
  int32_t rows = 1, columns = 1; ///< the register tile
  bool byRows = true;            ///< whether all images are one block
};

/// Threads of a GPU that share a sum: lanes are added up in groups of this many, and then the groups.
constexpr int32_t lanesOfGroup = 16;

/// Rows or columns of a GPU's product: how a tile of them is shared by the threads of a block. A thread has groups of
/// neighbours, so that it reads them together from shared memory, and the groups of neighbouring threads lie together.
struct Side {
  int32_t each = 1, threads = 1, extent = 1; ///< of one thread; threads; of the whole result
  int32_t neighbours() const { return each % 4 ? each : 4; }
  int32_t quads() const { return each / neighbours(); }
  int32_t tile() const { return each * threads; }
  int32_t blocks() const { return (extent + tile() - 1) / tile(); }
};

/// The name of loops over chunks that device/PipelineStages changes.
constexpr const char *pipelinedLoop = "pipelined";

/// out = epilogue(sum), where sum(tile) adds up a(k, row, z) * b(k, column, z) over a part of k; z is a batch and a
/// part. If there are several parts, `partial` is a copy in memory, and the epilogue reads the sum of all parts.
struct ProductStages {
  Halide::Func out{"out"}, partial{"partial"}, sum{"sum"}, a{"a"}, b{"b"};
  Halide::Var r{"r"}, x{"x"}, z{"z"};               ///< variables of the operands
  Halide::Var i{"i"}, iq{"iq"}, tx{"tx"}, bx{"bx"}; ///< of a column: neighbour, quad, thread, block
  Halide::Var j{"j"}, jq{"jq"}, ty{"ty"}, by{"by"}; ///< of a row
  Halide::RVar k, chunk;                            ///< of the sum; its outer loop
  std::vector<Halide::RVar> d;                      ///< variables of the places of `out`
  Side rows, columns;
  int32_t depth = 1, parts = 1; ///< of k: a chunk, and the number of parts
  bool overlaps = false;        ///< whether the next chunk is copied while this one is computed with
  bool aAlongK = false, bAlongK = false;
  bool aWide = false, bWide = false; ///< whether an operand is read in groups of four neighbours
  std::vector<Halide::Var> tile() const { return {i, iq, j, jq, tx, ty, bx, by, z}; }
};

MapStages buildMap(KernelOp kernel, Evaluator &evaluator);
MapStages buildDraw(KernelOp kernel, Evaluator &evaluator);
ReductionStages buildReduction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
ContractionStages buildContraction(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
WindowStages buildWindow(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
ProductStages buildProduct(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
WinogradStages buildWinograd(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
WinogradGradientStages buildWinogradGradient(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);
WeightGradStages buildWeightGrad(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule);

void applySchedule(MapStages &stages, const Schedule &schedule);
void applySchedule(ReductionStages &stages, const Schedule &schedule);
void applySchedule(ContractionStages &stages, const Schedule &schedule);
void applySchedule(WindowStages &stages, const Schedule &schedule);
void applySchedule(WinogradStages &stages, const Schedule &schedule);
void applySchedule(WinogradGradientStages &stages, const Schedule &schedule);
void applySchedule(WeightGradStages &stages, const Schedule &schedule);

/// Registers and vectors of the machine for which kernels are built.
struct TargetInfo {
  int64_t lanes = 8;      ///< floats in a vector
  int64_t registers = 16; ///< vector registers
  bool exact = false;     ///< convolutions are direct sums only
};

/// Winograd's transforms for a convolution, if they are cheaper than the direct schedule.
std::optional<Schedule> winogradSchedule(KernelOp canonical, const TargetInfo &target, const Schedule &direct);

/// The schedule that is used if nothing else is known about the kernel.
Schedule defaultSchedule(KernelOp canonical, const TargetInfo &target);

} // namespace gan
