#include "runtime/train/FindFault.h"
#include "runtime/base/DeviceFault.h"
#include "runtime/generate/Evaluation.h"
#include "runtime/program/CallByCall.h"
#include "runtime/train/Showing.h"

namespace ganrt {
namespace {

/// A fault is noticed up to so many iterations after its own: training waits for an iteration only while the next one
/// is under way.
constexpr uint64_t behind = 2;

void trainAgain(const Replay &replay) {
  const gan_program &program = replay.session.program;
  const gan_graph &table = *findGraph(program, GAN_GRAPH_TRAIN);
  Graph graph(replay.session, table);
  graph.observeLater({GAN_OBSERVE_LOSS, GAN_OBSERVE_METRIC}, [](const gan_observation &, const void *) {});
  Moment moment = replay.moment;
  std::optional<Feed> feed;
  if (replay.data.count)
    feed.emplace(
        graph, BatchPlan(program, table, replay.data, graph.streams, moment, replay.session.seed, replay.augmentation));
  for (; moment.iteration <= replay.until; ++moment.iteration) {
    if (moment.iteration + behind >= replay.until && !callByCall()) {
      graph.settle();
      callByCall() = true;
    }
    if (feed)
      feed->next();
    graph.run(moment);
  }
}

} // namespace

std::string findFault(const Replay &replay, const TrainingData &data, int64_t pictures) {
  try {
    trainAgain(replay);
    callByCall() = true;
    evaluateData(replay.session, data.test, {replay.until, replay.moment.epochIterations});
    Showing::makeAll(replay.session, data, pictures);
  } catch (const DeviceFault &fault) {
    return callByCall() ? fault.what() : ""; // only then does it name a kernel
  }
  return "";
}

} // namespace ganrt
