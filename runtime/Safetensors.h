// Files of named tensors (huggingface/safetensors): an 8-byte length, a JSON header, the bytes. Written beside their
// place, synced and renamed, so that a file is whole or not there.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ganrt {

/// A tensor in outside order. Files hold F32, or F64 where `wide`.
struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<double> values;
  bool wide = false;
};

/// A tensor of a file without its values.
struct TensorHead {
  std::string name;
  std::vector<int64_t> shape;
  bool wide = false;
};
/// Takes bytes of a file, piece by piece.
using WriteBytes = std::function<void(const void *, size_t)>;
/// Those of numbers, as F64 where `wide`, else F32.
void writeNumbers(const std::vector<double> &values, bool wide, const WriteBytes &write);
/// The bytes of a file. `writeValues(i, write)` writes the numbers of the i-th tensor when they are due, so that they
/// need not all be in memory.
void encodeTensors(const std::vector<TensorHead> &heads, const std::map<std::string, std::string> &metadata,
                   const std::function<void(size_t, const WriteBytes &)> &writeValues, const WriteBytes &write);
/// The same into a file. Throws UserError with the path and the reason.
void writeTensors(const std::string &path, const std::vector<TensorHead> &heads,
                  const std::map<std::string, std::string> &metadata,
                  const std::function<void(size_t, const WriteBytes &)> &writeValues);
void writeTensors(const std::string &path, const std::vector<NamedTensor> &tensors,
                  const std::map<std::string, std::string> &metadata);

/// A file whose header has been read and checked against its size. Reads any of F64, F32, I64, I32, U8, BOOL. Throws
/// UserError with the path where the file is not whole.
class TensorReader {
public:
  explicit TensorReader(const std::string &path);
  ~TensorReader();
  TensorReader(const TensorReader &) = delete;
  TensorReader &operator=(const TensorReader &) = delete;

  struct Entry {
    std::vector<int64_t> shape;
    std::string dtype;
    uint64_t begin, count; ///< place in the file; elements
  };
  const std::map<std::string, Entry> &entries() const { return all; }
  const std::map<std::string, std::string> &metadata() const { return texts; }
  NamedTensor read(const std::string &name) const;

private:
  void readHeader(uint64_t size);

  std::string path;
  FILE *file;
  std::map<std::string, Entry> all;
  std::map<std::string, std::string> texts;
};

struct TensorFile {
  std::map<std::string, NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
};
/// All of a file at once.
TensorFile readTensors(const std::string &path);

/// "(128, 20)".
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace ganrt
