#include "compiler/driver/TuningCurve.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace gan {
namespace {

constexpr double left = 70, right = 620, top = 40, bottom = 300; ///< the edges of the axes, in pixels

std::string formatted(const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

std::string escaped(const std::string &text) {
  std::string out;
  for (char c : text)
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return out;
}

} // namespace

std::string TuningCurve::svg(const std::string &title) const {
  double end = 1, least = 1e30, most = 0;
  for (const auto &[seconds, ms] : points)
    end = std::max(end, seconds), least = std::min(least, ms), most = std::max(most, ms);
  double margin = std::max(0.02 * most, 0.1 * (most - least));
  least -= margin, most += margin;
  auto x = [&](double seconds) { return left + seconds / end * (right - left); };
  auto y = [&](double ms) { return top + (most - ms) / (most - least) * (bottom - top); };
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"350\" font-family=\"sans-serif\" "
                    "font-size=\"12\">\n<rect width=\"640\" height=\"350\" fill=\"white\"/>\n";
  out += "<text x=\"70\" y=\"24\">" + escaped(title) + ": ms of a step against seconds of the search</text>\n";
  constexpr int marks = 5;
  for (int i = 0; i <= marks; ++i) {
    double ms = least + (most - least) * i / marks, seconds = end * i / marks;
    out += formatted(
        "<path d=\"M%g %.1fH%g\" stroke=\"#ddd\"/><text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>\n", left,
        y(ms), right, y(ms) + 4, ms);
    out += formatted("<text x=\"%.1f\" y=\"320\" text-anchor=\"middle\">%.0f</text>\n", x(seconds), seconds);
  }
  // Between two points the step stays what it was.
  std::string path;
  for (size_t i = 0; i < points.size(); ++i)
    path += i ? formatted("H%.1fV%.1f", x(points[i].first), y(points[i].second))
              : formatted("M%.1f %.1f", x(points[i].first), y(points[i].second));
  return out + "<path d=\"" + path + "\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>\n</svg>\n";
}

} // namespace gan
