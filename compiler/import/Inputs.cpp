// Makes the operations of inputs, and the names by which the host and traces know them. A name is also the key under
// which an input is found again.
#include "compiler/import/Inputs.h"
#include "compiler/import/Draws.h"
#include "compiler/import/Images.h"

using namespace mlir;

namespace gan {

Inputs::Inputs(const dsl::Model &model, OpMaker &ops, const Position &position, Block &graph)
    : model(model), ops(ops), position(position), beginning{&graph, nullptr, {}, ""} {}

llvm::SaveAndRestore<Inputs::Beginning> Inputs::repeat(const dsl::Step &step, Block &body) {
  return {beginning, Beginning{&body, nullptr, {}, step.name}};
}

void Inputs::moveToBeginning() {
  if (beginning.last)
    ops.b.setInsertionPointAfter(beginning.last);
  else
    ops.b.setInsertionPointToStart(beginning.block);
}

Value Inputs::state(const std::string &name, Tensor type) {
  OpBuilder::InsertionGuard guard(ops.b);
  moveToBeginning();
  auto read = ReadOp::create(ops.b, ops.loc, type, name, PlaceAttr());
  beginning.last = read;
  return read;
}

Value Inputs::data(const std::string &name, Tensor type) {
  Value &known = beginning.made[name];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(ops.b);
  moveToBeginning();
  auto input = InputOp::create(ops.b, ops.loc, type, name, StringAttr(), StringAttr(), PlaceAttr());
  known = input;
  beginning.last = input;
  if (!beginning.repeated.empty()) // a repeated step has its own batch, not the one outside
    input.setRepeated(beginning.repeated);
  if (ownName(name) != name)
    input.setCalled(ownName(name));
  return known;
}

Value Inputs::given(const std::string &name, const std::string &called, Tensor type) {
  Value value = data(name, type);
  value.getDefiningOp<InputOp>().setCalled(called);
  return value;
}

Value Inputs::labels(const std::string &name, Tensor type) {
  return draw({name, name, 0, DrawKind::Categorical, type}, {});
}

Value Inputs::attributes(const std::string &name, Tensor type, dsl::Range range) {
  bool bounded = std::isfinite(range.lo) && std::isfinite(range.hi); // else columns of a table, standardised
  return bounded ? draw({name, name, 0, DrawKind::Uniform, type, range.lo, range.hi}, {})
                 : draw({name, name, 0, DrawKind::Normal, type}, {});
}

/// Each copy of an expression under log_mean_exp has its own draws: those of the third copy end in "#2". The first copy
/// uses the same draws as the expressions around it. Each step of a refinement has its own fresh draws; others stay.
Value Inputs::latent(int index, int number) {
  const dsl::Latent &l = model.latents[index];
  static constexpr DrawKind kinds[] = {DrawKind::Uniform, DrawKind::Normal, DrawKind::Categorical, DrawKind::Uniform,
                                       DrawKind::Uniform};
  bool stays = !position.time.empty() && number == 0;
  std::string copy = position.copy && !stays ? "#" + std::to_string(position.copy) : "";
  std::string name = l.name + (number ? "~" + std::to_string(number) : "") + copy;
  Value drawn = draw(
      {ownName(name), l.name + copy, number, kinds[size_t(l.kind)], ops.batched(insideShape(l.shape)), l.lo, l.hi}, {});
  return quantile(l.kind, drawn);
}

/// What a uniform draw is the quantile of, for a latent of another kind; made once for each draw, right behind it.
Value Inputs::quantile(dsl::LatentKind kind, Value drawn) {
  if (kind != dsl::LatentKind::Laplace && kind != dsl::LatentKind::Logistic)
    return drawn;
  Value &known = quantiles[drawn];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(ops.b);
  ops.b.setInsertionPointAfterValue(drawn);
  return known = kind == dsl::LatentKind::Laplace ? laplaceDraw(ops, drawn) : logisticDraw(ops, drawn);
}

/// Another draw of this purpose than all before.
Value Inputs::anew(const std::string &purpose, DrawKind kind, Tensor type) {
  int use = uses[purpose]++;
  return draw({purpose + (use ? "~" + std::to_string(use) : ""), purpose, use, kind, type}, {});
}

Value Inputs::noise(const std::string &purpose, Tensor type) { return anew(purpose, DrawKind::Normal, type); }

Value Inputs::uniform(const std::string &purpose, Tensor type) { return anew(purpose, DrawKind::Uniform, type); }

Value Inputs::mask(const std::string &purpose, Tensor type, Value keep) {
  int use = uses[purpose]++;
  Tensor bytes = Tensor::get(type.getShape(), ops.b.getIntegerType(8, false));
  return draw({purpose + ".mask" + (use ? "~" + std::to_string(use) : ""), purpose, use, DrawKind::Mask, bytes}, keep);
}

/// A repeated step has its own data and draws; if there are several such steps, the name says which step it is for.
std::string Inputs::ownName(const std::string &name) const {
  bool several = llvm::count_if(model.steps, [](const dsl::Step &s) { return s.times > 1; }) > 1;
  return beginning.repeated.empty() || !several ? name : name + "@" + beginning.repeated;
}

/// Draws live outside the steps, except those of repeated steps, and masks, whose probability may depend on the step.
Value Inputs::draw(const Draw &what, Value keep) {
  Value &known = beginning.made[what.name];
  if (known)
    return known;
  Tensor words = Tensor::get({8}, ops.b.getIntegerType(32, false));
  OpBuilder::InsertionGuard guard(ops.b);
  bool first = !keep && position.time.empty(); // hundreds of steps of a refinement draw when it is their turn
  if (first)
    moveToBeginning();
  std::string own = beginning.repeated.empty() ? what.purpose : what.purpose + "@" + beginning.repeated;
  Value rng = RngOp::create(ops.b, ops.loc, words, own, what.application, -1, PlaceAttr());
  auto op =
      DrawOp::create(ops.b, ops.loc, what.type, rng, keep, DrawKindAttr::get(ops.b.getContext(), what.kind),
                     ops.b.getStringAttr(what.name), ops.b.getF64FloatAttr(what.lo), ops.b.getF64FloatAttr(what.hi));
  if (first)
    beginning.last = op;
  return known = op.getResult();
}

} // namespace gan
