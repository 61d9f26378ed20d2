// Arrays that users take home: .npy for one, .safetensors for named ones, as a file or on standard output.
#pragma once

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

/// NumPy's format, version 1.0, of little-endian floats.
std::string npyBytes(const Array &array);
/// A file of safetensors.
std::string tensorBytes(const std::vector<Array> &arrays);

/// The format that a file's name tells, or `format` where that is not "": png, npy or safetensors. Standard output
/// ("-") has `usual`. Throws UserError for another.
std::string outputFormat(const std::string &path, const std::string &format, const std::string &usual);

/// The file appears whole; "-" is standard output. Throws UserError with the path.
void writeOutput(const std::string &path, const std::string &bytes);

} // namespace ganrt
