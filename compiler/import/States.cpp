// Makes views of parameters: one for each version of a state, so that all layers and gradients that mean the same
// numbers read the same value.
#include "compiler/import/States.h"

using namespace mlir;

namespace gan {

Value States::find(const std::string &name) const {
  auto it = known.versions.find(name);
  return it == known.versions.end() ? Value() : it->second;
}

void States::replace(Value from, Value to) {
  for (auto &[name, version] : known.versions)
    if (version == from)
      version = to;
}

Value States::parameter(const dsl::Block &block, const dsl::Layer &layer, StringRef name) {
  const Field *field = fields.find(tensorName(block, layer, name));
  return field ? unpacked(at(block.name), *field) : Value();
}

std::vector<Value> States::parameters(const dsl::Block &block, Value version, const dsl::Label *label) {
  std::vector<Value> views;
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params)
      if (!p.buffer && dsl::includes(label, layer))
        views.push_back(unpacked(version, *fields.find(tensorName(block, layer, p.name))));
  return views;
}

/// Makes one view for each version of a state, so that a layer reads the value with respect to which a gradient is
/// taken.
Value States::unpacked(Value version, const Field &field) {
  Value &view = known.views[{version.getAsOpaquePointer(), field.offset}];
  if (view)
    return view;
  OpBuilder::InsertionGuard guard(ops.b);
  ops.b.setInsertionPointAfterValue(version);
  return view = UnpackOp::create(ops.b, ops.loc, ops.f32(field.inside), version, field.offset);
}

} // namespace gan
