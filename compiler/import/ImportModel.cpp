// Declarations: numbers, data, networks and their states.
#include "compiler/import/Importer.h"
#include "dsl/Tables.h"

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
  static constexpr DataKind kinds[] = {DataKind::Image, DataKind::Vector, DataKind::Label};
  for (const dsl::Data &d : model.data)
    DataOp::create(builder, location(d.span, d.name), d.name, kinds[size_t(d.kind)], d.shape, APFloat(d.range.lo),
                   APFloat(d.range.hi));
  for (const dsl::Block &block : model.blocks) // for graphs that are given what an encoder would compute
    for (size_t i = 0; block.kind == dsl::BlockKind::Encoder && i < block.outputs.size(); ++i)
      DataOp::create(builder, location(block.span, block.name), codeName(block, int(i)), DataKind::Code,
                     block.outputs[i].shape, APFloat(0.0), APFloat(1.0));
}

/// The kinds of the dsl and of the dialect have the same names in the same order.
static InitKind initKind(dsl::InitKind kind) {
  static_assert(size_t(dsl::InitKind::UnitVector) == size_t(InitKind::UnitVector));
  return InitKind(kind);
}

namespace {

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

FieldAttr Importer::field(const dsl::Block &block, const dsl::Layer &layer, const dsl::Param &p,
                          const std::string &prefix, const std::string &suffix, bool zero) {
  Axes axes = axesOf(&layer, p);
  std::string tensor = block.name + "." + std::to_string(layer.index) + "." + p.name;
  auto list = [&](ArrayRef<int64_t> v) { return builder.getDenseI64ArrayAttr(v); };
  dsl::Init init = zero ? dsl::Init{} : p.init;
  return FieldAttr::get(builder.getContext(), builder.getStringAttr(prefix + tensor + suffix),
                        builder.getStringAttr(tensor), p.buffer ? 0 : fields[tensor].offset,
                        LayoutAttr::get(builder.getContext(), list(p.shape), list(axes.view), list(axes.order)),
                        initKind(init.kind), builder.getF64FloatAttr(init.a), builder.getF64FloatAttr(init.b), p.fanIn,
                        p.fanOut);
}

std::vector<Attribute> Importer::fieldsLike(const dsl::Block &block, const std::string &prefix,
                                            const std::string &suffix, bool zero) {
  std::vector<Attribute> list;
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params)
      if (!p.buffer)
        list.push_back(field(block, layer, p, prefix, suffix, zero));
  return list;
}

void Importer::declareState(StringRef name, StringRef network, Role role, Tensor type, ArrayRef<Attribute> list,
                            dsl::Span span) {
  StateOp::create(builder, location(span, name.str()), name, network, role, type, builder.getArrayAttr(list),
                  PlaceAttr());
  stateTypes[name.str()] = type;
}

/// Declares a count of updates, which starts at 0.
void Importer::declareCount(const std::string &name, StringRef network, dsl::Span span) {
  DenseI64ArrayAttr none = builder.getDenseI64ArrayAttr({});
  FloatAttr zero = builder.getF64FloatAttr(0);
  dsl::Param count;
  auto own = FieldAttr::get(builder.getContext(), builder.getStringAttr(name), builder.getStringAttr(""), 0,
                            LayoutAttr::get(builder.getContext(), none, none, none), InitKind::Constant, zero, zero,
                            count.fanIn, count.fanOut);
  declareState(name, network, Role::Optimizer, f64(), {own}, span);
}

void Importer::declareNetwork(const dsl::Block &block) {
  auto network = NetworkOp::create(builder, location(block.span, block.name), block.name,
                                   std::string(dsl::spellingOf(block.kind)), dsl::explainLayers(block));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&network.getBody().emplaceBlock());
  int64_t offset = 0;
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params) {
      std::string name = block.name + "." + std::to_string(layer.index) + "." + p.name;
      if (p.buffer) {
        Tensor type = p.shape.empty() ? f64() : f32(axesOf(&layer, p).inside());
        declareState(name, block.name, Role::Buffer, type, {field(block, layer, p, "", "", false)}, layer.span);
        continue;
      }
      fields[name] = {offset, axesOf(&layer, p).inside()};
      offset += dsl::elements(p.shape);
    }
  if (offset)
    declareState(block.name, block.name, Role::Parameter, f32({offset}), fieldsLike(block, "", "", false), block.span);
}

std::vector<OptimizerState> Importer::optimizerStates(const dsl::Objective &o, int block) const {
  static const std::map<dsl::OptimizerKind, std::vector<std::string>> kinds = {
      {dsl::OptimizerKind::Sgd, {"momentum_buffer"}},
      {dsl::OptimizerKind::Adam, {"exp_avg", "exp_avg_sq"}},
      {dsl::OptimizerKind::AdamW, {"exp_avg", "exp_avg_sq"}},
      {dsl::OptimizerKind::RmsProp, {"square_avg", "momentum_buffer"}},
      {dsl::OptimizerKind::Adagrad, {"sum"}}};
  std::vector<OptimizerState> states;
  for (const std::string &kind : kinds.at(o.optimizer.kind))
    states.push_back({kind, "optim." + o.name + "." + model.blocks[block].name + "." + kind});
  return states;
}

/// Declares "optim.D,Q.D.exp_avg", packed like D's parameters, with fields "optim.D,Q.D.0.weight.exp_avg", and the step
/// count.
void Importer::declareOptimizerStates() {
  for (const dsl::Step &s : model.steps)
    for (const dsl::Objective &o : s.objectives)
      for (int b : o.blocks) {
        const dsl::Block &block = model.blocks[b];
        auto type = stateTypes.find(block.name);
        if (type == stateTypes.end())
          continue; // a block without parameters
        Tensor packed = type->second;
        for (const OptimizerState &state : optimizerStates(o, b))
          declareState(state.name, block.name, Role::Optimizer, packed,
                       fieldsLike(block, "optim." + o.name + ".", "." + state.kind, true), o.span);
        declareCount("optim." + o.name + "." + block.name + ".step", block.name, o.span);
      }
}

/// Declares "average.G" like "G", and a copy of each of its buffers; all start with the values of their originals.
void Importer::declareAverages() {
  for (const dsl::Average &average : model.averages) {
    const dsl::Block &block = model.blocks[average.block];
    auto declare = [&](const std::string &state, ArrayRef<Attribute> list) {
      averages[state] = "average." + state;
      declareState(averages[state], block.name, Role::Buffer, stateTypes.at(state), list, average.span);
    };
    for (const dsl::Layer &layer : block.layers)
      for (const dsl::Param &p : layer.params)
        if (p.buffer)
          declare(block.name + "." + std::to_string(layer.index) + "." + p.name,
                  {field(block, layer, p, "average.", "", false)});
    if (stateTypes.count(block.name))
      declare(block.name, fieldsLike(block, "average.", "", false));
  }
}

} // namespace gan
