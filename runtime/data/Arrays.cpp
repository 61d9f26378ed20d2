#include "runtime/data/Arrays.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/base/Safetensors.h"
#include "runtime/base/Text.h"
#include "runtime/data/ArrayLabels.h"
#include "runtime/data/ArrayLayout.h"
#include "runtime/data/Fit.h"
#include "runtime/data/Npy.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace ganrt {
namespace {

/// Names under which archives hold the arrays of a part, the most usual ones first.
struct Names {
  Part part;
  const char *images, *labels;
};
constexpr Names knownNames[] = {
    {Part::Train, "x_train", "y_train"},
    {Part::Train, "train_images", "train_labels"},
    {Part::Train, "x", "y"},
    {Part::Train, "images", "labels"},
    {Part::Train, "arr_0", "arr_1"},
    {Part::Test, "x_test", "y_test"},
    {Part::Test, "test_images", "test_labels"},
};
/// An archive that only has labels may also hold them as its first array.
constexpr Names labelsAlone = {Part::Train, "", "arr_0"};

struct Sources {
  std::unique_ptr<NpyReader> images, labels;
};

bool isArchive(const std::string &path) { return path.ends_with(".npz"); }

Sources openImages(const std::string &path, Part part, bool needsLabels) {
  if (!isArchive(path))
    return {part == Part::Train ? openNpy(path) : nullptr, nullptr};
  std::string names;
  for (const Names &n : knownNames) {
    if (n.part != part)
      continue;
    if (auto images = openNpz(path, n.images)) {
      auto labels = openNpz(path, n.labels);
      if (!labels && needsLabels)
        throw UserError(path + ": holds no array named " + n.labels + ", and the model needs labels for " + n.images +
                        "; it holds " + npzNames(path) + "; --labels names another file");
      return {std::move(images), std::move(labels)};
    }
    names += (names.empty() ? "" : ", ") + std::string(n.images);
  }
  if (part == Part::Train)
    throw UserError(path + ": holds no images of a known name (" + names + "); it holds " + npzNames(path));
  return {};
}

/// Opens labels in a file of their own; null if it has none for the test part.
std::unique_ptr<NpyReader> openLabels(const std::string &path, Part part) {
  if (!isArchive(path))
    return part == Part::Train ? openNpy(path) : nullptr;
  std::string names;
  auto open = [&](const Names &n) -> std::unique_ptr<NpyReader> {
    if (n.part != part)
      return nullptr;
    names += (names.empty() ? "" : ", ") + std::string(n.labels);
    return openNpz(path, n.labels);
  };
  if (auto found = open(labelsAlone))
    return found;
  for (const Names &n : knownNames)
    if (auto found = open(n))
      return found;
  if (part == Part::Train)
    throw UserError(path + ": holds no labels of a known name (" + names + "); it holds " + npzNames(path));
  return nullptr;
}

/// Checks numbers that are taken as they are.
class Checked {
public:
  Checked(const NpyReader &array, const WantedData &wanted)
      : array(array), wanted(wanted),
        beyond(std::isfinite(wanted.hi - wanted.lo) ? 1e-5 * (wanted.hi - wanted.lo) : 0) {}

  float operator()(double value, int64_t row) const {
    if (!std::isfinite(value))
      refuse(value, row, "which is no number to learn from");
    if (value < wanted.lo - beyond || value > wanted.hi + beyond)
      refuse(value, row, outside());
    return float(std::clamp(value, wanted.lo, wanted.hi));
  }

private:
  std::string outside() const {
    char text[160];
    snprintf(text, sizeof text, "outside the declared range [%g, %g]: declare the data's own", wanted.lo, wanted.hi);
    bool pictures = !wanted.vector && array.header().kind != 'f';
    return text + std::string(pictures ? ", or save bytes (uint8), which are scaled from 0 to 255" : "");
  }
  [[noreturn]] void refuse(double value, int64_t row, const std::string &why) const {
    char text[80];
    snprintf(text, sizeof text, ": row %lld (the first is 0) holds %.9g, ", static_cast<long long>(row), value);
    throw UserError(array.name() + text + why);
  }

  const NpyReader &array;
  const WantedData &wanted;
  double beyond; ///< how far outside the range rounding may put a number
};

/// Tells where channel `c` of pixel `p` lies in a row.
struct PixelOrder {
  size_t area, channels;
  bool channelsFirst;
  size_t at(size_t p, size_t c) const { return channelsFirst ? c * area + p : p * channels + c; }
};

void readNumbers(NpyReader &array, const PixelOrder &order, const WantedData &wanted, Dataset &data) {
  const NpyHeader &head = array.header();
  Checked checked(array, wanted);
  std::vector<uint8_t> row;
  std::vector<float> image(order.area * order.channels);
  for (int64_t i = 0; i < head.count(); ++i) {
    array.read(row);
    for (size_t p = 0, k = 0; p < order.area; ++p)
      for (size_t c = 0; c < order.channels; ++c)
        image[k++] = checked(head.number(&row[order.at(p, c) * head.width]), i);
    data.store->append(image.data());
  }
}

void readBytes(NpyReader &array, const PixelOrder &order, const ArrayLayout &layout, const WantedData &wanted,
               Dataset &data, std::string &note) {
  const NpyHeader &head = array.header();
  std::vector<uint8_t> row, image(order.area * order.channels), fitted(size_t(data.imageBytes()));
  uint8_t largest = 0;
  for (int64_t i = 0; i < head.count(); ++i) {
    array.read(row);
    for (size_t p = 0, k = 0; p < order.area; ++p)
      for (size_t c = 0; c < order.channels; ++c)
        image[k++] = head.kind == 'b' ? (row[order.at(p, c)] ? 255 : 0) : row[order.at(p, c)];
    largest = std::max(largest, *std::max_element(image.begin(), image.end()));
    resizeImage(image.data(), layout.channels, layout.height, layout.width, wanted, fitted.data());
    data.store->append(fitted.data());
  }
  if (largest == 1)
    addNote(note, "warning: " + array.name() +
                      ": the largest of its bytes is 1, and 255 is the end of the range, so that images are almost "
                      "black; save bool or floats where 1 is the end");
}

void fill(NpyReader &array, const WantedData &wanted, Dataset &data, std::string &note) {
  const NpyHeader &head = array.header();
  bool bytes = !wanted.vector && head.width == 1 && (head.kind == 'u' || head.kind == 'b');
  ArrayLayout layout = findLayout(array.name(), head.shape, bytes, wanted);
  if (layout.height > 1 << 16 || layout.width > 1 << 24 || head.numbersEach() > int64_t(1) << 28)
    throw UserError(array.name() + ": has the shape " + shapeText(head.shape) +
                    ": images are larger than any that can be used");
  std::string origin = data.origin;
  data = emptyDataset(wanted, !bytes);
  data.origin = origin;
  PixelOrder order{size_t(layout.height * layout.width), size_t(layout.channels), layout.channelsFirst};
  if (bytes && isResized(layout.channels, layout.height, layout.width, wanted))
    addNote(note, resizedNote(layout.channels, layout.height, layout.width, wanted));
  if (bytes)
    readBytes(array, order, layout, wanted, data, note);
  else
    readNumbers(array, order, wanted, data);
  data.count = head.count();
}

} // namespace

Dataset readArrays(const std::string &path, const std::string &labels, Part part, const WantedData &wanted,
                   std::string &note) {
  Dataset data;
  data.origin = path;
  Sources sources = openImages(path, part, wanted.classes && labels.empty());
  if (!sources.images)
    return data;
  if (!labels.empty())
    if (auto given = openLabels(labels, part))
      sources.labels = std::move(given);
  fill(*sources.images, wanted, data, note);
  if (!(wanted.classes || wanted.compare) || !sources.labels)
    return data;
  std::string wrong = readLabels(*sources.labels, wanted, data);
  if (!wrong.empty() && (wanted.classes || !labels.empty()))
    throw UserError(sources.labels->name() + ": " + wrong);
  if (!wrong.empty()) { // the model does not need the labels
    data.labels.clear();
    addNote(note, sources.labels->name() + ": is not used as labels: " + wrong);
  }
  return data;
}

Dataset readLabelFile(const std::string &path, Part part, const WantedData &wanted) {
  Dataset data;
  data.origin = path;
  if (!path.ends_with(".npy") && !isArchive(path))
    throw UserError(path + ": labels of their own are read from an .npy, .npz or .csv");
  std::unique_ptr<NpyReader> array = openLabels(path, part);
  if (!array)
    return data;
  data.count = array->header().count();
  std::string wrong = readLabels(*array, wanted, data);
  if (!wrong.empty())
    throw UserError(path + ": " + wrong);
  return data;
}

} // namespace ganrt
