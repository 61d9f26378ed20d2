// Writes arrays for the user: one as .npy, several named ones as .safetensors, to a file or to standard output.
#pragma once

#include "runtime/base/Files.h"
#include "runtime/base/Safetensors.h"
#include "runtime/data/ImageStore.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

/// Numbers in PyTorch's order, of shape (count, ..).
struct Array {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> numbers;
};

/// A file that appears only when it is whole, or standard output ("-"). All members throw UserError with the path if
/// writing fails.
class OutputFile {
public:
  explicit OutputFile(const std::string &path);
  void write(const void *data, size_t bytes);
  void write(const std::string &text) { write(text.data(), text.size()); }
  void commit();

private:
  std::optional<NewFile> file; ///< if the output is not standard output
};

/// Writes arrays whose samples arrive in pieces. The memory that this takes does not grow with their number: the first
/// array is written at once, the others wait on the disk. A file appears only when it is whole; "-" is standard output.
class ArrayWriter {
public:
  /// `format` is npy, which holds only the first array, as little-endian floats in NumPy's format 1.0, csv, which holds
  /// only the first, a line for each sample under a header, or safetensors.
  /// `heads` are the shapes that the arrays will have. All members throw UserError with the path if writing fails.
  ArrayWriter(const std::string &path, const std::string &format, const std::vector<TensorHead> &heads);
  /// Adds the next samples of an array.
  void append(size_t array, const std::vector<float> &numbers);
  /// Completes the file; to be called when all samples have been added.
  void commit();

private:
  void writeLines(const std::vector<float> &numbers);

  OutputFile file;
  bool lines;                                       ///< whether the first array is written as lines of text
  std::vector<size_t> missing;                      ///< how many numbers of each array are still to come
  std::vector<size_t> each;                         ///< how many numbers a sample of each array has
  std::vector<std::unique_ptr<ImageStore>> waiting; ///< samples of all arrays but the first, which wait
  size_t written = 0;                               ///< how many arrays the format can hold
};

/// Writes arrays that are complete.
void writeArrays(const std::string &path, const std::string &format, const std::vector<Array> &arrays);

/// The format of a folder with one picture for each sample.
constexpr const char *folderFormat = "folder";

/// The output format: `format` or, if that is "", the ending of the path: png, npy, csv or safetensors. A path that
/// ends in a slash, or is a folder, stands for pictures in that folder. Standard output ("-") has the format `usual`.
/// Throws UserError for any other format.
std::string outputFormat(const std::string &path, const std::string &format, const std::string &usual);

/// Whether the path is that of a file where a folder could be meant too: it has an ending (a dot and a letter, so that
/// runs/v1.2 has none), no slash at its end, and is no folder that exists.
bool namesFile(const std::string &path);

/// A path without .npy, .csv, .safetensors or .png at its end, for naming files that lie beside it.
std::string withoutEnding(const std::string &path);

/// Writes a file, which appears only when it is whole; "-" is standard output. Throws UserError with the path.
void writeOutput(const std::string &path, const std::string &bytes);

} // namespace ganrt
