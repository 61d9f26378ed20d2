// The graphs of a program, which run on its state by walking their tables of calls. Timing, tracing and replaying are
// all here and nowhere else.
#pragma once

#include "runtime/program/Session.h"
#include "runtime/program/Streams.h"

#include <functional>
#include <vector>

namespace ganrt {

/// One graph with its own memory, ready to run.
class Graph {
public:
  Graph(const Session &session, const gan_graph &graph);

  const gan_graph &table() const { return graph; }
  /// Of the repeated step that runs.
  uint32_t currentRepetition() const { return repetition; }
  /// Host memory where batch data of input `i` goes before a run.
  void *input(uint32_t i) const { return inputs.data() + graph.inputs[i].address.offset; }
  /// From now on kernels read the batch data in `other`, of as many bytes, which gets the memory that they read so far:
  /// the data of a run can be written during the run before.
  void exchangeInputs(HostMemory &other) { std::swap(inputs, other); }
  /// From now on input `i`, a draw, has these values (in memory's order) in a repetition instead of new ones.
  void replaceDraw(uint32_t i, uint32_t repetition, std::vector<uint8_t> values);
  /// Streams of the data, and which steps run.
  Streams streams;

  /// Runs one iteration.
  void run(const Moment &moment);

  /// Has `watch` see the values of each observation of these kinds, in host memory, right after its call.
  using Watch = std::function<void(const gan_observation &, const void *)>;
  void observe(const std::vector<gan_observe_kind> &kinds, Watch watch);
  /// Called before each run of a repeated step, whose data is due.
  std::function<void(uint32_t step, uint32_t repetition)> beforeRepetition;
  /// Called with each call's number and its seconds, where set.
  std::function<void(uint32_t, double)> timed;
  /// Called with each call's number when it has run, where set.
  std::function<void(uint32_t)> afterCall;
  /// What lies at an address, as the host reads it until it reads again.
  const void *read(const gan_address &address, size_t bytes) const;

private:
  double updatesDone(const gan_scalar &scalar, const Moment &moment) const;
  void prepare(const Moment &moment, int step, uint32_t repetition);
  void runGroup(const gan_group &group);
  void runCall(uint32_t index);

  Session session;
  const gan_graph &graph;
  std::unique_ptr<DeviceMemory> arena;
  HostMemory inputs, scalars, rngs;
  std::unique_ptr<DeviceCalls> calls;
  Watch watch;
  std::vector<std::vector<uint32_t>> watched;              ///< observations after each call
  std::vector<std::vector<std::vector<uint8_t>>> replaced; ///< by input and repetition
  uint32_t repetition = 0;                                 ///< that runs
};

/// Whether a group runs in an iteration in which these steps do.
bool runs(const gan_group &group, const std::vector<bool> &steps);

/// The graph of a kind; null where the program has none.
const gan_graph *findGraph(const gan_program &program, gan_graph_kind kind);

} // namespace ganrt
