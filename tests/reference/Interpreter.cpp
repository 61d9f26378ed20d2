#include "tests/reference/Interpreter.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <numeric>

using namespace mlir;

namespace gan::test {

Array Array::zeros(ArrayRef<int64_t> shape) {
  return {shape.vec(),
          std::vector<double>(std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>()), 0)};
}

double &Array::at(ArrayRef<int64_t> index) {
  int64_t position = 0;
  for (size_t d = 0; d < shape.size(); ++d)
    position = position * shape[d] + index[d];
  return data.at(position);
}

void forEachIndex(ArrayRef<int64_t> shape, llvm::function_ref<void(ArrayRef<int64_t>)> visit) {
  int64_t total = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  std::vector<int64_t> index(shape.size(), 0);
  for (int64_t n = 0; n < total; ++n) {
    visit(index);
    for (size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d])
        break;
      index[d] = 0;
    }
  }
}

namespace {

/// An index; it needs no heap allocation for tensors of the usual ranks.
using Index = SmallVector<int64_t, 6>;
using Pointwise = std::function<double(ArrayRef<double>)>;

/// Maximum and minimum of IEEE 754-2019: NaN if either operand is NaN.
double larger(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b); }
double smaller(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b); }

/// Element-wise operations by name, from their textbook definitions.
const std::map<std::string, Pointwise> &pointwise() {
  static const std::map<std::string, Pointwise> table = {
      {"add", [](auto x) { return x[0] + x[1]; }},
      {"sub", [](auto x) { return x[0] - x[1]; }},
      {"mul", [](auto x) { return x[0] * x[1]; }},
      {"div", [](auto x) { return x[0] / x[1]; }},
      {"max", [](auto x) { return larger(x[0], x[1]); }},
      {"min", [](auto x) { return smaller(x[0], x[1]); }},
      {"pow", [](auto x) { return std::pow(x[0], x[1]); }},
      {"gt", [](auto x) { return x[0] > x[1] ? 1.0 : 0.0; }},
      {"eq", [](auto x) { return x[0] == x[1] ? 1.0 : 0.0; }},
      {"leaky_relu", [](auto x) { return x[0] > 0 ? x[0] : x[1] * x[0]; }},
      {"select", [](auto x) { return x[0] != 0 ? x[1] : x[2]; }},
      {"clamp", [](auto x) { return smaller(larger(x[0], x[1]), x[2]); }},
      {"neg", [](auto x) { return -x[0]; }},
      {"exp", [](auto x) { return std::exp(x[0]); }},
      {"expm1", [](auto x) { return std::expm1(x[0]); }},
      {"log", [](auto x) { return std::log(x[0]); }},
      {"sqrt", [](auto x) { return std::sqrt(x[0]); }},
      {"abs", [](auto x) { return std::fabs(x[0]); }},
      {"square", [](auto x) { return x[0] * x[0]; }},
      {"relu", [](auto x) { return larger(x[0], 0); }},
      {"sigmoid", [](auto x) { return 1 / (1 + std::exp(-x[0])); }},
      {"tanh", [](auto x) { return std::tanh(x[0]); }},
      {"softplus", [](auto x) { return x[0] > 30 ? x[0] : std::log1p(std::exp(x[0])); }},
      {"erf", [](auto x) { return std::erf(x[0]); }},
  };
  return table;
}

Index pick(ArrayRef<int64_t> index, ArrayRef<int64_t> dims) {
  Index out;
  for (int64_t d : dims)
    out.push_back(index[d]);
  return out;
}

Array reduce(const Array &x, ArrayRef<int64_t> dims, ArrayRef<int64_t> shape, StringRef kind) {
  Array out = Array::zeros(shape), best = Array::zeros(shape);
  forEachIndex(x.shape, [&](ArrayRef<int64_t> i) {
    Index kept;
    int64_t position = 0;
    for (size_t d = 0; d < i.size(); ++d)
      if (!llvm::is_contained(dims, int64_t(d)))
        kept.push_back(i[d]);
      else
        position = position * x.shape[d] + i[d];
    double v = x.at(i);
    if (kind == "reduce_sum") {
      out.at(kept) += v;
    } else if (position == 0 || v > best.at(kept) || (std::isnan(v) && !std::isnan(best.at(kept)))) {
      best.at(kept) = v;
      out.at(kept) = kind == "argmax" ? double(position) : v;
    }
  });
  return out;
}

Array matmul(MatMulOp op, const Array &a, const Array &b, ArrayRef<int64_t> shape) {
  Array out = Array::zeros(shape);
  int64_t k = a.shape[op.getTransposeLhs() ? 0 : 1];
  bool turnedLhs = op.getTransposeLhs(), turnedRhs = op.getTransposeRhs();
  forEachIndex(shape, [&](ArrayRef<int64_t> i) {
    for (int64_t r = 0; r < k; ++r) {
      double left = turnedLhs ? a.at({r, i[0]}) : a.at({i[0], r});
      double right = turnedRhs ? b.at({i[1], r}) : b.at({r, i[1]});
      out.at(i) += left * right;
    }
  });
  return out;
}

/// An attribute with two numbers, or {1, 1} if it has its default.
ArrayRef<int64_t> pairOf(Operation *op, StringRef name) {
  static constexpr int64_t ones[] = {1, 1};
  auto pair = op->getAttrOfType<DenseI64ArrayAttr>(name);
  return pair ? pair.asArrayRef() : ArrayRef<int64_t>(ones);
}

/// All three convolutions compute a sum of products x * w -> y over the same pairs of indices.
Array convolution(Operation *op, const Array &a, const Array &b, ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> stride = pairOf(op, "stride"), pad = pairOf(op, "pad"), dilation = pairOf(op, "dilation");
  auto groupsAttr = op->getAttrOfType<IntegerAttr>("groups");
  int64_t groups = groupsAttr ? groupsAttr.getInt() : 1;
  Array out = Array::zeros(shape);
  std::vector<int64_t> x, w, y; // shapes
  bool forward = isa<ConvOp>(op), inputGrad = isa<ConvInputGradOp>(op);
  if (forward)
    x = a.shape, w = b.shape, y = shape.vec();
  else if (inputGrad)
    y = a.shape, w = b.shape, x = shape.vec();
  else
    x = a.shape, y = b.shape, w = shape.vec();
  forEachIndex({y[0], y[1], y[2], y[3], w[0], w[1], w[2]}, [&](ArrayRef<int64_t> i) {
    int64_t h = i[1] * stride[0] + i[4] * dilation[0] - pad[0], v = i[2] * stride[1] + i[5] * dilation[1] - pad[1];
    if (h < 0 || h >= x[1] || v < 0 || v >= x[2])
      return;
    int64_t channel = i[3] / (y[3] / groups) * w[2] + i[6];
    std::array<int64_t, 4> xi{i[0], h, v, channel}, yi{i[0], i[1], i[2], i[3]}, wi{i[4], i[5], i[6], i[3]};
    if (forward)
      out.at(yi) += a.at(xi) * b.at(wi);
    else if (inputGrad)
      out.at(xi) += a.at(yi) * b.at(wi);
    else
      out.at(wi) += a.at(xi) * b.at(yi);
  });
  return out;
}

Array concat(ConcatOp op, ArrayRef<Array> parts, ArrayRef<int64_t> shape) {
  Array out = Array::zeros(shape);
  int64_t offset = 0, dim = op.getDim();
  for (const Array &part : parts) {
    forEachIndex(part.shape, [&](ArrayRef<int64_t> i) {
      Index to(i.begin(), i.end());
      to[dim] += offset;
      out.at(to) = part.at(i);
    });
    offset += part.shape[dim];
  }
  return out;
}

Array gather(ArrayRef<int64_t> shape, llvm::function_ref<double(ArrayRef<int64_t>)> value) {
  Array out = Array::zeros(shape);
  forEachIndex(shape, [&](ArrayRef<int64_t> i) { out.at(i) = value(i); });
  return out;
}

} // namespace

std::vector<Array> Interpreter::apply(Operation *op, ArrayRef<Array> x) {
  StringRef name = op->getName().stripDialect();
  ArrayRef<int64_t> shape = cast<Tensor>(op->getResult(0).getType()).getShape();
  if (auto it = pointwise().find(name.str()); it != pointwise().end())
    return {gather(shape, [&](ArrayRef<int64_t> i) {
      SmallVector<double, 4> operands;
      for (const Array &a : x)
        operands.push_back(a.at(i));
      return it->second(operands);
    })};
  if (auto o = dyn_cast<MatMulOp>(op))
    return {matmul(o, x[0], x[1], shape)};
  if (isa<ConvOp, ConvInputGradOp, ConvWeightGradOp>(op))
    return {convolution(op, x[0], x[1], shape)};
  if (isa<ReduceSumOp, ReduceMaxOp, ArgMaxOp>(op))
    return {reduce(x[0], cast<DenseI64ArrayAttr>(op->getAttr("dims")).asArrayRef(), shape, name)};
  if (auto o = dyn_cast<ConstantOp>(op))
    return {gather(shape, [&](auto) { return o.getValue().convertToDouble(); })};
  if (auto o = dyn_cast<BroadcastOp>(op))
    return {gather(shape, [&](ArrayRef<int64_t> i) { return x[0].at(pick(i, o.getDims())); })};
  if (isa<ReshapeOp, CastOp, StopOp, VariableOp, OwnOp>(op))
    return {{shape.vec(), x[0].data}};
  if (auto o = dyn_cast<TransposeOp>(op))
    return {gather(shape, [&](ArrayRef<int64_t> i) {
      Index from(i.size());
      for (size_t d = 0; d < i.size(); ++d)
        from[o.getPerm()[d]] = i[d];
      return x[0].at(from);
    })};
  if (auto o = dyn_cast<SliceOp>(op))
    return {gather(shape, [&](ArrayRef<int64_t> i) {
      Index from(i.begin(), i.end());
      for (size_t d = 0; d < i.size(); ++d)
        from[d] += o.getOffsets()[d];
      return x[0].at(from);
    })};
  if (auto o = dyn_cast<PadOp>(op)) {
    Array out = Array::zeros(shape);
    forEachIndex(x[0].shape, [&](ArrayRef<int64_t> i) {
      Index to(i.begin(), i.end());
      for (size_t d = 0; d < i.size(); ++d)
        to[d] += o.getOffsets()[d];
      out.at(to) = x[0].at(i);
    });
    return {out};
  }
  if (auto o = dyn_cast<ConcatOp>(op))
    return {concat(o, x, shape)};
  if (auto o = dyn_cast<OneHotOp>(op))
    return {gather(shape, [&](ArrayRef<int64_t> i) {
      Index from;
      int64_t position = 0;
      for (size_t d = 0; d < i.size(); ++d)
        if (llvm::is_contained(o.getDims(), int64_t(d)))
          position = position * shape[d] + i[d];
        else
          from.push_back(i[d]);
      return x[0].at(from) == double(position) ? 1.0 : 0.0;
    })};
  if (auto o = dyn_cast<TakeOp>(op))
    return {gather(shape, [&](ArrayRef<int64_t> i) {
      Index from(i.begin(), i.end());
      from[o.getDim()] = o.getIndices()[i[o.getDim()]];
      return from[o.getDim()] < 0 ? o.getFill().convertToDouble() : x[0].at(from);
    })};
  if (auto o = dyn_cast<TableOp>(op))
    return {{shape.vec(), o.getValues().vec()}};
  if (auto o = dyn_cast<UnpackOp>(op)) {
    Array out = Array::zeros(shape);
    std::copy_n(x[0].data.begin() + o.getOffset(), out.data.size(), out.data.begin());
    return {out};
  }
  if (isa<PackOp>(op)) {
    Array out{shape.vec(), {}};
    for (const Array &part : x)
      out.data.insert(out.data.end(), part.data.begin(), part.data.end());
    return {out};
  }
  llvm::report_fatal_error(llvm::Twine("the reference does not know ") + name);
}

std::vector<Array> Interpreter::runKernel(KernelOp kernel, ArrayRef<Array> operands) {
  Block &body = kernel.getBody().front();
  for (auto [argument, v] : llvm::zip(body.getArguments(), operands))
    values[argument] = v;
  runBlock(body);
  std::vector<Array> results;
  for (Value v : body.getTerminator()->getOperands())
    results.push_back(values[v]);
  return results;
}

void Interpreter::run(GraphOp graph) {
  values.clear();
  written.clear();
  current.clear();
  runBlock(graph.getBody().front());
  for (auto &[name, v] : written)
    states[name] = v;
}

void Interpreter::runBlock(Block &block) {
  for (Operation &op : block)
    runOperation(&op);
}

/// The name of the data in `trace`.
static std::string calledBy(InputOp op) { return op.getCalled().value_or(op.getName()).str(); }

void Interpreter::runOperation(Operation *op) {
  auto set = [&](Value v, Array a) { values[v] = std::move(a); };
  std::vector<Array> operands;
  for (Value v : op->getOperands())
    operands.push_back(values.contains(v) ? values[v] : Array());
  if (auto o = dyn_cast<ReadOp>(op))
    return set(o, states.at(o.getState().str()));
  if (auto o = dyn_cast<InputOp>(op))
    return set(o, given(calledBy(o), op));
  if (auto o = dyn_cast<ScalarOp>(op))
    return set(o, {{}, {scalar(o.getNumber().str(), updatesDone(o))}});
  if (isa<RngOp>(op))
    return;
  if (auto o = dyn_cast<DrawOp>(op))
    return set(o, given(o.getName().str(), op));
  if (auto o = dyn_cast<WriteOp>(op)) {
    written[o.getState().str()] = operands[0];
    return;
  }
  if (auto o = dyn_cast<ObserveOp>(op))
    return observe(o);
  if (auto o = dyn_cast<StepOp>(op))
    return runStep(o, operands);
  if (auto o = dyn_cast<KernelOp>(op)) {
    if (std::optional<StringRef> name = o.getDraws())
      return set(o.getResult(0), inputs.at(name->str() + repetitionOf(o)));
    std::vector<Array> results = runKernel(o, operands);
    for (auto [result, v] : llvm::zip(o.getResults(), results))
      set(result, v);
    return;
  }
  if (isa<YieldOp>(op))
    return;
  std::vector<Array> results = apply(op, operands);
  set(op->getResult(0), results[0]);
}

/// The number of updates that the host counts, or that a state counts if some updates are withheld.
double Interpreter::updatesDone(ScalarOp op) const {
  auto step = op->getParentOfType<StepOp>();
  if (std::optional<StringRef> count = op.getCount())
    return (current.count(count->str()) ? current : states).at(count->str()).data[0];
  if (!step)
    return double(iteration);
  int64_t every = step.getEvery(), times = step.getTimes();
  return double((iteration + every - 1) / every * times + repetition);
}

/// The state of which a step's operand is a version.
static std::string stateBehind(Value v) {
  while (auto step = v.getDefiningOp<StepOp>())
    v = step.getInits()[cast<OpResult>(v).getResultNumber()];
  auto read = v.getDefiningOp<ReadOp>();
  return read ? read.getState().str() : "";
}

/// Whether a step runs. It does not in iterations of another stream or between those that it is due in. A state change
/// by a let happens if a step that names the let runs.
bool Interpreter::runs(StepOp step) const {
  if (auto users = step.getUsers()) {
    bool any = false;
    step->getParentOfType<GraphOp>().walk(
        [&](StepOp other) { any |= llvm::is_contained(*users, int64_t(other.getIndex())) && runs(other); });
    return any;
  }
  return iteration % int64_t(step.getEvery()) == 0 &&
         ((int64_t)step.getStream() < 0 || inputs.at("stream").data[0] == double(step.getStream()));
}

/// Runs the step as often as it says, each time from the states that the run before left.
void Interpreter::runStep(StepOp step, std::vector<Array> states) {
  Block &body = step.getBody().front();
  bool due = runs(step);
  for (repetition = 0; due && repetition < int64_t(step.getTimes()); ++repetition) {
    for (auto [argument, init, v] : llvm::zip(body.getArguments(), step.getInits(), states)) {
      values[argument] = v;
      current[stateBehind(init)] = v;
    }
    runBlock(body);
    for (auto [state, v] : llvm::zip(states, body.getTerminator()->getOperands()))
      state = values[v];
  }
  for (auto [result, state] : llvm::zip(step.getResults(), states))
    values[result] = state;
}

std::string Interpreter::repetitionOf(Operation *op) const {
  auto step = op->getParentOfType<StepOp>();
  return step && step.getTimes() > 1 ? "|" + std::to_string(repetition) : "";
}

/// Data or a draw. A program does not ask for inputs that nothing reads, so those have NaN as values, and any use of
/// them would be noticed.
Array Interpreter::given(const std::string &name, Operation *op) {
  if (auto it = inputs.find(name + repetitionOf(op)); it != inputs.end())
    return it->second;
  Array none = Array::zeros(tensorOf(op->getResult(0)).getShape());
  std::fill(none.data.begin(), none.data.end(), NAN);
  return none;
}

void Interpreter::observe(ObserveOp op) {
  const Array &v = values[op.getValue()];
  if (!op.getFields()) {
    observed[op.getName().str() + repetitionOf(op)] = v;
    return;
  }
  for (auto field : op.getFields()->getAsRange<FieldAttr>()) {
    Array part = Array::zeros(field.getLayout().getShape().asArrayRef());
    std::copy_n(v.data.begin() + field.getOffset(), part.data.size(), part.data.begin());
    observed[field.getName().str() + repetitionOf(op)] = part; // in the order in which it lies in memory
  }
}

} // namespace gan::test
