// The time of a step against that of the search, as a picture for documents.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gan {

class TuningCurve {
public:
  /// A step takes so many milliseconds from this second of the search on.
  void add(double seconds, double ms) { points.emplace_back(seconds, ms); }
  /// An SVG with axes from 0 seconds and 0 gain.
  std::string svg(const std::string &title) const;

private:
  std::vector<std::pair<double, double>> points;
};

} // namespace gan
