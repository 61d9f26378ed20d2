// Writes the tables of one graph: what it reads, its calls in order, the groups that run together, what the host
// observes.
#include "compiler/codegen/program/EmitGraph.h"
#include "compiler/Bug.h"
#include "compiler/codegen/program/Suspects.h"
#include "runtime/program.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace gan {

std::string dtypeName(Type element) {
  if (element.isF32())
    return "f32";
  if (element.isF64())
    return "f64";
  return element.isUnsignedInteger(8) ? "u8" : "u32";
}

Layout layoutOf(LayoutAttr layout, Type element) {
  auto list = [](DenseI64ArrayAttr numbers) { return SmallVector<int64_t>(numbers.asArrayRef()); };
  return {dtypeName(element), list(layout.getShape()), list(layout.getView()), list(layout.getOrder())};
}

Layout layoutOf(Tensor type) {
  Layout layout{dtypeName(type.getElementType()), SmallVector<int64_t>(type.getShape()), {}, {}};
  for (int64_t i = 0; i < type.getRank(); ++i)
    layout.order.push_back(i);
  if (type.getRank() == 4) {
    ArrayRef<int64_t> s = type.getShape();
    layout.shape = {s[0], s[3], s[1], s[2]};
    layout.order = {0, 2, 3, 1};
  }
  layout.view = layout.shape;
  return layout;
}

std::string emitLayout(const Layout &layout) {
  return cStruct({{"dtype", "GAN_" + StringRef(layout.dtype).upper()},
                  {"rank", std::to_string(layout.shape.size())},
                  {"shape", cList(layout.shape)},
                  {"view_rank", std::to_string(layout.view.size())},
                  {"view", cList(layout.view)},
                  {"order", cList(layout.order)}});
}

std::string emitAddress(Place place) {
  static_assert(int(Space::Rng) == GAN_SPACE_RNG);
  return cStruct({{"space", cName("GAN_SPACE_", place.space)}, {"offset", std::to_string(place.offset)}});
}

std::string emitNumber(CArrays &arrays, const std::string &name, StringRef polish,
                       const std::vector<std::string> &constants) {
  std::vector<std::string> terms;
  SmallVector<StringRef> words;
  polish.split(words, ' ', -1, false);
  for (StringRef word : words) {
    double literal;
    if (word.starts_with("$")) {
      size_t index = llvm::find(constants, word.drop_front().str()) - constants.begin();
      ensure(index < constants.size(), "unknown constant");
      terms.push_back(cStruct({{"op", "GAN_NUM_CONSTANT"}, {"index", std::to_string(index)}}));
    } else if (!word.getAsDouble(literal)) {
      terms.push_back(cStruct({{"op", "GAN_NUM_LITERAL"}, {"value", cDouble(literal)}}));
    } else {
      terms.push_back(cStruct({{"op", "GAN_NUM_" + word.upper()}}));
    }
  }
  return cStruct({{"terms", arrays.add("gan_number_term", name, terms)}, {"num_terms", std::to_string(terms.size())}});
}

namespace {

/// A block's gradient crosses the ranks in pieces of at least this size, so that the first is on its way while others
/// are computed, and none is so small that its latency counts.
constexpr int64_t pieceBytes = int64_t(256) << 10;

class GraphEmitter {
public:
  GraphEmitter(CArrays &arrays, ModuleOp module, GraphOp graph, const std::map<Operation *, unsigned> &kernelOf,
               const std::vector<std::string> &constants)
      : arrays(arrays), module(module), graph(graph), kernelOf(kernelOf), constants(constants),
        prefix(stringifyEnum(graph.getKind()).str() + "_" + graph.getLabel().value_or("").str() +
               (graph.getLabel() ? "_" : "")),
        kernels(kernelsInOrder(graph)) {
    for (auto [i, kernel] : llvm::enumerate(kernels))
      number[kernel] = i;
    graph.walk([&](StepOp step) { numSteps = std::max<unsigned>(numSteps, step.getIndex() + 1); });
  }

  std::string run() {
    std::string inputRows = inputs(), scalarRows = scalars(), rngRows = rngs(), callRows = calls(),
                collectiveRows = collectives(), groupRows = groups(), observationRows = observations();
    static_assert(int(GraphKind::Apply) == GAN_GRAPH_APPLY);
    return cStruct({{"name", cString(stringifyEnum(graph.getKind()))},
                    {"kind", cName("GAN_GRAPH_", graph.getKind())},
                    {"block", std::to_string(blockIndex())},
                    {"arena_bytes", std::to_string(*graph.getArenaBytes())},
                    {"input_bytes", std::to_string(*graph.getInputBytes())},
                    {"sum_bytes", std::to_string(*graph.getSumBytes())},
                    {"inputs", inputRows},
                    {"num_inputs", std::to_string(inputNames.size())},
                    {"scalars", scalarRows},
                    {"num_scalars", std::to_string(numScalars)},
                    {"rngs", rngRows},
                    {"num_rngs", std::to_string(numRngs)},
                    {"calls", callRows},
                    {"num_calls", std::to_string(kernels.size())},
                    {"collectives", collectiveRows},
                    {"num_collectives", std::to_string(numCollectives)},
                    {"groups", groupRows},
                    {"num_groups", std::to_string(numGroups)},
                    {"observations", observationRows},
                    {"num_observations", std::to_string(numObservations)}});
  }

private:
  /// The number of the block that the graph is labelled with; -1 if there is none.
  int64_t blockIndex() {
    int64_t index = -1, number = 0;
    module.walk([&](NetworkOp network) {
      if (graph.getLabel() && network.getSymName() == *graph.getLabel())
        index = number;
      ++number;
    });
    return index;
  }

  /// The step to which an operation belongs, if each repetition has its own value; -1: one value for the iteration.
  static int64_t stepOf(Operation *op) {
    auto step = op->getParentOfType<StepOp>();
    return step && !step.getUsers() ? (int64_t)step.getIndex() : -1;
  }
  static int64_t repeatedStepOf(Operation *op) {
    auto step = op->getParentOfType<StepOp>();
    return step && step.getTimes() > 1 ? (int64_t)step.getIndex() : -1;
  }

  // ---- what the graph reads ----

  std::string inputs() {
    std::vector<std::string> rows;
    static_assert(int(DataKind::Label) == GAN_INPUT_LABEL); // there, draws and codes come after data
    auto add = [&](StringRef name, const std::string &kind, double lo, double hi, Value value, Operation *at,
                   ArrayAttr columns = {}) {
      if (!inputNames.try_emplace({name.str(), repeatedStepOf(at)}, rows.size()).second)
        return;
      rows.push_back(cStruct({{"name", cString(name)},
                              {"kind", kind},
                              {"lo", cDouble(lo)},
                              {"hi", cDouble(hi)},
                              {"layout", emitLayout(layoutOf(tensorOf(value)))},
                              {"address", emitAddress(placeOf(value))},
                              {"step", std::to_string(repeatedStepOf(at))},
                              {"columns", columnList(columns, rows.size())},
                              {"num_columns", std::to_string(columns ? columns.size() : 0)}}));
    };
    // Data stands in the order in which the model declares it, whichever an expression names first: a source without a
    // name is that of the first one.
    module.walk([&](DataOp data) {
      graph.walk([&](InputOp input) {
        if (input.getName() == data.getSymName())
          add(input.getCalled().value_or(input.getName()), cName("GAN_INPUT_", data.getKind()),
              data.getLo().convertToDouble(), data.getHi().convertToDouble(), input.getResult(), input,
              data->getAttrOfType<ArrayAttr>("gan.columns"));
      });
    });
    for (KernelOp kernel : kernels)
      if (std::optional<StringRef> name = kernel.getDraws()) {
        auto draw = *kernel.getBody().front().getOps<DrawOp>().begin();
        add(*name, cName("GAN_INPUT_", draw.getKind()), draw.getLo().convertToDouble(), draw.getHi().convertToDouble(),
            kernel.getResult(0), kernel);
      }
    return arrays.add("gan_input", prefix + "inputs", rows);
  }

  std::string columnList(ArrayAttr columns, size_t input) {
    std::vector<std::string> names;
    for (StringRef name : columns ? llvm::to_vector(columns.getAsValueRange<StringAttr>()) : SmallVector<StringRef>())
      names.push_back(cString(name));
    return arrays.add("char *const", prefix + "columns_" + std::to_string(input), names);
  }

  std::string scalars() {
    std::vector<std::string> rows;
    graph.walk([&](ScalarOp op) { // the planner numbered them in this order
      std::string terms =
          emitNumber(arrays, prefix + "scalar_" + std::to_string(rows.size()), op.getNumber(), constants);
      rows.push_back(cStruct({{"value", terms},
                              {"step", std::to_string((int64_t)op.getStep())},
                              {"count", std::to_string(stateOffset(op.getCountAttr()))}}));
    });
    numScalars = rows.size();
    return arrays.add("gan_scalar", prefix + "scalars", rows);
  }

  /// The offset of the state that counts the updates on which a number depends; -1: there is none.
  int64_t stateOffset(StringAttr name) {
    int64_t offset = -1;
    module.walk([&](StateOp state) {
      if (name && state.getName() == name.getValue())
        offset = state.getPlaceAttr().getOffset();
    });
    assert((offset >= 0 || !name) && "what counts updates is a state");
    return offset;
  }

  std::string rngs() {
    std::vector<std::string> rows;
    graph.walk([&](RngOp op) {
      rows.push_back(cStruct({{"purpose", cString(op.getPurpose())},
                              {"application", std::to_string(op.getApplication())},
                              {"step", std::to_string(repeatedStepOf(op))}}));
    });
    numRngs = rows.size();
    return arrays.add("gan_rng", prefix + "rngs", rows);
  }

  // ---- calls and groups ----

  std::string suspects(KernelOp kernel, size_t call, size_t &count) {
    std::vector<std::string> rows;
    for (const ModelPlace &place : suspectsOf(kernel))
      rows.push_back(cStruct({{"label", cString(place.label)},
                              {"line", std::to_string(place.line)},
                              {"column", std::to_string(place.column)}}));
    count = rows.size();
    return arrays.add("gan_place", prefix + "suspects_" + std::to_string(call), rows);
  }

  std::string calls() {
    std::vector<std::string> rows;
    for (auto [i, kernel] : llvm::enumerate(kernels)) {
      std::vector<std::string> addresses;
      for (Value v : kernel.getOperands())
        addresses.push_back(emitAddress(placeOf(v)));
      for (Value v : kernel.getResults())
        addresses.push_back(emitAddress(placeOf(v)));
      std::string list = arrays.add("gan_address", prefix + "call_" + std::to_string(i), addresses);
      std::optional<StringRef> drawn = kernel.getDraws();
      ModelPlace at = placeInModel(kernel.getLoc());
      size_t numSuspects = 0;
      std::string suspectRows = suspects(kernel, i, numSuspects);
      rows.push_back(
          cStruct({{"kernel", std::to_string(kernelOf.at(kernel))},
                   {"addresses", list},
                   {"input", drawn ? std::to_string(inputNames.at({drawn->str(), repeatedStepOf(kernel)})) : "-1"},
                   {"label", cString(kernel.getLabel())},
                   {"line", std::to_string(at.line)},
                   {"column", std::to_string(at.column)},
                   {"suspects", suspectRows},
                   {"num_suspects", std::to_string(numSuspects)}}));
    }
    return arrays.add("gan_call", prefix + "calls", rows);
  }

  /// The steps that need a kernel's results, one bit each; the last bit is set if the kernel runs in every iteration.
  using Users = llvm::BitVector;

  Users noUsers() const { return Users(numSteps + 1); }
  /// For a step this is the step itself; for a state change by a let, the steps that name the let.
  Users usersOf(StepOp step) const {
    Users users = noUsers();
    if (std::optional<ArrayRef<int64_t>> list = step.getUsers())
      for (int64_t user : *list)
        users.set(user);
    else
      users.set(step.getIndex());
    return users;
  }

  llvm::DenseMap<Operation *, Users> findUsers() {
    llvm::DenseMap<Operation *, Users> users;
    for (KernelOp kernel : llvm::reverse(kernels)) {
      auto step = kernel->getParentOfType<StepOp>();
      Users all = step ? usersOf(step) : noUsers();
      for (Value result : kernel.getResults())
        if (!step)
          all |= usersOf(result, users);
      assert(all.any() && "what nobody needs is not computed");
      users[kernel] = all;
    }
    return users;
  }

  Users usersOf(Value value, llvm::DenseMap<Operation *, Users> &users) {
    Users all = noUsers();
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (auto inside = user->getParentOfType<StepOp>())
        all |= usersOf(inside);
      else if (isa<KernelOp>(user))
        all |= users[user];
      else if (isa<ObserveOp>(user))
        all.set(numSteps);
      else if (isa<ReshapeOp, PackOp, AllReduceOp>(user))
        all |= usersOf(user->getResult(0), users);
    }
    return all;
  }

  std::string groups() {
    llvm::DenseMap<Operation *, Users> users = findUsers();
    struct Run {
      size_t first, count;
      int64_t step;
      Users users;
    };
    std::vector<Run> runs;
    for (auto [i, kernel] : llvm::enumerate(kernels)) {
      int64_t step = stepOf(kernel);
      if (runs.empty() || runs.back().step != step || runs.back().users != users[kernel])
        runs.push_back({i, 0, step, users[kernel]});
      ++runs.back().count;
    }
    std::vector<std::string> rows;
    for (const Run &run : runs) {
      std::vector<std::string> steps;
      for (unsigned step : run.users.set_bits())
        if (step < numSteps)
          steps.push_back(std::to_string(step));
      std::string list = arrays.add("uint32_t", prefix + "group_" + std::to_string(rows.size()) + "_users", steps);
      rows.push_back(cStruct({{"first_call", std::to_string(run.first)},
                              {"num_calls", std::to_string(run.count)},
                              {"step", std::to_string(run.step)},
                              {"users", list},
                              {"num_users", std::to_string(steps.size())},
                              {"always", run.users.test(numSteps) ? "1" : "0"}}));
    }
    numGroups = rows.size();
    return arrays.add("gan_group", prefix + "groups", rows);
  }

  // ---- what ranks share ----

  /// The first call that needs a value, also through views and packs, or behind which the host reads it.
  size_t neededBefore(Value value) {
    size_t first = kernels.size();
    for (Operation *user : value.getUsers()) {
      if (isa<KernelOp>(user))
        first = std::min(first, number[user]);
      else if (isa<ReshapeOp, PackOp>(user))
        first = std::min(first, neededBefore(user->getResult(0)));
      else if (auto observed = dyn_cast<ObserveOp>(user))
        first = std::min(first, seenAfter(observed) + 1);
    }
    return first;
  }

  /// A part of what an operation reduces.
  struct Piece {
    size_t after; ///< the call that completes it
    int64_t bytes;
  };

  /// Pieces of a block's gradient, in the order in which they lie in memory. They begin to cross the ranks as soon as
  /// the reverse walk has computed them, which comes to the last layers first.
  std::vector<Piece> piecesOf(Value value) {
    value = behindReshapes(value);
    std::vector<Piece> pieces;
    auto pack = value.getDefiningOp<PackOp>();
    if (!pack)
      return {{readyAfter(value), byteSize(tensorOf(value))}};
    for (Value part : llvm::reverse(pack.getParts())) {
      Piece piece{readyAfter(part), byteSize(tensorOf(part))};
      if (pieces.empty() || pieces.back().bytes >= pieceBytes) {
        pieces.push_back(piece);
        continue;
      }
      pieces.back().bytes += piece.bytes;
      pieces.back().after = std::max(pieces.back().after, piece.after);
    }
    std::reverse(pieces.begin(), pieces.end());
    return pieces;
  }

  std::string collectives() {
    struct Row {
      size_t after;
      std::string text;
    };
    std::vector<Row> rows;
    graph.walk([&](AllReduceOp op) {
      ensure(tensorOf(op.getX()).getElementType().isF32(), "ranks reduce f32");
      Place place = placeOf(op.getX());
      ModelPlace at = placeInModel(op.getLoc());
      for (const Piece &piece : piecesOf(op.getX())) {
        rows.push_back({piece.after, cStruct({{"address", emitAddress(place)},
                                              {"count", std::to_string(piece.bytes / 4)},
                                              {"after_call", std::to_string(piece.after)},
                                              {"before_call", std::to_string(neededBefore(op.getResult()))},
                                              {"label", cString(labelOf(op.getLoc()))},
                                              {"line", std::to_string(at.line)},
                                              {"column", std::to_string(at.column)}})});
        place.offset += piece.bytes;
      }
    });
    llvm::stable_sort(rows, [](const Row &a, const Row &b) { return a.after < b.after; });
    numCollectives = rows.size();
    return arrays.add("gan_collective", prefix + "collectives",
                      llvm::map_to_vector(rows, [](const Row &row) { return row.text; }));
  }

  // ---- observations ----

  /// The call after which the host reads a value. It reads what crosses ranks when the step ends.
  size_t seenAfter(ObserveOp op) {
    size_t after = readyAfter(op.getValue());
    auto step = dyn_cast<StepOp>(op->getParentOp());
    if (step && behindRanks(op.getValue()))
      for (auto kernel : step.getBody().front().getOps<KernelOp>())
        after = std::max(after, number[kernel]);
    return after;
  }

  /// The call after which a value is complete, which is the call that computes its last part.
  size_t readyAfter(Value value) {
    value = behindReshapes(value);
    if (auto reduce = value.getDefiningOp<AllReduceOp>())
      return readyAfter(reduce.getX());
    if (auto pack = value.getDefiningOp<PackOp>()) {
      size_t last = 0;
      for (Value part : pack.getParts())
        last = std::max(last, readyAfter(part));
      return last;
    }
    auto kernel = value.getDefiningOp<KernelOp>();
    return kernel ? number[kernel] : 0;
  }

  std::string observationRow(ObserveOp op, StringRef name, const Layout &layout, Place place) {
    static_assert(int(ObserveKind::Code) == GAN_OBSERVE_CODE && int(ValueKind::Categorical) == GAN_VALUE_CATEGORICAL);
    return cStruct({{"name", cString(name)},
                    {"kind", cName("GAN_OBSERVE_", op.getKind())},
                    {"layout", emitLayout(layout)},
                    {"address", emitAddress(place)},
                    {"step", std::to_string((int64_t)op.getStep())},
                    {"after_call", std::to_string(seenAfter(op))},
                    {"lo", cDouble(op.getLo().convertToDouble())},
                    {"hi", cDouble(op.getHi().convertToDouble())},
                    {"maximize", op.getMaximize() ? "1" : "0"},
                    {"distribution", cName("GAN_VALUE_", op.getDistribution())},
                    {"picture", op.getPicture() ? "1" : "0"}});
  }

  std::string observations() {
    std::vector<std::string> rows;
    graph.walk([&](ObserveOp op) {
      Place place = placeOf(op.getValue());
      Tensor type = tensorOf(op.getValue());
      Type element = type.getElementType();
      if (!op.getFields()) {
        rows.push_back(observationRow(op, op.getName(),
                                      op.getLayout() ? layoutOf(*op.getLayout(), element) : layoutOf(type), place));
        return;
      }
      for (auto field : op.getFields()->getAsRange<FieldAttr>()) {
        int64_t offset = field.getOffset() * (type.getElementTypeBitWidth() / 8);
        rows.push_back(observationRow(op, field.getName().getValue(), layoutOf(field.getLayout(), element),
                                      {place.space, place.offset + offset}));
      }
    });
    numObservations = rows.size();
    return arrays.add("gan_observation", prefix + "observations", rows);
  }

  CArrays &arrays;
  ModuleOp module;
  GraphOp graph;
  const std::map<Operation *, unsigned> &kernelOf;
  const std::vector<std::string> &constants;
  std::string prefix;
  std::vector<KernelOp> kernels;
  llvm::DenseMap<Operation *, size_t> number;
  std::map<std::pair<std::string, int64_t>, size_t> inputNames; ///< by name and repeated step
  unsigned numSteps = 0;                                        ///< number of steps of the graph
  size_t numScalars = 0, numRngs = 0, numCollectives = 0, numGroups = 0, numObservations = 0;
};

} // namespace

std::string emitGraph(CArrays &arrays, ModuleOp module, GraphOp graph, const std::map<Operation *, unsigned> &kernelOf,
                      const std::vector<std::string> &constants) {
  return GraphEmitter(arrays, module, graph, kernelOf, constants).run();
}

} // namespace gan
