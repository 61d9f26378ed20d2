// The calls of one graph on a GPU. An iteration's calls become a sequence of launches that is prepared when the same
// calls first come together, and then started as a whole.
#pragma once

#include "runtime/device/gpu/GpuKernels.h"
#include "runtime/device/gpu/GpuSpaces.h"

#include <deque>
#include <map>

namespace ganrt {

class GpuCalls : public DeviceCalls {
public:
  GpuCalls(Gpu &gpu, GpuKernels &kernels, const gan_program &program, const gan_graph &graph, Spaces spaces);

  /// Bytes of scratch memory that a graph is given; `kernels` has a row for each kernel of the program.
  static size_t scratchBytes(const gan_graph &graph, const gan_device_kernel *kernels);

  ~GpuCalls() override;
  GpuCalls(const GpuCalls &) = delete;
  GpuCalls &operator=(const GpuCalls &) = delete;

  void begin() override;
  void takeInputs(const HostMemory &inputs) override { places.takeInputs(inputs); }
  void takeNumbers() override { places.takeNumbers(spaces.scalars, spaces.rngs); }
  bool run(uint32_t index) override;
  bool runTimed(uint32_t index, double &seconds) override;
  void finish() override { gpu.finish(); }
  bool crossesRanks() const override { return gpu.joined(); }
  bool queues() const override { return true; }
  void queue(uint32_t first, uint32_t count) override;
  void fetch(const gan_address &address, size_t bytes) override;
  bool chooses() override { return gpu.choose(); }
  void choose(uint32_t scalar, uint64_t count, double first, const std::vector<double> &values) override;
  void start() override;
  const uint8_t *await() override;

private:
  /// What was queued: for each run of calls its first, their count, and which numbers and batch they read; for each
  /// copy to the host its place and bytes.
  using Key = std::vector<uint64_t>;
  struct Prepared {
    std::unique_ptr<GpuSequence> sequence;
    std::unique_ptr<PinnedMemory> fetched;
  };

  GpuStep copyStep(const uint64_t *words, uint8_t *to) const;
  GpuStep chooseStep(const uint64_t *words) const;
  std::vector<GpuStep> stepsOf(uint32_t call, GpuSpaces::Taken taken);
  std::vector<GpuStep> meansBehind(uint32_t call) const;
  Prepared prepare();

  Gpu &gpu;
  GpuKernels &kernels;
  const gan_program &program;
  const gan_graph &graph;
  Spaces spaces;
  GpuSpaces places;
  std::vector<gan_collective> means; ///< over ranks, by the call behind which they are made
  /// Each call's scratch memory is one of a few regions, in turn, so that calls which do not depend on each other
  /// seldom wait for each other because of it.
  static constexpr unsigned scratchRegions = 4;
  size_t scratchRegion; ///< bytes of the region that one call is given
  unsigned scratchTurn = 0;
  std::unique_ptr<GpuMemory> scratch;
  unsigned slot = 0;
  Key key; ///< of what is queued
  size_t fetchedBytes = 0;
  std::map<Key, Prepared> prepared;
  std::map<Key, std::unique_ptr<GpuSequence>> timed; ///< single calls, by slot, call and what they read
  struct Started {
    unsigned slot;
    const Prepared *what;
  };
  std::deque<Started> started;
};

} // namespace ganrt
