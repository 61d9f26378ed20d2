// Files of named tensors (huggingface/safetensors): an 8-byte length, a JSON header, the bytes. Written beside their
// place, synced and renamed, so that a file is whole or not there.
#pragma once

#include <cstdint>
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

/// Throws UserError with the path and the reason.
void writeTensors(const std::string &path, const std::vector<NamedTensor> &tensors,
                  const std::map<std::string, std::string> &metadata);

struct TensorFile {
  std::map<std::string, NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
};
/// Reads any of F64, F32, I64, I32, U8, BOOL. Throws UserError with the path where the file is not whole.
TensorFile readTensors(const std::string &path);

/// "(128, 20)".
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace ganrt
