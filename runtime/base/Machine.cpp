#include "runtime/base/Machine.h"
#include "runtime/base/Cgroups.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sched.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace ganrt {

std::string cpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "unknown";
}

/// Read before other objects are made and before main(). The system's own record of when a process started counts in
/// hundredths of a second, which is as long as small models take to start.
[[gnu::init_priority(101)]] static const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

double secondsSinceStart() { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

double peakMemory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024;
}

int usableCores() {
  int cores = int(std::thread::hardware_concurrency());
  if (cpu_set_t mask; !sched_getaffinity(0, sizeof mask, &mask))
    cores = CPU_COUNT(&mask);
  if (std::optional<double> quota = ControlGroups().cores())
    cores = std::min(cores, int(*quota)); // beyond the quota the system stops all threads for a while
  return std::max(1, cores);
}

size_t usableMemory() {
  size_t bytes = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE));
  return std::min(bytes, ControlGroups().memory().value_or(bytes));
}

} // namespace ganrt
