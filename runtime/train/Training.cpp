#include "runtime/train/Training.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/data/Columns.h"
#include "runtime/generate/Evaluation.h"
#include "runtime/train/CheckpointFiles.h"
#include "runtime/train/NotFinite.h"

namespace ganrt {
namespace {

constexpr uint64_t reportEvery = 100; ///< a line of metrics is written every so many iterations
/// One of so many iterations has its calls timed: fewer on a device that then has to wait for the host at each call.
constexpr uint64_t timedEvery = 20, timedSeldom = 500;

std::string brief(const Json &values) {
  std::string text;
  for (auto &[name, v] : values.items()) {
    char number[32];
    snprintf(number, sizeof number, "%.5g", v.get<double>());
    text += "  " + name + " " + number;
  }
  return text;
}

/// The moment at which a run starts, or continues from a checkpoint.
Moment momentOf(const Run &run) {
  if (!run.start.training.is_object())
    return {0, run.data.epochIterations};
  return {.iteration = run.start.moment.iteration,
          .epochIterations = run.data.epochIterations,
          .plateaus = run.start.moment.plateaus};
}

} // namespace

Training::Training(Run run)
    : given(std::move(run)), program(given.session.program), moment(momentOf(given)),
      graph(given.session, *findGraph(program, GAN_GRAPH_TRAIN)), losses(graph.table()), callTimes(program, graph),
      log(program, given.folder, given.start, given.session.state.device().name(), ranks()),
      showing(given.session, given.data, given.folder, log.events, log.lenient, given.options.pictures),
      checkpoints(program, given.folder.file("checkpoints"), given.options.checkpoints, log.metricsFile()),
      plateaus(program), progress(given.total, given.options.output, moment.iteration) {
  if (given.data.train.count)
    feed.emplace(graph, BatchPlan(program, graph.table(), given.data.train, graph.streams, moment, given.session.seed,
                                  readAugmentation(given.options.data.augment),
                                  given.session.ranks ? shareOf(*given.session.ranks) : Share()));
  if (!given.start.training.is_object())
    return;
  losses.recent.restore(given.start.training.at("recent"));
  losses.epoch.restore(given.start.training.at("epoch"));
  checkpoints.restore(given.session.state, given.start);
  if (program.num_plateaus)
    plateaus.restore(given.start.training.value("plateaus", Json()));
}

int Training::run() {
  log.restartClock(moment.iteration, waited());
  graph.observeLater({GAN_OBSERVE_LOSS, GAN_OBSERVE_METRIC},
                     [&](const gan_observation &o, const void *value) { losses.add(o, value); });
  if (moment.iteration)
    tellAgain();
  else
    log.describeRun();
  if (!given.options.warmStart.empty() && !moment.iteration) // the checkpoint it started from may be deleted
    checkpoints.now(given.session.state, checkpointInfo());
  while (true) {
    if (signal()) {
      graph.settle();
      return interrupted(checkpointInfo());
    }
    if (epochIsDue() && !endEpoch())
      continue;
    if (moment.iteration >= given.total || outOfTime() || checkpoints.exhausted())
      return finish();
    iterate();
  }
}

/// Writes the events and pictures of the resumed iteration again: readers of event files drop what earlier processes
/// wrote about it, while metrics.jsonl keeps its lines.
void Training::tellAgain() {
  for (Json &line : log.linesOf(moment.iteration)) {
    if (!line.contains("epoch")) {
      line.erase("iteration");
      log.curves("train/", moment.iteration, line);
      continue;
    }
    log.curves("epoch/train/", moment.iteration, line["train"]);
    if (line.contains("test"))
      log.curves("epoch/test/", moment.iteration, line["test"]);
    drawPictures(line["epoch"])(); // the state is still that of the epoch's end
  }
}

/// Tells the other ranks what comes next, and hears whether one of them is asked to end.
void Training::tellRanks(Together next) {
  if (given.session.ranks)
    othersSignal = agree(*given.session.ranks, {next, signal()}).signal;
}

void Training::checkRanks() {
  if (!given.session.ranks)
    return;
  tellRanks(Together::Check);
  checkSame(*given.session.ranks, program, given.session.state, moment.iteration);
}

void Training::iterate() {
  uint64_t every = graph.runsAhead() ? timedSeldom : timedEvery;
  bool timed = moment.iteration % every == every - 1;
  tellRanks(timed ? Together::Timed : Together::Iterate);
  if (feed) {
    auto span = spent.on(Work::Data);
    feed->next();
  }
  callTimes.measure(timed);
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

/// `saves` tells that a checkpoint follows.
void Training::logIteration(bool saves) {
  auto span = spent.on(Work::Logging);
  bool reports = moment.iteration % reportEvery == 0;
  checkFinite(saves || reports);
  if (reports)
    writeRecent();
  if (progress.due(moment.iteration))
    showProgress();
}

void Training::showProgress() {
  Standing standing{.done = moment.iteration,
                    .epoch = (moment.iteration - 1) / moment.epochIterations + 1,
                    .epochs = (given.total + moment.epochIterations - 1) / moment.epochIterations,
                    .values = losses.smoothed.values()};
  if (given.options.seconds > 0)
    standing.remaining = std::max(0.0, given.options.seconds - log.ofThisProcess());
  if (std::optional<double> seconds = waited())
    standing.waiting = std::min(1.0, *seconds / std::max(log.ofThisProcess(), 1e-9));
  progress.show(standing, program.batch * ranks());
}

void Training::writeRecent() {
  Json recent = losses.recent.take(), line{{"iteration", moment.iteration}};
  line.update(recent);
  log.append(line);
  log.curves("train/", moment.iteration, recent);
  log.time(moment.iteration, waited());
  log.page(RunStatus::Running);
}

void Training::saveLater() {
  auto span = spent.on(Work::Checkpoints);
  checkRanks();
  checkpoints.later(given.session.state, checkpointInfo());
}

/// Whether the time limit is reached. Time decides how far a limited run gets, but never what a step computes.
bool Training::outOfTime() const { return given.options.seconds > 0 && log.ofThisProcess() > given.options.seconds; }

CheckpointInfo Training::checkpointInfo() const {
  Json logs{{"metrics_bytes", log.metricsBytes()}, {"timings_lines", log.timingsLines()},
            {"recent", losses.recent.save()},      {"epoch", losses.epoch.save()},
            {"best", checkpoints.best()},          {"since_best", checkpoints.epochsSinceBest()}};
  if (program.num_plateaus)
    logs["plateaus"] = plateaus.save();
  return {moment,          given.session.seed,       program.source_hash,
          std::move(logs), given.data.train.classes, schemeOf(given.data.train)};
}

/// Checks the losses and, if `whole`, also the state, which a gradient that is not finite has reached by then.
void Training::checkFinite(bool whole) {
  if (whole)
    graph.settle(); // the losses are now complete, too
  bool broken = losses.wereBroken() || (whole && !finiteState(program, given.session.state));
  if (!broken)
    return;
  progress.finish();
  if (given.options.onNan == "stop")
    stopNotFinite();
  if (!std::exchange(told, true))
    fprintf(stderr, "warning: a loss or the state is not finite at iteration %llu; the run goes on\n",
            static_cast<unsigned long long>(moment.iteration));
}

void Training::stopNotFinite() {
  const Session &session = given.session;
  if (given.session.ranks)
    throw UserError("not finite at iteration " + std::to_string(moment.iteration) +
                    "; one process with the whole batch finds the place: build without --mpi and --resume. The run "
                    "stops; " +
                    given.folder.path() + " keeps what came before (--on-nan continue goes on)");
  if (given.options.output != Output::Quiet)
    fprintf(stderr, "not finite at iteration %llu; looking for the place\n",
            static_cast<unsigned long long>(moment.iteration));
  State earlier(session.state.device(), program, session.seed);
  Moment from{0, moment.epochIterations};
  checkpoints.wait();
  if (std::optional<std::string> path = newestCheckpoint(given.folder.path()))
    from = loadState(program, earlier, *path, Fit::Whole).moment;
  from.plateaus = moment.plateaus; // also those that were reached since then
  std::string words = explainNotFinite({.session = {program, earlier, session.numbers, session.seed},
                                        .data = given.data.train,
                                        .augmentation = readAugmentation(given.options.data.augment),
                                        .moment = from,
                                        .until = moment.iteration},
                                       given.folder.file("checkpoints"));
  log.page(RunStatus::Stopped);
  throw UserError(words + "\nThe run stops; " + given.folder.path() +
                  " keeps what came before (--on-nan continue goes on)");
}

/// Ends an epoch. Returns false if a signal came during the evaluation, so that the epoch has not been ended.
bool Training::endEpoch() {
  checkFinite(true);
  Json test = Json::object();
  {
    auto span = spent.atEnd(Work::Evaluation);
    auto stop = [&] { return given.interrupt.came(); }; // another rank's signal comes with the next iteration
    for (auto &[name, value] : evaluateData(given.session, given.data.test, moment, stop))
      test[name] = value;
  }
  if (given.interrupt.came())
    return false;
  uint64_t epoch = (moment.iteration + moment.epochIterations - 1) / moment.epochIterations;
  std::function<void()> writePictures = drawPictures(epoch);
  auto span = spent.atEnd(Work::Logging);
  Json line{{"epoch", epoch}, {"iteration", moment.iteration}, {"train", losses.epoch.take()}};
  if (!test.empty())
    line["test"] = test;
  log.append(line);
  log.curves("epoch/train/", moment.iteration, line["train"]);
  log.curves("epoch/test/", moment.iteration, test);
  log.kernels(moment.iteration, callTimes.json());
  lookAtPlateaus(line);
  checkRanks();
  CheckpointInfo info = checkpointInfo();
  if (moment.iteration % moment.epochIterations) // a longer run would not end the epoch here, so training cannot
                                                 // continue from this checkpoint
    info.training = nullptr;
  checkpoints.epoch(given.session.state, info, line, std::move(writePictures));
  log.page(RunStatus::Running);
  log.restartClock(moment.iteration, waited()); // the speed is measured for the steps alone
  tell(line);
  return true;
}

/// Looks whether a metric has stood still, by which numbers go; tells the other ranks and the user. An epoch that the
/// end of the run cuts short does not count.
void Training::lookAtPlateaus(const Json &epoch) {
  if (!program.num_plateaus || moment.iteration % moment.epochIterations)
    return;
  std::vector<std::string> reached = plateaus.endEpoch(epoch, moment);
  if (given.session.ranks) {
    tellRanks(Together::Plateau);
    sharePlateaus(*given.session.ranks, program, moment);
  }
  if (given.options.output != Output::Auto)
    return;
  progress.finish();
  for (const std::string &metric : reached)
    printf("epoch %s: %s has stood still; the numbers that go by it change\n", epoch["epoch"].dump().c_str(),
           metric.c_str());
}

void Training::tell(const Json &epoch) {
  if (given.options.output != Output::Auto) {
    if (given.options.output == Output::Json)
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

/// Ends the run. The final checkpoint has the state of the logs before the lines and pictures of an unfinished epoch,
/// so that a longer run that is resumed from it leaves what it would have left without the stop.
int Training::finish() {
  checkFinite(true);
  CheckpointInfo info = checkpointInfo();
  if (!losses.recent.empty())
    writeRecent();
  if (!losses.epoch.empty() && !endEpoch())
    return interrupted(info);
  {
    auto drawing = spent.atEnd(Work::Pictures);
    log.lenient.attempt("what codes do is not shown", [&] { showing.codes(); });
    log.lenient.attempt("samples are not measured", [&] { showing.quality(moment.iteration); });
  }
  progress.finish();
  auto span = spent.atEnd(Work::Checkpoints);
  checkRanks();
  checkpoints.final(given.session.state, info);
  tellRanks(Together::End);
  log.page(RunStatus::Finished);
  if (given.options.output != Output::Auto)
    return 0;
  if (checkpoints.exhausted())
    printf("no better %s for %llu epochs: the run has ended\n", given.options.checkpoints.best.c_str(),
           static_cast<unsigned long long>(checkpoints.epochsSinceBest()));
  printf("run folder: %s\n", printable(given.folder.path()).c_str());
  if (!showing.lastPicture().empty())
    printf("pictures: %s\n", printable(showing.lastPicture()).c_str());
  return 0;
}

int Training::interrupted(const CheckpointInfo &info) {
  progress.finish();
  checkFinite(true);
  checkRanks();
  checkpoints.now(given.session.state, info);
  tellRanks(Together::End);
  log.page(RunStatus::Stopped);
  fprintf(stderr, "interrupted and saved at iteration %llu of %llu; go on with: train --resume %s\n",
          static_cast<unsigned long long>(moment.iteration), static_cast<unsigned long long>(given.total),
          printable(given.folder.path()).c_str());
  return 128 + signal();
}

} // namespace ganrt
