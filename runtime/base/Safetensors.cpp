#include "runtime/base/Safetensors.h"
#include "runtime/base/Digest.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Json.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <sstream>
#include <sys/stat.h>

namespace ganrt {

/// The number of elements; nothing if there are more than `most`.
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

namespace {

constexpr const char *tensorDigests = "tensor_digests", *headerDigest = "header_digest";

/// The length and the header, padded to a multiple of 8 bytes.
std::string headText(const std::vector<TensorHead> &heads, const std::map<std::string, std::string> &metadata) {
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
  return std::string(reinterpret_cast<const char *>(&length), sizeof length) + text;
}

/// Where the header's digest stands in its text. The search cannot hit anything else, because quotes inside of other
/// strings are escaped.
size_t placeOfDigest(const std::string &text) {
  std::string key = '"' + std::string(headerDigest) + "\":\"";
  size_t found = text.find(key);
  return found == std::string::npos || found + key.size() + Digest::letters > text.size() ? std::string::npos
                                                                                          : found + key.size();
}

/// The digest of a header, without the eight bytes of its length.
std::string digestOfHeader(std::string text, size_t place) {
  text.replace(place, Digest::letters, Digest::letters, '0');
  return digestOf(text.data(), text.size());
}

/// headText with digests. Its length does not depend on their values.
std::string headTextWith(const std::vector<std::string> &digests, const std::vector<TensorHead> &heads,
                         std::map<std::string, std::string> metadata) {
  std::string &all = metadata[tensorDigests];
  for (const std::string &digest : digests)
    all += (all.empty() ? "" : " ") + digest;
  metadata[headerDigest] = std::string(Digest::letters, '0');
  std::string head = headText(heads, metadata), text = head.substr(8);
  size_t place = placeOfDigest(text);
  return head.replace(8 + place, Digest::letters, digestOfHeader(text, place));
}

} // namespace

void encodeTensors(const std::vector<TensorHead> &heads, const std::map<std::string, std::string> &metadata,
                   const std::function<void(size_t, const WriteBytes &)> &writeValues, const WriteBytes &write) {
  std::string head = headText(heads, metadata);
  write(head.data(), head.size());
  for (size_t i = 0; i < heads.size(); ++i)
    writeValues(i, write);
}

/// The digests are computed while the values are written; afterwards the header is written again, now with the digests.
void writeTensors(const std::string &path, const std::vector<TensorHead> &heads,
                  const std::map<std::string, std::string> &metadata,
                  const std::function<void(size_t, const WriteBytes &)> &writeValues) {
  NewFile file(path);
  if (!file.isFile()) {
    encodeTensors(heads, metadata, writeValues, [&](const void *data, size_t bytes) { file.write(data, bytes); });
    return file.commit();
  }
  std::vector<std::string> digests(heads.size(), std::string(Digest::letters, '0'));
  std::string head = headTextWith(digests, heads, metadata);
  file.write(head.data(), head.size());
  for (size_t i = 0; i < heads.size(); ++i) {
    Digest digest;
    writeValues(i, [&](const void *data, size_t bytes) {
      digest.add(data, bytes);
      file.write(data, bytes);
    });
    digests[i] = digest.text();
  }
  head = headTextWith(digests, heads, metadata);
  file.rewrite(0, head.data(), head.size());
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
    return DamagedFile(path + ": is not a whole safetensors file: tensor " + name + " " + why);
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
    throw DamagedFile(path + ": is not a whole safetensors file: its header is cut off");
  std::string text(length, 0);
  if (fread(text.data(), 1, length, file) != length)
    throw UserError(path + ": cannot be read");
  try {
    Json header = Json::parse(text);
    if (header.contains("__metadata__"))
      texts = header["__metadata__"].get<std::map<std::string, std::string>>();
    checkHeader(text);
    for (auto &[name, entry] : header.items())
      if (name != "__metadata__")
        all[name] = entryOf(path, name, entry, 8 + length, size);
  } catch (const Json::exception &) {
    throw DamagedFile(path + ": is not a safetensors file: its header does not parse");
  }
  placeTensors(8 + length, size);
}

/// Checks the header's digest. A file that has only one of the two digest entries is damaged, because both are always
/// written.
void TensorReader::checkHeader(const std::string &text) {
  digests = texts.contains(tensorDigests) || texts.contains(headerDigest);
  size_t place = placeOfDigest(text);
  if (digests && (place == std::string::npos || !texts.contains(tensorDigests) ||
                  text.substr(place, Digest::letters) != digestOfHeader(text, place)))
    throw DamagedFile(path + ": is damaged: its header is not what was written");
}

/// Checks that the tensors lie one behind the other from the header to the end of the file, as the format demands, and
/// gives each its digest.
void TensorReader::placeTensors(uint64_t begin, uint64_t size) {
  std::vector<std::pair<const std::string, Entry> *> order;
  for (auto &entry : all)
    order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](auto *a, auto *b) {
    return std::pair(a->second.begin, a->second.count) < std::pair(b->second.begin, b->second.count);
  });
  std::istringstream words(digests ? texts.at(tensorDigests) : "");
  for (auto *item : order) {
    auto &[name, entry] = *item;
    if (entry.begin != begin)
      throw DamagedFile(path + ": is not a whole safetensors file: tensor " + name +
                        (entry.begin < begin ? " overlaps another" : " does not follow the one before it"));
    begin += entry.count * types.at(entry.dtype).bytes;
    if (digests && !(words >> entry.digest))
      throw DamagedFile(path + ": is damaged: tensor " + name + " has no digest");
  }
  if (begin != size)
    throw DamagedFile(path + ": is not a whole safetensors file: " + std::to_string(size - begin) +
                      " bytes at its end belong to no tensor");
}

std::vector<char> TensorReader::bytesOf(const std::string &name, const Entry &entry) const {
  std::vector<char> bytes(entry.count * types.at(entry.dtype).bytes);
  if (fseeko(file, off_t(entry.begin), SEEK_SET) || fread(bytes.data(), 1, bytes.size(), file) != bytes.size())
    throw DamagedFile(path + ": cannot be read");
  if (digests && digestOf(bytes.data(), bytes.size()) != entry.digest)
    throw DamagedFile(path + ": is damaged: tensor " + name + " is not what was written");
  return bytes;
}

void TensorReader::verify() const {
  for (auto &[name, entry] : all)
    bytesOf(name, entry);
}

NamedTensor TensorReader::read(const std::string &name) const {
  const Entry &entry = all.at(name);
  NamedTensor t{name, entry.shape, std::vector<double>(entry.count), entry.dtype == "F64"};
  types.at(entry.dtype).convert(bytesOf(name, entry), t);
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
