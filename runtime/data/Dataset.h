// Images in the size that the model declares, as bytes or, where the source has such, floats, with labels where the
// source has them.
#pragma once

#include "runtime/data/ImageStore.h"
#include "runtime/program.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace ganrt {

struct Dataset {
  int64_t count = 0, channels = 1, height = 0, width = 0;
  bool floats = false;               ///< images are floats, used as they are; else bytes
  std::shared_ptr<ImageStore> store; ///< (height, width, channels) each
  std::vector<uint32_t> chosen;      ///< numbers of the images in the store; empty: all of it
  double lo = 0, hi = 1;             ///< of floats
  std::vector<int32_t> labels;       ///< empty where there are none
  std::vector<std::string> classes;  ///< names of the labels, where the source has such
  std::vector<std::string> files;    ///< where each image comes from, where `WantedData::files` asks for it
  std::string origin;                ///< path, for messages

  int64_t imageBytes() const { return channels * height * width; }
  /// Of an image in the store.
  size_t storedBytes() const { return size_t(imageBytes()) * (floats ? sizeof(float) : 1); }
  /// The bytes of image `i`; see ImageStore::view.
  const uint8_t *view(int64_t i, std::vector<uint8_t> &buffer) const {
    return store->view(chosen.empty() ? size_t(i) : chosen[size_t(i)], buffer);
  }
};

enum class Part { Train, Test };

/// What a model wants of its data.
struct WantedData {
  int64_t channels = 1, height = 1, width = 1; ///< of the image; a vector(n) is 1 x n
  bool vector = false;
  int64_t classes = 0;      ///< of the labels, 0: not needed
  bool compare = false;     ///< labels are of use where there are some
  double lo = 0, hi = 1;    ///< declared range
  size_t memory = SIZE_MAX; ///< bytes of images that stay in memory
  bool files = false;       ///< so that results can be told apart by the files they are of
};

/// An empty set of images of the wanted size.
Dataset emptyDataset(const WantedData &wanted, bool floats);

/// What a user says of the data.
struct DataOptions {
  std::string where, labels;
  int64_t memory = 0; ///< MiB for images, the rest lies on the disk; 0: a quarter of the memory that there is
  double holdout = 0; ///< share kept for testing where the source has no test part
  bool flip = false;  ///< images are mirrored, each with probability 1/2
  std::string onCorrupt = "skip";
  bool quiet = false;               ///< no progress of reading
  std::vector<std::string> classes; ///< names that a run has given numbers
};
WantedData wantedData(const gan_program &program, const gan_graph &graph);

/// Reads builtin:glyphs; a folder with the files of MNIST's family or CIFAR, or with images; or arrays (.npy, .npz).
/// Images of another size are centre-cropped to the wanted aspect and resized, which `note` tells. The test part is
/// empty where the source has none and nothing is held out. Throws UserError with the path.
Dataset loadData(const DataOptions &options, Part part, const WantedData &wanted, std::string &note);
/// Both parts; a source of which a share is held out is read once.
struct Parts {
  Dataset train, test;
};
Parts loadParts(const DataOptions &options, const WantedData &wanted, std::string &note);

/// Prints lines that loading left, or those alone that warn.
void tellNotes(const std::string &note, bool warningsAlone);

/// What the bytes of images become in [lo, hi].
class Scale {
public:
  Scale(double lo, double hi);
  void apply(const uint8_t *bytes, size_t count, float *out) const;

private:
  std::array<float, 256> of; ///< each byte
  float slope, rest, start;  ///< of slope * byte + start + rest * byte: the first product is exact
  bool formula;              ///< it gives the same numbers, as in [0, 1] and [-1, 1]: vectors compute it much faster
};

/// Writes an image that was viewed, scaled where it is bytes, in (height, width, channels) order.
void scaleImage(const Dataset &data, const uint8_t *image, const Scale &scale, float *out);

/// Writes image `i`, scaled where it is bytes, in (height, width, channels) order.
void scaledImage(const Dataset &data, int64_t i, const Scale &scale, float *out);

/// Image `i` to be shown.
std::vector<uint8_t> imageBytes(const Dataset &data, int64_t i);

/// Mirrors a (height, width, channels) image.
void flipImage(const Dataset &data, float *image);

} // namespace ganrt
