// What a kernel computes, in numbers: its kind and its sizes. A schedule's time is predicted from them, and kernels
// with nearly the same ones have nearly the same best schedules, so a record of a schedule carries them as a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlir {
class Operation;
}

namespace gan {

class KernelOp;

struct Workload {
  std::string kind; ///< "product", "conv", "conv_input_grad", "conv_weight_grad", "reduction", "map", "draw"
  std::vector<std::pair<std::string, int64_t>> sizes{}; ///< with names, in the order of the text
  /// 0 if there is none of that name.
  int64_t at(std::string_view name) const;
};

/// The workload of a canonical kernel.
Workload workloadOf(KernelOp canonical);

/// "product m=128 n=1024 k=6272 ta=0 tb=1 flops=1644167168 bytes=30000000".
std::string printWorkload(const Workload &workload);
std::optional<Workload> parseWorkload(std::string_view text);

} // namespace gan
