// Groups operations in two walks over a block. The backward walk finds how much each value needs to be a buffer. In the
// forward walk each operation founds a group, joins one, or stays inline, so that its readers evaluate it.
#include "compiler/passes/Grouping.h"
#include "compiler/Bug.h"

#include <queue>

using namespace mlir;

namespace gan {
namespace {

/// How the readers of a value need it.
struct Need {
  bool buffer = false;       ///< something other than a kernel reads it
  bool repeated = false;     ///< it is read through a broadcast, so it is read more often than computed
  unsigned products = 0;     ///< matrix products that read it
  unsigned convolutions = 0; ///< convolutions and their gradients that read it

  unsigned contractions() const { return products + convolutions; }
};

/// A buffer that an inline value reads; it is `direct` if it is read only at the same index.
struct Leaf {
  Value value;
  bool direct;
};

bool takesOneInstruction(Operation *op) {
  return isa<AddOp, SubOp, MulOp, MaxOp, MinOp, NegOp, AbsOp, SquareOp, GtOp, EqOp, SelectOp, ClampOp, ReluOp,
             LeakyReluOp>(op);
}

bool expands(Operation *op) {
  return isa<BroadcastOp, TakeOp>(op) &&
         tensorOf(op->getOperand(0)).getNumElements() < tensorOf(op->getResult(0)).getNumElements();
}

class Grouper {
public:
  explicit Grouper(Block &block) : block(block) {}

  std::vector<Group> run() {
    findNeeds();
    for (Operation &op : block)
      if (!isSource(&op))
        place(&op);
    findOutputs();
    llvm::erase_if(groups, [](const Group &g) { return g.outputs.empty(); });
    return std::move(groups);
  }

private:
  // ---- backwards ----

  void findNeeds() {
    for (Operation &op : llvm::reverse(block))
      if (!isSource(&op))
        for (OpOperand &use : op.getResult(0).getUses())
          addNeed(needs[&op], use.getOwner());
  }

  void addNeed(Need &need, Operation *user) {
    if (user->getBlock() != &block || isSource(user) || isa<DrawOp>(user)) {
      need.buffer = true;
    } else if (isContraction(user)) {
      ++(isa<MatMulOp>(user) ? need.products : need.convolutions);
    } else if (isIndexing(user)) { // it is inline, so its readers are readers of this value, too
      const Need &behind = needs[user];
      need.repeated |= behind.repeated || expands(user);
      need.products += behind.products;
      need.convolutions += behind.convolutions;
    }
  }

  // ---- forwards ----

  void place(Operation *op) {
    if (isa<DrawOp>(op))
      return found(op, GroupKind::Draw);
    if (isContraction(op))
      return found(op, GroupKind::Contraction);
    if (isReduction(op))
      return placeReduction(op);
    Need &need = needs[op];
    depth[op] = inlineDepth(op);
    need.buffer |= depth[op] > longestChain; // an expression that is evaluated inline must not grow without bound
    if (isIndexing(op)) {
      if (need.buffer)
        return found(op, GroupKind::Map);
    } else if (need.buffer || need.repeated || need.contractions() || replacesProduct(op)) {
      if (std::optional<unsigned> group = findProducer(op))
        return join(op, *group);
      // Evaluating it while one contraction packs its operand is cheaper than an own pass through memory.
      if (need.buffer || need.repeated || (need.contractions() > 1 && !isCheap(op, need))) {
        if (std::optional<unsigned> group = findSibling(op, GroupKind::Map, tensorOf(op->getResult(0))))
          return join(op, *group);
        return found(op, GroupKind::Map);
      }
    }
    leaves[op->getResult(0)] = leavesOf(op);
  }

  /// Whether this is the only reader of a product. Stored instead of the product, it costs nothing, and its readers
  /// need not compute it each.
  bool replacesProduct(Operation *op) {
    return llvm::any_of(op->getOperands(), [&](Value v) {
      std::optional<unsigned> group = ownerOf(v);
      return group && groups[*group].kind == GroupKind::Contraction && v.hasOneUse() &&
             !needs[v.getDefiningOp()].buffer;
    });
  }

  /// Whether the readers should each compute this value instead of an own pass through memory: convolutions, which copy
  /// what they read into their tiles anyway. It saves the memory of a value that would have to be kept until the
  /// backward pass, next to the one that it is computed from. Most often that is an activation behind batch_norm.
  bool isCheap(Operation *op, const Need &need) {
    constexpr unsigned mostReaders = 2, mostOperations = 8; // the layer behind it and the gradient of its weights
    if (need.products || need.convolutions > mostReaders)
      return false;
    auto isLarge = [&](const Leaf &leaf) { return leaf.value.getType() == op->getResult(0).getType(); };
    if (llvm::count_if(leavesOf(op), isLarge) > 1)
      return false;
    unsigned operations = 0;
    std::vector<Operation *> stack{op};
    llvm::DenseSet<Operation *> seen;
    while (!stack.empty()) {
      Operation *o = stack.back();
      stack.pop_back();
      if (!seen.insert(o).second)
        continue;
      if (isElementwise(o) && (++operations > mostOperations || !takesOneInstruction(o)))
        return false;
      for (Value v : o->getOperands())
        if (leaves.contains(v))
          stack.push_back(v.getDefiningOp());
    }
    return true;
  }

  void placeReduction(Operation *op) {
    if (std::optional<unsigned> group = findSibling(op, GroupKind::Reduction, tensorOf(op->getOperand(0))))
      return join(op, *group);
    found(op, GroupKind::Reduction);
  }

  void found(Operation *op, GroupKind kind) {
    groups.push_back({kind, op, {}, {}});
    dependencies.emplace_back();
    weights.push_back(0);
    join(op, groups.size() - 1);
  }

  void join(Operation *op, unsigned group) {
    groups[group].members.insert(op);
    weights[group] += inlineDepth(op);
    depth.erase(op); // a member's value is stored: the depth of its readers starts at 0 again
    owner[op->getResult(0)] = group;
    for (const Leaf &leaf : leavesOf(op))
      for (unsigned other : groupsBehind(leaf.value))
        if (other != group)
          dependencies[group].insert(other);
  }

  /// The group whose epilogue can compute `op`: it produces a value of the same shape that `op` reads at the same
  /// index.
  std::optional<unsigned> findProducer(Operation *op) {
    std::vector<Leaf> read = leavesOf(op);
    llvm::SmallSetVector<unsigned, 4> candidates;
    for (const Leaf &leaf : read)
      if (std::optional<unsigned> g = ownerOf(leaf.value);
          g && leaf.direct && leaf.value.getType() == op->getResult(0).getType())
        candidates.insert(*g);
    SmallVector<unsigned> latest(candidates.begin(), candidates.end());
    llvm::sort(latest, std::greater<>());
    for (unsigned g : latest)
      if (groups[g].kind != GroupKind::Draw && weights[g] < 4 * longestChain && canJoin(read, g))
        return g;
    return std::nullopt;
  }

  /// A group of the same kind over the same domain that reads one of the buffers that `op` reads.
  std::optional<unsigned> findSibling(Operation *op, GroupKind kind, Tensor domain) {
    std::vector<Leaf> read = leavesOf(op);
    for (const Leaf &leaf : read)
      for (unsigned g : readers.lookup(leaf.value))
        if (groups[g].kind == kind && weights[g] < 4 * longestChain && sameDomain(op, groups[g].anchor, domain) &&
            canJoin(read, g) && !delays(read, g))
          return g;
    for (const Leaf &leaf : read)
      readers[leaf.value].push_back(groups.size()); // for the group that is about to be founded
    return std::nullopt;
  }

  /// Whether a group would have to wait for a large value that is computed later. What the group reads, and what it
  /// computes for others, would have to be kept in memory until then.
  bool delays(const std::vector<Leaf> &read, unsigned group) {
    constexpr int64_t large = 1 << 16;
    return llvm::any_of(read, [&](const Leaf &leaf) {
      return tensorOf(leaf.value).getNumElements() >= large &&
             llvm::any_of(groupsBehind(leaf.value), [&](unsigned behind) { return behind > group; });
    });
  }

  static bool sameDomain(Operation *op, Operation *anchor, Tensor domain) {
    if (!isReduction(op))
      return anchor->getResult(0).getType() == domain;
    return anchor->getOperand(0).getType() == domain && anchor->getAttr("dims") == op->getAttr("dims");
  }

  /// Whether no buffer of `read` is computed after the group, and the group's own values are read at the same index.
  bool canJoin(const std::vector<Leaf> &read, unsigned group) {
    bool reduction = groups[group].kind == GroupKind::Reduction;
    for (const Leaf &leaf : read) {
      std::optional<unsigned> other = ownerOf(leaf.value);
      if (other == group) {
        if (!leaf.direct || (reduction && leaf.value.getType() != groups[group].anchor->getResult(0).getType()))
          return false;
        continue;
      }
      for (unsigned behind : groupsBehind(leaf.value))
        if (behind == group || dependsOn(behind, group))
          return false;
    }
    return true;
  }

  bool dependsOn(unsigned group, unsigned on) {
    std::vector<unsigned> stack{group};
    llvm::DenseSet<unsigned> seen;
    while (!stack.empty()) {
      unsigned g = stack.back();
      stack.pop_back();
      for (unsigned d : dependencies[g]) {
        if (d == on)
          return true;
        if (seen.insert(d).second)
          stack.push_back(d);
      }
    }
    return false;
  }

  // ---- what is read ----

  static constexpr unsigned longestChain = 64;

  /// How many operations are evaluated inside one another where `op` is read.
  unsigned inlineDepth(Operation *op) {
    unsigned deepest = 0;
    for (Value v : op->getOperands())
      if (auto it = depth.find(v.getDefiningOp()); it != depth.end())
        deepest = std::max(deepest, it->second);
    return deepest + 1;
  }

  std::optional<unsigned> ownerOf(Value v) {
    auto it = owner.find(v);
    return it == owner.end() ? std::nullopt : std::optional(it->second);
  }

  using GroupSet = llvm::SmallSetVector<unsigned, 4>;

  /// Groups that must have run before a value exists: its own, or those behind a view, a pack or a step.
  GroupSet groupsBehind(Value v) {
    GroupSet result;
    if (std::optional<unsigned> own = ownerOf(v)) {
      result.insert(*own);
      return result;
    }
    Operation *def = v.getDefiningOp();
    if (!def || def->getBlock() != &block)
      return result;
    if (auto known = behindSources.find(def); known != behindSources.end())
      return known->second;
    def->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        if (operand.getParentBlock() != &block)
          continue;
        auto inlined = leaves.find(operand);
        if (inlined == leaves.end())
          for (unsigned g : groupsBehind(operand))
            result.insert(g);
        else
          for (const Leaf &leaf : inlined->second)
            for (unsigned g : groupsBehind(leaf.value))
              result.insert(g);
      }
    });
    if (isSource(def))
      behindSources[def] = result;
    return result;
  }

  std::vector<Leaf> leavesOf(Operation *op) {
    std::vector<Leaf> result;
    llvm::SmallDenseMap<Value, unsigned> at;
    auto add = [&](Value v, bool direct) {
      auto [it, fresh] = at.try_emplace(v, result.size());
      if (fresh)
        result.push_back({v, direct});
      else
        result[it->second].direct &= direct;
    };
    bool elementwise = isElementwise(op);
    for (Value v : op->getOperands()) {
      if (Operation *def = v.getDefiningOp(); def && def->getBlock() != &block && isIndexing(def) && !isSource(def)) {
        for (const Leaf &leaf : leavesOf(def)) // a constant or broadcast from outside the block is inline here, too
          add(leaf.value, false);
        continue;
      }
      auto inlined = leaves.find(v);
      if (inlined == leaves.end())
        add(v, elementwise);
      else
        for (const Leaf &leaf : inlined->second)
          add(leaf.value, leaf.direct && elementwise);
    }
    return result;
  }

  void findOutputs() {
    llvm::SetVector<Value> outputs;
    for (Operation &op : block) {
      auto it = isSource(&op) ? owner.end() : owner.find(op.getResult(0));
      if (it == owner.end())
        continue;
      if (needs[&op].buffer)
        outputs.insert(op.getResult(0));
      for (const Leaf &leaf : leavesOf(&op))
        if (std::optional<unsigned> other = ownerOf(leaf.value); other && *other != it->second)
          outputs.insert(leaf.value);
    }
    for (Value v : outputs)
      groups[owner[v]].outputs.push_back(v);
  }

  Block &block;
  llvm::DenseMap<Operation *, Need> needs;
  std::vector<Group> groups;
  llvm::DenseMap<Operation *, unsigned> depth;                 ///< depth of inline operations
  std::vector<unsigned> weights;                               ///< operations evaluated in each group, roughly
  std::vector<llvm::SmallSetVector<unsigned, 4>> dependencies; ///< groups whose buffers a group reads
  llvm::DenseMap<Value, unsigned> owner;                       ///< group that computes a value
  llvm::DenseMap<Value, std::vector<Leaf>> leaves;             ///< buffers that inline values read
  llvm::DenseMap<Operation *, GroupSet> behindSources;         ///< groups that a source must wait for
  llvm::DenseMap<Value, std::vector<unsigned>> readers; ///< groups by the buffers for whose sake they were founded
};

/// Visits the values that a node reads, looking through inline operations of the same block.
void forEachRead(Block &block, const llvm::DenseSet<Value> &buffers, Operation *op,
                 llvm::function_ref<void(Value)> visit) {
  llvm::DenseSet<Value> seen;
  std::vector<Value> stack;
  auto push = [&](Value v) {
    if (seen.insert(v).second)
      stack.push_back(v);
  };
  for (Value v : op->getOperands())
    push(v);
  op->walk([&](Operation *inner) {
    if (inner != op)
      for (Value v : inner->getOperands())
        push(v);
  });
  while (!stack.empty()) {
    Value v = stack.back();
    stack.pop_back();
    Operation *def = v.getDefiningOp();
    if (!def || def->getBlock() != &block)
      continue;
    if (isSource(def) || buffers.contains(v))
      visit(v);
    else
      for (Value operand : def->getOperands())
        push(operand);
  }
}

} // namespace

bool isSource(Operation *op) {
  if (isa<DrawOp>(op) || isReduction(op) || isContraction(op))
    return false;
  if (!isMap(op))
    return true;
  // A reshape of a buffer is the same buffer; a reshape of an inline value is index arithmetic in a kernel.
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    Operation *def = reshape.getX().getDefiningOp();
    return !def || !isIndexing(def) || isSource(def);
  }
  return false;
}

std::vector<Group> groupBlock(Block &block) { return Grouper(block).run(); }

std::vector<Node> orderNodes(Block &block, const std::vector<Group> &groups) {
  std::vector<Node> nodes;
  std::vector<unsigned> position;
  llvm::DenseMap<Operation *, unsigned> index; // number of the node to which an operation belongs
  llvm::DenseMap<Operation *, unsigned> place;
  llvm::DenseSet<Value> buffers;
  for (Operation &op : block)
    place[&op] = place.size();
  for (const Group &group : groups) {
    for (Operation *op : group.members)
      index[op] = nodes.size();
    buffers.insert(group.outputs.begin(), group.outputs.end());
    position.push_back(place[group.anchor]);
    nodes.push_back({&group, nullptr});
  }
  for (Operation &op : block)
    if (isSource(&op)) {
      index[&op] = nodes.size();
      position.push_back(place[&op]);
      nodes.push_back({nullptr, &op});
    }
  std::vector<std::vector<unsigned>> users(nodes.size());
  std::vector<unsigned> waiting(nodes.size(), 0);
  for (unsigned n = 0; n < nodes.size(); ++n) {
    llvm::DenseSet<unsigned> from;
    auto visit = [&](Value v) {
      unsigned producer = index[v.getDefiningOp()];
      if (producer != n && from.insert(producer).second) {
        users[producer].push_back(n);
        ++waiting[n];
      }
    };
    if (nodes[n].op)
      forEachRead(block, buffers, nodes[n].op, visit);
    else
      for (Operation *op : nodes[n].group->members)
        forEachRead(block, buffers, op, visit);
  }
  using Entry = std::pair<unsigned, unsigned>; // place in the program, number of the node
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (unsigned n = 0; n < nodes.size(); ++n)
    if (!waiting[n])
      ready.push({position[n], n});
  std::vector<Node> order;
  while (!ready.empty()) {
    unsigned n = ready.top().second;
    ready.pop();
    order.push_back(nodes[n]);
    for (unsigned user : users[n])
      if (--waiting[user] == 0)
        ready.push({position[user], user});
  }
  ensure(order.size() == nodes.size(), "groups depend on each other in a circle");
  return order;
}

} // namespace gan
