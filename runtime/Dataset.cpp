// What a model wants, where it comes from, and how an image becomes numbers.
#include "runtime/Dataset.h"
#include "runtime/Error.h"
#include "runtime/Glyphs.h"
#include "runtime/Idx.h"

#include <algorithm>
#include <cmath>

namespace ganrt {

WantedData wantedData(const gan_graph &graph) {
  WantedData wanted;
  for (uint32_t i = 0; i < graph.num_inputs; ++i) {
    const gan_layout &l = graph.inputs[i].layout;
    if (graph.inputs[i].kind == GAN_INPUT_IMAGE)
      wanted = {l.shape[1], l.shape[2], l.shape[3], false, wanted.classes};
    else if (graph.inputs[i].kind == GAN_INPUT_VECTOR)
      wanted = {1, 1, l.shape[1], true, wanted.classes};
    else if (graph.inputs[i].kind == GAN_INPUT_LABEL)
      wanted.classes = l.shape[1];
  }
  return wanted;
}

Dataset loadData(const std::string &where, Part part, const WantedData &wanted, uint64_t seed, std::string &note) {
  Dataset data;
  if (where == "builtin:glyphs")
    data = drawGlyphs(part, wanted, seed);
  else if (where.starts_with("builtin:"))
    throw UserError("--data " + where + ": there is one built-in data set, builtin:glyphs");
  else
    data = readIdxFolder(where, part, wanted, note);
  if (wanted.classes && data.count) {
    if (data.labels.empty())
      throw UserError(data.origin + ": the model needs labels and the data has none");
    int32_t classes = *std::max_element(data.labels.begin(), data.labels.end()) + 1;
    if (classes > wanted.classes)
      throw UserError(data.origin + ": has " + std::to_string(classes) + " classes, the model declares " +
                      std::to_string(wanted.classes));
  }
  return data;
}

void scaledImage(const Dataset &data, int64_t i, double lo, double hi, float *out) {
  const uint8_t *in = data.pixels.data() + i * data.imageBytes();
  for (int64_t k = 0; k < data.imageBytes(); ++k)
    out[k] = float(lo + (hi - lo) * (in[k] / 255.0));
}

namespace {

/// Weights of the source pixels that make one output pixel: boxes when shrinking, tents when growing.
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

} // namespace

void resizeImage(const uint8_t *in, int64_t channels, int64_t height, int64_t width, const WantedData &w,
                 uint8_t *out) {
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
      double grey = channels >= 3 ? 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2] : pixel[0];
      for (int64_t c = 0; c < w.channels; ++c)
        *out++ = uint8_t(std::lround(std::clamp(w.channels == channels ? pixel[c] : grey, 0.0, 255.0)));
    }
}

} // namespace ganrt
