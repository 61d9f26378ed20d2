// Predicts the time of a kernel under a schedule, to decide what is worth measuring first. It counts: multiply-adds of
// whole register tiles, at the share of the peak that a tile of that shape can reach; elements that are packed or
// transformed; bytes that stream past a tile, at the bandwidth of the cache that holds them; and the tasks of the
// slowest thread. Absolute times are rough. What matters is the order of schedules, which measurements then correct.
#pragma once

#include "compiler/codegen/schedules/Schedule.h"
#include "compiler/tuning/ConvSizes.h"

namespace gan {

/// What a machine can do, as a program of the runtime measures it in a second.
struct Machine {
  int64_t lanes = 8, registers = 16; ///< of vectors
  int64_t threads = 1;
  double flopsEachSecond = 1e11; ///< of all threads
  struct Level {
    double bytes, bytesEachSecond; ///< a size, and the bandwidth of all threads with data of that size
  };
  std::vector<Level> levels{{512 << 10, 2e11}, {4 << 20, 1e11}, {32 << 20, 5e10}, {256 << 20, 2e10}};
  double coreCache = 1 << 20; ///< bytes of a core's own cache
  std::string architecture{}; ///< of a GPU: "sm_90"
};

class CostModel {
public:
  CostModel(const Workload &workload, const Machine &machine);
  /// Seconds of a call.
  double seconds(const Schedule &schedule) const;

private:
  double ofCore(double flops) const;
  double ofBytes(double bytes, double among) const;
  double shared(double seconds, double tasks) const;
  double slowdown(const Schedule &s, double vectors, double rows) const;
  double product(const Schedule &s) const;
  double convolution(const Schedule &s) const;
  double direct(const Schedule &s) const;
  double directGradient(const Schedule &s) const;
  double transforms(const Schedule &s) const;
  double gradientTransforms(const Schedule &s) const;
  double loops(const Schedule &s, double tasks) const;
  double deviceProduct(const Schedule &s) const;
  double deviceReduction(const Schedule &s) const;

  Workload workload;
  Machine machine;
  std::optional<ConvSizes> sizes; ///< of a convolution
};

} // namespace gan
