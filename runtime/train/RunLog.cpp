#include "runtime/train/RunLog.h"

#include <cmath>
#include <sstream>
#include <utility>

namespace ganrt {
namespace {

/// How many bytes of metrics.jsonl belong to a checkpoint; a resumed run keeps these.
uint64_t metricsKept(const CheckpointInfo &info) {
  return info.training.is_object() ? info.training.at("metrics_bytes").get<uint64_t>() : 0;
}

/// The part of timings.jsonl to keep. A checkpoint stores its number of lines, which depends only on the iteration, but
/// not its length, which depends on the measured times: checkpoints must repeat to the bit.
TimesKept timesBefore(const RunFolder &folder, const CheckpointInfo &info) {
  uint64_t lines = info.training.is_object() ? info.training.value("timings_lines", UINT64_MAX) : 0;
  return timesKept(folder.file("timings.jsonl"), lines);
}

} // namespace

RunLog::RunLog(const gan_program &program, const RunFolder &folder, const CheckpointInfo &start, std::string device,
               uint64_t ranks)
    : events(folder.path(), start.training.is_object() ? start.moment.iteration : 0), program(program), folder(folder),
      device(std::move(device)), batch(program.batch * ranks), before(timesBefore(folder, start)),
      metrics(folder.file("metrics.jsonl"), metricsKept(start)), timings(folder.file("timings.jsonl"), before.bytes),
      lines(before.lines) {}

void RunLog::describeRun() {
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

void RunLog::append(const Json &line) {
  lenient.attempt("a line of the log waits", [&] { metrics.append(line.dump()); });
}

void RunLog::curves(const std::string &prefix, uint64_t iteration, const Json &values) {
  lenient.attempt("TensorBoard's file ends here", [&] {
    for (auto &[name, value] : values.items())
      events.scalar(prefix + name, iteration, value.is_number() ? value.get<double>() : NAN);
    events.flush();
  });
}

std::vector<Json> RunLog::linesOf(uint64_t iteration) const {
  std::vector<Json> found;
  std::istringstream texts(readWholeFile(folder.file("metrics.jsonl")));
  for (std::string text; std::getline(texts, text);)
    if (Json line = Json::parse(text); line.at("iteration") == iteration)
      found.push_back(std::move(line));
  return found;
}

void RunLog::time(uint64_t iteration, std::optional<double> waited) {
  double now = elapsed(), seconds = now - std::exchange(timedAt.second, now);
  uint64_t iterations = iteration - std::exchange(timedAt.first, iteration);
  Json line{{"iteration", iteration}, {"elapsed", now}};
  if (iterations && seconds > 0)
    line["images_per_second"] = double(iterations) * double(batch) / seconds;
  if (waited && seconds > 0)
    line["waiting"] = (*waited - std::exchange(waitedAt, *waited)) / seconds;
  appendTimings(line);
}

void RunLog::kernels(uint64_t iteration, const Json &calls) {
  appendTimings({{"iteration", iteration}, {"kernels", calls}});
}

void RunLog::appendTimings(Json line) {
  line["device"] = device; // a resumed run may have another one
  lenient.attempt("a line of the log waits", [&] { timings.append(line.dump()); });
  ++lines;
}

void RunLog::page(RunStatus status) {
  double now = elapsed();
  if (status == RunStatus::Running && now - reportedAt < std::max(10.0, 300 * reportSeconds))
    return;
  lenient.attempt("the page of the run is not up to date", [&] { writeReport(program, folder.path(), status); });
  reportedAt = elapsed();
  reportSeconds = reportedAt - now;
}

double RunLog::ofThisProcess() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace ganrt
