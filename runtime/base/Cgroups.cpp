#include "runtime/base/Cgroups.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace ganrt {
namespace {

/// Whether a comma-separated list contains the word.
bool lists(const std::string &list, const std::string &word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

/// The numbers in a file; none if the file does not exist or says "max".
std::vector<double> numbers(const std::string &path) {
  std::ifstream file(path);
  std::vector<double> all;
  for (double number; file >> number;)
    all.push_back(number);
  return all;
}

template <class T> void lower(std::optional<T> &least, T value) { least = std::min(least.value_or(value), value); }

} // namespace

ControlGroups::ControlGroups(const std::string &root) : root(root) {}

std::vector<std::string> ControlGroups::groups(const std::string &controller) const {
  // "12:cpu,cpuacct:/user.slice" of version 1, "0::/user.slice" of version 2
  std::string path;
  std::ifstream own(root + "/proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos)
      continue;
    std::string names = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() : lists(names, controller))
      path = line.substr(second + 1);
  }
  // "30 23 0:26 / /sys/fs/cgroup/cpu rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct": the fourth word is the group
  // that is mounted, the fifth the place where it is mounted; type, source and options follow the dash
  std::vector<std::string> found;
  std::ifstream mounts(root + "/proc/self/mountinfo");
  for (std::string line; !path.empty() && std::getline(mounts, line);) {
    size_t dash = line.find(" - ");
    if (dash == std::string::npos)
      continue;
    std::istringstream before(line.substr(0, dash)), after(line.substr(dash + 3));
    std::string word, mounted, place, type, source, options;
    before >> word >> word >> word >> mounted >> place;
    after >> type >> source >> options;
    if (type != (controller.empty() ? "cgroup2" : "cgroup") || (!controller.empty() && !lists(options, controller)))
      continue;
    // A container often sees only its own group, as the root of the mount.
    std::string below = mounted == "/" ? path : path.starts_with(mounted) ? path.substr(mounted.size()) : "";
    for (; below.size() > 1; below.erase(below.rfind('/')))
      found.push_back(root + place + below);
    found.push_back(root + place);
  }
  return found;
}

std::optional<double> ControlGroups::cores() const {
  std::optional<double> least;
  for (const std::string &group : groups(""))
    if (auto all = numbers(group + "/cpu.max"); all.size() == 2 && all[1] > 0) // "150000 100000" or "max 100000"
      lower(least, all[0] / all[1]);
  for (const std::string &group : groups("cpu")) {
    auto quota = numbers(group + "/cpu.cfs_quota_us"), period = numbers(group + "/cpu.cfs_period_us");
    if (quota.size() == 1 && period.size() == 1 && quota[0] > 0 && period[0] > 0) // -1: no limit
      lower(least, quota[0] / period[0]);
  }
  return least;
}

std::optional<size_t> ControlGroups::memory() const {
  std::optional<size_t> least;
  for (const char *file : {"/memory.max", "/memory.high"})
    for (const std::string &group : groups(""))
      if (auto bytes = numbers(group + file); bytes.size() == 1)
        lower(least, size_t(bytes[0]));
  for (const std::string &group : groups("memory"))
    if (auto bytes = numbers(group + "/memory.limit_in_bytes"); bytes.size() == 1)
      lower(least, size_t(bytes[0])); // if there is no limit, the file holds a number beyond any machine's memory
  return least;
}

} // namespace ganrt
