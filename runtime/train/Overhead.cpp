#include "runtime/train/Overhead.h"
#include "runtime/base/Error.h"
#include "runtime/train/Training.h"

#include <cstring>
#include <filesystem>

namespace ganrt {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A temporary folder, which is removed at destruction.
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

/// Runs steps on one and the same batch of the data, with a state of their own.
class BareSteps {
public:
  BareSteps(Device &device, const gan_program &program, const TrainingData &data, const Numbers &numbers, uint64_t seed)
      : state(device, program, seed),
        graph({program, state, numbers, seed}, *findGraph(program, GAN_GRAPH_TRAIN)), moment{0, data.epochIterations} {
    if (!data.train.count)
      return;
    feed.emplace(graph, BatchPlan(program, graph.table(), data.train, graph.streams, moment, seed, {}));
    feed->next();
  }

  /// Runs for at least so many seconds, and at least once.
  void run(double atLeast) {
    Clock::time_point start = Clock::now();
    do {
      graph.run(moment);
      ++moment.iteration, ++counted;
    } while (since(start) < atLeast);
    seconds += since(start);
  }
  /// Forgets the times so far, which were for warming up.
  void forget() { seconds = 0, counted = 0; }

  double total() const { return seconds; }
  double mean() const { return seconds / double(counted); }

private:
  State state;
  Graph graph;
  Moment moment;
  std::optional<Feed> feed;
  double seconds = 0;
  uint64_t counted = 0;
};

/// The parts of the time in percent of `bare`. `epochs` is how many epochs ran.
Json shares(const Stopwatch &time, double bare, double epochs) {
  Json percent{{"slower_steps", 100 * (time.of(Work::Steps) / bare - 1)}};
  for (Work work : {Work::Data, Work::Logging, Work::Pictures, Work::Checkpoints})
    percent[workNames[size_t(work)]] = 100 * (time.of(work) + std::min(1.0, epochs) * time.ofEnds(work)) / bare;
  return percent;
}

/// Seconds of the work at the ends of epochs and of the run, without the evaluation.
double secondsOfEnds(const Stopwatch &time) {
  return time.ofEnds(Work::Logging) + time.ofEnds(Work::Pictures) + time.ofEnds(Work::Checkpoints);
}

} // namespace

Json measureOverhead(Device &device, const gan_program &program, const DataOptions &data, const RunOptions &run,
                     double seconds, Output output) {
  constexpr double turn = 0.1; // seconds that the run and the bare steps each take in turn
  TrainOptions options;
  options.run = run, options.data = data, options.seconds = seconds, options.output = Output::Quiet;
  Numbers numbers(program, run.settings);
  TrainingData loaded = loadTrainingData(program, data);
  BareSteps steps(device, program, loaded, numbers, run.seed);
  steps.run(turn); // for warming up
  steps.forget();
  ScratchFolder scratch;
  RunFolder folder(scratch.path + "/run", RunFolder::Start::New);
  folder.begin(Json::object());
  State state(device, program, run.seed);
  Interrupt interrupt;
  Training training({.session = {program, state, numbers, run.seed},
                     .options = options,
                     .data = loaded,
                     .folder = folder,
                     .start = {},
                     .total = UINT64_MAX,
                     .interrupt = interrupt});
  Clock::time_point start = Clock::now(), turnStart = start;
  Progress progress(0, output);
  training.between = [&] {
    if (progress.due(training.iterations()))
      progress.show({.done = training.iterations(), .remaining = std::max(0.0, seconds - since(start))}, program.batch);
    if (since(turnStart) < turn)
      return;
    steps.run(turn);
    turnStart = Clock::now();
  };
  training.run();
  progress.finish();
  if (!(steps.total() > 0))
    throw UserError("--seconds is too short for a step of each kind");
  const Stopwatch &time = training.time();
  double iterations = double(training.iterations()), epochs = iterations / double(loaded.epochIterations),
         evaluation = time.ofEnds(Work::Evaluation), bare = steps.mean() * iterations;
  double whole = since(start) - steps.total() - evaluation - std::max(0.0, 1 - epochs) * secondsOfEnds(time);
  return {{"iterations", training.iterations()},
          {"epochs", epochs},
          {"seconds", whole},
          {"bare_ms", steps.mean() * 1e3},
          {"run_ms", whole / iterations * 1e3},
          {"own_percent", 100 * (whole - bare) / bare},
          {"evaluation_percent", 100 * std::min(1.0, epochs) * evaluation / bare},
          {"percent", shares(time, bare, epochs)}};
}

} // namespace ganrt
