// Arrays that users take home: .npy for one, .safetensors for named ones, as a file or on standard output.
#pragma once

#include "runtime/base/Files.h"
#include "runtime/base/Safetensors.h"
#include "runtime/data/ImageStore.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

/// Numbers in PyTorch's order, (count, ..).
struct Array {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> numbers;
};

/// Writes arrays whose samples come in pieces, in memory that does not grow with their number: the first goes out at
/// once, others wait on the disk. A file appears whole; "-" is standard output.
class ArrayWriter {
public:
  /// `format`: npy, which holds the first array, in NumPy's format 1.0 of little-endian floats; or safetensors.
  /// `heads`: the shapes that the arrays will have. Throws UserError with the path, as do the others.
  ArrayWriter(const std::string &path, const std::string &format, const std::vector<TensorHead> &heads);
  /// The next samples of an array.
  void append(size_t array, const std::vector<float> &numbers);
  /// When all samples are there.
  void commit();

private:
  void write(const void *data, size_t bytes);

  std::string path;
  std::optional<NewFile> file;                      ///< not standard output
  std::vector<size_t> missing;                      ///< numbers of each array that are still to come
  std::vector<size_t> each;                         ///< numbers of a sample
  std::vector<std::unique_ptr<ImageStore>> waiting; ///< samples of each array but the first
  size_t written = 0;                               ///< arrays that the format takes
};

/// Arrays that are there.
void writeArrays(const std::string &path, const std::string &format, const std::vector<Array> &arrays);

/// Of a folder, that gets a picture of each sample.
constexpr const char *folderFormat = "folder";

/// The format that a file's name tells, or `format` where that is not "": png, npy or safetensors. A name that ends in
/// a slash, or that of a folder, stands for pictures in it. Standard output ("-") has `usual`. Throws UserError for
/// another.
std::string outputFormat(const std::string &path, const std::string &format, const std::string &usual);

/// A path without .npy, .safetensors or .png at its end, for files that go beside it.
std::string withoutEnding(const std::string &path);

/// The file appears whole; "-" is standard output. Throws UserError with the path.
void writeOutput(const std::string &path, const std::string &bytes);

} // namespace ganrt
