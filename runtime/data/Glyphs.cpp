#include "runtime/data/Glyphs.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace ganrt {
namespace {

struct Point {
  double x, y;
};
/// A stroke: a polyline in the unit square, y downwards; curves are given by enough points.
using Stroke = std::vector<Point>;

Stroke arc(Point centre, double rx, double ry, double from, double to) {
  Stroke s;
  for (int i = 0; i <= 24; ++i) {
    double a = (from + (to - from) * i / 24) * 3.14159265358979323846 / 180;
    s.push_back({centre.x + rx * std::cos(a), centre.y + ry * std::sin(a)});
  }
  return s;
}

/// Ten shapes that differ by more than the factors can change.
const std::vector<std::vector<Stroke>> &shapes() {
  static const std::vector<std::vector<Stroke>> all = {
      {arc({0.5, 0.5}, 0.28, 0.36, 0, 360)},                                                            // ring
      {{{0.5, 0.12}, {0.5, 0.88}}},                                                                     // bar
      {{{0.2, 0.15}, {0.8, 0.15}, {0.25, 0.85}, {0.8, 0.85}}},                                          // zigzag
      {{{0.5, 0.14}, {0.84, 0.84}, {0.16, 0.84}, {0.5, 0.14}}},                                         // triangle
      {{{0.5, 0.14}, {0.5, 0.86}}, {{0.16, 0.5}, {0.84, 0.5}}},                                         // plus
      {{{0.2, 0.16}, {0.8, 0.84}}, {{0.8, 0.16}, {0.2, 0.84}}},                                         // cross
      {{{0.2, 0.16}, {0.5, 0.84}, {0.8, 0.16}}},                                                        // wedge
      {{{0.24, 0.14}, {0.24, 0.84}, {0.8, 0.84}}},                                                      // corner
      {arc({0.5, 0.32}, 0.2, 0.18, 90, 450), arc({0.5, 0.68}, 0.24, 0.18, -90, 270)},                   // eight
      {{{0.22, 0.16}, {0.22, 0.5}}, arc({0.5, 0.5}, 0.28, 0.34, 180, 0), {{0.78, 0.5}, {0.78, 0.16}}}}; // cup
  return all;
}

double distance(Point p, Point a, Point b) {
  double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  double t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// Draws how far each pixel is covered by the strokes. They have round ends and an edge that is one pixel soft.
void drawGlyph(const GlyphFactors &f, int64_t height, int64_t width, uint8_t *out) {
  std::vector<Stroke> strokes = shapes()[f.shape];
  double size = double(std::min(height, width));
  for (Stroke &s : strokes)
    for (Point &p : s) {
      double y = (p.y - 0.5) * 0.9, x = (p.x - 0.5) * f.width - f.slant * y;
      p = {double(width) / 2 + (x + f.shiftX) * size, double(height) / 2 + (y + f.shiftY) * size};
    }
  // Only the pixels near a segment of a stroke are visited.
  double radius = f.thickness * size / 2 + 0.5;
  std::fill_n(out, height * width, uint8_t(0));
  for (const Stroke &s : strokes)
    for (size_t i = 1; i < s.size(); ++i) {
      auto [left, right] = std::minmax(s[i - 1].x, s[i].x);
      auto [top, bottom] = std::minmax(s[i - 1].y, s[i].y);
      int64_t x0 = std::max<int64_t>(int64_t(left - radius - 1), 0),
              x1 = std::min(int64_t(right + radius + 1), width - 1);
      int64_t y0 = std::max<int64_t>(int64_t(top - radius - 1), 0),
              y1 = std::min(int64_t(bottom + radius + 1), height - 1);
      for (int64_t y = y0; y <= y1; ++y)
        for (int64_t x = x0; x <= x1; ++x) {
          double reach = radius - distance({double(x) + 0.5, double(y) + 0.5}, s[i - 1], s[i]);
          out[y * width + x] = std::max(out[y * width + x], uint8_t(std::lround(255 * std::clamp(reach, 0.0, 1.0))));
        }
    }
}

} // namespace

GlyphFactors glyphFactors(Part part, int64_t i, uint64_t seed) {
  DrawKey s = drawKey(seed, "data.glyphs", part == Part::Train ? 0 : 1, uint64_t(i));
  auto between = [&](int k, double lo, double hi) { return float(lo + (hi - lo) * uniformAt(s, uint64_t(k))); };
  return {int32_t(i % 10),        between(0, -0.4, 0.4),   between(1, 0.6, 1.1),
          between(2, 0.05, 0.12), between(3, -0.08, 0.08), between(4, -0.08, 0.08)};
}

Dataset drawGlyphs(Part part, const WantedData &wanted, uint64_t seed) {
  WantedData size = wanted;
  if (wanted.vector) { // the most nearly square picture with that many pixels
    size.height = int64_t(std::sqrt(double(wanted.width)));
    while (wanted.width % size.height)
      --size.height;
    size.width = wanted.width / size.height;
  }
  Dataset data = emptyDataset(size, false);
  data.origin = "builtin:glyphs";
  data.count = part == Part::Train ? 10000 : 1000;
  std::vector<uint8_t> grey(size_t(data.height * data.width)), image(size_t(data.imageBytes()));
  for (int64_t i = 0; i < data.count; ++i) {
    GlyphFactors f = glyphFactors(part, i, seed);
    drawGlyph(f, data.height, data.width, grey.data());
    uint8_t *out = image.data();
    for (uint8_t g : grey)
      out = std::fill_n(out, data.channels, g);
    data.store->append(image.data());
    data.labels.push_back(f.shape);
  }
  return data;
}

} // namespace ganrt
