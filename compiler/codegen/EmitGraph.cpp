// One graph as tables: what it reads, its calls in order, the groups that run together, what the host observes.
#include "compiler/codegen/EmitGraph.h"
#include "compiler/Bug.h"
#include "compiler/codegen/Suspects.h"

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

Layout layoutOf(DictionaryAttr field, Type element) {
  auto list = [&](StringRef name) {
    return SmallVector<int64_t>(cast<DenseI64ArrayAttr>(field.get(name)).asArrayRef());
  };
  return {dtypeName(element), list("shape"), list("view"), list("order")};
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
  return "{GAN_" + StringRef(layout.dtype).upper() + ", " + std::to_string(layout.shape.size()) + ", " +
         cList(layout.shape) + ", " + std::to_string(layout.view.size()) + ", " + cList(layout.view) + ", " +
         cList(layout.order) + "}";
}

std::string emitAddress(Place place) {
  return "{GAN_SPACE_" + spaceName(place.space).upper() + ", " + std::to_string(place.offset) + "}";
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
      terms.push_back("{GAN_NUM_CONSTANT, " + std::to_string(index) + ", 0}");
    } else if (!word.getAsDouble(literal)) {
      terms.push_back("{GAN_NUM_LITERAL, 0, " + cDouble(literal) + "}");
    } else {
      terms.push_back("{GAN_NUM_" + word.upper() + ", 0, 0}");
    }
  }
  return "{" + arrays.add("gan_number_term", name, terms) + ", " + std::to_string(terms.size()) + "}";
}

namespace {

class GraphEmitter {
public:
  GraphEmitter(CArrays &arrays, ModuleOp module, GraphOp graph, const std::map<Operation *, unsigned> &kernelOf,
               const std::vector<std::string> &constants)
      : arrays(arrays), module(module), graph(graph), kernelOf(kernelOf), constants(constants),
        prefix(graph.getName().str() + "_"), kernels(kernelsInOrder(graph)) {
    for (auto [i, kernel] : llvm::enumerate(kernels))
      number[kernel] = i;
    graph.walk([&](StepOp step) { numSteps = std::max<unsigned>(numSteps, step.getIndex() + 1); });
  }

  std::string run() {
    std::string inputRows = inputs(), scalarRows = scalars(), rngRows = rngs(), callRows = calls(),
                groupRows = groups(), observationRows = observations();
    auto attribute = [&](StringRef name) { return std::to_string(graph->getAttrOfType<IntegerAttr>(name).getInt()); };
    std::string row = "{" + cString(graph.getName()) + ", GAN_GRAPH_" + graph.getName().upper() + ", " +
                      attribute("arena_bytes") + ", " + attribute("input_bytes") + ", " + attribute("sum_bytes");
    for (auto &[rows, count] : {std::pair(inputRows, inputNames.size()), std::pair(scalarRows, numScalars),
                                std::pair(rngRows, numRngs), std::pair(callRows, kernels.size()),
                                std::pair(groupRows, numGroups), std::pair(observationRows, numObservations)})
      row += ", " + rows + ", " + std::to_string(count);
    return row + "}";
  }

private:
  /// The step that an operation belongs to where each repetition has its own; -1: one for the iteration.
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
    auto add = [&](StringRef name, const std::string &kind, double lo, double hi, Value value, Operation *at) {
      if (!inputNames.try_emplace({name.str(), repeatedStepOf(at)}, rows.size()).second)
        return;
      rows.push_back("{" + cString(name) + ", GAN_INPUT_" + kind + ", " + cDouble(lo) + ", " + cDouble(hi) + ", " +
                     emitLayout(layoutOf(tensorOf(value))) + ", " + emitAddress(placeOf(value)) + ", " +
                     std::to_string(repeatedStepOf(at)) + "}");
    };
    graph.walk([&](InputOp input) {
      auto data = cast<DataOp>(SymbolTable::lookupSymbolIn(module, input.getName()));
      auto called = input->getAttrOfType<StringAttr>("called");
      add(called ? called.getValue() : input.getName(), data.getKind().upper(), data.getLo().convertToDouble(),
          data.getHi().convertToDouble(), input.getResult(), input);
    });
    for (KernelOp kernel : kernels)
      if (auto name = kernel->getAttrOfType<StringAttr>("draw")) {
        auto draw = *kernel.getBody().front().getOps<DrawOp>().begin();
        add(name.getValue(), draw.getKind().upper(), draw.getLo().convertToDouble(), draw.getHi().convertToDouble(),
            kernel.getResult(0), kernel);
      }
    return arrays.add("gan_input", prefix + "inputs", rows);
  }

  std::string scalars() {
    std::vector<std::string> rows;
    graph.walk([&](ScalarOp op) { // the planner numbered them in this order
      std::string terms =
          emitNumber(arrays, prefix + "scalar_" + std::to_string(rows.size()), op.getNumber(), constants);
      rows.push_back("{" + terms + ", " + std::to_string((int64_t)op.getStep()) + ", " +
                     std::to_string(stateOffset(op->getAttrOfType<StringAttr>("count"))) + "}");
    });
    numScalars = rows.size();
    return arrays.add("gan_scalar", prefix + "scalars", rows);
  }

  /// Where the state lies that counts the updates a number goes by; -1: none does.
  int64_t stateOffset(StringAttr name) {
    int64_t offset = -1;
    module.walk([&](StateOp state) {
      if (name && state.getName() == name.getValue())
        offset = placeFromAttr(state->getAttr("place")).offset;
    });
    assert((offset >= 0 || !name) && "what counts updates is a state");
    return offset;
  }

  std::string rngs() {
    std::vector<std::string> rows;
    graph.walk([&](RngOp op) {
      rows.push_back("{" + cString(op.getPurpose()) + ", " + std::to_string(op.getApplication()) + ", " +
                     std::to_string(repeatedStepOf(op)) + "}");
    });
    numRngs = rows.size();
    return arrays.add("gan_rng", prefix + "rngs", rows);
  }

  // ---- calls and groups ----

  std::string suspects(KernelOp kernel, size_t call, size_t &count) {
    std::vector<std::string> rows;
    for (const ModelPlace &place : suspectsOf(kernel))
      rows.push_back("{" + cString(place.label) + ", " + std::to_string(place.line) + ", " +
                     std::to_string(place.column) + "}");
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
      auto draw = kernel->getAttrOfType<StringAttr>("draw");
      ModelPlace at = placeInModel(kernel.getLoc());
      size_t numSuspects = 0;
      std::string suspectRows = suspects(kernel, i, numSuspects);
      rows.push_back("{" + std::to_string(kernelOf.at(kernel)) + ", " + list + ", " +
                     (draw ? std::to_string(inputNames.at({draw.getValue().str(), repeatedStepOf(kernel)})) : "-1") +
                     ", " + cString(kernel.getLabel()) + ", " + std::to_string(at.line) + ", " +
                     std::to_string(at.column) + ", " + suspectRows + ", " + std::to_string(numSuspects) + "}");
    }
    return arrays.add("gan_call", prefix + "calls", rows);
  }

  /// Steps that need a kernel's results, a bit each; the last bit is set where it runs in every iteration.
  using Users = llvm::BitVector;

  Users noUsers() const { return Users(numSteps + 1); }
  /// Of what stands in a step: that step; of what a let does to a state: the steps that name the let.
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
      else if (isa<ReshapeOp, PackOp>(user))
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
      rows.push_back("{" + std::to_string(run.first) + ", " + std::to_string(run.count) + ", " +
                     std::to_string(run.step) + ", " + list + ", " + std::to_string(steps.size()) + ", " +
                     (run.users.test(numSteps) ? "1" : "0") + "}");
    }
    numGroups = rows.size();
    return arrays.add("gan_group", prefix + "groups", rows);
  }

  // ---- observations ----

  /// The call after which a value is there: its last part's.
  size_t readyAfter(Value value) {
    value = behindReshapes(value);
    if (auto pack = value.getDefiningOp<PackOp>()) {
      size_t last = 0;
      for (Value part : pack.getParts())
        last = std::max(last, readyAfter(part));
      return last;
    }
    auto kernel = value.getDefiningOp<KernelOp>();
    return kernel ? number[kernel] : 0;
  }

  std::string observations() {
    std::vector<std::string> rows;
    graph.walk([&](ObserveOp op) {
      Place place = placeOf(op.getValue());
      Tensor type = tensorOf(op.getValue());
      DictionaryAttr info = op.getInfo();
      auto add = [&](StringRef name, const Layout &layout, Place at) {
        auto number = [&](StringRef key) {
          auto attribute = dyn_cast_or_null<FloatAttr>(info.get(key));
          return cDouble(attribute ? attribute.getValueAsDouble() : 0);
        };
        auto kind = dyn_cast_or_null<StringAttr>(info.get("distribution"));
        StringRef distribution = kind ? kind.getValue() : "plain";
        rows.push_back("{" + cString(name) + ", GAN_OBSERVE_" + op.getKind().upper() + ", " + emitLayout(layout) +
                       ", " + emitAddress(at) + ", " + std::to_string((int64_t)op.getStep()) + ", " +
                       std::to_string(readyAfter(op.getValue())) + ", " + number("lo") + ", " + number("hi") + ", " +
                       (info.get("maximize") ? "1" : "0") + ", GAN_VALUE_" + distribution.upper() + ", " +
                       (info.get("picture") ? "1" : "0") + "}");
      };
      if (auto fields = dyn_cast_or_null<ArrayAttr>(info.get("fields"))) {
        for (auto field : fields.getAsRange<DictionaryAttr>()) {
          int64_t offset = cast<IntegerAttr>(field.get("offset")).getInt() * (type.getElementTypeBitWidth() / 8);
          add(cast<StringAttr>(field.get("name")).getValue(), layoutOf(field, type.getElementType()),
              {place.space, place.offset + offset});
        }
        return;
      }
      add(op.getName(), info.get("shape") ? layoutOf(info, type.getElementType()) : layoutOf(type), place);
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
  unsigned numSteps = 0;                                        ///< of the graph
  size_t numScalars = 0, numRngs = 0, numGroups = 0, numObservations = 0;
};

} // namespace

std::string emitGraph(CArrays &arrays, ModuleOp module, GraphOp graph, const std::map<Operation *, unsigned> &kernelOf,
                      const std::vector<std::string> &constants) {
  return GraphEmitter(arrays, module, graph, kernelOf, constants).run();
}

} // namespace gan
