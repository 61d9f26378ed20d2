#include "runtime/generate/ArrayFile.h"
#include "runtime/base/Error.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace ganrt {

OutputFile::OutputFile(const std::string &path) {
  if (path != "-")
    file.emplace(path);
}

void OutputFile::write(const void *data, size_t bytes) {
  if (file)
    file->write(data, bytes);
  else if (fwrite(data, 1, bytes, stdout) != bytes)
    throw UserError("standard output: cannot be written");
}

void OutputFile::commit() {
  if (file)
    file->commit();
  else if (fflush(stdout))
    throw UserError("standard output: cannot be written");
}

/// The bytes in front of the numbers in an .npy.
static std::string npyHeader(const std::vector<int64_t> &sizes) {
  std::string shape;
  for (int64_t size : sizes)
    shape += std::to_string(size) + ", ";
  if (sizes.size() > 1)
    shape.resize(shape.size() - 2);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY\x01";
  bytes += '\0';
  bytes += char(header.size() & 0xff);
  bytes += char(header.size() >> 8);
  return bytes + header;
}

ArrayWriter::ArrayWriter(const std::string &path, const std::string &format, const std::vector<TensorHead> &heads)
    : file(path), lines(format == "csv"), written(format == "npy" || lines ? 1 : heads.size()) {
  constexpr size_t inMemory = 64 << 20; // bytes of waiting arrays that stay in memory
  for (const TensorHead &head : heads) {
    size_t size = 1;
    for (size_t i = 1; i < head.shape.size(); ++i)
      size *= size_t(head.shape[i]);
    each.push_back(size), missing.push_back(size * size_t(head.shape.at(0)));
    waiting.push_back(std::make_unique<ImageStore>(size * sizeof(float), inMemory / heads.size()));
  }
  WriteBytes out = [this](const void *data, size_t bytes) { file.write(data, bytes); };
  if (format == "npy") {
    std::string header = npyHeader(heads.at(0).shape);
    file.write(header);
    return;
  }
  if (lines) {
    std::string header;
    for (size_t i = 0; i < each[0]; ++i)
      header += (i ? "," : "") + heads[0].name + (each[0] > 1 ? "." + std::to_string(i) : "");
    header += '\n';
    file.write(header);
    return;
  }
  encodeTensors(
      heads, {{"format", "pt"}}, [](size_t, const WriteBytes &) {}, out); // writes only the header
}

void ArrayWriter::append(size_t array, const std::vector<float> &numbers) {
  missing.at(array) -= numbers.size();
  if (array == 0 && lines)
    return writeLines(numbers);
  if (array == 0)
    return file.write(numbers.data(), numbers.size() * sizeof(float));
  for (size_t i = 0; array < written && i < numbers.size(); i += each[array])
    waiting[array]->append(numbers.data() + i);
}

/// A line for each sample; nine digits tell every float from the next.
void ArrayWriter::writeLines(const std::vector<float> &numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size(); ++i) {
    char cell[32];
    snprintf(cell, sizeof cell, "%.9g%c", double(numbers[i]), (i + 1) % each[0] ? ',' : '\n');
    text += cell;
  }
  file.write(text);
}

void ArrayWriter::commit() {
  if (std::any_of(missing.begin(), missing.end(), [](size_t numbers) { return numbers != 0; }))
    throw std::logic_error("an array has not as many samples as its header says");
  std::vector<uint8_t> buffer;
  for (size_t array = 1; array < written; ++array)
    for (size_t i = 0; i < waiting[array]->count(); ++i)
      file.write(waiting[array]->view(i, buffer), each[array] * sizeof(float));
  file.commit();
}

void writeArrays(const std::string &path, const std::string &format, const std::vector<Array> &arrays) {
  std::vector<TensorHead> heads;
  for (const Array &array : arrays)
    heads.push_back({array.name, array.shape, false});
  ArrayWriter writer(path, format, heads);
  for (size_t i = 0; i < arrays.size(); ++i)
    writer.append(i, arrays[i].numbers);
  writer.commit();
}

std::string outputFormat(const std::string &path, const std::string &format, const std::string &usual) {
  std::string chosen = format;
  std::error_code ignored;
  bool isFolder = path != "-" && (path.ends_with('/') || std::filesystem::is_directory(path, ignored));
  if (isFolder && (format.empty() || format == "png"))
    return folderFormat;
  if (chosen.empty())
    chosen = path == "-" ? usual : std::filesystem::path(path).extension().string();
  if (chosen.starts_with('.'))
    chosen = chosen.substr(1);
  if (chosen != "png" && chosen != "npy" && chosen != "csv" && chosen != "safetensors")
    throw UserError(format.empty()
                        ? path +
                              ": what is written ends in .png, .npy, .csv or .safetensors; FOLDER/ gets a .png of each"
                        : "--format " + format + ": what is written is png, npy, csv or safetensors");
  return chosen;
}

bool namesFile(const std::string &path) {
  std::string ending = std::filesystem::path(path).extension();
  std::error_code ignored;
  return ending.size() > 1 && std::isalpha(static_cast<unsigned char>(ending[1])) &&
         !std::filesystem::is_directory(path, ignored);
}

std::string withoutEnding(const std::string &path) {
  for (const char *end : {".npy", ".csv", ".safetensors", ".png"})
    if (path.ends_with(end))
      return path.substr(0, path.size() - strlen(end));
  return path;
}

void writeOutput(const std::string &path, const std::string &bytes) {
  OutputFile file(path);
  file.write(bytes);
  file.commit();
}

} // namespace ganrt
