#include "compiler/tuning/Neighbours.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gan {
namespace {

/// Numbers that must be equal for two kernels to be alike at all.
constexpr std::string_view choices[] = {"ta", "tb", "along", "kh", "kw", "sh", "sw", "dh", "dw", "groups"};

struct Point {
  std::string alike; ///< the same text for those that can be compared
  std::vector<float> coordinates{};

  /// Reads a workload's text; false if it is none.
  bool read(std::string_view text) {
    alike.clear(), coordinates.clear();
    size_t end = std::min(text.find(' '), text.size());
    alike.append(text.substr(0, end));
    while (end < text.size()) {
      text.remove_prefix(end + 1);
      end = std::min(text.find(' '), text.size());
      size_t equals = text.find('=');
      int64_t value = 0;
      if (equals >= end || std::from_chars(&text[equals] + 1, text.data() + end, value).ptr != text.data() + end)
        return false;
      bool choice = std::find(std::begin(choices), std::end(choices), text.substr(0, equals)) != std::end(choices);
      alike.append(1, ' ').append(text.substr(0, choice ? end : equals));
      if (!choice)
        coordinates.push_back(std::log2(float(std::max<int64_t>(value, 1))));
    }
    return true;
  }

  float sum() const {
    float out = 0;
    for (float c : coordinates)
      out += c;
    return out;
  }
};

bool isNearer(const Neighbours::Near &a, const Neighbours::Near &b) {
  return a.distance != b.distance ? a.distance < b.distance : a.number < b.number;
}

} // namespace

Neighbours::Neighbours(const std::vector<std::string_view> &workloads) {
  Point point;
  for (uint32_t i = 0; i < workloads.size(); ++i) {
    if (!point.read(workloads[i]))
      continue;
    Alike &alike = all[point.alike];
    alike.coordinates.insert(alike.coordinates.end(), point.coordinates.begin(), point.coordinates.end());
    alike.sums.emplace_back(point.sum(), uint32_t(alike.numbers.size()));
    alike.numbers.push_back(i);
  }
  for (auto &[name, alike] : all)
    std::sort(alike.sums.begin(), alike.sums.end());
}

std::vector<Neighbours::Near> Neighbours::nearest(std::string_view workload, size_t most, double farthest) const {
  constexpr double rounding = 1e-3; // of the sums, which are floats of at most some hundreds
  std::vector<Near> found;          // sorted
  Point point;
  auto alike = point.read(workload) ? all.find(point.alike) : all.end();
  if (alike == all.end() || !most)
    return found;
  const Alike &those = alike->second;
  const size_t dims = point.coordinates.size();
  auto look = [&](uint32_t i) {
    Near near{0, those.numbers[i]};
    for (size_t d = 0; d < dims; ++d)
      near.distance += std::abs(double(point.coordinates[d]) - double(those.coordinates[i * dims + d]));
    if (near.distance > farthest || (found.size() == most && !isNearer(near, found.back())))
      return;
    if (found.size() == most)
      found.pop_back();
    found.insert(std::lower_bound(found.begin(), found.end(), near, isNearer), near);
  };
  const double sum = point.sum();
  auto after = std::lower_bound(those.sums.begin(), those.sums.end(), std::pair(float(sum), uint32_t(0)));
  auto before = std::make_reverse_iterator(after);
  while (before != those.sums.rend() || after != those.sums.end()) {
    double down = before == those.sums.rend() ? HUGE_VAL : sum - before->first;
    double up = after == those.sums.end() ? HUGE_VAL : after->first - sum;
    if (std::min(down, up) > (found.size() == most ? found.back().distance : farthest) + rounding)
      break;
    look(down < up ? before++->second : after++->second);
  }
  return found;
}

} // namespace gan
