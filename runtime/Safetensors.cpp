#include "runtime/Safetensors.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <sys/stat.h>

using Json = nlohmann::ordered_json;

namespace ganrt {

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

/// Elements; nothing where there are more than `most`.
static std::optional<uint64_t> elements(const std::vector<int64_t> &shape, uint64_t most) {
  uint64_t count = 1;
  bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  for (int64_t d : shape) {
    if (d < 0 || (!empty && count > most / uint64_t(d)))
      return std::nullopt;
    count *= uint64_t(d);
  }
  return empty ? 0 : count;
}

void writeNumbers(const std::vector<double> &values, bool wide, const WriteBytes &write) {
  if (wide)
    return write(values.data(), values.size() * sizeof(double));
  std::vector<float> narrow(values.begin(), values.end());
  write(narrow.data(), narrow.size() * sizeof(float));
}

void encodeTensors(const std::vector<TensorHead> &heads, const std::map<std::string, std::string> &metadata,
                   const std::function<void(size_t, const WriteBytes &)> &writeValues, const WriteBytes &write) {
  Json header = Json::object();
  for (auto &[key, value] : metadata)
    header["__metadata__"][key] = value;
  uint64_t offset = 0;
  for (const TensorHead &t : heads) {
    uint64_t bytes = *elements(t.shape, UINT64_MAX) * (t.wide ? 8 : 4);
    header[t.name] = {
        {"dtype", t.wide ? "F64" : "F32"}, {"shape", t.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  uint64_t length = text.size();
  write(&length, 8);
  write(text.data(), text.size());
  for (size_t i = 0; i < heads.size(); ++i)
    writeValues(i, write);
}

void writeTensors(const std::string &path, const std::vector<TensorHead> &heads,
                  const std::map<std::string, std::string> &metadata,
                  const std::function<void(size_t, const WriteBytes &)> &writeValues) {
  NewFile file(path);
  encodeTensors(heads, metadata, writeValues, [&](const void *data, size_t bytes) { file.write(data, bytes); });
  file.commit();
}

void writeTensors(const std::string &path, const std::vector<NamedTensor> &tensors,
                  const std::map<std::string, std::string> &metadata) {
  std::vector<TensorHead> heads;
  for (const NamedTensor &t : tensors)
    heads.push_back({t.name, t.shape, t.wide});
  writeTensors(path, heads, metadata,
               [&](size_t i, const WriteBytes &write) { writeNumbers(tensors[i].values, tensors[i].wide, write); });
}

namespace {

template <class T> void convert(const std::vector<char> &bytes, NamedTensor &t) {
  for (size_t i = 0; i < t.values.size(); ++i) {
    T v;
    memcpy(&v, bytes.data() + i * sizeof v, sizeof v);
    t.values[i] = double(v);
  }
}

struct Type {
  size_t bytes;
  void (*convert)(const std::vector<char> &, NamedTensor &);
};
const std::map<std::string, Type> types = {{"F64", {8, convert<double>}},  {"F32", {4, convert<float>}},
                                           {"I64", {8, convert<int64_t>}}, {"I32", {4, convert<int32_t>}},
                                           {"U8", {1, convert<uint8_t>}},  {"BOOL", {1, convert<uint8_t>}}};

TensorReader::Entry entryOf(const std::string &path, const std::string &name, const Json &json, uint64_t base,
                            uint64_t size) {
  auto broken = [&](const std::string &why) {
    return UserError(path + ": is not a whole safetensors file: tensor " + name + " " + why);
  };
  TensorReader::Entry entry{json.at("shape").get<std::vector<int64_t>>(), json.at("dtype").get<std::string>(), 0, 0};
  auto type = types.find(entry.dtype);
  if (type == types.end())
    throw UserError(path + ": tensor " + name + " has the type " + entry.dtype + ", which is not read");
  auto offsets = json.at("data_offsets").get<std::vector<uint64_t>>();
  std::optional<uint64_t> count = elements(entry.shape, size);
  if (!count)
    throw broken("has an impossible shape");
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > size - base ||
      offsets[1] - offsets[0] != *count * type->second.bytes)
    throw broken("lies outside the file");
  entry.begin = base + offsets[0], entry.count = *count;
  return entry;
}

} // namespace

TensorReader::TensorReader(const std::string &path) : path(path), file(openFile(path)) {
  struct stat info {};
  fstat(fileno(file), &info);
  try {
    readHeader(uint64_t(info.st_size));
  } catch (...) {
    fclose(file);
    throw;
  }
}

TensorReader::~TensorReader() { fclose(file); }

void TensorReader::readHeader(uint64_t size) {
  uint64_t length = 0;
  if (fread(&length, 1, 8, file) != 8 || length > size - 8)
    throw UserError(path + ": is not a whole safetensors file: its header is cut off");
  std::string text(length, 0);
  if (fread(text.data(), 1, length, file) != length)
    throw UserError(path + ": cannot be read");
  try {
    Json header = Json::parse(text);
    for (auto &[name, entry] : header.items()) {
      if (name == "__metadata__")
        texts = entry.get<std::map<std::string, std::string>>();
      else
        all[name] = entryOf(path, name, entry, 8 + length, size);
    }
  } catch (const Json::exception &) {
    throw UserError(path + ": is not a safetensors file: its header does not parse");
  }
}

NamedTensor TensorReader::read(const std::string &name) const {
  const Entry &entry = all.at(name);
  NamedTensor t{name, entry.shape, std::vector<double>(entry.count), entry.dtype == "F64"};
  const Type &type = types.at(entry.dtype);
  std::vector<char> bytes(entry.count * type.bytes);
  if (fseeko(file, off_t(entry.begin), SEEK_SET) || fread(bytes.data(), 1, bytes.size(), file) != bytes.size())
    throw UserError(path + ": cannot be read");
  type.convert(bytes, t);
  return t;
}

TensorFile readTensors(const std::string &path) {
  TensorReader reader(path);
  TensorFile file{{}, reader.metadata()};
  for (auto &[name, entry] : reader.entries())
    file.tensors[name] = reader.read(name);
  return file;
}

} // namespace ganrt
