// A schedule says how a kernel's loops run, as plain data with a one-line text form. The heuristic makes schedules, a
// tuner changes them, a database stores them. All schedules of a kernel compute the same function. The bytes of the
// result depend on the schedule, but never on the number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gan {

/// Which loops a schedule is for. Those of a GPU are fewer: draws are maps, convolutions are products of views.
enum class Anchor : uint8_t { Map, Reduction, Contraction, Convolution, Draw, GpuMap, GpuReduction, GpuProduct };

/// The algorithm of a convolution: a direct sum with vectors along the channels of the result, a direct sum with
/// vectors along the points of a row (for a weight gradient: channels of the input), or Winograd's transforms.
enum class Algorithm : uint8_t { Direct, Points, Winograd };

/// Version of the text form. A text of another version is refused, because its fields may mean something else.
constexpr int scheduleVersion = 2;

struct Schedule {
  Anchor anchor = Anchor::Map;
  int64_t vec = 8;  ///< lanes of a vector
  int64_t task = 0; ///< work of one parallel task: elements of a map, rows or columns of a product, input channels of
                    ///< a weight gradient; 0: serial
  int64_t rows = 4; ///< register tile of a contraction: rows
  int64_t columns = 16; ///< and columns: a multiple of vec, except that a convolution along points may have fewer
  int64_t unroll = 1;   ///< unrolling of the contraction's inner loop
  bool byRows = true;   ///< whether the tasks of a contraction are blocks of rows; otherwise of columns. Rows of a
                        ///< Winograd product are tiles of images, or channels of the input for a weight gradient
  int64_t depth = 0;    ///< size of a block of the inner sum; 0: no blocks (on a GPU, of a chunk in shared memory)
  int64_t images = 1;   ///< images in a convolution's task, or in a weight gradient's sum in registers
  int64_t lines = 0;    ///< rows of an image in that sum; 0: all
  Algorithm algorithm = Algorithm::Direct; ///< algorithm of a convolution
  int64_t tile = 1;                        ///< outputs of a Winograd transform along an axis
  int64_t blocks = 1;                      ///< number of partial sums of a reduction
  int64_t lanes = 1;     ///< lanes of a reduction along the innermost dimension; on a GPU, threads that share one sum
  int64_t threads = 256; ///< threads of a block of a GPU's map
  int64_t results = 1;   ///< results of a block of a GPU's reduction
  int64_t rowThreads = 16, columnThreads = 16; ///< threads of a block of a GPU's product
  int64_t parts = 1;                           ///< parts of that product's sum, which a second launch adds up
  int64_t stages = 1; ///< chunks of that product in shared memory: with 2, one is copied while the other is used

  bool wide = false; ///< whether that product reads groups of four: its arguments start at multiples of 16 bytes (CUDA)

  bool operator==(const Schedule &) const = default;
};

/// The text of a module with one canonical kernel, and a schedule for it.
struct ScheduledKernel {
  std::string moduleText;
  Schedule schedule;
};

/// Elements (or groups of four) of an operand's chunk that a thread of a GPU's product copies at most without a loop.
constexpr int64_t stagedByThread = 16;

/// "v2 contraction vec=16 task=64 rows=8 columns=32 unroll=4 by_rows=1 depth=0".
std::string printSchedule(const Schedule &schedule);
/// Reads the text form, which has every field of its anchor once. Returns nothing on a mistake, which `error`
/// describes.
std::optional<Schedule> parseSchedule(std::string_view text, std::string &error);
/// Empty if the schedule can be used, otherwise what is wrong with it.
std::string validateSchedule(const Schedule &schedule);

} // namespace gan
