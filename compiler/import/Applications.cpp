// Applies blocks layer by layer, and takes their outputs out of the last layer's numbers. Two applications are the same
// if their block and their arguments are; arguments are the same if equal operations made them of the same values.
#include "compiler/import/Applications.h"
#include "compiler/import/Images.h"
#include "dsl/Tables.h"

using namespace mlir;

namespace gan {

/// Layers of an earlier application to the same values are reused.
Value Applications::after(size_t count, int index, ArrayRef<Value> arguments) {
  const dsl::Block &block = graph.model.blocks[index];
  // Objectives share an application, so numbers in it go by the step's count of updates.
  int64_t step = graph.position.step;
  llvm::SaveAndRestore counted(graph.position.count,
                               step < 0 ? std::string() : graph.declared.counts.of(graph.model.steps[step]));
  Key key{&block};
  for (Value v : arguments)
    key.push_back(v.getAsOpaquePointer());
  Application &application = known.applications[key];
  std::vector<Value> &values = application.values;
  Value x = !values.empty() ? values.back() : block.trunk ? arguments[0] : joinedInputs(block, arguments);
  for (size_t i = values.size(); i < count; ++i) {
    x = layer(block, block.layers[i], x, arguments, values);
    values.push_back(x);
    known.sameAs[x.getAsOpaquePointer()] = x; // the value is already unique because applications are shared
  }
  graph.advances.share(application.advances);
  return values[count - 1];
}

Value Applications::layer(const dsl::Block &block, const dsl::Layer &l, Value x, ArrayRef<Value> arguments,
                          ArrayRef<Value> earlier) {
  graph.standAt(l.span, block.name + "." + std::to_string(l.index) + " " + std::string(dsl::rowOf(l.kind).spelling));
  SmallVector<Value> refs;
  for (const dsl::LayerArg &a : l.args)
    for (const dsl::Ref &ref : a.refs)
      refs.push_back(ref.input >= 0 ? arguments[ref.input] : earlier[block.labels[ref.label].afterLayer]);
  return layers.apply(block, l, x, refs);
}

/// The block's first value: its inputs joined along channels, except those that only layers refer to.
Value Applications::joinedInputs(const dsl::Block &block, ArrayRef<Value> arguments) {
  SmallVector<Value> parts;
  for (auto [input, v] : llvm::zip(block.inputs, arguments))
    if (input.joined)
      parts.push_back(v);
  return join(ops, parts);
}

/// v, kept smoothly inside an interval (Chua et al. 2018, appendix A.1).
static Value bounded(OpMaker &ops, Value v, dsl::Range interval) {
  Value hi = ops.like(v, interval.hi), lo = ops.like(v, interval.lo);
  v = ops.sub(hi, ops.unary<SoftplusOp>(ops.sub(hi, v)));
  return ops.add(lo, ops.unary<SoftplusOp>(ops.sub(v, lo)));
}

/// The last layer has all outputs in declared order, in the user's order of axes.
Distribution Applications::output(const dsl::Block &block, Value last, int index) {
  const dsl::Output &o = block.outputs[index];
  Tensor type = ops.batched(insideShape(o.shape));
  if (block.outputs.size() == 1 && last.getType() == type)
    return {o.kind, last, {}, &o};
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
  Distribution out{o.kind, part(offset), {}, &o};
  if (o.width == 2 * n)
    out.second = o.kept ? bounded(ops, part(offset + n), *o.kept) : part(offset + n);
  return out;
}

Value Applications::same(Value v) {
  Operation *op = v.getDefiningOp();
  if (auto found = known.sameAs.find(v.getAsOpaquePointer()); found != known.sameAs.end())
    return found->second;
  if (!op || !(isMap(op) || isReduction(op) || isContraction(op)))
    return v;
  Key key{op->getName().getAsOpaquePointer(), op->getAttrDictionary().getAsOpaquePointer(),
          v.getType().getAsOpaquePointer()};
  for (Value operand : op->getOperands())
    key.push_back(same(operand).getAsOpaquePointer());
  return known.sameAs[v.getAsOpaquePointer()] = known.first.try_emplace(key, v).first->second;
}

} // namespace gan
