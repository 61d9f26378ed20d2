#include "compiler/tuning/Space.h"

#include <algorithm>
#include <set>

namespace gan {
namespace {

class Neighbours {
public:
  Neighbours(const Schedule &schedule, int64_t registers) : s(schedule), registers(registers) {}

  std::vector<Schedule> run() {
    switch (s.anchor) {
    case Anchor::Map:
    case Anchor::Draw:
      loops();
      break;
    case Anchor::Reduction:
      loops();
      scaled(&Schedule::blocks);
      scaled(&Schedule::lanes);
      break;
    case Anchor::Contraction:
      tile();
      scaled(&Schedule::task);
      values(&Schedule::depth, {0, 128, 256, 512, 1024});
      flipped();
      break;
    case Anchor::Convolution:
      convolution();
      break;
    default: // kernels of GPUs
      break;
    }
    return found;
  }

private:
  void keep(Schedule next) {
    bool products = next.anchor == Anchor::Contraction || next.anchor == Anchor::Convolution;
    int64_t vectors = std::max<int64_t>(1, next.columns / std::max<int64_t>(1, next.vec));
    if (products && (next.rows + 1) * vectors + 1 > registers)
      return; // sums would be moved to memory and back
    if (next == s || !validateSchedule(next).empty() || !known.insert(printSchedule(next)).second)
      return;
    found.push_back(next);
  }

  void values(int64_t Schedule::*field, std::initializer_list<int64_t> list) {
    for (int64_t value : list) {
      Schedule next = s;
      next.*field = value;
      keep(next);
    }
  }

  /// Half and twice the value, which stays at least 1.
  void scaled(int64_t Schedule::*field) {
    if (s.*field > 0)
      values(field, {s.*field * 2, std::max<int64_t>(1, s.*field / 2), s.*field * 4});
  }

  void loops() {
    scaled(&Schedule::vec);
    scaled(&Schedule::task);
  }

  void flipped() {
    Schedule next = s;
    next.byRows = !s.byRows;
    keep(next);
  }

  void tile() {
    values(&Schedule::rows, {s.rows - 2, s.rows - 1, s.rows + 1, s.rows + 2, s.rows + 4});
    values(&Schedule::columns, {s.columns - s.vec, s.columns + s.vec});
    for (auto [rows, vectors] : {std::pair<int64_t, int64_t>{4, 4}, {6, 2}, {8, 2}, {8, 3}, {12, 2}, {14, 1}}) {
      Schedule next = s;
      next.rows = rows, next.columns = vectors * s.vec;
      keep(next);
    }
    values(&Schedule::unroll, {1, 2, 4, 8});
  }

  void convolution() {
    tile();
    scaled(&Schedule::images);
    scaled(&Schedule::task);
    values(&Schedule::lines, {0, 1, 2, s.lines * 2, s.lines / 2});
    if (s.algorithm == Algorithm::Winograd)
      flipped();
    for (Algorithm algorithm : {Algorithm::Direct, Algorithm::Points, Algorithm::Winograd})
      for (int64_t outputs : {2, 3, 4}) {
        Schedule next = s;
        next.algorithm = algorithm;
        next.tile = algorithm == Algorithm::Winograd ? outputs : 1;
        keep(next);
      }
  }

  const Schedule &s;
  int64_t registers;
  std::set<std::string> known;
  std::vector<Schedule> found;
};

} // namespace

std::vector<Schedule> neighbours(const Schedule &schedule, int64_t registers) {
  return Neighbours(schedule, registers).run();
}

} // namespace gan
