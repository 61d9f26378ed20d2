#include "runtime/data/Fit.h"
#include "runtime/base/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ganrt {
namespace {

/// The first source pixel and the weights of the source pixels that make up one output pixel. The weights form a tent,
/// which is wider when shrinking.
struct Taps {
  int64_t first;
  std::vector<double> weights;
};
std::vector<Taps> taps(int64_t from, int64_t length, int64_t to) {
  std::vector<Taps> all(to);
  double scale = double(length) / double(to), reach = std::max(1.0, scale);
  for (int64_t o = 0; o < to; ++o) {
    double centre = (double(o) + 0.5) * scale - 0.5;
    int64_t lo = int64_t(std::floor(centre - reach)), hi = int64_t(std::ceil(centre + reach));
    all[o].first = from + std::max<int64_t>(lo, 0);
    double total = 0;
    for (int64_t s = std::max<int64_t>(lo, 0); s <= std::min(hi, length - 1); ++s) {
      double w = std::max(0.0, 1 - std::abs(double(s) - centre) / reach);
      all[o].weights.push_back(w);
      total += w;
    }
    for (double &w : all[o].weights)
      w /= total;
  }
  return all;
}

/// Computed in integers, so that the result is exactly that of Pillow's conversion from RGB to L.
uint8_t luma(const uint8_t *rgb) {
  return uint8_t((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

std::string sizeText(int64_t channels, int64_t height, int64_t width) {
  return std::to_string(channels) + " x " + std::to_string(height) + " x " + std::to_string(width);
}

} // namespace

void convertChannels(const uint8_t *in, int64_t from, size_t pixels, int64_t to, uint8_t *out) {
  bool colour = from >= 3, colourWanted = to >= 3, alphaWanted = to % 2 == 0;
  for (size_t i = 0; i < pixels; ++i, in += from, out += to) {
    if (colourWanted)
      for (int c = 0; c < 3; ++c)
        out[c] = in[colour ? c : 0];
    else
      out[0] = colour ? luma(in) : in[0];
    if (alphaWanted)
      out[to - 1] = from % 2 == 0 ? in[from - 1] : 255;
  }
}

void resizeImage(const uint8_t *in, int64_t channels, int64_t height, int64_t width, const WantedData &w,
                 uint8_t *out) {
  if (channels != w.channels) {
    size_t area = size_t(height * width);
    std::vector<uint8_t> converted(area * size_t(w.channels));
    convertChannels(in, channels, area, w.channels, converted.data());
    return resizeImage(converted.data(), w.channels, height, width, w, out);
  }
  if (height == w.height && width == w.width) {
    memcpy(out, in, size_t(height * width * channels));
    return;
  }
  int64_t h = height, cropped = width;
  if (cropped * w.height > h * w.width)
    cropped = std::max<int64_t>(1, h * w.width / w.height);
  else
    h = std::max<int64_t>(1, cropped * w.height / w.width);
  std::vector<Taps> rows = taps((height - h) / 2, h, w.height), columns = taps((width - cropped) / 2, cropped, w.width);
  std::vector<double> pixel(channels);
  for (int64_t y = 0; y < w.height; ++y)
    for (int64_t x = 0; x < w.width; ++x) {
      std::fill(pixel.begin(), pixel.end(), 0);
      for (size_t i = 0; i < rows[y].weights.size(); ++i)
        for (size_t j = 0; j < columns[x].weights.size(); ++j)
          for (int64_t c = 0; c < channels; ++c)
            pixel[c] += rows[y].weights[i] * columns[x].weights[j] *
                        in[((rows[y].first + int64_t(i)) * width + columns[x].first + int64_t(j)) * channels + c];
      for (double value : pixel)
        *out++ = uint8_t(std::lround(std::clamp(value, 0.0, 255.0)));
    }
}

bool isResized(int64_t channels, int64_t height, int64_t width, const WantedData &wanted) {
  return channels != wanted.channels || height != wanted.height || width != wanted.width;
}

std::string resizedNote(int64_t channels, int64_t height, int64_t width, const WantedData &wanted) {
  bool sameSize = height == wanted.height && width == wanted.width;
  return "images of " + sizeText(channels, height, width) + (sameSize ? " become " : " are cropped and resized to ") +
         sizeText(wanted.channels, wanted.height, wanted.width);
}

void checkPictureChannels(const std::string &origin, const WantedData &wanted) {
  if (wanted.channels > mostPictureChannels)
    throw UserError(origin +
                    ": pictures have 1 to 4 channels (grey, grey and alpha, RGB, RGB and alpha), the model declares " +
                    std::to_string(wanted.channels) + ": bring an array (.npy)");
}

} // namespace ganrt
