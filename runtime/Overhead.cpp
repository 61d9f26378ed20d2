#include "runtime/Overhead.h"
#include "runtime/Error.h"
#include "runtime/Training.h"

#include <cstring>
#include <filesystem>

namespace ganrt {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A folder that goes away again.
struct ScratchFolder {
  ScratchFolder() {
    if (!mkdtemp(path.data()))
      throw UserError(path + ": the folder cannot be made: " + std::strerror(errno));
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string path = std::filesystem::temp_directory_path().string() + "/ganc-bench-XXXXXX";
};

/// Mean seconds of a step on one batch of the data, over so many seconds.
double bareStep(const gan_program &program, const TrainingData &data, const Numbers &numbers, uint64_t seed,
                double seconds) {
  State state(program, seed);
  Graph graph(program, *findGraph(program, GAN_GRAPH_TRAIN), state, numbers, seed);
  Moment moment{0, data.epochIterations};
  std::optional<Feed> feed;
  if (data.train.count) {
    feed.emplace(graph, BatchPlan(program, graph.table(), data.train, graph.streams, moment, seed, false));
    feed->next();
  }
  for (; moment.iteration < 10; ++moment.iteration)
    graph.run(moment);
  Clock::time_point start = Clock::now();
  uint64_t steps = 0;
  for (; since(start) < seconds || steps < 3; ++steps, ++moment.iteration)
    graph.run(moment);
  return since(start) / double(steps);
}

} // namespace

Json measureOverhead(const gan_program &program, const DataOptions &data, const RunOptions &run, double seconds) {
  TrainOptions options;
  options.run = run, options.data = data, options.seconds = seconds, options.output = Output::Quiet;
  Numbers numbers(program, run.settings);
  TrainingData loaded = loadTrainingData(program, data);
  ScratchFolder scratch;
  double before = bareStep(program, loaded, numbers, run.seed, seconds / 4);
  RunFolder folder(scratch.path + "/run", RunFolder::Start::New, Json::object());
  folder.begin();
  State state(program, run.seed);
  Training training(program, options, numbers, loaded, folder, state, {}, UINT64_MAX);
  Clock::time_point start = Clock::now();
  training.run();
  double whole = since(start), after = bareStep(program, loaded, numbers, run.seed, seconds / 4);
  double bare = (before + after) / 2 * double(training.iterations()), evaluation = training.time().of(Work::Evaluation);
  Json out{{"iterations", training.iterations()},
           {"seconds", whole},
           {"bare_ms", (before + after) / 2 * 1e3},
           {"run_ms", (whole - evaluation) / double(training.iterations()) * 1e3},
           {"own_percent", 100 * (whole - evaluation - bare) / bare},
           {"evaluation_percent", 100 * evaluation / bare}};
  for (Work work : {Work::Data, Work::Logging, Work::Pictures, Work::Checkpoints})
    out["percent"][workNames[size_t(work)]] = 100 * training.time().of(work) / bare;
  return out;
}

} // namespace ganrt
