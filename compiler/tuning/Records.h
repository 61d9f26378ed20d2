// What tuning has found, as a text that a team can keep beside its models: one line a record, sorted, so that the texts
// of two people merge line by line. A line is: version, target, machine, kernel, schedule, its milliseconds, those of
// the default schedule, and the version of ganc, separated by tabs. A schedule that does not work has a word in place
// of its milliseconds, so that it is not tried again.
#pragma once

#include "compiler/codegen/schedules/Schedule.h"

#include <map>
#include <string>
#include <vector>

namespace gan {

/// A kernel on a machine: schedules are compared for each of them alone.
struct TunedKernel {
  std::string target;  ///< "x86-64-v4"
  std::string machine; ///< the processor's name
  std::string kernel;  ///< symbol, which is a hash of the kernel's text
  auto operator<=>(const TunedKernel &) const = default;
};

struct Winner {
  Schedule schedule;
  double ms = 0, defaultMs = 0; ///< of a call, as measured beside each other
};

class Records {
public:
  /// Adds the records of a text. Each line that is no record is told in one sentence with its number, and skipped.
  void add(const std::string &text, std::vector<std::string> &warnings);
  /// Adds a winner; of two for one kernel the one with the larger gain is kept.
  void add(const TunedKernel &kernel, const Winner &winner);
  void addFailure(const TunedKernel &kernel, const Schedule &schedule, const std::string &word);
  void remove(const TunedKernel &kernel) { winners.erase(kernel); }

  const Winner *winner(const TunedKernel &kernel) const;
  bool failed(const TunedKernel &kernel, const Schedule &schedule) const;
  const std::map<TunedKernel, Winner> &all() const { return winners; }
  /// The text form, the same whatever the order in which records were added.
  std::string text() const;

private:
  std::map<TunedKernel, Winner> winners;
  std::map<std::pair<TunedKernel, std::string>, std::string> failures; ///< by schedule; what went wrong
};

} // namespace gan
