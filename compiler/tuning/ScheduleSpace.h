// The schedules that a tuner can try for a kernel: every value of every field that makes a difference, as far as a
// register tile fits into the registers and what a task keeps fits into a core's cache.
#pragma once

#include "compiler/tuning/CostModel.h"

#include <functional>

namespace gan {

class ScheduleSpace {
public:
  /// `base` is a schedule of the kernel; fields that this space does not know keep its values.
  ScheduleSpace(const Workload &workload, const Schedule &base, const Machine &machine);

  /// The same loops with one spelling: fields that make no difference for this kernel have fixed values. Schedules with
  /// different spellings may still be the same loops.
  Schedule normal(Schedule schedule) const;
  /// Whether it is worth compiling: valid, within registers and caches, and as exact as the heuristic's choices.
  bool allows(const Schedule &schedule) const;

  /// All schedules, in normal form, in always the same order.
  std::vector<Schedule> all() const;
  /// Those that differ in one field from one, by a step or the name of an algorithm, or in the whole register tile.
  std::vector<Schedule> neighbours(const Schedule &schedule) const;

private:
  /// A field and its values, in rising order.
  struct Axis {
    std::function<int64_t(const Schedule &)> get;
    std::function<void(Schedule &, int64_t)> set;
    std::vector<int64_t> values;
    enum Kind : uint8_t { Size, Name, Detail } kind; ///< a detail is varied only near a good schedule
    bool endsTile; ///< whether it is the last of those that make the register tile and the algorithm
  };
  template <auto Member> void axis(std::vector<int64_t> values, Axis::Kind kind = Axis::Size);
  void axesOfProduct();
  void axesOfConvolution();
  void axesOfDevice();
  bool holdsSums(const Schedule &s) const;
  bool allowsTile(const Schedule &s) const;
  bool allowsBlock(const Schedule &s) const;
  void settleConvolution(Schedule &s) const;

  Workload workload;
  Schedule base;
  Machine machine;
  std::optional<ConvSizes> sizes; ///< of a convolution
  std::vector<Axis> axes;
};

} // namespace gan
