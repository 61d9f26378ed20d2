// A graph of a program runs on the program's state by walking over its table of calls. Timing, tracing and replaying
// hook in here and nowhere else.
#pragma once

#include "runtime/program/Collectives.h"
#include "runtime/program/Session.h"
#include "runtime/program/Streams.h"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace ganrt {

/// One graph with its own memory, ready to run.
class Graph {
public:
  Graph(const Session &session, const gan_graph &graph);

  const gan_graph &table() const { return graph; }
  /// The repetition of the step that is running.
  uint32_t currentRepetition() const { return repetition; }
  /// Host memory where the batch data of input `i` must be written before a run.
  void *input(uint32_t i) const { return inputs.data() + graph.inputs[i].address.offset; }
  /// Swaps the memory of batch data with `other`, which must be of the same size. The data of a run can thus be written
  /// during the previous run.
  void exchangeInputs(HostMemory &other) { std::swap(inputs, other); }
  /// From now on the draw that is input `i` has these values (in the order of memory) in this repetition instead of new
  /// ones.
  void replaceDraw(uint32_t i, uint32_t repetition, std::vector<uint8_t> values);
  /// Decides which stream of the data an iteration takes, and which steps run.
  Streams streams;

  /// Runs one iteration.
  void run(const Moment &moment);
  /// Whether the device runs whole iterations by itself, so that to time each call slows it down much.
  bool runsAhead() const { return calls->queues(); }

  /// Calls `watch` with each observation of these kinds and its values, in host memory, in the order of the calls that
  /// compute them and before `run` returns.
  using Watch = std::function<void(const gan_observation &, const void *)>;
  void observe(const std::vector<gan_observe_kind> &kinds, Watch watch);
  /// The same, but the values of an iteration may come as late as in the next one or in `settle`, so that a GPU need
  /// not wait for the host.
  void observeLater(const std::vector<gan_observe_kind> &kinds, Watch watch);
  /// Waits until all iterations have ended and `watch` has been called with all their observations.
  void settle();
  /// If set, called before each repetition of a step, when its data must be written.
  std::function<void(uint32_t step, uint32_t repetition)> beforeRepetition;
  /// If set, called with the number of each call and the seconds that it took, on a GPU without its launch. Calls then
  /// run one by one.
  std::function<void(uint32_t, double)> timed;
  /// If set, called with the number of each call after it has run.
  std::function<void(uint32_t)> afterCall;
  /// The bytes at an address for the host to read, valid until the next read.
  const void *read(const gan_address &address, size_t bytes) const;

private:
  double updatesDone(const gan_scalar &scalar, const Moment &moment) const;
  bool leftToDevice(uint32_t scalar) const;
  void leaveToDevice(uint32_t scalar, const Moment &moment);
  std::vector<uint32_t> evaluateScalars(const Moment &moment, int step);
  void prepare(const Moment &moment, int step, uint32_t repetition);
  void runGroup(const gan_group &group);
  void queueGroup(const gan_group &group);
  void fetchCounts();
  void startQueued();
  void deliverOldest();
  double runCall(uint32_t index);
  void finishNamed(const gan_call &call);
  std::string placeOf(const gan_call &call) const;
  bool runsOneByOne() const;
  bool hasOwnData(uint32_t step) const;

  Session session;
  const gan_graph &graph;
  std::unique_ptr<DeviceMemory> arena;
  HostMemory inputs, scalars, rngs;
  std::unique_ptr<DeviceCalls> calls;
  std::optional<Collectives>
      collectives; ///< if ranks share this graph's batches, and the device leaves that to the host
  Watch watch;
  std::vector<std::vector<uint32_t>> watched;              ///< observations to make after each call
  std::vector<std::vector<std::vector<uint8_t>>> replaced; ///< values of replaced draws, by input and repetition
  uint32_t repetition = 0;                                 ///< the one that is running
  bool later = false;                                      ///< whether observations may come in the next iteration
  bool queueing = false;                                   ///< whether this iteration's calls are queued
  /// An observation or a count that a device was asked to fetch.
  struct Fetched {
    uint32_t observation, repetition;
    int64_t count; ///< the byte in the state; -1: it is an observation
    uint64_t runs; ///< runs of steps that were queued before
  };
  /// A count of updates as the host knew it last.
  struct Count {
    double known;
    uint64_t runsThen; ///< runs of steps that were queued before
  };
  std::map<int64_t, Count> counts; ///< by the byte in the state; those that scalars follow, once they were read
  uint64_t runsQueued = 0;         ///< how many runs of steps were queued
  std::vector<Fetched> queued;     ///< of what is queued
  std::deque<std::vector<Fetched>> started; ///< of what was started and not awaited
  bool somethingQueued = false;
};

/// Whether a group runs in an iteration, given which steps run in it.
bool runs(const gan_group &group, const std::vector<bool> &steps);

/// The graph of a kind; null if the program has none.
const gan_graph *findGraph(const gan_program &program, gan_graph_kind kind);

} // namespace ganrt
