// The graphs of a program, which run on its state by walking their tables of calls. Timing, tracing and replaying are
// all here and nowhere else.
#pragma once

#include "runtime/program/State.h"
#include "runtime/program/Streams.h"

#include <HalideRuntime.h>
#include <functional>
#include <vector>

namespace ganrt {

/// One graph with its own memory, ready to run.
class Graph {
public:
  Graph(const gan_program &program, const gan_graph &graph, const State &state, const Numbers &numbers, uint64_t seed);

  const gan_graph &table() const { return graph; }
  /// Of the repeated step that runs.
  uint32_t currentRepetition() const { return repetition; }
  /// Where batch data of input `i` goes before a run.
  void *input(uint32_t i) const { return at(graph.inputs[i].address); }
  /// From now on kernels read the batch data in `other`, of as many bytes, which gets the memory that they read so far:
  /// the data of a run can be written during the run before.
  void exchangeInputs(Memory &other);
  /// From now on input `i`, a draw, has these values (in memory's order) in a repetition instead of new ones.
  void replaceDraw(uint32_t i, uint32_t repetition, std::vector<uint8_t> values);
  /// Streams of the data, and which steps run.
  Streams streams;

  /// Runs one iteration. Afterwards `observed` holds losses and metrics; `watch` sees each observation when it is
  /// there.
  void run(const Moment &moment);

  /// Called right after an observation's value is computed, for every kind.
  std::function<void(const gan_observation &, const void *)> watch;
  /// Called before each run of a repeated step, whose data is due.
  std::function<void(uint32_t step, uint32_t repetition)> beforeRepetition;
  /// Called with each call's number and its seconds, where set.
  std::function<void(uint32_t, double)> timed;
  /// Called with each call's number when it has run, where set.
  std::function<void(uint32_t)> afterCall;
  void *at(const gan_address &address) const;

private:
  void bind();
  double updatesDone(const gan_scalar &scalar, const Moment &moment) const;
  void prepare(const Moment &moment, int step, uint32_t repetition);
  void runGroup(const gan_group &group);
  void runCall(uint32_t index);

  const gan_program &program;
  const gan_graph &graph;
  const State &state;
  const Numbers &numbers;
  uint64_t seed;
  Memory arena, inputs, scalars, rngs;
  std::vector<halide_buffer_t> buffers;
  std::vector<halide_buffer_t *> ofInputs; ///< those in `inputs`
  std::vector<halide_dimension_t> dimensions;
  std::vector<std::vector<void *>> arguments;              ///< of each call
  std::vector<std::vector<uint32_t>> ready;                ///< observations after each call
  std::vector<std::vector<std::vector<uint8_t>>> replaced; ///< by input and repetition
  uint32_t repetition = 0;                                 ///< that runs
};

/// Whether a group runs in an iteration in which these steps do.
bool runs(const gan_group &group, const std::vector<bool> &steps);

/// The graph of a kind; null where the program has none.
const gan_graph *findGraph(const gan_program &program, gan_graph_kind kind);

} // namespace ganrt
