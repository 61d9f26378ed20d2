// Fusion: turns the operations of a graph and of each of its steps into kernels. Grouping decides which operations are
// joined. Here the groups are ordered and written as gan.kernel, and the fused operations are erased.
#include "compiler/Bug.h"
#include "compiler/passes/Grouping.h"
#include "compiler/passes/Places.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_FUSEKERNELS
#include "compiler/passes/Passes.h.inc"

namespace {

/// Writes one group as a kernel at the builder's insertion point.
class KernelWriter {
public:
  KernelWriter(OpBuilder &builder, const Group &group, const llvm::DenseMap<Value, Value> &materialized)
      : builder(builder), group(group), materialized(materialized) {}

  KernelOp write() {
    collect();
    SmallVector<Value> operands;
    SmallVector<Type> results;
    for (Value v : inputs)
      operands.push_back(materialized.lookup(v) ? materialized.lookup(v) : v);
    for (Value v : group.outputs)
      results.push_back(v.getType());
    Location loc = group.anchor->getLoc();
    auto kernel = KernelOp::create(builder, loc, results, operands, builder.getStringAttr(labelOf(loc)), {}, {}, {});
    Block &body = kernel.getBody().emplaceBlock();
    IRMapping map;
    for (Value v : inputs)
      map.map(v, body.addArgument(v.getType(), loc));
    OpBuilder inside = OpBuilder::atBlockEnd(&body);
    for (Operation *op : members) {
      Operation *copy = inside.clone(*op, map);
      if (auto draw = dyn_cast<DrawOp>(copy)) { // its name does not affect what it computes
        kernel.setDrawsAttr(draw.getNameAttr());
        draw.setName("");
      }
    }
    SmallVector<Value> yields;
    for (Value v : group.outputs)
      yields.push_back(map.lookup(v));
    YieldOp::create(inside, loc, yields);
    return kernel;
  }

private:
  /// Collects the group's operations with everything that they evaluate inline, operands first, and the buffers that
  /// they read.
  void collect() {
    llvm::DenseSet<Operation *> seen;
    std::vector<std::pair<Operation *, unsigned>> stack;
    auto enter = [&](Value v) {
      Operation *op = v.getDefiningOp();
      bool inlined = op && isMap(op) && !isSource(op) && !materialized.count(v) &&
                     (op->getBlock() == group.anchor->getBlock() || isIndexing(op));
      if (op && (group.members.contains(op) || inlined)) {
        if (seen.insert(op).second)
          stack.emplace_back(op, 0);
      } else {
        inputs.insert(v);
      }
    };
    for (Value out : group.outputs) {
      enter(out);
      while (!stack.empty()) {
        auto &[op, next] = stack.back();
        if (next < op->getNumOperands()) {
          enter(op->getOperand(next++));
          continue;
        }
        members.push_back(op);
        stack.pop_back();
      }
    }
  }

  OpBuilder &builder;
  const Group &group;
  const llvm::DenseMap<Value, Value> &materialized;
  llvm::SetVector<Value> inputs;
  std::vector<Operation *> members;
};

/// Replaces the operations of one block by kernels.
class BlockFuser {
public:
  explicit BlockFuser(Block &block) : block(block), groups(groupBlock(block)) {}

  void run() {
    std::vector<Operation *> old; // operations that kernels replace; sources, views, steps and observations stay
    for (Operation &op : block)
      if (!isSource(&op))
        old.push_back(&op);
    for (const Group &group : groups)
      for (Value out : group.outputs)
        materialized[out] = Value(); // these are known before any kernel is written, so kernels read them as operands
    OpBuilder builder(block.getParent()->getContext());
    for (Node node : orderNodes(block, groups))
      if (node.group)
        emit(builder, *node.group);
      else
        node.op->moveBefore(&block, block.end());
    for (auto &[value, result] : materialized)
      value.replaceAllUsesWith(result);
    for (Operation *op : llvm::reverse(old)) {
      ensure(op->use_empty(), "every reader of a fused value reads a kernel");
      op->erase();
    }
  }

private:
  void emit(OpBuilder &builder, const Group &group) {
    builder.setInsertionPointToEnd(&block);
    KernelOp kernel = KernelWriter(builder, group, materialized).write();
    for (auto [value, result] : llvm::zip_equal(group.outputs, kernel.getResults()))
      materialized[value] = result;
  }

  Block &block;
  std::vector<Group> groups;
  llvm::DenseMap<Value, Value> materialized;
};

struct FuseKernels : impl::FuseKernelsBase<FuseKernels> {
  void runOnOperation() override {
    // Steps come first: what they read of the graph's block decides which values must be buffers there.
    SmallVector<Block *> blocks;
    getOperation().walk([&](StepOp step) { blocks.push_back(&step.getBody().front()); });
    getOperation().walk([&](GraphOp graph) { blocks.push_back(&graph.getBody().front()); });
    for (Block *block : blocks)
      BlockFuser(*block).run();
  }
};

} // namespace
} // namespace gan
