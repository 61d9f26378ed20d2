#include "runtime/Safetensors.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

#include <cstring>
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace ganrt {

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

void writeTensors(const std::string &path, const std::vector<NamedTensor> &tensors,
                  const std::map<std::string, std::string> &metadata) {
  Json header = Json::object();
  for (auto &[key, value] : metadata)
    header["__metadata__"][key] = value;
  uint64_t offset = 0;
  for (const NamedTensor &t : tensors) {
    uint64_t bytes = t.values.size() * (t.wide ? 8 : 4);
    header[t.name] = {
        {"dtype", t.wide ? "F64" : "F32"}, {"shape", t.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  NewFile file(path);
  uint64_t length = text.size();
  file.write(&length, 8);
  file.write(text.data(), text.size());
  std::vector<float> narrow;
  for (const NamedTensor &t : tensors) {
    if (t.wide) {
      file.write(t.values.data(), t.values.size() * 8);
    } else {
      narrow.assign(t.values.begin(), t.values.end());
      file.write(narrow.data(), narrow.size() * 4);
    }
  }
  file.commit();
}

namespace {

template <class T> void convert(const std::string &bytes, uint64_t begin, NamedTensor &t) {
  for (size_t i = 0; i < t.values.size(); ++i) {
    T v;
    memcpy(&v, bytes.data() + begin + i * sizeof v, sizeof v);
    t.values[i] = double(v);
  }
}

const std::map<std::string, std::pair<size_t, void (*)(const std::string &, uint64_t, NamedTensor &)>> readers = {
    {"F64", {8, convert<double>}},  {"F32", {4, convert<float>}},  {"I64", {8, convert<int64_t>}},
    {"I32", {4, convert<int32_t>}}, {"U8", {1, convert<uint8_t>}}, {"BOOL", {1, convert<uint8_t>}}};

NamedTensor readTensor(const std::string &path, const std::string &name, const Json &entry, const std::string &bytes,
                       uint64_t base) {
  auto broken = [&](const std::string &why) {
    return UserError(path + ": is not a whole safetensors file: tensor " + name + " " + why);
  };
  NamedTensor t{name, entry.at("shape").get<std::vector<int64_t>>(), {}, entry.at("dtype") == "F64"};
  auto reader = readers.find(entry.at("dtype").get<std::string>());
  if (reader == readers.end())
    throw UserError(path + ": tensor " + name + " has the type " + entry.at("dtype").get<std::string>() +
                    ", which is not read");
  auto offsets = entry.at("data_offsets").get<std::vector<uint64_t>>();
  uint64_t count = 1;
  for (int64_t d : t.shape) {
    if (d < 0 || (d > 0 && count > bytes.size() / uint64_t(d) + 1))
      throw broken("has an impossible shape");
    count *= uint64_t(d);
  }
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > bytes.size() - base ||
      offsets[1] - offsets[0] != count * reader->second.first)
    throw broken("lies outside the file");
  t.values.resize(count);
  reader->second.second(bytes, base + offsets[0], t);
  return t;
}

} // namespace

TensorFile readTensors(const std::string &path) {
  std::string bytes = readWholeFile(path);
  TensorFile file;
  uint64_t length = 0;
  if (bytes.size() >= 8)
    memcpy(&length, bytes.data(), 8);
  if (bytes.size() < 8 || length > bytes.size() - 8)
    throw UserError(path + ": is not a whole safetensors file: its header is cut off");
  try {
    Json header = Json::parse(bytes.begin() + 8, bytes.begin() + 8 + int64_t(length));
    for (auto &[name, entry] : header.items()) {
      if (name == "__metadata__")
        file.metadata = entry.get<std::map<std::string, std::string>>();
      else
        file.tensors[name] = readTensor(path, name, entry, bytes, 8 + length);
    }
  } catch (const Json::exception &) {
    throw UserError(path + ": is not a safetensors file: its header does not parse");
  }
  return file;
}

} // namespace ganrt
