#include "runtime/train/Training.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/generate/Evaluation.h"
#include "runtime/train/CheckpointFiles.h"
#include "runtime/train/NotFinite.h"

#include <cmath>
#include <sstream>

namespace ganrt {
namespace {

constexpr uint64_t reportEvery = 100; ///< iterations to a line of metrics
constexpr uint64_t timedEvery = 20;   ///< iterations to one whose calls are timed

std::string brief(const Json &values) {
  std::string text;
  for (auto &[name, v] : values.items()) {
    char number[32];
    snprintf(number, sizeof number, "%.5g", v.get<double>());
    text += "  " + name + " " + number;
  }
  return text;
}

/// Bytes of metrics.jsonl that belong to a state: those that a resumed run keeps.
uint64_t metricsKept(const CheckpointInfo &info) {
  return info.training.is_object() ? info.training.at("metrics_bytes").get<uint64_t>() : 0;
}

/// What is kept of timings.jsonl. It tells the time, so that no checkpoint can hold its length; the number of its lines
/// follows from that of the iteration.
TimesKept timesBefore(const RunFolder &folder, const CheckpointInfo &info) {
  uint64_t lines = info.training.is_object() ? info.training.value("timings_lines", UINT64_MAX) : 0;
  return timesKept(folder.file("timings.jsonl"), lines);
}

} // namespace

Training::Training(const gan_program &program, const TrainOptions &options, const Numbers &numbers,
                   const TrainingData &data, RunFolder &folder, State &state, const CheckpointInfo &info,
                   uint64_t total, const Interrupt &interrupt)
    : program(program), options(options), numbers(numbers), data(data), folder(folder), state(state),
      table(*findGraph(program, GAN_GRAPH_TRAIN)),
      graph(program, table, state, numbers, options.run.seed), moment{info.training.is_object() ? info.moment.iteration
                                                                                                : 0,
                                                                      data.epochIterations},
      total(total), before(timesBefore(folder, info)), metrics(folder.file("metrics.jsonl"), metricsKept(info)),
      timings(folder.file("timings.jsonl"), before.bytes), timingsLines(before.lines),
      events(folder.path(), moment.iteration), recentAverages(table), epochAverages(table), smoothed(table),
      callTimes(program, graph),
      showing(program, state, numbers, options.run.seed, data, folder, events, lenient, options.pictures),
      checkpoints(program, folder.file("checkpoints"), options.checkpoints, metrics), interrupt(interrupt),
      progress(total, options.output, moment.iteration) {
  if (data.train.count)
    feed.emplace(graph,
                 BatchPlan(program, table, data.train, graph.streams, moment, options.run.seed, options.data.flip));
  if (!info.training.is_object())
    return;
  recentAverages.restore(info.training.at("recent"));
  epochAverages.restore(info.training.at("epoch"));
  checkpoints.restore(state, info);
}

int Training::run() {
  timedAt = {moment.iteration, elapsed()};
  graph.watch = [&](const gan_observation &o, const void *memory) {
    recentAverages.add(o, memory);
    epochAverages.add(o, memory);
    smoothed.add(o, memory);
    if (o.kind == GAN_OBSERVE_LOSS)
      lossBroken |= !std::isfinite(*static_cast<const float *>(memory));
  };
  if (moment.iteration)
    tellAgain();
  else
    describeRun();
  if (!options.warmStart.empty() && !moment.iteration) // what it started from may go away
    checkpoints.now(state, checkpointInfo());
  while (true) {
    if (interrupt.came())
      return interrupted(checkpointInfo());
    if (epochIsDue() && !endEpoch())
      continue;
    if (moment.iteration >= total || outOfTime())
      return finish();
    iterate();
  }
}

/// What TensorBoard shows as text.
void Training::describeRun() {
  Json config = Json::parse(readWholeFile(folder.file("config.json")));
  std::string source = config.value("source", "");
  config.erase("source");
  auto block = [](const std::string &text) { return "```\n" + text + "\n```"; };
  lenient.attempt("TensorBoard's file ends here", [&] {
    events.text("config", 0, block(config.dump(2)));
    events.text("source", 0, block(source));
    events.flush();
  });
}

/// Readers of event files drop what earlier processes said of the iteration that the run is resumed at; metrics keep
/// what the checkpoint knows of it.
void Training::tellAgain() {
  std::istringstream lines(readWholeFile(folder.file("metrics.jsonl")));
  for (std::string text; std::getline(lines, text);) {
    Json line = Json::parse(text);
    if (line.at("iteration") != moment.iteration)
      continue;
    if (!line.contains("epoch")) {
      line.erase("iteration");
      writeEvents("train/", line);
      continue;
    }
    writeEvents("epoch/train/", line["train"]);
    if (line.contains("test"))
      writeEvents("epoch/test/", line["test"]);
    drawPictures(line["epoch"])(); // the state is still that of its end
  }
}

void Training::writeEvents(const std::string &prefix, const Json &values) {
  lenient.attempt("TensorBoard's file ends here", [&] {
    for (auto &[name, value] : values.items())
      events.scalar(prefix + name, moment.iteration, value.is_number() ? value.get<double>() : NAN);
    events.flush();
  });
}

void Training::append(LineFile &file, const Json &line) {
  lenient.attempt("a line of the log waits", [&] { file.append(line.dump()); });
}

void Training::iterate() {
  if (feed) {
    auto span = spent.on(Work::Data);
    feed->next();
  }
  callTimes.measure(moment.iteration % timedEvery == timedEvery - 1);
  {
    auto span = spent.on(Work::Steps);
    graph.run(moment);
  }
  ++moment.iteration;
  bool due = checkpoints.due();
  logIteration(due);
  if (due)
    saveLater();
  if (between)
    between();
}

/// `saves`: a checkpoint follows.
void Training::logIteration(bool saves) {
  auto span = spent.on(Work::Logging);
  bool reports = moment.iteration % reportEvery == 0;
  checkFinite(saves || reports);
  if (reports)
    writeRecent();
  if (!progress.due(moment.iteration))
    return;
  Standing standing{.done = moment.iteration,
                    .epoch = (moment.iteration - 1) / moment.epochIterations + 1,
                    .epochs = (total + moment.epochIterations - 1) / moment.epochIterations,
                    .values = smoothed.values()};
  if (options.seconds > 0)
    standing.remaining = std::max(0.0, options.seconds - (elapsed() - before.elapsed));
  progress.show(standing, program.batch);
}

void Training::writeRecent() {
  Json recent = recentAverages.take(), line{{"iteration", moment.iteration}};
  line.update(recent);
  append(metrics, line);
  writeEvents("train/", recent);
  writeTime();
  report(RunStatus::Running);
}

void Training::saveLater() {
  auto span = spent.on(Work::Checkpoints);
  checkpoints.later(state, checkpointInfo());
}

/// Seldom enough to cost next to nothing.
void Training::report(RunStatus status) {
  double now = elapsed();
  if (status == RunStatus::Running && now - reportedAt < std::max(10.0, 300 * reportSeconds))
    return;
  lenient.attempt("the page of the run is not up to date", [&] { writeReport(program, folder.path(), status); });
  reportedAt = elapsed();
  reportSeconds = reportedAt - now;
}

void Training::writeTime() {
  double now = elapsed(), seconds = now - std::exchange(timedAt.second, now);
  uint64_t iterations = moment.iteration - std::exchange(timedAt.first, moment.iteration);
  Json line{{"iteration", moment.iteration}, {"elapsed", now}};
  if (iterations && seconds > 0)
    line["images_per_second"] = double(iterations) * program.batch / seconds;
  appendTimings(line);
}

void Training::appendTimings(const Json &line) {
  append(timings, line);
  ++timingsLines;
}

double Training::elapsed() const {
  return before.elapsed + std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Time decides how far a limited run gets, never what a step computes.
bool Training::outOfTime() const { return options.seconds > 0 && elapsed() - before.elapsed > options.seconds; }

CheckpointInfo Training::checkpointInfo() const {
  return {moment,
          options.run.seed,
          program.source_hash,
          {{"metrics_bytes", metrics.bytes()},
           {"timings_lines", timingsLines},
           {"recent", recentAverages.save()},
           {"epoch", epochAverages.save()},
           {"best", checkpoints.best()}},
          data.train.classes};
}

/// `whole`: the state too, which a gradient that is not finite has reached by then.
void Training::checkFinite(bool whole) {
  bool broken = std::exchange(lossBroken, false) || (whole && !finiteState(program, state));
  if (!broken)
    return;
  progress.finish();
  if (options.onNan == "stop")
    stopNotFinite();
  if (!std::exchange(told, true))
    fprintf(stderr, "warning: a loss or the state is not finite at iteration %llu; the run goes on\n",
            static_cast<unsigned long long>(moment.iteration));
}

void Training::stopNotFinite() {
  if (options.output != Output::Quiet)
    fprintf(stderr, "not finite at iteration %llu; looking for the place\n",
            static_cast<unsigned long long>(moment.iteration));
  State earlier(program, options.run.seed);
  Moment from{0, moment.epochIterations};
  checkpoints.wait();
  if (std::optional<std::string> path = newestCheckpoint(folder.path()))
    from = loadState(program, earlier, *path, Fit::Whole).moment;
  std::string words =
      explainNotFinite({program, numbers, options.run.seed, data.train, options.data.flip, from, moment.iteration},
                       earlier, folder.file("checkpoints"));
  report(RunStatus::Stopped);
  throw UserError(words + "\nThe run stops; " + folder.path() + " keeps what came before (--on-nan continue goes on)");
}

/// False where a signal came in the middle of the evaluation: then the epoch is still to be ended.
bool Training::endEpoch() {
  checkFinite(true);
  Json test = Json::object();
  {
    auto span = spent.atEnd(Work::Evaluation);
    auto stop = [&] { return interrupt.came(); };
    for (auto &[name, value] : evaluateData(program, state, numbers, options.run.seed, data.test, moment, stop))
      test[name] = value;
  }
  if (interrupt.came())
    return false;
  uint64_t epoch = (moment.iteration + moment.epochIterations - 1) / moment.epochIterations;
  std::function<void()> writePictures = drawPictures(epoch);
  auto span = spent.atEnd(Work::Logging);
  Json line{{"epoch", epoch}, {"iteration", moment.iteration}, {"train", epochAverages.take()}};
  if (!test.empty())
    line["test"] = test;
  append(metrics, line);
  writeEvents("epoch/train/", line["train"]);
  writeEvents("epoch/test/", test);
  appendTimings({{"iteration", moment.iteration}, {"kernels", callTimes.json()}});
  CheckpointInfo info = checkpointInfo();
  if (moment.iteration % moment.epochIterations) // a longer run would not have ended the epoch here
    info.training = nullptr;
  checkpoints.epoch(state, info, line, std::move(writePictures));
  report(RunStatus::Running);
  timedAt = {moment.iteration, elapsed()}; // the speed is that of the steps
  tell(line);
  return true;
}

void Training::tell(const Json &epoch) {
  if (options.output != Output::Auto) {
    if (options.output == Output::Json)
      printf("%s\n", epoch.dump().c_str());
    fflush(stdout);
    return;
  }
  progress.finish();
  std::string text = "epoch " + epoch["epoch"].dump() + brief(epoch["train"]);
  if (epoch.contains("test"))
    text += "  | test" + brief(epoch["test"]);
  printf("%s\n", text.c_str());
  fflush(stdout);
}

std::function<void()> Training::drawPictures(uint64_t epoch) {
  auto span = spent.atEnd(Work::Pictures);
  return showing.epoch(epoch, moment.iteration);
}

/// The final checkpoint stands before the lines and pictures of an unfinished epoch, so that a longer run, resumed from
/// it, leaves what it would have left without the stop.
int Training::finish() {
  checkFinite(true);
  CheckpointInfo info = checkpointInfo();
  if (!recentAverages.empty())
    writeRecent();
  if (!epochAverages.empty() && !endEpoch())
    return interrupted(info);
  {
    auto drawing = spent.atEnd(Work::Pictures);
    lenient.attempt("what codes do is not shown", [&] { showing.codes(); });
  }
  progress.finish();
  auto span = spent.atEnd(Work::Checkpoints);
  checkpoints.final(state, info);
  report(RunStatus::Finished);
  if (options.output != Output::Auto)
    return 0;
  printf("run folder: %s\n", printable(folder.path()).c_str());
  if (!showing.lastPicture().empty())
    printf("pictures: %s\n", printable(showing.lastPicture()).c_str());
  return 0;
}

int Training::interrupted(const CheckpointInfo &info) {
  progress.finish();
  checkFinite(true);
  checkpoints.now(state, info);
  report(RunStatus::Stopped);
  fprintf(stderr, "interrupted and saved at iteration %llu of %llu; go on with: train --resume %s\n",
          static_cast<unsigned long long>(moment.iteration), static_cast<unsigned long long>(total),
          printable(folder.path()).c_str());
  return 128 + interrupt.signal();
}

} // namespace ganrt
