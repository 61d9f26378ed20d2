// Limits of the control groups that this process is in (containers, batch systems): versions 1 and 2, nested groups
// too. The kernel tells a process which group it is in for each hierarchy, and where the hierarchies are mounted. The
// limit of a group also holds for all groups below it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ganrt {

class ControlGroups {
public:
  /// `root` is a folder that stands in for the file system's root in tests.
  explicit ControlGroups(const std::string &root = "");
  /// How many cores' worth of time the process may use; nothing if there is no limit.
  std::optional<double> cores() const;
  /// How many bytes of memory the process may use; nothing if there is no limit.
  std::optional<size_t> memory() const;

private:
  /// The folders of the process's group and of the visible groups above it. `controller` names a controller of version
  /// 1; "" stands for version 2.
  std::vector<std::string> groups(const std::string &controller) const;

  std::string root;
};

} // namespace ganrt
