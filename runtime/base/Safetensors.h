// Files of named tensors (huggingface/safetensors): an 8-byte length, a JSON header, the bytes. Written beside their
// place, synced and renamed, so that a file is whole or not there. Those that are written here hold two metadata more,
// so that a bit that has changed since is found when it is read:
//
//   tensor_digests  of the bytes of each tensor, in the order of their places, with a space between
//   header_digest   of the header's text, in which this digest itself stands as zeros
#pragma once

#include "runtime/base/Error.h"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ganrt {

/// A file whose bytes are not those that were written.
struct DamagedFile : UserError {
  using UserError::UserError;
};

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
/// The bytes of a file, without digests. `writeValues(i, write)` writes the numbers of the i-th tensor when they are
/// due, so that they need not all be in memory.
void encodeTensors(const std::vector<TensorHead> &heads, const std::map<std::string, std::string> &metadata,
                   const std::function<void(size_t, const WriteBytes &)> &writeValues, const WriteBytes &write);
/// The same into a file, with digests where it is one and no pipe. Throws UserError with the path and the reason.
void writeTensors(const std::string &path, const std::vector<TensorHead> &heads,
                  const std::map<std::string, std::string> &metadata,
                  const std::function<void(size_t, const WriteBytes &)> &writeValues);
void writeTensors(const std::string &path, const std::vector<NamedTensor> &tensors,
                  const std::map<std::string, std::string> &metadata);

/// A file whose header has been read and checked against its size and its digest, if it has one. Reads any of F64, F32,
/// I64, I32, U8, BOOL. Throws DamagedFile with the path where the file is not whole.
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
    std::string digest{};  ///< of its bytes; "" where the file has none
  };
  const std::map<std::string, Entry> &entries() const { return all; }
  const std::map<std::string, std::string> &metadata() const { return texts; }
  bool hasDigests() const { return digests; }
  NamedTensor read(const std::string &name) const;
  /// Reads all, and throws where a tensor is not what was written.
  void verify() const;

private:
  void readHeader(uint64_t size);
  void checkHeader(const std::string &text);
  void placeTensors(uint64_t begin, uint64_t size);
  std::vector<char> bytesOf(const std::string &name, const Entry &entry) const;

  std::string path;
  FILE *file;
  std::map<std::string, Entry> all;
  std::map<std::string, std::string> texts;
  bool digests = false;
};

struct TensorFile {
  std::map<std::string, NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
};
/// All of a file at once.
TensorFile readTensors(const std::string &path);

} // namespace ganrt
