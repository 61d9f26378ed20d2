// Expressions over a batch: names, applications of blocks, arithmetic. The value of a sample has the batch as its first
// dimension, and a value of the whole batch has no dimension. A number of the host is broadcast to the shape of either
// when it is combined with it.
#include "compiler/Bug.h"
#include "compiler/import/Images.h"
#include "compiler/import/Importer.h"

using namespace mlir;
using gan::dsl::ExprKind;

namespace gan {

Tensor Importer::typeOf(const dsl::Type &type) {
  SmallVector<int64_t> shape = insideShape(type.shape);
  return type.kind == dsl::TypeKind::Sample || type.kind == dsl::TypeKind::Distribution ? ops.batched(shape)
                                                                                        : ops.f32(shape);
}

Value Importer::value(const dsl::Expr &e) {
  return e.kind == ExprKind::Number ? number(e.number, ops.f32({})) : evaluate(e).first;
}

Value Importer::valueAs(const dsl::Expr &e, const dsl::Type &target) {
  Tensor type = typeOf(target);
  if (e.kind == ExprKind::Number)
    return number(e.number, type);
  Value v = value(e);
  if (v.getType() == type)
    return v;
  // `dims` lists the target's dimensions that v has: the batch, the shape of a sample, both, or none.
  int64_t rank = type.getRank();
  dsl::Shape shape = e.type.shape;
  if (shape == dsl::Shape{1} && target.shape != shape) { // v is one number for each sample
    shape.clear();
    v = ops.reshape(v, tensorOf(v).getShape().drop_back());
  }
  SmallVector<int64_t> dims;
  if (e.type.kind == dsl::TypeKind::Sample)
    dims.push_back(0);
  if (!shape.empty())
    for (int64_t d = rank - int64_t(shape.size()); d < rank; ++d)
      dims.push_back(d);
  return ops.broadcast(v, type, dims);
}

Distribution Importer::evaluate(const dsl::Expr &e) {
  if (e.kind == ExprKind::Let) {
    const dsl::Expr &inner = *model.lets[e.index].value;
    bool several = inner.type.kind == dsl::TypeKind::Block;
    std::pair<int, int> key{e.index, several ? e.output : 0};
    if (auto known = g.lets.find(key); known != g.lets.end())
      return known->second;
    dsl::Expr chosen = inner;
    if (several)
      chosen.output = e.output;
    Distribution v = evaluate(several ? chosen : inner);
    g.lets[key] = v;
    return v;
  }
  ops.loc = declared.location(e);
  switch (e.kind) {
  case ExprKind::Number:
    return {{}, number(e.number, ops.f32({})), {}};
  case ExprKind::Data: {
    if (g.drawLabels && model.data[e.index].kind == dsl::DataKind::Categorical)
      return {
          {},
          draw(model.data[e.index].name, model.data[e.index].name, 0, DrawKind::Categorical, typeOf(e.type), 0, 1, {}),
          {}};
    return {{}, dataInput(model.data[e.index].name, typeOf(e.type)), {}};
  }
  case ExprKind::Latent:
    return {{}, latent(e.index, 0), {}};
  case ExprKind::Fresh:
    return {{}, latent(e.index, e.draw), {}};
  case ExprKind::Apply:
    return apply(e);
  case ExprKind::StandardNormal: {
    Value zero = ops.constant(typeOf(e.type), 0);
    return {dsl::OutputKind::Gaussian, zero, zero};
  }
  case ExprKind::Call:
    return call(e);
  default:
    return {{}, arithmetic(e), {}};
  }
}

/// The value that the host writes before a run; it is made once for each name.
Value Importer::dataInput(const std::string &name, Tensor type) {
  Value &known = g.draws[name];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(ops.b);
  toSources();
  auto input = InputOp::create(ops.b, ops.loc, type, name, StringAttr(), StringAttr(), PlaceAttr());
  known = input;
  g.start = input;
  if (!g.repeated.empty()) // a repeated step has its own batch, not the one outside
    input.setRepeated(g.repeated);
  if (ownName(name) != name)
    input.setCalled(ownName(name));
  return known;
}

Value Importer::arithmetic(const dsl::Expr &e) {
  SmallVector<Value> v;
  for (const dsl::ExprPtr &a : e.args)
    v.push_back(valueAs(*a, e.type));
  ops.loc = declared.location(e.span, "expression");
  switch (e.kind) {
  case ExprKind::Add:
    return ops.add(v[0], v[1]);
  case ExprKind::Sub:
    return ops.sub(v[0], v[1]);
  case ExprKind::Mul:
    return ops.mul(v[0], v[1]);
  case ExprKind::Div:
    return ops.div(v[0], v[1]);
  case ExprKind::Pow:
    if (std::optional<double> two = e.args[1]->kind == ExprKind::Number ? e.args[1]->number.literal() : std::nullopt;
        two == 2.0)
      return ops.unary<SquareOp>(v[0]);
    return ops.binary<PowOp>(v[0], v[1]);
  case ExprKind::Less:
    return ops.binary<GtOp>(v[1], v[0]);
  case ExprKind::Greater:
    return ops.binary<GtOp>(v[0], v[1]);
  case ExprKind::And:
    return ops.mul(v[0], v[1]);
  case ExprKind::Or:
    return ops.binary<MaxOp>(v[0], v[1]);
  case ExprKind::Not:
    return ops.sub(ops.like(v[0], 1), v[0]);
  default:
    ensure(e.kind == ExprKind::Neg, "every operator has its case");
    return ops.unary<NegOp>(v[0]);
  }
}

/// The draw of a random source for this iteration; it is made where it is first named.
Value Importer::latent(int index, int draw) {
  const dsl::Latent &l = model.latents[index];
  static constexpr DrawKind kinds[] = {DrawKind::Uniform, DrawKind::Normal, DrawKind::Categorical};
  std::string name = l.name + (draw ? "~" + std::to_string(draw) : "") + copyName();
  return this->draw(ownName(name), l.name + copyName(), draw, kinds[size_t(l.kind)], ops.batched(insideShape(l.shape)),
                    l.lo, l.hi, {});
}

/// Each copy of an expression under log_mean_exp has its own draws: those of the third copy end in "#2". The first copy
/// uses the same draws as the expressions around it.
std::string Importer::copyName() const { return g.copy ? "#" + std::to_string(g.copy) : ""; }

/// A repeated step has its own data and draws; if there are several such steps, the name says which step it is for.
std::string Importer::ownName(const std::string &name) const {
  bool several = llvm::count_if(model.steps, [](const dsl::Step &s) { return s.times > 1; }) > 1;
  return g.repeated.empty() || !several ? name : name + "@" + g.repeated;
}

void Importer::toSources() {
  if (g.start)
    ops.b.setInsertionPointAfter(g.start);
  else
    ops.b.setInsertionPointToStart(g.sources);
}

/// Draws live outside the steps, except those of repeated steps: whichever step names a draw first, all see the same
/// numbers.
Value Importer::draw(const std::string &name, const std::string &purpose, int64_t application, DrawKind kind,
                     Tensor type, double lo, double hi, Value keep) {
  Value &known = g.draws[name];
  if (known)
    return known;
  Tensor words = Tensor::get({8}, ops.b.getIntegerType(32, false));
  OpBuilder::InsertionGuard guard(ops.b);
  if (!keep)
    toSources();
  std::string own = g.repeated.empty() ? purpose : purpose + "@" + g.repeated;
  Value rng = RngOp::create(ops.b, ops.loc, words, own, application, -1, PlaceAttr());
  auto op = DrawOp::create(ops.b, ops.loc, type, rng, keep, DrawKindAttr::get(ops.b.getContext(), kind),
                           ops.b.getStringAttr(name), ops.b.getF64FloatAttr(lo), ops.b.getF64FloatAttr(hi));
  if (!keep)
    g.start = op;
  return known = op.getResult();
}

Value Importer::sameValue(Value v) {
  Operation *op = v.getDefiningOp();
  if (auto found = g.same.find(v.getAsOpaquePointer()); found != g.same.end())
    return found->second;
  if (!op || !(isMap(op) || isReduction(op) || isContraction(op)))
    return v;
  std::vector<const void *> key{op->getName().getAsOpaquePointer(), op->getAttrDictionary().getAsOpaquePointer(),
                                v.getType().getAsOpaquePointer()};
  for (Value operand : op->getOperands())
    key.push_back(sameValue(operand).getAsOpaquePointer());
  return g.same[v.getAsOpaquePointer()] = g.known.try_emplace(key, v).first->second;
}

const std::vector<Value> &Importer::application(int block, const dsl::Expr &e, size_t count) {
  SmallVector<Value> arguments;
  std::vector<const void *> key{&model.blocks[block]};
  for (const dsl::ExprPtr &a : e.args) {
    arguments.push_back(sameValue(value(*a)));
    key.push_back(arguments.back().getAsOpaquePointer());
  }
  applyLayers(block, count, arguments, key);
  return g.applications[key];
}

/// Applies a block to its inputs, or a head to its trunk applied to them. The same block on the same values is computed
/// once.
Distribution Importer::apply(const dsl::Expr &e) {
  const dsl::Block &block = model.blocks[e.index];
  if (e.label < 0 && g.givenCodes.count(e.index))
    return {{}, dataInput(codeName(block, e.output), ops.batched(insideShape(block.outputs[e.output].shape))), {}};
  size_t count = e.label >= 0 ? block.labels[e.label].afterLayer + 1 : block.layers.size();
  Value last;
  if (block.trunk) {
    size_t depth = model.blocks[block.trunk->block].labels[block.trunk->label].afterLayer + 1;
    Value trunk = application(block.trunk->block, e, depth)[depth - 1];
    std::vector<const void *> key{&block, trunk.getAsOpaquePointer()};
    last = count ? applyLayers(e.index, count, {trunk}, key)[count - 1] : trunk;
  } else {
    last = count ? application(e.index, e, count)[count - 1] : value(*e.args[0]);
  }
  if (e.label >= 0)
    return {{}, last, {}};
  ops.loc = declared.location(block.outputs[e.output].span, block.name + " output");
  return output(block, last, e.output);
}

/// Takes output `index` out of the numbers of the last layer, which has all outputs in declared order, in the user's
/// order of axes.
Distribution Importer::output(const dsl::Block &block, Value last, int index) {
  const dsl::Output &o = block.outputs[index];
  Tensor type = ops.batched(insideShape(o.shape));
  if (block.outputs.size() == 1 && last.getType() == type)
    return {o.kind, last, {}};
  Value raw = toUserOrder(ops, last);
  int64_t offset = 0, n = dsl::elements(o.shape), all = tensorOf(raw).getDimSize(1);
  for (int i = 0; i < index; ++i)
    offset += block.outputs[i].width;
  auto part = [&](int64_t from) {
    Value v = raw;
    if (n != all)
      v = SliceOp::create(ops.b, ops.loc, ops.batched({n}), raw, ops.b.getDenseI64ArrayAttr({0, from}));
    return o.shape.size() == 3 ? fromUserOrder(ops, v, o.shape) : ops.reshape(v, type.getShape());
  };
  Distribution out{o.kind, part(offset), {}};
  if (o.kind == dsl::OutputKind::Gaussian && !o.variance)
    out.second = part(offset + n);
  return out;
}

} // namespace gan
