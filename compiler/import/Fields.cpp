// Computes axes and offsets of parameters, and writes them as attributes. The attributes stay in the compiled program:
// they are what turns a packed state into PyTorch's tensors and back.
#include "compiler/import/Fields.h"

using namespace mlir;

namespace gan {
namespace {

/// The kinds of the dsl and of the dialect have the same names in the same order.
InitKind initKind(dsl::InitKind kind) {
  static_assert(size_t(dsl::InitKind::UnitVector) == size_t(InitKind::UnitVector));
  return InitKind(kind);
}

/// The axes of a tensor as users see it, and their order in memory.
struct Axes {
  SmallVector<int64_t> view, order;

  SmallVector<int64_t> inside() const {
    SmallVector<int64_t> shape;
    for (int64_t axis : order)
      shape.push_back(view[axis]);
    return shape;
  }
};

/// Convolution weights lie in memory as (kh, kw, in, out) of the convolution, and images as (h, w, c). The right vector
/// of a convolution's spectral norm lies like the weight without its output channels. Everything else lies as users see
/// it.
Axes axesOf(const dsl::Layer &layer, const dsl::Param &p) {
  Axes axes{SmallVector<int64_t>(p.shape.begin(), p.shape.end()), {}};
  bool convolves = layer.kind == dsl::LayerKind::Conv || layer.kind == dsl::LayerKind::ConvTranspose;
  if (convolves && p.name.ends_with("._v")) {
    int64_t kh = *layer.argument("kernel").values[0].literal(), kw = *layer.argument("kernel").values[1].literal();
    return {{p.shape[0] / (kh * kw), kh, kw}, {1, 2, 0}};
  }
  if (p.shape.size() == 4)
    axes.order = {2, 3, 1, 0};
  else if (p.shape.size() == 3)
    axes.order = {1, 2, 0};
  else
    for (size_t i = 0; i < p.shape.size(); ++i)
      axes.order.push_back(i);
  return axes;
}

} // namespace

std::string tensorName(const dsl::Block &block, const dsl::Layer &layer, StringRef param) {
  if (block.kind == dsl::BlockKind::Global) // it has no layers that a user knows of
    return block.name + "." + param.str();
  return block.name + "." + std::to_string(layer.index) + "." + param.str();
}

SmallVector<int64_t> insideShape(const dsl::Layer &layer, const dsl::Param &p) { return axesOf(layer, p).inside(); }

Fields::Fields(const dsl::Model &model, MLIRContext *context) : context(context) {
  for (const dsl::Block &block : model.blocks) {
    int64_t &size = sizes[block.name];
    for (const dsl::Layer &layer : block.layers)
      for (const dsl::Param &p : layer.params) {
        if (p.buffer)
          continue;
        fields[tensorName(block, layer, p.name)] = {size, insideShape(layer, p)};
        size += dsl::elements(p.shape);
      }
  }
}

const Field *Fields::find(const std::string &tensor) const {
  auto it = fields.find(tensor);
  return it == fields.end() ? nullptr : &it->second;
}

FieldAttr Fields::attribute(const dsl::Block &block, const dsl::Layer &layer, const dsl::Param &p,
                            const std::string &prefix, const std::string &suffix, bool zero, int64_t from) const {
  Builder builder(context);
  Axes axes = axesOf(layer, p);
  std::string tensor = tensorName(block, layer, p.name);
  auto list = [&](ArrayRef<int64_t> v) { return builder.getDenseI64ArrayAttr(v); };
  dsl::Init init = zero ? dsl::Init{} : p.init;
  return FieldAttr::get(context, builder.getStringAttr(prefix + tensor + suffix), builder.getStringAttr(tensor),
                        p.buffer ? 0 : fields.at(tensor).offset - from,
                        LayoutAttr::get(context, list(p.shape), list(axes.view), list(axes.order)), initKind(init.kind),
                        builder.getF64FloatAttr(init.a), builder.getF64FloatAttr(init.b), p.fanIn, p.fanOut);
}

Part Fields::partOf(const dsl::Block &block, const dsl::Label *label) const {
  if (!label)
    return {0, sizeOf(block)};
  Part part{0, 0};
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params)
      if (!p.buffer && layer.index < label->firstLayer)
        part.offset += dsl::elements(p.shape);
      else if (!p.buffer && dsl::includes(label, layer))
        part.size += dsl::elements(p.shape);
  return part;
}

std::vector<Attribute> Fields::attributes(const dsl::Block &block, const std::string &prefix, const std::string &suffix,
                                          bool zero, const dsl::Label *label) const {
  int64_t from = partOf(block, label).offset;
  std::vector<Attribute> list;
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params)
      if (!p.buffer && dsl::includes(label, layer))
        list.push_back(attribute(block, layer, p, prefix, suffix, zero, from));
  return list;
}

} // namespace gan
