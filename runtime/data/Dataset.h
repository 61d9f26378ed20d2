// A set of images in the size that the model declares. They are bytes or, if the source has such, floats; they have
// labels if the source has some.
#pragma once

#include "runtime/data/ImageStore.h"
#include "runtime/program.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ganrt {

/// How numbers of a table become those of the model: (v - mean) / deviation, for each number of a vector.
struct Standard {
  std::vector<double> mean, deviation;

  float of(size_t k, float v) const { return float((double(v) - mean[k]) / deviation[k]); }
  double undone(size_t k, float v) const { return double(v) * deviation[k] + mean[k]; }
  bool operator==(const Standard &) const = default;
};

/// What a run knows of the table that its model's data is bound to (Columns.h). By names of declarations.
struct TableScheme {
  std::vector<std::string> header;                            ///< all columns of the table, in their order
  std::map<std::string, std::vector<std::string>> categories; ///< by number
  std::map<std::string, Standard> standards;                  ///< of those that are standardised

  bool operator==(const TableScheme &) const = default;
};

struct Dataset {
  int64_t count = 0, channels = 1, height = 0, width = 0;
  bool floats = false;               ///< images are floats, which are used as they are; otherwise bytes
  std::shared_ptr<ImageStore> store; ///< the images, each (height, width, channels)
  std::vector<uint32_t> chosen;      ///< numbers in the store of this set's images; empty: all images
  double lo = 0, hi = 1;             ///< range of floats
  std::vector<int32_t> labels;       ///< empty if there are none
  std::vector<std::string> classes;  ///< names of the labels, if the source has some
  std::vector<std::string> header;   ///< of the table, if this comes from columns that the model is bound to
  std::optional<Standard> standard;  ///< how floats become the model's numbers, if they are not these already
  std::vector<std::string> files;    ///< the file that each image comes from, if `WantedData::files` asks for it
  std::string origin;                ///< path of the source, for messages
  std::string name;                  ///< the declaration of the model that this is the data of; "" if there is one only
  std::vector<Dataset> others;       ///< data of the model's other declarations, read together with this one
  bool balanced = false;             ///< training takes each class equally often
  bool unpaired = false; ///< one of `others` with an order of its own; else its samples belong to those of the first

  /// The data that an input of a graph reads.
  const Dataset &of(const gan_input &input) const;
  int64_t imageBytes() const { return channels * height * width; }
  /// Bytes of an image in the store.
  size_t storedBytes() const { return size_t(imageBytes()) * (floats ? sizeof(float) : 1); }
  /// The bytes of image `i`; see ImageStore::view.
  const uint8_t *view(int64_t i, std::vector<uint8_t> &buffer) const {
    return store->view(chosen.empty() ? size_t(i) : chosen[size_t(i)], buffer);
  }
};

enum class Part { Train, Test };

/// The declaration that an input reads: "x" of "x@D".
std::string declaredName(const gan_input &input);

/// One of several equal parts that pictures are cut into: from the left, or from the top.
struct Cut {
  int64_t part = 0, of = 1;
  bool rows = false;
};

/// Where the data of a declaration is.
struct NamedSource {
  std::string name, where;
  Cut cut{};
};

/// What a model needs its data to be.
struct WantedData {
  int64_t channels = 1, height = 1, width = 1; ///< size of an image; a vector(n) is 1 x n
  bool vector = false;
  int64_t classes = 0;                 ///< number of classes of the labels; 0: labels are not needed
  bool compare = false;                ///< labels are useful if there are some
  double lo = 0, hi = 1;               ///< declared range
  size_t memory = SIZE_MAX;            ///< how many bytes of images may stay in memory
  bool files = false;                  ///< whether `Dataset::files` is wanted, to tell from which file each result is
  std::string name{}, label{};         ///< the declarations of the images and of their labels; "" if there is none
  std::vector<WantedData> others{};    ///< further declarations; one with `classes` and no `name` is a label alone
  std::vector<std::string> declared{}; ///< the names of all declarations that the program reads
  std::vector<std::string> columns{};  ///< of a table, that the declaration is bound to
  Cut cut{};                           ///< the part of each picture that is meant
  bool channelsFirst = false;          ///< arrays that fit in two ways are (N, C, H, W)

  /// The name of the declaration that is read.
  const std::string &declaration() const { return name.empty() ? label : name; }
};

/// An empty set of images of the wanted size.
Dataset emptyDataset(const WantedData &wanted, bool floats);

/// The user's options about the data.
struct DataOptions {
  std::string where;               ///< the source of the first declaration
  std::vector<NamedSource> others; ///< of `--data NAME=SOURCE`
  std::string table;               ///< of declarations that are bound to columns, if `where` is not
  std::string labels;
  bool unpaired = false; ///< samples of `others` do not belong to those of the first

  bool isGiven() const { return !where.empty() || !others.empty() || !table.empty(); }
  /// The sources as they were given, for messages.
  std::string shown() const;
  int64_t memory = 0;   ///< MiB for images in memory, the rest lies on the disk; 0: a quarter of the usable memory
  double holdout = 0;   ///< share of the images to test on if the source has no test part
  bool balance = false; ///< batches of training hold all classes equally often
  std::string augment;  ///< how training images are altered, as readAugmentation reads it
  std::string onCorrupt = "skip";
  bool quiet = false;               ///< do not show the progress of reading
  std::vector<std::string> classes; ///< names of classes whose numbers a run has already fixed
  bool standardize = false;         ///< numbers of columns get mean 0 and deviation 1
  TableScheme scheme;               ///< what a run has already fixed of its table
};
WantedData wantedData(const gan_program &program, const gan_graph &graph);
/// What these inputs want of their data: images, vectors and labels.
WantedData wantedOf(const std::vector<gan_input> &inputs);

/// Reads builtin:glyphs, a folder with the files of MNIST's family or of CIFAR or with images, or arrays (.npy, .npz).
/// Images of another size are centre-cropped to the wanted aspect ratio and resized, which `note` mentions. The test
/// part is empty if the source has none and nothing is held out. Throws UserError with the path.
Dataset loadData(const DataOptions &options, Part part, const WantedData &wanted, std::string &note);
/// Reads both parts. If a share is held out, the source is read only once.
struct Parts {
  Dataset train, test;
};
Parts loadParts(const DataOptions &options, const WantedData &wanted, std::string &note);

/// Prints the notes that loading made, or only the warnings.
void tellNotes(const std::string &note, bool warningsAlone);

/// Maps the bytes of images to [lo, hi].
class Scale {
public:
  Scale(double lo, double hi);
  void apply(const uint8_t *bytes, size_t count, float *out) const;

private:
  std::array<float, 256> of; ///< the value of each byte
  float slope, rest, start;  ///< terms of slope * byte + start + rest * byte, in which the first product is exact
  bool formula; ///< whether the formula gives the same numbers as `of`, as it does for [0, 1] and [-1, 1]: vector
                ///< instructions make it much faster
};

/// Writes an image that was viewed as floats in (height, width, channels) order. Bytes are scaled.
void scaleImage(const Dataset &data, const uint8_t *image, const Scale &scale, float *out);

/// Writes image `i` as floats in (height, width, channels) order. Bytes are scaled.
void scaledImage(const Dataset &data, int64_t i, const Scale &scale, float *out);

/// Image `i` as bytes, to be shown.
std::vector<uint8_t> imageBytes(const Dataset &data, int64_t i);

/// Mirrors a (height, width, channels) image.
void flipImage(const Dataset &data, float *image);

} // namespace ganrt
