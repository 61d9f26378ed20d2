// Reverse-mode differentiation. Each gan.gradient is replaced by a walk backwards over the operations between its
// variables and its function. The walk uses DifferentiableOpInterface only, so it does not depend on particular
// operations. The result consists of ordinary operations: a gradient inside a function is replaced first, and is then
// differentiated like everything else.
#include "compiler/Bug.h"
#include "compiler/passes/Passes.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "compiler/passes/Passes.h.inc"

namespace {

/// Operations from which `root` is computed, operands before users. It does not recurse, because chains may be
/// thousands of layers long.
std::vector<Operation *> backwardSlice(Value root) {
  std::vector<Operation *> order;
  llvm::DenseSet<Operation *> seen;
  std::vector<std::pair<Operation *, unsigned>> stack;
  auto enter = [&](Value v) {
    Operation *op = v.getDefiningOp();
    if (op && seen.insert(op).second)
      stack.emplace_back(op, 0);
  };
  enter(root);
  while (!stack.empty()) {
    auto &[op, next] = stack.back();
    if (next < op->getNumOperands()) {
      enter(op->getOperand(next++));
      continue;
    }
    order.push_back(op);
    stack.pop_back();
  }
  return order;
}

/// One reverse walk, which computes the gradients of one gan.gradient.
class ReverseWalk {
public:
  ReverseWalk(OpBuilder &builder, GradientOp op) : builder(builder), op(op) {
    slice = backwardSlice(op.getFunction());
    active.insert(op.getWrt().begin(), op.getWrt().end());
    for (Operation *o : slice)
      if (isa<DifferentiableOpInterface>(o) &&
          llvm::any_of(o->getOperands(), [&](Value v) { return active.contains(v); }))
        active.insert(o->getResult(0));
  }

  SmallVector<Value> run() {
    Value function = op.getFunction();
    if (active.contains(function))
      accumulate(function, splat(builder, op.getLoc(), tensorOf(function), 1.0));
    for (Operation *o : llvm::reverse(slice))
      if (auto differentiable = dyn_cast<DifferentiableOpInterface>(o))
        visit(differentiable);
    SmallVector<Value> gradients;
    for (Value x : op.getWrt()) {
      Value g = adjoints.lookup(x);
      gradients.push_back(g ? g : splat(builder, op.getLoc(), tensorOf(x), 0.0));
    }
    return gradients;
  }

private:
  void visit(DifferentiableOpInterface o) {
    Value g = adjoints.lookup(o->getResult(0));
    if (!g)
      return;
    SmallVector<bool> needed;
    for (Value v : o->getOperands())
      needed.push_back(active.contains(v));
    if (llvm::none_of(needed, [](bool b) { return b; }))
      return;
    SmallVector<Value> gradients = o.buildGradients(builder, g, needed);
    for (auto [operand, wanted, gradient] : llvm::zip_equal(o->getOperands(), needed, gradients))
      if (wanted && gradient)
        accumulate(operand, gradient);
  }

  void accumulate(Value v, Value gradient) {
    ensure(v.getType() == gradient.getType(), "a gradient has its variable's type");
    auto broadcast = v.getDefiningOp<BroadcastOp>();
    if (broadcast && !llvm::is_contained(op.getWrt(), v)) {
      // A sum of small gradients, so that no large one must be kept until all others are known.
      if (active.contains(v))
        accumulate(broadcast.getX(), broadcast.buildGradients(builder, gradient, {true}).front());
      return;
    }
    Value &sum = adjoints[v];
    sum = sum ? AddOp::create(builder, gradient.getLoc(), v.getType(), sum, gradient).getResult() : gradient;
  }

  OpBuilder &builder;
  GradientOp op;
  std::vector<Operation *> slice;
  llvm::DenseSet<Value> active; ///< values that depend on a variable through differentiable operations
  llvm::DenseMap<Value, Value> adjoints;
};

struct Differentiate : impl::DifferentiateBase<Differentiate> {
  void runOnOperation() override {
    SmallVector<GradientOp> gradients;
    getOperation().walk([&](GradientOp op) { gradients.push_back(op); }); // in program order, so inner ones come first
    for (GradientOp op : gradients) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(ReverseWalk(builder, op).run());
      op.erase();
    }
    getOperation().walk([](Operation *op) { // from here on these have no purpose
      if (!isa<StopOp, VariableOp>(op))
        return;
      op->getResult(0).replaceAllUsesWith(op->getOperand(0));
      op->erase();
    });
  }
};

} // namespace
} // namespace gan
