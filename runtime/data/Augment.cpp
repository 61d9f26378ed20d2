#include "runtime/data/Augment.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/data/Dataset.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <sstream>

namespace ganrt {

bool Augmentation::any() const { return flip || shift || crop != 1 || rotate > 0 || brightness > 0 || contrast > 0; }

namespace {

/// A change that has a number, with the numbers that it can have.
struct Change {
  const char *name;
  double least, most;
};
constexpr Change changes[] = {
    {"shift", 0, 1000}, {"crop", 0.05, 1}, {"rotate", 0, 180}, {"brightness", 0, 1}, {"contrast", 0, 1}};

UserError refuse(const std::string &what, const std::string &why) {
  return UserError("--augment " + what + ": " + why);
}

double numberOf(const Change &change, const std::string &item, const std::string &text) {
  char *end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  bool whole = std::string(change.name) != "shift" || value == std::floor(value);
  char range[60];
  snprintf(range, sizeof range, "%g to %g", change.least, change.most);
  if (text.empty() || *end || !(value >= change.least && value <= change.most) || !whole)
    throw refuse(item, std::string(change.name) + " takes a " + (std::string(change.name) == "shift" ? "whole " : "") +
                           "number from " + range);
  return value;
}

void set(Augmentation &a, const std::string &name, double value) {
  if (name == "shift")
    a.shift = int64_t(value);
  else
    (name == "crop" ? a.crop : name == "rotate" ? a.rotate : name == "brightness" ? a.brightness : a.contrast) = value;
}

} // namespace

Augmentation readAugmentation(const std::string &text) {
  Augmentation out;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    item.erase(0, item.find_first_not_of(' '));
    std::istringstream words(item);
    std::string name, value, more;
    words >> name >> value >> more;
    if (name == "flip" && value.empty()) {
      out.flip = true;
      continue;
    }
    auto change = std::find_if(std::begin(changes), std::end(changes), [&](const Change &c) { return name == c.name; });
    if (change == std::end(changes) || !more.empty()) {
      Words names{"flip"};
      for (const Change &c : changes)
        names.push_back(c.name);
      std::string near = nearestName(name, names);
      throw refuse(item, near.empty() || near == name
                             ? "there are flip, shift N, crop S, rotate N, brightness S, contrast S, between commas"
                             : "did you mean " + near + "?");
    }
    set(out, name, numberOf(*change, item, value));
  }
  return out;
}

Alteration drawAlteration(const Augmentation &a, const Dataset &data, uint64_t seed, uint32_t stream, uint64_t batch,
                          uint64_t j) {
  Alteration out;
  out.width = data.width, out.height = data.height;
  if (a.flip)
    out.mirrored = uniformAt(drawKey(seed, "data.flip", stream, batch), j) < 0.5f;
  // Each change has a purpose of its own, so that adding one leaves what the others draw.
  auto between = [&](const char *purpose, double least, double most) {
    return float(least + (most - least) * double(uniformAt(drawKey(seed, purpose, stream, batch), j)));
  };
  if (a.crop < 1) {
    out.size = between("data.crop", a.crop, 1);
    auto room = [&](int64_t side) { return (1 - double(out.size)) * double(side) / 2; };
    out.right = between("data.crop.right", -room(data.width), room(data.width));
    out.down = between("data.crop.down", -room(data.height), room(data.height));
  }
  auto whole = [&](const char *purpose) { return std::floor(between(purpose, double(-a.shift), double(a.shift) + 1)); };
  if (a.shift)
    out.right += whole("data.shift.right"), out.down += whole("data.shift.down");
  if (a.rotate > 0)
    out.angle = between("data.rotate", -a.rotate, a.rotate) * float(std::numbers::pi / 180);
  if (a.brightness > 0)
    out.brighter = between("data.brightness", -a.brightness, a.brightness);
  if (a.contrast > 0)
    out.steep = between("data.contrast", 1 - a.contrast, 1 + a.contrast);
  return out;
}

namespace {

/// A place of a row or column, reflected into it: for 4 places 2 1 0 0 1 2 3 3 2 1 0 0 1.
int64_t reflected(int64_t at, int64_t size) {
  at %= 2 * size;
  at += at < 0 ? 2 * size : 0;
  return at < size ? at : 2 * size - 1 - at;
}

void move(const Dataset &data, const Alteration &a, float *image) {
  int64_t height = data.height, width = data.width, channels = data.channels;
  std::vector<float> from(image, image + data.imageBytes());
  double cosine = std::cos(double(a.angle)) * double(a.size), sine = std::sin(double(a.angle)) * double(a.size);
  auto share = [](int64_t size, int64_t drawnFor) { return drawnFor ? double(size) / double(drawnFor) : 1; };
  double middleY = double(height - 1) / 2 + double(a.down) * share(height, a.height);
  double middleX = double(width - 1) / 2 + double(a.right) * share(width, a.width);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      double v = double(y) - double(height - 1) / 2, u = double(x) - double(width - 1) / 2;
      double atX = cosine * u - sine * v + middleX, atY = sine * u + cosine * v + middleY;
      double left = std::floor(atX), top = std::floor(atY);
      auto shareX = float(atX - left), shareY = float(atY - top);
      int64_t x0 = reflected(int64_t(left), width), x1 = reflected(int64_t(left) + 1, width);
      int64_t y0 = reflected(int64_t(top), height), y1 = reflected(int64_t(top) + 1, height);
      for (int64_t c = 0; c < channels; ++c) {
        auto at = [&](int64_t row, int64_t column) { return from[size_t((row * width + column) * channels + c)]; };
        float upper = at(y0, x0) + shareX * (at(y0, x1) - at(y0, x0)),
              lower = at(y1, x0) + shareX * (at(y1, x1) - at(y1, x0));
        image[(y * width + x) * channels + c] = upper + shareY * (lower - upper);
      }
    }
}

void recolour(const Dataset &data, const Alteration &a, double lo, double hi, float *image) {
  auto count = size_t(data.imageBytes());
  double sum = 0;
  for (size_t k = 0; k < count; ++k)
    sum += double(image[k]);
  auto mean = float(sum / double(count)), more = float(double(a.brighter) * (hi - lo));
  for (size_t k = 0; k < count; ++k)
    image[k] = std::clamp(mean + a.steep * (image[k] - mean) + more, float(lo), float(hi));
}

} // namespace

void alter(const Dataset &data, const Alteration &a, double lo, double hi, float *image) {
  if (a.mirrored)
    flipImage(data, image);
  if (a.moves())
    move(data, a, image);
  if (a.recolours())
    recolour(data, a, lo, hi, image);
}

} // namespace ganrt
