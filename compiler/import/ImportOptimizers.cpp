// Update rules of PyTorch's optimizers (torch.optim, single-tensor forms). What depends on the count of updates is
// computed in double precision, and maps over parameters in single precision.
#include "compiler/import/Importer.h"

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

  Tensor type() const { return tensorOf(parameter); }
  Value wide(double v) { return splat(b.b, b.loc, tensorOf(hyper.at("lr")), v); }
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

void Importer::optimize(const dsl::Objective &o, int block, Value gradient, Value gate) {
  static constexpr const char *spelling[] = {
#define GAN_OPTIMIZER(Kind, text, ...) text,
#include "dsl/Optimizers.def"
  };
  const std::string &name = model.blocks[block].name;
  ops.loc = declared.location(o.optimizer.span, std::string(spelling[size_t(o.optimizer.kind)]) + " " + name);
  Update update{ops, {}, {}, g.states.at(name), gradient};
  for (int c : o.optimizer.constants) {
    const std::string &full = model.constants[c].name;
    update.hyper[full.substr(full.rfind('.') + 1)] = scalar("$" + full);
  }
  std::vector<OptimizerState> states = optimizerStates(model, o, block);
  states.push_back({"step", "optim." + o.name + "." + name + ".step"});
  for (const OptimizerState &state : states)
    update.state[state.kind] = g.states.at(state.name);
  Value &count = update.state["step"];
  count = ops.add(count, ops.like(count, 1));
  switch (o.optimizer.kind) {
  case OptimizerKind::Sgd:
    update.sgd();
    break;
  case OptimizerKind::Adam:
    update.adam(false);
    break;
  case OptimizerKind::AdamW:
    update.adam(true);
    break;
  case OptimizerKind::RmsProp:
    update.rmsprop();
    break;
  case OptimizerKind::Adagrad:
    update.adagrad();
    break;
  }
  if (o.clipWeight) {
    Value limit = update.narrow(scalar("$" + model.constants[*o.clipWeight].name));
    Value low = ops.unary<NegOp>(limit);
    update.parameter = ClampOp::create(ops.b, ops.loc, update.type(), update.parameter, low, limit);
  }
  auto keep = [&](const std::string &state, Value fresh) { g.states[state] = gated(gate, fresh, g.states.at(state)); };
  keep(name, update.parameter);
  for (const OptimizerState &state : states)
    keep(state.name, update.state[state.kind]);
  keepAverage(block, gate);
}

/// `fresh` if the gate is open, otherwise `old`, bit for bit.
Value Importer::gated(Value gate, Value fresh, Value old) {
  return gate ? ops.select(ops.broadcastScalar(gate, tensorOf(old)), fresh, old) : fresh;
}

/// Adds one to the count, but nothing while the gate is shut.
void Importer::countUpdate(const std::string &count, Value gate) {
  if (count.empty())
    return;
  Value old = g.states.at(count);
  g.states[count] = gated(gate, ops.add(old, ops.like(old, 1)), old);
}

/// Adds one if any of the gates is open.
void Importer::countAny(const std::string &count, ArrayRef<Value> gates) {
  if (count.empty() || gates.empty())
    return;
  Value any = gates[0];
  for (Value gate : gates.drop_front())
    any = any && gate ? ops.binary<MaxOp>(any, gate) : Value();
  countUpdate(count, any);
}

/// average = decay average + (1 - decay) parameters; buffers are copied.
void Importer::keepAverage(int index, Value gate) {
  const dsl::Block &block = model.blocks[index];
  auto average = llvm::find_if(model.averages, [&](const dsl::Average &a) { return a.block == index; });
  if (average == model.averages.end())
    return;
  std::string name = declared.averages().at(block.name), count = declared.counts.ofAverage(index);
  llvm::SaveAndRestore counted(g.count, count);
  Value old = g.states.at(name), decay = scalar("$" + model.constants[average->decay].name);
  Value rest = ops.sub(ops.constant(ops.f64(), 1), decay);
  Tensor type = tensorOf(old);
  Value fresh = ops.add(ops.mul(ops.broadcastScalar(decay, type), old),
                        ops.mul(ops.broadcastScalar(rest, type), g.states.at(block.name)));
  g.states[name] = gated(gate, fresh, old);
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::Param &p : layer.params)
      if (p.buffer) {
        std::string buffer = block.name + "." + std::to_string(layer.index) + "." + p.name;
        Value &copied = g.states.at(declared.averages().at(buffer));
        copied = gated(gate, g.states.at(buffer), copied);
      }
  if (declared.counts.averageHasOwn(index))
    countUpdate(count, gate);
}

} // namespace gan
