// Finds kernels of nearly the same sizes among very many. A workload is a point: its kind, and what is no size
// (strides, taps, transposed operands), say with which others it can be compared at all; the logarithms of its sizes
// are its coordinates. The distance between two is the sum over the coordinates, in powers of two. Points that can be
// compared lie in the order of the sums of their coordinates. No two are nearer to each other than these sums, so a
// search begins at its own sum, goes both ways and ends as soon as the sums are farther away than what was found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gan {

class Neighbours {
public:
  /// Of workloads in their text form. What is no such text has no neighbours.
  explicit Neighbours(const std::vector<std::string_view> &workloads);

  struct Near {
    double distance;
    uint32_t number; ///< its place in the vector that was given
  };
  /// At most `most` of them that are not farther away than `farthest`, the nearest first; of equally near ones the one
  /// that was given first.
  std::vector<Near> nearest(std::string_view workload, size_t most, double farthest) const;

private:
  /// Workloads that can be compared.
  struct Alike {
    std::vector<float> coordinates; ///< of one after the other
    std::vector<uint32_t> numbers;
    std::vector<std::pair<float, uint32_t>> sums; ///< of the coordinates, sorted, and whose they are
  };
  std::unordered_map<std::string, Alike> all;
};

} // namespace gan
