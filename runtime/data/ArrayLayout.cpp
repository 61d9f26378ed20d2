#include "runtime/data/ArrayLayout.h"
#include "runtime/base/Error.h"
#include "runtime/base/Safetensors.h"
#include "runtime/base/Text.h"

#include <algorithm>

namespace ganrt {
namespace {

using Shape = std::vector<int64_t>;

std::string declared(const WantedData &w) {
  if (w.vector)
    return "vector(" + std::to_string(w.width) + ")";
  return "image" + shapeText({w.channels, w.height, w.width});
}

/// All ways in which the shape can be read.
std::vector<ArrayLayout> waysOf(const Shape &shape, const WantedData &w) {
  switch (shape.size()) {
  case 2:
    if (w.channels == 1 && shape[1] == w.height * w.width)
      return {{1, w.height, w.width, true}};
    return {};
  case 3:
    if (w.height == 1 && w.channels > 1) // sequences
      return {{shape[1], 1, shape[2], true}};
    return {{1, shape[1], shape[2], true}};
  case 4:
    return {{shape[1], shape[2], shape[3], true}, {shape[3], shape[1], shape[2], false}};
  default:
    return {};
  }
}

bool sameSize(const ArrayLayout &l, const WantedData &w) {
  return l.channels == w.channels && l.height == w.height && l.width == w.width;
}

/// Whether arrays of this layout can be taken for pictures and resized. A side of length 1 means that the array holds
/// rows of numbers instead.
bool canBeResized(const ArrayLayout &l, const WantedData &w) {
  auto flat = [](int64_t has, int64_t wants) { return has == 1 && wants > 1; };
  return !flat(l.height, w.height) && !flat(l.width, w.width);
}

/// The ways to read bytes of another size: those with the declared number of channels or, if there are none, those
/// whose channels can be converted to it.
std::vector<ArrayLayout> resizable(const std::vector<ArrayLayout> &ways, const WantedData &w) {
  std::vector<ArrayLayout> same, convertible;
  auto grey = [](int64_t channels) { return channels == 1 || channels == 3; };
  for (const ArrayLayout &l : ways) {
    if (l.channels == w.channels)
      same.push_back(l);
    else if (grey(l.channels) && grey(w.channels))
      convertible.push_back(l);
  }
  std::vector<ArrayLayout> fits = same.empty() ? convertible : same;
  std::erase_if(fits, [&](const ArrayLayout &l) { return !canBeResized(l, w); });
  return fits;
}

/// Whether each row holds as many numbers as an image but arranged differently, or the array is one single image.
/// Resizing such an array would produce nonsense.
bool isOtherwiseArranged(const Shape &shape, const WantedData &w) {
  double numbers = 1;
  for (size_t d = 1; d < shape.size(); ++d)
    numbers *= double(shape[d]);
  return numbers == double(w.channels) * double(w.height) * double(w.width) ||
         shape == Shape{w.channels, w.height, w.width} || shape == Shape{w.height, w.width, w.channels};
}

[[noreturn]] void refuse(const std::string &name, const Shape &shape, bool bytes, const WantedData &w,
                         const std::string &why) {
  std::string c = std::to_string(w.channels), sides = std::to_string(w.height) + ", " + std::to_string(w.width);
  std::string text = name + ": has the shape " + shapeText(shape) + ", the model declares " + declared(w) + why;
  if (!w.vector)
    text += "; what is read is (N, " + c + ", " + sides + "), (N, " + sides + ", " + c + ")" +
            (w.channels == 1 ? " and (N, " + sides + ")" : "") +
            (w.height == 1 && w.channels > 1 ? " and (N, " + c + ", " + std::to_string(w.width) + ")" : "") +
            (bytes ? ", and bytes of other heights and widths" : "");
  throw UserError(text);
}

} // namespace

ArrayLayout findLayout(const std::string &name, const Shape &shape, bool bytes, const WantedData &w) {
  if (w.vector) {
    double numbers = 1;
    for (size_t d = 1; d < shape.size(); ++d)
      numbers *= double(shape[d]);
    if (shape.empty() || numbers != double(w.width))
      refuse(name, shape, bytes, w, "");
    return {1, 1, w.width, true};
  }
  std::vector<ArrayLayout> ways = waysOf(shape, w), fits;
  std::copy_if(ways.begin(), ways.end(), std::back_inserter(fits),
               [&](const ArrayLayout &l) { return sameSize(l, w); });
  if (fits.empty() && bytes && !isOtherwiseArranged(shape, w))
    fits = resizable(ways, w);
  if (fits.empty())
    refuse(name, shape, bytes, w, "");
  // With one channel or one pixel both ways are the same bytes, so there is no ambiguity.
  if (fits.size() > 1 && !w.channelsFirst && fits[0].channels > 1 && fits[0].height * fits[0].width > 1)
    refuse(name, shape, bytes, w, ", and its channels may be the first axis of an image or the last");
  return fits.front();
}

} // namespace ganrt
