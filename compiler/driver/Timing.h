// Shows where a build's time went, one line for each stage and kernel, for --timing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace gan {

class Timing {
public:
  /// Runs `work` and records its time under `name`.
  template <class Work> auto measure(const std::string &name, Work work) {
    struct Booking {
      Timing &timing;
      const std::string &name;
      std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
      ~Booking() { timing.add(name, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()); }
    } booking{*this, name};
    return work();
  }
  void add(const std::string &name, double seconds) { rows.push_back({name, seconds}); }
  /// The table, in the order of measuring.
  std::string text() const;

private:
  struct Row {
    std::string name;
    double seconds;
  };
  std::vector<Row> rows;
};

} // namespace gan
