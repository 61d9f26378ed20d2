// The rules of optimizers. What depends on the count of updates is computed in double precision, and maps over
// parameters in single precision.
#include "compiler/import/Optimizers.h"

#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using gan::dsl::OptimizerKind;

namespace gan {
namespace {

/// One update of one packed state. Hyper-parameters are found by their names in Optimizers.def, state values by theirs.
struct Update {
  OpMaker b;
  std::map<std::string, Value> hyper; ///< f64
  std::map<std::string, Value> state;
  Value parameter, gradient;

  /// Applies the rule of an optimizer.
  void apply(OptimizerKind kind) {
    switch (kind) {
    case OptimizerKind::Sgd:
      return sgd();
    case OptimizerKind::Adam:
      return adam(false);
    case OptimizerKind::AdamW:
      return adam(true);
    case OptimizerKind::RmsProp:
      return rmsprop();
    case OptimizerKind::Adagrad:
      return adagrad();
    }
  }

  Tensor type() const { return tensorOf(parameter); }
  Value wide(double v) { return b.constant(tensorOf(hyper.at("lr")), v); }
  Value narrow(Value v) { return b.broadcastScalar(v, type()); }
  Value h(const char *name) { return narrow(hyper.at(name)); }
  Value rest(const char *name) { return narrow(b.sub(wide(1), hyper.at(name))); }
  void step(Value direction, Value rate) { parameter = b.sub(parameter, b.mul(narrow(rate), direction)); }
  /// state = decay * state + share * v
  Value average(const char *name, Value decay, Value share, Value v) {
    return state[name] = b.add(b.mul(decay, state[name]), b.mul(share, v));
  }

  void decayIntoGradient() { gradient = b.add(gradient, b.mul(h("weight_decay"), parameter)); }

  void sgd() {
    decayIntoGradient();
    Value buffer = state["momentum_buffer"] = b.add(b.mul(h("momentum"), state["momentum_buffer"]), gradient);
    step(buffer, hyper["lr"]);
  }

  void adam(bool decoupled) {
    if (decoupled)
      parameter = b.mul(parameter, narrow(b.sub(wide(1), b.mul(hyper["lr"], hyper["weight_decay"]))));
    else
      decayIntoGradient();
    Value mean = average("exp_avg", h("beta1"), rest("beta1"), gradient);
    Value square = average("exp_avg_sq", h("beta2"), rest("beta2"), b.unary<SquareOp>(gradient));
    Value count = state["step"];
    Value correction1 = b.sub(wide(1), b.binary<PowOp>(hyper["beta1"], count));
    Value correction2 = b.unary<SqrtOp>(b.sub(wide(1), b.binary<PowOp>(hyper["beta2"], count)));
    Value inverse = b.div(wide(1), correction2);
    Value denominator = b.add(b.mul(b.unary<SqrtOp>(square), narrow(inverse)), h("eps"));
    step(b.div(mean, denominator), b.div(hyper["lr"], correction1));
  }

  void rmsprop() {
    decayIntoGradient();
    Value square = average("square_avg", h("alpha"), rest("alpha"), b.unary<SquareOp>(gradient));
    Value scaled = b.div(gradient, b.add(b.unary<SqrtOp>(square), h("eps")));
    Value buffer = state["momentum_buffer"] = b.add(b.mul(h("momentum"), state["momentum_buffer"]), scaled);
    step(buffer, hyper["lr"]);
  }

  void adagrad() {
    decayIntoGradient();
    Value sum = state["sum"] = b.add(state["sum"], b.unary<SquareOp>(gradient));
    Value decayed = b.add(wide(1), b.mul(b.sub(state["step"], wide(1)), hyper["lr_decay"]));
    step(b.div(gradient, b.add(b.unary<SqrtOp>(sum), h("eps"))), b.div(hyper["lr"], decayed));
  }
};

} // namespace

void Optimizers::update(const dsl::Objective &o, int block, Value gradient, Value gate) {
  static constexpr const char *spelling[] = {
#define GAN_OPTIMIZER(Kind, text, ...) text,
#include "dsl/Optimizers.def"
  };
  const dsl::Model &model = graph.model;
  const std::string &name = model.blocks[block].name;
  graph.standAt(o.optimizer.span, std::string(spelling[size_t(o.optimizer.kind)]) + " " + name);
  const dsl::Label *label = dsl::updatedLabel(model, o, block);
  Part part = graph.declared.fields.partOf(model.blocks[block], label);
  Value whole = graph.states.at(name);
  Update update{ops, {}, {}, label ? partOf(whole, part) : whole, gradient};
  for (int c : o.optimizer.constants) {
    const std::string &full = model.constants[c].name;
    update.hyper[full.substr(full.rfind('.') + 1)] = graph.numbers.constant(c);
  }
  std::vector<OptimizerState> states = optimizerStates(model, o, block);
  states.push_back({"step", optimizerCount(o, model.blocks[block])});
  for (const OptimizerState &state : states)
    update.state[state.kind] = graph.states.at(state.name);
  Value &count = update.state["step"];
  count = ops.add(count, ops.like(count, 1));
  update.apply(o.optimizer.kind);
  if (o.clipWeight) {
    Value limit = update.narrow(graph.numbers.constant(*o.clipWeight));
    Value low = ops.unary<NegOp>(limit);
    update.parameter = ClampOp::create(ops.b, ops.loc, update.type(), update.parameter, low, limit);
  }
  if (const std::optional<dsl::Range> &kept = model.blocks[block].kept)
    update.parameter = ClampOp::create(ops.b, ops.loc, update.type(), update.parameter,
                                       ops.like(update.parameter, kept->lo), ops.like(update.parameter, kept->hi));
  keep(name, label ? withPart(whole, part, update.parameter) : update.parameter, gate);
  for (const OptimizerState &state : states)
    keep(state.name, update.state[state.kind], gate);
  keepAverage(block, gate);
}

Value Optimizers::partOf(Value whole, Part part) {
  return SliceOp::create(ops.b, ops.loc, ops.f32({part.size}), whole, ops.b.getDenseI64ArrayAttr({part.offset}));
}

/// `whole` with `fresh` in the place of a part: one map over the state, which can be written over it.
Value Optimizers::withPart(Value whole, Part part, Value fresh) {
  auto placed = [&](Value v) {
    return PadOp::create(ops.b, ops.loc, tensorOf(whole), v, ops.b.getDenseI64ArrayAttr({part.offset}));
  };
  return ops.select(placed(ops.like(fresh, 1)), placed(fresh), whole);
}

/// Changes a state to `fresh` if the gate is open; otherwise it stays, bit for bit.
void Optimizers::keep(const std::string &state, Value fresh, Value gate) {
  Value old = graph.states.at(state);
  graph.states.set(state, gate ? ops.select(ops.broadcastScalar(gate, tensorOf(old)), fresh, old) : fresh);
}

void Optimizers::countUpdate(const std::string &count, Value gate) {
  if (count.empty())
    return;
  Value old = graph.states.at(count);
  keep(count, ops.add(old, ops.like(old, 1)), gate);
}

void Optimizers::countAny(const std::string &count, ArrayRef<Value> gates) {
  if (count.empty() || gates.empty())
    return;
  Value any = gates[0];
  for (Value gate : gates.drop_front())
    any = any && gate ? ops.binary<MaxOp>(any, gate) : Value();
  countUpdate(count, any);
}

/// average = decay average + (1 - decay) parameters; buffers are copied.
void Optimizers::keepAverage(int index, Value gate) {
  const dsl::Block &block = graph.model.blocks[index];
  const UpdateCounts &counts = graph.declared.counts;
  auto average = llvm::find_if(graph.model.averages, [&](const dsl::Average &a) { return a.block == index; });
  if (average == graph.model.averages.end())
    return;
  const std::map<std::string, std::string> &averages = graph.declared.averages();
  llvm::SaveAndRestore counted(graph.position.count, counts.ofAverage(index));
  std::string name = averages.at(block.name);
  Value old = graph.states.at(name), decay = graph.numbers.constant(average->decay);
  Value rest = ops.sub(ops.constant(ops.f64(), 1), decay);
  Tensor type = tensorOf(old);
  Value fresh = ops.add(ops.mul(ops.broadcastScalar(decay, type), old),
                        ops.mul(ops.broadcastScalar(rest, type), graph.states.at(block.name)));
  keep(name, fresh, gate);
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params)
      if (p.buffer) {
        std::string buffer = tensorName(block, layer, p.name);
        keep(averages.at(buffer), graph.states.at(buffer), gate);
      }
  if (counts.averageHasOwn(index))
    countUpdate(graph.position.count, gate);
}

} // namespace gan
