// Limits of the control groups that this process is in (containers, batch systems): versions 1 and 2, nested groups
// too. The kernel tells a process its group of each hierarchy, and where hierarchies are mounted; a limit holds for all
// groups below it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ganrt {

class ControlGroups {
public:
  /// `root`: a folder to look in instead of the file system's root, for tests.
  explicit ControlGroups(const std::string &root = "");
  /// Cores' worth of time that the process may use; nothing where there is no limit.
  std::optional<double> cores() const;
  /// Bytes of memory that the process may use; nothing where there is no limit.
  std::optional<size_t> memory() const;

private:
  /// Folders of the process's group and of those above it that can be seen, for a controller of version 1 or, "",
  /// version 2.
  std::vector<std::string> groups(const std::string &controller) const;

  std::string root;
};

} // namespace ganrt
