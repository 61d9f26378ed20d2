// Writes each layer as the module of torch.nn that it is, at the place that it has in the block, so that tensors keep
// their names; what torch.nn has no module for is an expression of forward(), and its place an nn.Identity.
#include "compiler/export/Torch.h"
#include "compiler/export/ExportError.h"
#include "compiler/export/GivenCount.h"
#include "compiler/export/Python.h"
#include "compiler/export/TorchHelpers.h"
#include "dsl/Tables.h"

#include "llvm/Support/EndianStream.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <set>

using gan::dsl::LayerKind;

namespace gan {
namespace {

using python::text;
using python::variable;

class ModuleWriter {
public:
  ModuleWriter(const dsl::Model &model, const dsl::Block &block, Weights &weights)
      : model(model), block(block), weights(weights) {}

  TorchFiles write(const std::string &weightsName, const std::string &version) {
    std::string names, shapes;
    for (size_t i = 0; i < block.inputs.size(); ++i) {
      names += ", " + inputName(i);
      shapes += (shapes.empty() ? "" : ", ") + inputName(i) + " (N";
      for (int64_t size : block.inputs[i].shape)
        shapes += ", " + text(size);
      shapes += ")";
    }
    std::string forward = "    def forward(self" + names + "):\n";
    std::string init;
    if (block.trunk) {
      const dsl::Block &trunk = model.blocks[size_t(block.trunk->block)];
      size_t depth = size_t(trunk.labels[size_t(block.trunk->label)].afterLayer) + 1;
      std::string first = chain(trunk, depth, "trunk", forward),
                  second = chain(block, block.layers.size(), "head", forward);
      init = "        super().__init__()\n        self.trunk = nn.Sequential(\n" + first +
             "        )\n        self.head = nn.Sequential(\n" + second + "        )\n";
    } else {
      init = "        super().__init__(\n" + chain(block, block.layers.size(), "", forward) + "        )\n";
    }
    forward += results();
    std::string out = "\"\"\"" + block.name + " of model " + model.name + ", exported by ganc " + version +
                      ".\n\nload() makes the module with its trained weights. It takes " + shapes + ", and returns " +
                      returned() +
                      ".\n\"\"\"\nimport pathlib\n\nimport torch\nfrom safetensors.torch import load_file\n"
                      "from torch import nn\nfrom torch.nn import functional\n\n\n";
    for (const TorchHelper &h : torchHelpers)
      if (used.contains(h.name))
        out += std::string(h.text) + "\n\n";
    out += "class " + className() + "(nn." + (block.trunk ? "Module" : "Sequential") + "):\n    def __init__(self):\n" +
           init + "\n" + forward + "\n\ndef load(path=pathlib.Path(__file__).with_name(\"" + weightsName +
           "\")):\n    module = " + className() +
           "()\n    module.load_state_dict(load_file(path))\n    return module.eval()\n";
    return {out, tensorBytes()};
  }

private:
  std::string className() const { return variable(block.name); }
  std::string inputName(size_t i) const { return variable(dsl::givenName(block, int(i))); }
  std::string use(const char *helper) {
    used.insert(helper);
    return helper;
  }

  // ---- layers ----

  /// Adds a chain's statements to forward(), and returns its modules.
  std::string chain(const dsl::Block &of, size_t count, const std::string &part, std::string &forward) {
    std::string modules;
    if (part != "head")
      forward += "        x = " + joined(of) + "\n";
    for (size_t i = 0; i < count; ++i) {
      const dsl::Layer &l = of.layers[i];
      std::vector<std::string> refs;
      for (const dsl::LayerArg &a : l.args)
        for (const dsl::Ref &ref : a.refs)
          refs.push_back(ref.input >= 0 ? inputName(size_t(ref.input)) : labelName(of.labels[size_t(ref.label)]));
      std::string self = "self" + (part.empty() ? "" : "." + part) + "[" + std::to_string(i) + "]";
      std::string value = self + "(x)", module = "nn.Identity()";
      layer(of, l, self, refs, module, value);
      modules += "            " + module + ",\n";
      forward += "        x = " + value + "\n";
      for (const dsl::Label &label : of.labels)
        if (size_t(label.afterLayer) == i)
          forward += "        " + labelName(label) + " = x\n";
      keepTensors(of, l, part, module.starts_with("NormBy"));
    }
    return modules;
  }

  static std::string labelName(const dsl::Label &label) { return "at_" + label.name; }

  std::string joined(const dsl::Block &of) {
    std::vector<std::string> parts;
    std::string image;
    for (size_t i = 0; i < of.inputs.size(); ++i) {
      if (!of.inputs[i].joined)
        continue;
      parts.push_back(inputName(i));
      if (of.inputs[i].shape.size() == 3)
        image = parts.back();
    }
    return parts.size() == 1 ? parts[0] : parts.empty() ? "None" : cat(parts, image);
  }

  std::string cat(const std::vector<std::string> &parts, const std::string &image) {
    std::string list;
    for (const std::string &p : parts)
      list += (list.empty() ? "" : ", ") +
              (image.empty() || p == image ? p : use("at_pixels") + ("(" + p + ", " + image + ")"));
    return "torch.cat([" + list + "], 1)";
  }

  double number(const dsl::Layer &l, const char *name) const {
    if (std::optional<double> literal = l.arg(name).literal())
      return *literal;
    throw refused(l, std::string("its ") + name + " is a number that changes while it trains");
  }
  int64_t whole(const dsl::Layer &l, const char *name) const { return int64_t(number(l, name)); }
  static int64_t nth(const dsl::Layer &l, const char *name, size_t i) {
    return int64_t(*l.argument(name).values[i].literal());
  }
  static std::string pair(const dsl::Layer &l, const char *name) {
    return text(dsl::Shape{nth(l, name, 0), nth(l, name, 1)});
  }
  ExportError refused(const dsl::Layer &l, const std::string &why) const {
    return ExportError(block.name + "." + std::to_string(l.index) + " " + std::string(dsl::rowOf(l.kind).spelling) +
                       " cannot be exported: " + why);
  }

  /// The module of a layer, and its value in forward().
  void layer(const dsl::Block &of, const dsl::Layer &l, const std::string &self, const std::vector<std::string> &refs,
             std::string &module, std::string &value) {
    bool image = l.in.size() == 3;
    switch (l.kind) {
    case LayerKind::Linear:
      module = linear(of, l, l.out[0]);
      break;
    case LayerKind::Maxout: {
      int64_t n = whole(l, "n"), k = whole(l, "pieces");
      module = linear(of, l, n * k);
      value = self + "(x).view(-1, " + text(n) + ", " + text(k) + ").amax(2)";
      break;
    }
    case LayerKind::Conv:
    case LayerKind::ConvTranspose:
      module = convolution(of, l);
      break;
    case LayerKind::Embedding:
      module = use("Weight") + ("(" + text(l.in[0]) + ", " + text(l.out[0]) + ")");
      value = "x @ " + self + ".weight";
      break;
    case LayerKind::BatchNorm:
    case LayerKind::InstanceNorm:
    case LayerKind::LayerNorm:
    case LayerKind::GroupNorm:
      module = norm(of, l, !refs.empty());
      if (!refs.empty())
        value = self + "(x, " + refs[0] + ")";
      break;
    case LayerKind::Positions:
      module = learned(of, l);
      value = "x + " + self + ".weight";
      break;
    case LayerKind::Gain:
      module = learned(of, l);
      value = "x * " + self + ".weight" + (image ? ".view(-1, 1, 1)" : "");
      break;
    case LayerKind::Prelu:
      module = "nn.PReLU(" + text(weights.at(of, l, "weight").shape[0]) + ")";
      break;
    case LayerKind::Codebook:
      module = learned(of, l);
      value = use("nearest") + ("(x, " + self + ".weight)");
      break;
    case LayerKind::Attention:
      module =
          use("Attention") + ("(" + text(l.in[0]) + ", " + text(whole(l, "heads")) + ", " + text(whole(l, "keys")) +
                              ", " + text(whole(l, "values")) + ", " + text(number(l, "bias") != 0) + ")");
      break;
    case LayerKind::MinibatchStddev:
      value = use("minibatch_stddev") +
              ("(x, " + (l.argument("group").values.empty() ? std::string("len(x)") : text(whole(l, "group"))) + ")");
      break;
    default:
      rearranged(l, refs, module, value);
    }
  }

  std::string linear(const dsl::Block &of, const dsl::Layer &l, int64_t out) {
    return "nn.Linear(" + text(l.in[0]) + ", " + text(out) + ", bias=" + text(weights.find(of, l, "bias") != nullptr) +
           ")";
  }

  std::string learned(const dsl::Block &of, const dsl::Layer &l) {
    std::string sizes;
    for (int64_t size : weights.at(of, l, "weight").shape)
      sizes += (sizes.empty() ? "" : ", ") + text(size);
    return use("Weight") + ("(" + sizes + ")");
  }

  std::string convolution(const dsl::Block &of, const dsl::Layer &l) {
    bool transposed = l.kind == LayerKind::ConvTranspose;
    return std::string("nn.Conv") + (transposed ? "Transpose2d(" : "2d(") + text(l.in[0]) + ", " + text(l.out[0]) +
           ", " + pair(l, "kernel") + ", stride=" + pair(l, "stride") + ", padding=" + pair(l, "pad") +
           (transposed ? ", output_padding=" + pair(l, "output_pad") : "") + ", dilation=" + pair(l, "dilation") +
           ", groups=" + text(whole(l, "groups")) + ", bias=" + text(weights.find(of, l, "bias") != nullptr) + ")";
  }

  std::string norm(const dsl::Block &of, const dsl::Layer &l, bool by) {
    const Weight *scale = weights.find(of, l, "weight");
    std::string channels = text(l.in[0]), eps = ", eps=" + text(number(l, "eps")), affine = text(scale && !by), out;
    if (l.kind == LayerKind::BatchNorm)
      out = std::string("nn.BatchNorm") + (l.in.size() == 3 ? "2d(" : "1d(") + channels + eps + ", affine=" + affine +
            ")";
    else if (l.kind == LayerKind::InstanceNorm)
      out = "nn.InstanceNorm2d(" + channels + eps + ", affine=" + affine + ")";
    else if (l.kind == LayerKind::LayerNorm)
      out = "nn.LayerNorm(" + text(l.in) + eps + ", elementwise_affine=" + affine + ")";
    else
      out = "nn.GroupNorm(" + text(whole(l, "groups")) + ", " + channels + eps + ", affine=" + affine + ")";
    if (!by)
      return out;
    bool oneHot = l.argument("by").refs[0].oneHot;
    return use("NormBy") +
           ("(" + out + ", " + text(scale->shape[0]) + ", " + channels + ", " + (oneHot ? "0" : "1") + ")");
  }

  void rearranged(const dsl::Layer &l, const std::vector<std::string> &refs, std::string &module, std::string &value) {
    auto spread = [&](const std::string &ref, size_t i) { // a vector stands at each pixel of an image
      const dsl::Shape &shape = refShape(l, i);
      return l.in.size() == 3 && shape.size() == 1 ? ref + "[:, :, None, None]" : ref;
    };
    switch (l.kind) {
    case LayerKind::Take:
      value = refs[0];
      break;
    case LayerKind::Add:
    case LayerKind::Multiply:
      value = "x";
      for (size_t i = 0; i < refs.size(); ++i)
        value += (l.kind == LayerKind::Add ? " + " : " * ") + spread(refs[i], i);
      break;
    case LayerKind::Concat: {
      std::vector<std::string> parts{"x"};
      parts.insert(parts.end(), refs.begin(), refs.end());
      std::string image = l.in.size() == 3 ? "x" : "";
      for (size_t i = 0; i < refs.size(); ++i)
        if (refShape(l, i).size() == 3 && image.empty())
          image = refs[i];
      value = cat(parts, image);
      break;
    }
    case LayerKind::Slice:
      value = "x[:, " + text(whole(l, "from")) + ":" + text(whole(l, "from") + whole(l, "n")) + "]";
      break;
    case LayerKind::Crop:
      value = "x[:, :, " + text(nth(l, "sides", 0)) + ":" + text(l.in[1] - nth(l, "sides", 1)) + ", " +
              text(nth(l, "sides", 2)) + ":" + text(l.in[2] - nth(l, "sides", 3)) + "]";
      break;
    case LayerKind::Reshape:
      if (l.in.size() == 1)
        module = "nn.Unflatten(1, " + text(l.out) + ")";
      else
        value = "x.reshape(-1, *" + text(l.out) + ")";
      break;
    default:
      module = plain(l);
    }
  }

  /// The shape of the i-th value that a layer refers to.
  static const dsl::Shape &refShape(const dsl::Layer &l, size_t i) {
    for (const dsl::LayerArg &a : l.args)
      if (i < a.refs.size())
        return a.refs[i].shape;
      else
        i -= a.refs.size();
    return l.in;
  }

  std::string border(const dsl::Layer &l) const {
    static constexpr const char *modes[] = {"nn.ZeroPad2d(", "nn.ReflectionPad2d(", "nn.ReplicationPad2d("};
    return modes[size_t(number(l, "mode"))] +
           text(dsl::Shape{nth(l, "sides", 2), nth(l, "sides", 3), nth(l, "sides", 0), nth(l, "sides", 1)}) + ")";
  }

  /// A layer that is a module of torch.nn without tensors.
  std::string plain(const dsl::Layer &l) const {
    auto with = [&](const char *module, const char *name) {
      return std::string(module) + "(" + text(number(l, name)) + ")";
    };
    switch (l.kind) {
    case LayerKind::Dropout:
    case LayerKind::ChannelDropout:
      return std::string(l.kind == LayerKind::Dropout ? "nn.Dropout(" : "nn.Dropout2d(") +
             text(l.arg("p").literal().value_or(0.5)) + ")";
    case LayerKind::MaxPool:
      return "nn.MaxPool2d(" + pair(l, "kernel") + ", " + pair(l, "stride") + ", " + pair(l, "pad") + ")";
    case LayerKind::AvgPool:
      return "nn.AvgPool2d(" + pair(l, "kernel") + ", " + pair(l, "stride") + ", " + pair(l, "pad") + ")";
    case LayerKind::GlobalMaxPool:
      return "nn.AdaptiveMaxPool2d(1)";
    case LayerKind::GlobalAvgPool:
      return "nn.AdaptiveAvgPool2d(1)";
    case LayerKind::Upsample:
      return "nn.Upsample(scale_factor=" + pair(l, "factor") + ", mode=\"" +
             (number(l, "mode") == 0 ? "nearest" : "bilinear") + "\")";
    case LayerKind::Pad:
      return border(l);
    case LayerKind::PixelShuffle:
      return "nn.PixelShuffle(" + text(whole(l, "factor")) + ")";
    case LayerKind::Flatten:
      return "nn.Flatten()";
    case LayerKind::Relu:
      return "nn.ReLU()";
    case LayerKind::LeakyRelu:
      return with("nn.LeakyReLU", "slope");
    case LayerKind::Elu:
      return with("nn.ELU", "alpha");
    case LayerKind::Selu:
      return "nn.SELU()";
    case LayerKind::Gelu:
      return "nn.GELU()";
    case LayerKind::Silu:
      return "nn.SiLU()";
    case LayerKind::Mish:
      return "nn.Mish()";
    case LayerKind::Softplus:
      return with("nn.Softplus", "beta");
    case LayerKind::Tanh:
      return "nn.Tanh()";
    case LayerKind::Sigmoid:
      return "nn.Sigmoid()";
    case LayerKind::HardTanh:
      return "nn.Hardtanh()";
    case LayerKind::HardSigmoid:
      return "nn.Hardsigmoid()";
    case LayerKind::Softmax:
      return "nn.Softmax(1)";
    default:
      throw refused(l, "ganc export does not know it");
    }
  }

  // ---- outputs ----

  std::string outputName(const dsl::Output &o) const { return o.name.empty() ? block.name : o.name; }

  /// The values that forward() returns, each with its name.
  std::vector<std::pair<std::string, std::string>> values() const {
    std::vector<std::pair<std::string, std::string>> out;
    int64_t from = 0, all = 0;
    for (const dsl::Output &o : block.outputs)
      all += o.width;
    for (const dsl::Output &o : block.outputs) {
      int64_t n = dsl::elements(o.shape);
      auto part = [&](int64_t at) {
        std::string sizes = o.shape.empty() ? "" : ", *" + text(o.shape);
        return "x.flatten(1)" + (n == all ? "" : "[:, " + text(at) + ":" + text(at + n) + "]") + ".reshape(-1" + sizes +
               ")";
      };
      std::string name = outputName(o), second = o.width > n ? bounded(o, part(from + n)) : "";
      out.emplace_back(name, expectation(o, part(from), second));
      if (!second.empty())
        out.emplace_back(name + "." + std::string(rowOf(o.kind).kept), second);
      from += o.width;
    }
    return out;
  }

  std::string expectation(const dsl::Output &o, const std::string &v, const std::string &second) const {
    switch (o.kind) {
    case dsl::OutputKind::Bernoulli:
      return "torch.sigmoid(" + v + ")";
    case dsl::OutputKind::Categorical:
      return "torch.softmax(" + v + ", 1)";
    case dsl::OutputKind::Poisson:
      return "torch.exp(" + v + ")";
    case dsl::OutputKind::NegativeBinomial:
      return second.empty() ? text(givenCount(block, o)) + " * torch.exp(" + v + ")"
                            : "torch.exp(" + v + " + " + second + ")";
    default:
      return v;
    }
  }

  static std::string bounded(const dsl::Output &o, const std::string &v) {
    if (!o.kept)
      return v;
    std::string lo = text(o.kept->lo), hi = text(o.kept->hi);
    return lo + " + functional.softplus(" + hi + " - functional.softplus(" + hi + " - " + v + ") - " + lo + ")";
  }

  std::string results() const {
    auto all = values();
    if (all.size() == 1)
      return "        return " + all[0].second + "\n";
    std::string out = "        return {\n";
    for (auto &[name, value] : all)
      out += "            \"" + name + "\": " + value + ",\n";
    return out + "        }\n";
  }

  std::string returned() const {
    auto all = values();
    if (all.size() == 1)
      return "the expectation of its output";
    std::string names;
    for (auto &[name, value] : all)
      names += (names.empty() ? "" : ", ") + name;
    return "a dict of " + names;
  }

  // ---- tensors ----

  /// Notes the tensors of a layer under the names that the module has for them.
  void keepTensors(const dsl::Block &of, const dsl::Layer &l, const std::string &part, bool inside) {
    std::string prefix = (part.empty() ? "" : part + ".") + std::to_string(l.index) + ".";
    for (const dsl::Param &p : l.params) {
      bool spectral = p.name.starts_with("parametrizations.");
      if (spectral && p.name != "parametrizations.weight.original")
        continue;
      std::string name = spectral ? "weight" : p.name;
      tensors.emplace_back(prefix + (inside && p.buffer ? "norm." : "") + name, &weights.at(of, l, name));
    }
  }

  std::string tensorBytes() const {
    llvm::json::Object header;
    header["__metadata__"] = llvm::json::Object{{"format", "pt"}};
    std::string data;
    llvm::raw_string_ostream stream(data);
    llvm::support::endian::Writer bytes(stream, llvm::endianness::little);
    for (auto &[name, w] : tensors) {
      bool count = name.ends_with(".num_batches_tracked"); // a whole number
      size_t first = data.size();
      for (float x : w->values)
        if (count)
          bytes.write(uint64_t(x));
        else
          bytes.write(x);
      llvm::json::Array shape;
      for (int64_t size : w->shape)
        shape.push_back(size);
      header[name] = llvm::json::Object{{"dtype", count ? "I64" : "F32"},
                                        {"shape", std::move(shape)},
                                        {"data_offsets", llvm::json::Array{int64_t(first), int64_t(data.size())}}};
    }
    std::string text;
    llvm::raw_string_ostream(text) << llvm::json::Value(std::move(header));
    text.resize((text.size() + 7) / 8 * 8, ' ');
    std::string size;
    llvm::raw_string_ostream sizeStream(size);
    llvm::support::endian::write<uint64_t>(sizeStream, text.size(), llvm::endianness::little);
    return size + text + data;
  }

  const dsl::Model &model;
  const dsl::Block &block;
  Weights &weights;
  std::set<std::string> used; ///< names of helpers
  std::vector<std::pair<std::string, const Weight *>> tensors;
};

} // namespace

TorchFiles torchOf(const dsl::Model &model, const dsl::Block &block, Weights &weights, const std::string &weightsName,
                   const std::string &version) {
  return ModuleWriter(model, block, weights).write(weightsName, version);
}

} // namespace gan
