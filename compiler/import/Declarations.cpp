// Declares the states of blocks, optimizers, averages and counts, each with the fields that it consists of. The names
// of fields are those that checkpoints have, so nothing here may depend on how graphs are built.
#include "compiler/import/Declarations.h"
#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "dsl/Uses.h"

using namespace mlir;

namespace gan {

std::vector<OptimizerState> optimizerStates(const dsl::Model &model, const dsl::Objective &o, int block) {
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

std::string optimizerCount(const dsl::Objective &o, const dsl::Block &block) {
  return "optim." + o.name + "." + block.name + ".step";
}

std::string accumulatedName(const dsl::Objective &o, const dsl::Block &block) {
  return "optim." + o.name + "." + block.name + ".accumulated";
}

std::string accumulatedCount(const dsl::Objective &o) { return "optim." + o.name + ".accumulated.step"; }

std::string codeName(const dsl::Block &block, int output) {
  const std::string &name = block.outputs[output].name;
  return "code." + block.name + (name.empty() ? "" : "." + name);
}

std::string givenSymbol(const dsl::Block &block, int input) {
  return "given." + block.name + "." + dsl::givenName(block, input);
}

/// The range of a given input: that of data of the same shape, which is what it stands for; else a picture's values lie
/// in [0, 1], and other numbers anywhere.
static dsl::Range givenRange(const dsl::Model &model, const dsl::Input &input) {
  for (const dsl::Data &d : model.data)
    if (d.kind != dsl::DataKind::Categorical && d.shape == input.shape)
      return d.range;
  return dsl::isPicture(input.shape) ? dsl::Range{0, 1} : dsl::Range{};
}

Declarations::Declarations(const dsl::Model &model, const dsl::Source &source, ModuleOp module, Sharing sharing)
    : model(model), fields(model, module.getContext()), counts(model), sharing(sharing), target(module), source(source),
      builder(OpBuilder::atBlockEnd(module.getBody())) {
  declareNumbers();
  declareData();
  for (const dsl::Block &block : model.blocks)
    declareNetwork(block);
  declareOptimizerStates();
  for (const UpdateCounts::Count &count : counts.all())
    declareCount(count.name, model.blocks[count.block].name, count.span);
  declareAverages();
}

Location Declarations::location(dsl::Span span, const std::string &label) const {
  Builder attributes(builder.getContext());
  dsl::Position begin = source.position(span.begin), end = source.position(span.end);
  auto file = attributes.getStringAttr(source.path());
  Location place = FileLineColRange::get(file, begin.line, begin.column, end.line, end.column);
  return NameLoc::get(attributes.getStringAttr(label), place);
}

Location Declarations::location(const dsl::Expr &e) const {
  return location(e.span, std::string(source.text(e.span).substr(0, 24)));
}

void Declarations::declareNumbers() {
  for (const dsl::Constant &c : model.constants)
    ConstantNumberOp::create(builder, location(c.span, c.name), c.name, dsl::numberText(model, c.value));
}

void Declarations::declareData() {
  static constexpr DataKind kinds[] = {DataKind::Image, DataKind::Vector, DataKind::Label};
  for (const dsl::Data &d : model.data) {
    auto data = DataOp::create(builder, location(d.span, d.name), d.name, kinds[size_t(d.kind)], d.shape,
                               APFloat(d.range.lo), APFloat(d.range.hi));
    llvm::SmallVector<StringRef> columns(d.columns.begin(), d.columns.end());
    if (!columns.empty()) // of a table, which the host finds by their names
      data->setAttr("gan.columns", builder.getStrArrayAttr(columns));
  }
  for (const dsl::Block &block : model.blocks) // for graphs that are given what an encoder would compute
    for (size_t i = 0; block.kind == dsl::BlockKind::Encoder && i < block.outputs.size(); ++i)
      DataOp::create(builder, location(block.span, block.name), codeName(block, int(i)), DataKind::Code,
                     block.outputs[i].shape, APFloat(0.0), APFloat(1.0));
  for (const dsl::Block &block : model.blocks)
    declareGiven(block);
}

/// Declares the inputs of a block that its header does not name as data or latents.
void Declarations::declareGiven(const dsl::Block &block) {
  for (size_t i = 0; i < block.inputs.size(); ++i) {
    const dsl::Input &input = block.inputs[i];
    if (input.data >= 0 || input.latent >= 0)
      continue;
    DataKind kind = input.oneHot ? DataKind::Label : input.shape.size() == 3 ? DataKind::Image : DataKind::Vector;
    dsl::Range range = givenRange(model, input);
    DataOp::create(builder, location(input.span, block.name), givenSymbol(block, int(i)), kind, input.shape,
                   APFloat(range.lo), APFloat(range.hi));
  }
}

void Declarations::declareState(StringRef name, StringRef network, Role role, Tensor type, ArrayRef<Attribute> list,
                                dsl::Span span) {
  StateOp::create(builder, location(span, name.str()), name, network, role, type, builder.getArrayAttr(list),
                  PlaceAttr());
  stateTypes[name.str()] = type;
}

/// Declares a count of updates, which starts at 0.
void Declarations::declareCount(const std::string &name, StringRef network, dsl::Span span) {
  DenseI64ArrayAttr none = builder.getDenseI64ArrayAttr({});
  FloatAttr zero = builder.getF64FloatAttr(0);
  dsl::Param count;
  auto own = FieldAttr::get(builder.getContext(), builder.getStringAttr(name), builder.getStringAttr(""), 0,
                            LayoutAttr::get(builder.getContext(), none, none, none), InitKind::Constant, zero, zero,
                            count.fanIn, count.fanOut);
  declareState(name, network, Role::Optimizer, Tensor::get({}, builder.getF64Type()), {own}, span);
}

void Declarations::declareNetwork(const dsl::Block &block) {
  auto network = NetworkOp::create(builder, location(block.span, block.name), block.name,
                                   std::string(dsl::spellingOf(block.kind)), dsl::explainLayers(block));
  if (!block.file.empty()) // its tensors are read from there when training starts
    network->setAttr("gan.file", builder.getStringAttr(block.file));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&network.getBody().emplaceBlock());
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params) {
      if (!p.buffer)
        continue;
      Tensor type = p.shape.empty() ? Tensor::get({}, builder.getF64Type())
                                    : Tensor::get(insideShape(layer, p), builder.getF32Type());
      declareState(tensorName(block, layer, p.name), block.name, Role::Buffer, type,
                   {fields.attribute(block, layer, p, "", "", false)}, layer.span);
    }
  if (int64_t size = fields.sizeOf(block))
    declareState(block.name, block.name, Role::Parameter, Tensor::get({size}, builder.getF32Type()),
                 fields.attributes(block, "", "", false), block.span);
}

/// Declares "optim.D,Q.D.exp_avg", packed like D's parameters, with fields "optim.D,Q.D.0.weight.exp_avg", and the step
/// count.
void Declarations::declareOptimizerStates() {
  for (const dsl::Step &s : model.steps)
    for (const dsl::Objective &o : s.objectives)
      for (int b : o.blocks) {
        const dsl::Block &block = model.blocks[b];
        if (!hasParameters(block))
          continue;
        const dsl::Label *label = dsl::updatedLabel(model, o, b);
        Tensor packed = Tensor::get({fields.partOf(block, label).size}, builder.getF32Type());
        for (const OptimizerState &state : optimizerStates(model, o, b))
          declareState(state.name, block.name, Role::Optimizer, packed,
                       fields.attributes(block, "optim." + o.name + ".", "." + state.kind, true, label), o.span);
        declareCount(optimizerCount(o, block), block.name, o.span);
        if (o.accumulate == 1)
          continue;
        declareState(accumulatedName(o, block), block.name, Role::Optimizer, packed,
                     fields.attributes(block, "optim." + o.name + ".", ".accumulated", true, label), o.span);
        if (!stateTypes.count(accumulatedCount(o)))
          declareCount(accumulatedCount(o), block.name, o.span);
      }
}

/// Declares "average.G" like "G", and a copy of each of its buffers; all start with the values of their originals.
void Declarations::declareAverages() {
  for (const dsl::Average &average : model.averages) {
    const dsl::Block &block = model.blocks[average.block];
    auto declare = [&](const std::string &state, ArrayRef<Attribute> list) {
      averageOf[state] = "average." + state;
      declareState(averageOf[state], block.name, Role::Buffer, stateTypes.at(state), list, average.span);
    };
    for (const dsl::Layer &layer : block.layers)
      for (const dsl::Param &p : layer.params)
        if (p.buffer)
          declare(tensorName(block, layer, p.name), {fields.attribute(block, layer, p, "average.", "", false)});
    if (hasParameters(block))
      declare(block.name, fields.attributes(block, "average.", "", false));
  }
}

} // namespace gan
