// Reads NumPy's files from front to back: an .npy, or one inside an .npz. They may be larger than memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ganrt {

/// What the header says about the numbers.
struct NpyHeader {
  std::vector<int64_t> shape;
  char kind = 0;    ///< u, i, f or b, as in NumPy
  size_t width = 0; ///< bytes of a number
  bool bigEndian = false;

  int64_t count() const { return shape.empty() ? 0 : shape[0]; }
  /// How many numbers a row has: shape[1] * shape[2] * ..
  int64_t numbersEach() const;
  size_t bytesEach() const { return size_t(numbersEach()) * width; }
  double number(const uint8_t *from) const;
};

/// The bytes of a file or of a member of an archive.
class ByteSource {
public:
  virtual ~ByteSource() = default;
  /// Throws UserError if there are fewer than `count` bytes left.
  virtual void read(void *to, size_t count) = 0;
  const std::string name; ///< for messages
  const uint64_t size;

protected:
  ByteSource(std::string name, uint64_t size) : name(std::move(name)), size(size) {}
};

class NpyReader {
public:
  /// Reads the header. Throws UserError if it is damaged, contradicts the file's size, or declares a type of numbers
  /// that is not supported.
  explicit NpyReader(std::unique_ptr<ByteSource> source);
  const NpyHeader &header() const { return head; }
  const std::string &name() const { return source->name; }
  /// Reads the next row.
  void read(std::vector<uint8_t> &row);

private:
  std::unique_ptr<ByteSource> source;
  NpyHeader head;
};

/// Throws UserError if this is not an .npy file.
std::unique_ptr<NpyReader> openNpy(const std::string &path);
/// The array `name` in the archive, in upper or lower case; null if there is none. Throws UserError if this is not an
/// archive.
std::unique_ptr<NpyReader> openNpz(const std::string &path, const std::string &name);
/// "a, b, c": the names in the archive.
std::string npzNames(const std::string &path);

} // namespace ganrt
