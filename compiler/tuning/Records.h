// What tuning has found, as a text that a team can keep beside its models: one line a record, sorted, so that the texts
// of two people merge line by line. A line is: version, target, machine, kernel, workload, schedule, its milliseconds,
// those of the default schedule, and the version of ganc that measured them, separated by tabs. A schedule that does
// not work has a word in place of its milliseconds, so that it is not tried again, and so has a default that tuning
// could not better.
//
// A text may have a hundred thousand lines, and every build reads it. So lines are views into the text, checked in one
// pass and kept in their order.
#pragma once

#include "compiler/codegen/schedules/Schedule.h"
#include "compiler/tuning/Workload.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// A kernel on a machine: schedules are compared for each of them alone.
struct TunedKernel {
  std::string target;  ///< "x86-64-v4"
  std::string machine; ///< the processor's name
  std::string kernel;  ///< symbol, which is a hash of the kernel's text
  // NOLINTNEXTLINE(modernize-use-nullptr): the tool takes the comparison for a pointer
  auto operator<=>(const TunedKernel &) const = default;
};

/// The machine of records whose times were predicted for cards of an architecture: "sm_90, predicted".
inline std::string predictedMachine(const std::string &architecture) { return architecture + ", predicted"; }

struct Winner {
  Schedule schedule;
  double ms = 0, defaultMs = 0; ///< of a call, as measured beside each other
  std::string workload{};       ///< text form
  std::string version{};        ///< of the ganc that measured it
  double gain() const { return defaultMs / ms; }
};

/// One line. The views are into texts that its Records own.
struct Record {
  std::string_view target, machine, kernel, workload, schedule, version;
  std::string_view word{};      ///< in place of its time; "" for a winner
  double ms = 0, defaultMs = 0; ///< of a winner
  auto key() const { return std::tie(target, machine, kernel); }
};

/// Stands in place of a time if nothing better than this schedule, the default, was found.
constexpr std::string_view defaultIsBest = "default";

/// A gain of less is lost in the noise of measuring.
constexpr double leastGain = 1.02;

class Records {
public:
  /// Adds the records of a text. Each line that is none is told in one sentence with its number, and skipped.
  void add(std::string text, std::vector<std::string> &warnings);
  void add(const Records &others);
  /// Adds a winner; of two for one kernel the one with the larger gain is kept.
  void add(const TunedKernel &kernel, const Winner &winner);
  /// Adds a schedule with a word in place of its time: "refused" by Halide, "broken", "late", "wrong", or
  /// `defaultIsBest`.
  void addWord(const TunedKernel &kernel, const Winner &tried, std::string_view word);
  /// Removes the winner of a kernel.
  void remove(const TunedKernel &kernel);
  /// Removes what is no better than the default by `leastGain`; returns a line about each.
  std::vector<std::string> prune();

  std::optional<Winner> winner(const TunedKernel &kernel) const;
  bool failed(const TunedKernel &kernel, const Schedule &schedule) const;
  /// Whether tuning found nothing better than the default.
  bool keepsDefault(const TunedKernel &kernel) const;
  /// Sorted by machine and kernel; the winner of a kernel comes before its words.
  const std::vector<Record> &all() const { return records; }
  size_t winners() const;
  /// The texts that were added, as they are.
  const std::vector<std::shared_ptr<const std::string>> &sources() const { return texts; }
  /// The text form, the same whatever the order in which records were added.
  std::string text() const;

private:
  void insert(const Record &record);
  std::string_view kept(std::string text);
  void settle();

  std::vector<Record> records;
  std::vector<std::shared_ptr<const std::string>> texts; ///< what the views are into
};

/// The winner that a line describes.
Winner winnerOf(const Record &record);

} // namespace gan
