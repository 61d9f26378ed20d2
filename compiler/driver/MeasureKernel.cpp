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
#include <sys/wait.h>
#include <unistd.h>

namespace gan {
namespace {

constexpr int refused = 3; // exit status of a child in which Halide refuses

/// What a child's end says; `failed` is what it means if it neither succeeded nor ran out of time.
void readEnd(Measurement &m, int status, const MeasureOptions &options, Outcome failed, const std::string &doing,
             const std::string &log) {
  if (!status)
    return;
  bool late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
  m.outcome = late ? Outcome::TooLong : failed;
  m.why = late ? doing + " takes longer than " + std::to_string(options.limit) + " seconds"
               : doing + " " + endText(status) + lastLines(log);
}

/// Writes the kernel's object to `path`.
void compile(Measurement &m, const KernelJob &job, const KernelTarget &processor, const Cache &cache,
             const MeasureOptions &options, const std::string &path) {
  std::string key = objectKey(job, processor), log = path + ".log";
  if (std::optional<std::string> known = cache.find(key)) {
    writeFile(path, *known);
    return;
  }
  pid_t pid = forkProcess(
      [&] {
        alarm(unsigned(options.limit));
        std::string error;
        if (compileKernel(job.signature, job.schedule, processor, path, error))
          return 0;
        fputs(error.c_str(), stderr);
        return refused;
      },
      log);
  int status = waitForChild(pid).status;
  readEnd(m, status, options, Outcome::Refused, "compiling it", log);
  if (WIFEXITED(status) && WEXITSTATUS(status) == refused)
    m.why = "Halide refuses it" + lastLines(log);
  if (!status)
    cache.store(key, readFile(path));
}

void readTimes(Measurement &m, const std::string &text) {
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  const llvm::json::Object *times = value ? value->getAsObject() : nullptr;
  if (!times)
    throw InternalError("measure", "", "the times of a kernel cannot be read: " + text);
  m.threads = times->getInteger("threads").value_or(0);
  m.runs = times->getInteger("runs").value_or(0);
  m.msMedian = times->getNumber("ms_median").value_or(0);
  m.msBest = times->getNumber("ms_best").value_or(0);
  m.msBound = times->getNumber("bound_ms").value_or(0);
  if (const llvm::json::Object *roofline = times->getObject("roofline"))
    m.peakGflops = roofline->getNumber("peak_gflops").value_or(0);
}

void runProgram(Measurement &m, const std::string &program, const MeasureOptions &options) {
  std::string times = program + ".times", results = program + ".results", log = program + ".log";
  pid_t pid = startProcess({program, times, results, std::to_string(options.threads), std::to_string(options.seconds),
                            std::to_string(options.limit), options.roofline ? "1" : "0"},
                           log, "the program that measures a kernel is missing");
  readEnd(m, waitForChild(pid).status, options, Outcome::Broken, "running it", log);
  if (m.outcome != Outcome::Measured)
    return;
  readTimes(m, readFile(times));
  m.results = readFile(results);
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
  if (results.size() != expected.size())
    return INFINITY;
  double largest = 0;
  size_t at = 0;
  for (const KernelArg &arg : info.args) {
    if (!arg.written)
      continue;
    size_t count = elementsOf(arg), bytes = count * (arg.dtype == "f64" ? 8 : arg.dtype == "u8" ? 1 : 4);
    if (arg.dtype == "f32")
      largest = std::max(largest, differenceOfFloats(results.data() + at, expected.data() + at, count));
    else if (results.compare(at, bytes, expected, at, bytes) != 0)
      return INFINITY;
    at += bytes;
  }
  return largest;
}

Measurement measureKernel(const KernelJob &job, const KernelTarget &processor, const Cache &cache,
                          const MeasureOptions &options) {
  Measurement m;
  TemporaryFolder folder;
  std::string object = folder.path() + "/kernel.o", program = folder.path() + "/measure";
  compile(m, job, processor, cache, options, object);
  if (m.outcome != Outcome::Measured)
    return m;
  ProgramFiles files = emitKernelProgram({job.info, printSchedule(job.schedule), ""});
  writeFile(program, linkProgram(files, {object}, processor.architecture, "", folder.path()), true);
  runProgram(m, program, options);
  return m;
}

} // namespace gan
