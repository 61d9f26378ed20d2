// Files of named tensors (huggingface/safetensors): an 8-byte length, a JSON header, the bytes. They are written beside
// their place, synced and renamed, so that a file is either whole or not there. Files written here have two additional
// metadata entries, so that a bit that has changed since is noticed when the file is read:
//
//   tensor_digests  the digests of the tensors' bytes, in the order of their places, separated by spaces
//   header_digest   the digest of the header's text, in which this digest itself is written as zeros
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

/// A tensor in outside order. Files hold it as F32, or as F64 if `wide`.
struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<double> values;
  bool wide = false;
};

/// The description of a tensor in a file, without its values.
struct TensorHead {
  std::string name;
  std::vector<int64_t> shape;
  bool wide = false;
};
/// Takes bytes of a file, piece by piece.
using WriteBytes = std::function<void(const void *, size_t)>;
/// Passes numbers to `write` as F64 if `wide`, otherwise as F32.
void writeNumbers(const std::vector<double> &values, bool wide, const WriteBytes &write);
/// Produces the bytes of a file, without digests. `writeValues(i, write)` is called when the numbers of tensor i are
/// due, so that not all tensors need to be in memory at once.
void encodeTensors(const std::vector<TensorHead> &heads, const std::map<std::string, std::string> &metadata,
                   const std::function<void(size_t, const WriteBytes &)> &writeValues, const WriteBytes &write);
/// Writes the same to `path`, with digests if that is a regular file and not a pipe. Throws UserError with the path and
/// the reason.
void writeTensors(const std::string &path, const std::vector<TensorHead> &heads,
                  const std::map<std::string, std::string> &metadata,
                  const std::function<void(size_t, const WriteBytes &)> &writeValues);
void writeTensors(const std::string &path, const std::vector<NamedTensor> &tensors,
                  const std::map<std::string, std::string> &metadata);

/// Reads a file of tensors. The constructor reads the header and checks it against the file's size and its digest, if
/// it has one. The types F64, F32, I64, I32, U8 and BOOL can be read. Throws DamagedFile with the path if the file is
/// not whole.
class TensorReader {
public:
  explicit TensorReader(const std::string &path);
  ~TensorReader();
  TensorReader(const TensorReader &) = delete;
  TensorReader &operator=(const TensorReader &) = delete;

  struct Entry {
    std::vector<int64_t> shape;
    std::string dtype;
    uint64_t begin, count; ///< offset in the file; number of elements
    std::string digest{};  ///< of the tensor's bytes; "" if the file has no digests
  };
  const std::map<std::string, Entry> &entries() const { return all; }
  const std::map<std::string, std::string> &metadata() const { return texts; }
  bool hasDigests() const { return digests; }
  NamedTensor read(const std::string &name) const;
  /// Reads all tensors and throws if one is not what was written.
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
/// Reads a whole file at once.
TensorFile readTensors(const std::string &path);

} // namespace ganrt
