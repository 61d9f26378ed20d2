// Declarations: numbers, data, networks and their states.
#include "compiler/import/Importer.h"

using namespace mlir;

namespace gan {

OwningOpRef<ModuleOp> importModel(const dsl::Model &model, const dsl::Source &source, MLIRContext &context) {
  context.loadDialect<GanDialect>();
  return Importer(model, source, context).run();
}

OwningOpRef<ModuleOp> Importer::run() {
  module = ModuleOp::create(here);
  builder.setInsertionPointToEnd(module->getBody());
  declareNumbers();
  declareData();
  for (const dsl::Block &block : model.blocks)
    declareNetwork(block);
  declareOptimizerStates();
  findCounts();
  declareCounts();
  declareAverages();
  trainGraph();
  evaluateGraph();
  sampleGraph();
  reconstructGraph();
  encodeGraph();
  decodeGraph();
  likelihoodGraph();
  return std::move(module);
}

Location Importer::location(dsl::Span span, const std::string &label) {
  dsl::Position begin = source.position(span.begin), end = source.position(span.end);
  auto file = builder.getStringAttr(source.path());
  Location place = FileLineColRange::get(file, begin.line, begin.column, end.line, end.column);
  return NameLoc::get(builder.getStringAttr(label), place);
}

void Importer::declareNumbers() {
  for (const dsl::Constant &c : model.constants)
    ConstantNumberOp::create(builder, location(c.span, c.name), c.name, dsl::numberText(model, c.value));
}

void Importer::declareData() {
  static constexpr const char *kinds[] = {"image", "vector", "label"};
  for (const dsl::Data &d : model.data)
    DataOp::create(builder, location(d.span, d.name), d.name, kinds[size_t(d.kind)], d.shape, APFloat(d.range.lo),
                   APFloat(d.range.hi));
  for (const dsl::Block &block : model.blocks) // for graphs that are given what an encoder would make
    for (size_t i = 0; block.kind == dsl::BlockKind::Encoder && i < block.outputs.size(); ++i)
      DataOp::create(builder, location(block.span, block.name), codeName(block, int(i)), "code", block.outputs[i].shape,
                     APFloat(0.0), APFloat(1.0));
}

static StringRef initName(dsl::InitKind kind) {
  static constexpr const char *names[] = {"constant",   "normal",    "uniform",    "glorot_uniform", "glorot_normal",
                                          "he_uniform", "he_normal", "orthogonal", "torch_uniform",  "unit_vector"};
  return names[size_t(kind)];
}

namespace {

/// The outside tensor's axes, and their order in memory.
struct Axes {
  SmallVector<int64_t> view, order;

  SmallVector<int64_t> inside() const {
    SmallVector<int64_t> shape;
    for (int64_t axis : order)
      shape.push_back(view[axis]);
    return shape;
  }
};

/// Convolution weights lie as (kh, kw, in, out) of the convolution, images as (h, w, c), the right vector of a
/// convolution's spectral norm as the weight without its output's channels; everything else as outside.
Axes axesOf(const dsl::Layer *layer, const dsl::Param &p) {
  Axes axes{SmallVector<int64_t>(p.shape.begin(), p.shape.end()), {}};
  bool convolves = layer && (layer->kind == dsl::LayerKind::Conv || layer->kind == dsl::LayerKind::ConvTranspose);
  if (convolves && p.name.ends_with("._v")) {
    int64_t kh = *layer->argument("kernel").values[0].literal(), kw = *layer->argument("kernel").values[1].literal();
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

DictionaryAttr Importer::field(const std::string &name, int64_t offset, const dsl::Layer *layer, const dsl::Param &p,
                               bool zero) {
  Axes axes = axesOf(layer, p);
  auto list = [&](ArrayRef<int64_t> v) { return builder.getDenseI64ArrayAttr(v); };
  dsl::Init init = zero ? dsl::Init{} : p.init;
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("name", builder.getStringAttr(name)),
       builder.getNamedAttr("offset", builder.getI64IntegerAttr(offset)), builder.getNamedAttr("shape", list(p.shape)),
       builder.getNamedAttr("view", list(axes.view)), builder.getNamedAttr("order", list(axes.order)),
       builder.getNamedAttr("init", builder.getStringAttr(initName(init.kind))),
       builder.getNamedAttr("a", builder.getF64FloatAttr(init.a)),
       builder.getNamedAttr("b", builder.getF64FloatAttr(init.b)),
       builder.getNamedAttr("fan_in", builder.getI64IntegerAttr(p.fanIn)),
       builder.getNamedAttr("fan_out", builder.getI64IntegerAttr(p.fanOut))});
}

void Importer::declareState(StringRef name, StringRef network, StringRef role, Tensor type, ArrayRef<Attribute> list,
                            dsl::Span span) {
  StateOp::create(builder, location(span, name.str()), name, network, role, type, builder.getArrayAttr(list));
  stateTypes[name.str()] = type;
}

void Importer::declareNetwork(const dsl::Block &block) {
  static constexpr const char *kinds[] = {"encoder", "decoder", "discriminator", "qhead"};
  auto network = NetworkOp::create(builder, location(block.span, block.name), block.name, kinds[size_t(block.kind)],
                                   dsl::explainLayers(block));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&network.getBody().emplaceBlock());
  int64_t offset = 0;
  std::vector<Attribute> packed;
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params) {
      std::string name = block.name + "." + std::to_string(layer.index) + "." + p.name;
      if (p.buffer) {
        Tensor type = p.shape.empty() ? f64() : f32(axesOf(&layer, p).inside());
        declareState(name, block.name, "buffer", type, {field(name, 0, &layer, p, false)}, layer.span);
        continue;
      }
      fields[name] = {offset, axesOf(&layer, p).inside()};
      packed.push_back(field(name, offset, &layer, p, false));
      offset += dsl::elements(p.shape);
    }
  if (offset)
    declareState(block.name, block.name, "parameter", f32({offset}), packed, block.span);
}

std::vector<std::string> Importer::stateNames(const dsl::Objective &o, int block) const {
  static const std::map<dsl::OptimizerKind, std::vector<std::string>> kinds = {
      {dsl::OptimizerKind::Sgd, {"momentum_buffer"}},
      {dsl::OptimizerKind::Adam, {"exp_avg", "exp_avg_sq"}},
      {dsl::OptimizerKind::AdamW, {"exp_avg", "exp_avg_sq"}},
      {dsl::OptimizerKind::RmsProp, {"square_avg", "momentum_buffer"}},
      {dsl::OptimizerKind::Adagrad, {"sum"}}};
  std::vector<std::string> names;
  for (const std::string &kind : kinds.at(o.optimizer.kind))
    names.push_back("optim." + o.name + "." + model.blocks[block].name + "." + kind);
  return names;
}

/// "optim.D,Q.D.exp_avg" packed like D's parameters, with fields "optim.D,Q.D.0.weight.exp_avg", and the step count.
void Importer::declareOptimizerStates() {
  for (const dsl::Step &s : model.steps)
    for (const dsl::Objective &o : s.objectives)
      for (int b : o.blocks) {
        const dsl::Block &block = model.blocks[b];
        auto type = stateTypes.find(block.name);
        if (type == stateTypes.end())
          continue; // a block without parameters
        Tensor packed = type->second;
        for (const std::string &state : stateNames(o, b)) {
          std::string suffix = state.substr(state.rfind('.'));
          std::vector<Attribute> list;
          for (const dsl::Layer &layer : block.layers)
            for (const dsl::Param &p : layer.params)
              if (!p.buffer) {
                std::string tensor = block.name + "." + std::to_string(layer.index) + "." + p.name;
                list.push_back(
                    field("optim." + o.name + "." + tensor + suffix, fields[tensor].offset, &layer, p, true));
              }
          declareState(state, block.name, "optimizer", packed, list, o.span);
        }
        dsl::Param count;
        std::string name = "optim." + o.name + "." + block.name + ".step";
        declareState(name, block.name, "optimizer", f64(), {field(name, 0, nullptr, count, true)}, o.span);
      }
}

/// "average.G" like "G", and for each of its buffers a copy, all starting as their models do.
void Importer::declareAverages() {
  for (const dsl::Average &average : model.averages) {
    const dsl::Block &block = model.blocks[average.block];
    std::vector<Attribute> packed;
    for (const dsl::Layer &layer : block.layers)
      for (const dsl::Param &p : layer.params) {
        std::string tensor = block.name + "." + std::to_string(layer.index) + "." + p.name, name = "average." + tensor;
        if (p.buffer)
          declareState(name, block.name, "buffer", stateTypes.at(tensor), {field(name, 0, &layer, p, false)},
                       average.span);
        else
          packed.push_back(field(name, fields[tensor].offset, &layer, p, false));
      }
    if (auto type = stateTypes.find(block.name); type != stateTypes.end())
      declareState("average." + block.name, block.name, "buffer", Tensor(type->second), packed, average.span);
  }
}

} // namespace gan
