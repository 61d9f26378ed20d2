// Reads the format of huggingface/safetensors: an 8-byte length, a JSON header, the numbers.
#include "compiler/export/Weights.h"
#include "compiler/export/ExportError.h"
#include "dsl/Text.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <cstring>

namespace gan {
namespace {

/// A tensor of the header; nothing if it is malformed or lies outside the data.
std::optional<Weight> tensorOf(const llvm::json::Value &entry, llvm::StringRef data) {
  const llvm::json::Object *object = entry.getAsObject();
  const llvm::json::Array *shape = object ? object->getArray("shape") : nullptr;
  const llvm::json::Array *place = object ? object->getArray("data_offsets") : nullptr;
  std::optional<llvm::StringRef> type = object ? object->getString("dtype") : std::nullopt;
  if (!shape || !place || place->size() != 2 || !type)
    return std::nullopt;
  Weight out;
  for (const llvm::json::Value &size : *shape)
    out.shape.push_back(size.getAsInteger().value_or(-1));
  size_t first = size_t((*place)[0].getAsInteger().value_or(-1)),
         last = size_t((*place)[1].getAsInteger().value_or(-1));
  size_t each = *type == "F32" ? 4 : *type == "F64" ? 8 : 0, count = size_t(dsl::elements(out.shape));
  if (!each || first > last || last > data.size() || last - first != count * each)
    return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    const char *at = data.data() + first + i * each;
    if (each == 4)
      out.values.push_back(llvm::bit_cast<float>(llvm::support::endian::read32le(at)));
    else
      out.values.push_back(float(llvm::bit_cast<double>(llvm::support::endian::read64le(at))));
  }
  return out;
}

} // namespace

/// A file as its header and what lies behind it. Throws ExportError.
struct Weights::File {
  explicit File(const std::string &path) {
    auto refuse = [&](const std::string &why) { return ExportError(dsl::printable(path) + ": " + why); };
    auto file = llvm::MemoryBuffer::getFile(path, false, false);
    if (!file)
      throw refuse(file.getError().message());
    buffer = std::move(*file);
    llvm::StringRef bytes = buffer->getBuffer();
    uint64_t size = bytes.size() < 8 ? 0 : llvm::support::endian::read64le(bytes.data());
    if (bytes.size() < 8 || size > bytes.size() - 8)
      throw refuse("is no checkpoint, or is cut off");
    auto parsed = llvm::json::parse(bytes.substr(8, size));
    if (!parsed)
      llvm::consumeError(parsed.takeError());
    if (!parsed || !parsed->getAsObject())
      throw refuse("is no .safetensors file: its header is no JSON");
    header = std::move(*parsed->getAsObject());
    data = bytes.substr(8 + size);
  }

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::json::Object header;
  llvm::StringRef data;
};

Weights::Weights(const std::string &path) : path(path) {
  File file(path);
  for (auto &[name, entry] : file.header)
    if (std::optional<Weight> tensor = tensorOf(entry, file.data))
      tensors[name.str()] = std::move(*tensor);
}

int64_t Weights::iterationOf(const std::string &path) {
  try {
    File file(path);
    const llvm::json::Object *metadata = file.header.getObject("__metadata__");
    std::optional<llvm::StringRef> text = metadata ? metadata->getString("iteration") : std::nullopt;
    int64_t iteration = -1;
    return text && !text->getAsInteger(10, iteration) ? iteration : -1;
  } catch (const ExportError &) {
    return -1;
  }
}

const Weight *Weights::stored(const dsl::Block &block, const dsl::Layer &layer, const std::string &name) {
  std::string own = block.name + "." + std::to_string(layer.index) + "." + name;
  for (const std::string &full : {"average." + own, own})
    if (auto found = tensors.find(full); found != tensors.end())
      return &found->second;
  throw ExportError(dsl::printable(path) + ": has no tensor " + own + ": it is not a checkpoint of this model");
}

const Weight *Weights::find(const dsl::Block &block, const dsl::Layer &layer, const std::string &name) {
  const std::string original = "parametrizations.weight.original", spectral = "parametrizations.weight.0.";
  auto has = [&](const std::string &wanted) {
    return std::any_of(layer.params.begin(), layer.params.end(), [&](const dsl::Param &p) { return p.name == wanted; });
  };
  if (name == "weight" && has(original)) {
    auto [known, fresh] = divided.try_emplace(block.name + "." + std::to_string(layer.index));
    if (fresh)
      known->second = overSpectralNorm(layer, *stored(block, layer, original), *stored(block, layer, spectral + "_u"),
                                       *stored(block, layer, spectral + "_v"));
    return &known->second;
  }
  auto param =
      std::find_if(layer.params.begin(), layer.params.end(), [&](const dsl::Param &p) { return p.name == name; });
  if (param == layer.params.end())
    return nullptr;
  const Weight *found = stored(block, layer, name);
  if (found->shape != param->shape)
    throw ExportError(dsl::printable(path) + ": " + block.name + "." + std::to_string(layer.index) + "." + name +
                      " has another shape than in the model");
  return found;
}

const Weight &Weights::at(const dsl::Block &block, const dsl::Layer &layer, const std::string &name) {
  const Weight *found = find(block, layer, name);
  return found ? *found : *stored(block, layer, name);
}

/// w / (u^T W v), where W has the output's channels as rows (torch.nn.utils.parametrizations.spectral_norm).
Weight Weights::overSpectralNorm(const dsl::Layer &layer, const Weight &w, const Weight &u, const Weight &v) const {
  bool transposed = layer.kind == dsl::LayerKind::ConvTranspose; // its weight is (in, out, ..)
  int64_t outer = transposed ? w.shape[0] : 1, rows = w.shape[transposed ? 1 : 0];
  int64_t inner = dsl::elements(w.shape) / outer / rows;
  double sigma = 0;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < inner; ++i)
        sigma += double(u.values[size_t(r)]) * double(w.values[size_t((o * rows + r) * inner + i)]) *
                 double(v.values[size_t(o * inner + i)]);
  Weight out = w;
  for (float &x : out.values)
    x = float(double(x) / sigma);
  return out;
}

} // namespace gan
