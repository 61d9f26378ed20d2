#include "compiler/driver/MeasureKernel.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Guard.h"
#include "compiler/driver/KernelJobs.h"
#include "compiler/driver/Link.h"
#include "compiler/driver/Process.h"

#include "llvm/Support/JSON.h"

#include <cmath>
#include <csignal>
#include <cstring>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gan {
namespace {

constexpr int refused = 3; // exit status of a child in which Halide refuses

/// What a child's end says; `failed` is what it means if it neither succeeded nor ran out of time.
void readEnd(Measurement &m, int status, int64_t limit, Outcome failed, const std::string &doing,
             const std::string &log) {
  if (!status)
    return;
  int shell = 128 + SIGALRM; // as a shell at the other end of a runner tells it
  bool late = WIFSIGNALED(status) ? WTERMSIG(status) == SIGALRM : WEXITSTATUS(status) == shell;
  m.outcome = late ? Outcome::TooLong : failed;
  m.why = late ? doing + " takes longer than " + std::to_string(limit) + " seconds"
               : doing + " " + endText(status) + lastLines(log);
}

/// Programs on their way: each is compiled and linked in a child of its own.
class ProgramMaker {
public:
  ProgramMaker(const std::vector<KernelJob> &jobs, const MeasuredOn &where, const Cache &cache,
               const std::string &folder, int64_t limit)
      : jobs(jobs), processor(where.processor), device(where.device), cache(cache), folder(folder), limit(limit),
        programs(jobs.size()) {}

  std::vector<KernelProgram> run(unsigned parallel) {
    for (size_t next = 0; next < jobs.size() || !running.empty();) {
      if (next < jobs.size() && running.size() < parallel)
        start(next++);
      else
        finishOne();
    }
    return std::move(programs);
  }

private:
  std::string name(size_t i) const { return folder + "/m" + std::to_string(i); }

  void start(size_t i) {
    bool known = false;
    if (std::optional<std::string> object = cache.find(objectKey(jobs[i], processor)); object && !device) {
      writeFile(name(i) + ".o", *object);
      known = true;
    }
    running[forkProcess([&] { return guarded([&] { return make(i, known); }); }, name(i) + ".log")] = {i, known};
  }

  /// Runs in a child.
  int make(size_t i, bool known) const {
    std::string error, object = name(i) + ".o", own = name(i) + ".d";
    alarm(unsigned(limit));
    if (device)
      return makeForDevice(i);
    if (!known && !compileKernel(jobs[i].signature, jobs[i].schedule, processor, object, error)) {
      fputs(error.c_str(), stderr);
      return refused;
    }
    alarm(0);
    if (mkdir(own.c_str(), 0700))
      throw UserError(own + ": " + strerror(errno));
    ProgramFiles files = emitKernelProgram({jobs[i].info, printSchedule(jobs[i].schedule), ""});
    writeFile(name(i), linkProgram(files, {object}, processor.architecture, "", own), true);
    return 0;
  }

  /// The card's driver compiles the text, so that no assembler is needed here.
  int makeForDevice(size_t i) const {
    std::vector<DeviceCode> codes;
    std::string error, architecture = device->architectures.empty() ? "" : device->architectures.front();
    if (!compileDeviceKernels({{jobs[i].signature, jobs[i].deviceSchedule}}, device->api, architecture, codes, error)) {
      fputs(error.c_str(), stderr);
      return refused;
    }
    alarm(0);
    std::string own = name(i) + ".d";
    if (mkdir(own.c_str(), 0700))
      throw UserError(own + ": " + strerror(errno));
    ProgramFiles files =
        emitKernelProgram({jobs[i].info, "", printSchedule(jobs[i].deviceSchedule)}, ProgramDevice{device->api, codes});
    writeFile(name(i), linkProgram(files, {}, processor.architecture, "", own), true);
    return 0;
  }

  void finishOne() {
    EndedChild ended = waitForChild();
    auto it = running.find(ended.pid);
    if (it == running.end())
      return;
    auto [i, known] = it->second;
    running.erase(it);
    std::string log = name(i) + ".log";
    if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 1) // told as a sentence, of which ganc tells the rest
      throw UserError("a program that measures could not be made" + lastLines(log));
    KernelProgram &program = programs[i];
    program.path = name(i);
    readEnd(program.made, ended.status, limit, Outcome::Refused, "compiling it", log);
    if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == refused)
      program.made.why = "Halide refuses it" + lastLines(log);
    if (!ended.status && !known && !device)
      cache.store(objectKey(jobs[i], processor), readFile(name(i) + ".o"));
  }

  const std::vector<KernelJob> &jobs;
  const KernelTarget &processor;
  const std::optional<DeviceTarget> &device;
  const Cache &cache;
  std::string folder;
  int64_t limit;
  std::vector<KernelProgram> programs;
  std::map<pid_t, std::pair<size_t, bool>> running; ///< job, and whether its object was known
};

/// Reads what a program that measures has written; false if it is something else.
bool readTimes(Measurement &m, const std::string &text) {
  size_t end = text.find('\n');
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text.substr(0, end));
  if (!value) {
    llvm::consumeError(value.takeError());
    return false;
  }
  const llvm::json::Object *times = value->getAsObject();
  if (!times || end == std::string::npos)
    return false;
  m.machine = times->getString("machine").value_or("unknown").str();
  m.threads = times->getInteger("threads").value_or(0);
  m.runs = times->getInteger("runs").value_or(0);
  m.msMedian = times->getNumber("ms_median").value_or(0);
  m.msBest = times->getNumber("ms_best").value_or(0);
  m.msBound = times->getNumber("bound_ms").value_or(0);
  if (const llvm::json::Object *roofline = times->getObject("roofline"))
    m.peakGflops = roofline->getNumber("peak_gflops").value_or(0);
  m.results = text.substr(end + 1);
  return m.msMedian > 0 && m.msBest > 0;
}

double differenceOfFloats(const char *a, const char *b, size_t count) {
  double largest = 0, value = 0;
  for (size_t i = 0; i < count; ++i) {
    float x, y;
    memcpy(&x, a + 4 * i, 4);
    memcpy(&y, b + 4 * i, 4);
    if (std::isfinite(x) && std::isfinite(y)) {
      largest = std::max(largest, std::abs(double(x) - double(y)));
      value = std::max(value, std::abs(double(y)));
    } else if (!(std::isnan(x) && std::isnan(y)) && x != y) {
      return INFINITY;
    }
  }
  return largest == 0 ? 0 : largest / value;
}

size_t elementsOf(const KernelArg &arg) {
  size_t count = 1;
  for (int64_t extent : arg.extents)
    count *= size_t(extent);
  return count;
}

} // namespace

double differenceOf(const KernelInfo &info, const std::string &results, const std::string &expected) {
  double largest = 0;
  size_t at = 0;
  for (const KernelArg &arg : info.args) {
    if (!arg.written)
      continue;
    size_t count = elementsOf(arg), bytes = count * (arg.dtype == "f64" ? 8 : arg.dtype == "u8" ? 1 : 4);
    if (at + bytes > std::min(results.size(), expected.size()))
      return INFINITY;
    if (arg.dtype == "f32")
      largest = std::max(largest, differenceOfFloats(results.data() + at, expected.data() + at, count));
    else if (results.compare(at, bytes, expected, at, bytes) != 0)
      return INFINITY;
    at += bytes;
  }
  return largest;
}

std::vector<KernelProgram> kernelPrograms(const std::vector<KernelJob> &jobs, const MeasuredOn &where,
                                          const Cache &cache, const std::string &folder, int64_t limit,
                                          unsigned parallel) {
  return ProgramMaker(jobs, where, cache, folder, limit).run(parallel);
}

Measurement runKernelProgram(const KernelProgram &program, const MeasureOptions &options, const Runner &runner) {
  Measurement m = program.made;
  if (m.outcome != Outcome::Measured)
    return m;
  std::string out = program.path + ".out", log = program.path + ".log";
  auto flag = [](bool on) { return std::string(on ? "1" : "0"); };
  int status =
      runner.run(program.path,
                 {std::to_string(options.threads), std::to_string(options.seconds), std::to_string(options.limit),
                  flag(options.roofline), flag(options.results), flag(options.cold), options.device},
                 out, log, double(options.limit) + 1);
  readEnd(m, status, options.limit, Outcome::Broken, "running it", log);
  if (m.outcome == Outcome::Measured && !readTimes(m, readFile(out))) {
    m.outcome = Outcome::Broken;
    m.why = "running it brings no times back";
  }
  return m;
}

Measurement measureKernel(const KernelJob &job, const KernelTarget &processor, const Cache &cache,
                          const MeasureOptions &options) {
  TemporaryFolder folder;
  std::vector<KernelProgram> programs = kernelPrograms({job}, {processor}, cache, folder.path(), options.limit, 1);
  return runKernelProgram(programs[0], options, Runner());
}

} // namespace gan
