#include "runtime/ArrayFile.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/Safetensors.h"

#include <cstdio>
#include <filesystem>

namespace ganrt {

std::string npyBytes(const Array &array) {
  std::string shape;
  for (int64_t size : array.shape)
    shape += std::to_string(size) + ", ";
  if (array.shape.size() > 1)
    shape.resize(shape.size() - 2);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY\x01";
  bytes += '\0';
  bytes += char(header.size() & 0xff);
  bytes += char(header.size() >> 8);
  bytes += header;
  return bytes.append(reinterpret_cast<const char *>(array.numbers.data()), array.numbers.size() * sizeof(float));
}

std::string tensorBytes(const std::vector<Array> &arrays) {
  std::vector<TensorHead> heads;
  for (const Array &a : arrays)
    heads.push_back({a.name, a.shape, false});
  std::string bytes;
  encodeTensors(
      heads, {{"format", "pt"}},
      [&](size_t i, const WriteBytes &write) {
        write(arrays[i].numbers.data(), arrays[i].numbers.size() * sizeof(float));
      },
      [&](const void *data, size_t count) { bytes.append(static_cast<const char *>(data), count); });
  return bytes;
}

std::string outputFormat(const std::string &path, const std::string &format, const std::string &usual) {
  std::string chosen = format;
  if (chosen.empty())
    chosen = path == "-" ? usual : std::filesystem::path(path).extension().string();
  if (chosen.starts_with('.'))
    chosen = chosen.substr(1);
  if (chosen != "png" && chosen != "npy" && chosen != "safetensors")
    throw UserError((format.empty() ? path + ": the format of " : "--format " + format + ": the format of ") +
                    "what is written is png, npy or safetensors");
  return chosen;
}

void writeOutput(const std::string &path, const std::string &bytes) {
  if (path == "-") {
    if (fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || fflush(stdout))
      throw UserError("standard output: cannot be written");
    return;
  }
  NewFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

} // namespace ganrt
