// trace: runs iterations on given states, data and noise, and writes every loss, gradient and new state. This is how an
// outside reference implementation checks the program: the same inputs must give the same numbers.
#include "runtime/base/Error.h"
#include "runtime/base/Safetensors.h"
#include "runtime/base/Text.h"
#include "runtime/commands/Command.h"
#include "runtime/data/Batches.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Inputs.h"
#include "runtime/program/Layout.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Following.h"

#include <algorithm>
#include <set>

namespace ganrt {
namespace {

/// Whether input `i` must be given in this iteration: data if its step runs, a draw if the call that draws it runs.
bool wanted(const Graph &graph, uint32_t i, const Moment &moment) {
  const gan_graph &g = graph.table();
  if (isData(g.inputs[i]))
    return g.inputs[i].step < 0 || graph.streams.runs(uint32_t(g.inputs[i].step), moment);
  std::vector<bool> running = graph.streams.running(moment);
  for (uint32_t k = 0; k < g.num_groups; ++k)
    for (uint32_t c = g.groups[k].first_call; c < g.groups[k].first_call + g.groups[k].num_calls; ++c)
      if (g.calls[c].input == int32_t(i))
        return runs(g.groups[k], running);
  return false;
}

std::string inputName(const gan_input &input, uint64_t iteration, uint32_t repetition) {
  return input.name + ("." + std::to_string(iteration)) + (input.step < 0 ? "" : "." + std::to_string(repetition));
}

/// The names of all inputs that trace accepts for an iteration.
std::vector<std::string> inputNames(const gan_program &program, const gan_graph &graph, uint64_t iteration) {
  std::vector<std::string> names;
  if (program.num_streams)
    names.push_back("stream." + std::to_string(iteration));
  for (uint32_t i = 0; i < graph.num_inputs; ++i)
    for (uint32_t rep = 0; rep < (graph.inputs[i].step < 0 ? 1 : program.steps[graph.inputs[i].step].times); ++rep)
      names.push_back(inputName(graph.inputs[i], iteration, rep));
  return names;
}

/// The numbers in a name that may be the iteration: the last one, and the one before in case the last is a repetition.
std::vector<uint64_t> iterationsIn(std::string name) {
  std::vector<uint64_t> found;
  while (found.size() < 2) {
    size_t dot = name.rfind('.');
    std::string digits = dot == std::string::npos ? "" : name.substr(dot + 1);
    if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos)
      break;
    found.push_back(std::stoull(digits));
    name.resize(dot);
  }
  return found;
}

/// Throws UserError for given inputs that could never be read, because their names must be wrong. Inputs of other
/// iterations are allowed.
void refuseUnknown(const gan_program &program, const gan_graph &graph, const TensorFile &file, const std::string &path,
                   uint64_t first) {
  std::map<uint64_t, std::vector<std::string>> names;
  std::string unknown;
  for (auto &[name, tensor] : file.tensors) {
    std::vector<uint64_t> iterations = iterationsIn(name);
    bool known = false;
    for (uint64_t i : iterations) {
      if (!names.count(i))
        names[i] = inputNames(program, graph, i);
      known |= std::find(names[i].begin(), names[i].end(), name) != names[i].end();
    }
    if (known)
      continue;
    std::string near = nearestName(name, inputNames(program, graph, iterations.empty() ? first : iterations.back()));
    unknown += "\n  " + name + (near.empty() ? "" : ": did you mean " + near + "?");
  }
  if (!unknown.empty())
    throw UserError(path + ": the model has no inputs of these names (info --json lists them):" + unknown);
}

/// Sets the counts of updates in a fresh state that stands for a later iteration, as if no earlier update had been
/// withheld.
void countEarlierUpdates(const gan_program &program, const Graph &graph, State &state, const Moment &moment) {
  std::map<int64_t, std::set<int32_t>> counts; // for each place of a count the steps whose updates it counts
  for (uint32_t i = 0; i < graph.table().num_scalars; ++i)
    if (const gan_scalar &scalar = graph.table().scalars[i]; scalar.count >= 0)
      counts[scalar.count].insert(scalar.step);
  for (auto &[count, steps] : counts) {
    double done = 0;
    for (Moment before{0, moment.epochIterations}; before.iteration < moment.iteration; ++before.iteration)
      for (int32_t step : steps)
        done += graph.streams.runs(uint32_t(step), before) ? program.steps[step].times : 0;
    state.memory().write(size_t(count), &done, sizeof done);
  }
}

/// The tensor of this name and shape. Throws UserError with its name if there is none.
const NamedTensor &given(const TensorFile &file, const std::string &path, const std::string &name,
                         const std::vector<int64_t> &shape) {
  auto it = file.tensors.find(name);
  if (it == file.tensors.end())
    throw UserError(path + ": input " + name + " of shape " + shapeText(shape) + " is missing");
  if (it->second.shape != shape)
    throw UserError(path + ": input " + name + " has shape " + shapeText(it->second.shape) + ", expected " +
                    shapeText(shape));
  return it->second;
}

/// Loads everything that an iteration reads. The data of repeated steps is kept until it is due.
class Inputs {
public:
  /// `share`: the part of the samples in the file that this process reads.
  Inputs(const gan_program &program, Graph &graph, const TensorFile &file, const std::string &path, Share share)
      : program(program), graph(graph), file(file), path(path), share(share) {
    graph.beforeRepetition = [this](uint32_t step, uint32_t rep) {
      for (auto &[i, values] : data)
        if (this->graph.table().inputs[i].step == int32_t(step))
          memcpy(this->graph.input(i), values[rep].data(), values[rep].size());
    };
  }

  /// Takes the given streams of iterations before the first; for the others the seed decides.
  void chooseEarlierStreams(uint64_t first) {
    for (auto &[name, tensor] : file.tensors)
      if (std::vector<uint64_t> i = iterationsIn(name);
          program.num_streams && name.starts_with("stream.") && i.size() == 1 && i[0] < first)
        chooseStream(i[0], tensor);
  }

  void load(const Moment &moment) {
    if (program.num_streams)
      chooseStream(moment.iteration, given(file, path, "stream." + std::to_string(moment.iteration), {}));
    const gan_graph &g = graph.table();
    for (uint32_t i = 0; i < g.num_inputs; ++i) {
      if (!wanted(graph, i, moment))
        continue;
      const gan_input &input = g.inputs[i];
      uint32_t times = input.step < 0 ? 1 : program.steps[input.step].times;
      for (uint32_t rep = 0; rep < times; ++rep)
        load(i, rep, inputName(input, moment.iteration, rep));
    }
  }

private:
  void chooseStream(uint64_t iteration, const NamedTensor &tensor) {
    double value = tensor.values.size() == 1 ? tensor.values[0] : -1;
    if (value != 0 && value != 1)
      throw UserError(path + ": input " + tensor.name + " must be 0 (" + program.streams[0].name + ") or 1 (" +
                      program.streams[1].name + ")");
    graph.streams.choose(iteration, int(value));
  }

  void load(uint32_t i, uint32_t rep, const std::string &name) {
    const gan_input &input = graph.table().inputs[i];
    const gan_layout &l = input.layout;
    std::vector<int64_t> shape(l.shape, l.shape + l.rank);
    shape[0] *= int64_t(share.ranks); // every input has samples in front
    const NamedTensor &tensor = given(file, path, name, shape);
    std::vector<uint8_t> memory(bytesOf(l));
    toInside(l, tensor.values.data() + share.rank * elementsOf(l), memory.data());
    if (!isData(input))
      graph.replaceDraw(i, rep, std::move(memory));
    else if (input.step < 0)
      memcpy(graph.input(i), memory.data(), memory.size());
    else {
      data[i].resize(std::max<size_t>(data[i].size(), rep + 1));
      data[i][rep] = std::move(memory);
    }
  }

  const gan_program &program;
  Graph &graph;
  const TensorFile &file;
  const std::string &path;
  Share share;
  std::map<uint32_t, std::vector<std::vector<uint8_t>>> data; ///< data of repeated steps, by input and repetition
};

NamedTensor observed(const std::string &name, const gan_layout &l, const void *memory) {
  return {name, {l.shape, l.shape + l.rank}, toOutside(l, memory), l.dtype == GAN_F64};
}

class Trace : public Command {
public:
  void describe(po::options_description &options) override {
    options.add_options()("state", po::value(&statePath)->value_name("FILE"),
                          "safetensors with every tensor of the state (a fresh one where not given)")(
        "inputs", po::value(&inputPath)->value_name("FILE"), "safetensors with every input, as NAME.ITERATION")(
        "steps", number(&steps, 1, anyNumber)->value_name("N")->default_value(1), "iterations")(
        "start-iteration", number(&first, 0, anyNumber)->value_name("N")->default_value(0), "number of the first")(
        "epoch-iterations", number<int64_t>(nullptr, 0, anyNumber)->value_name("N")->notifier([this](int64_t given) {
          epochIterations = given;
        }),
        "iterations of an epoch, for numbers that change with it (0: one that never ends)")(
        "out,o", po::value(&out)->value_name("FILE"),
        "safetensors to write: losses, metrics, gradients and states as NAME.ITERATION");
    addRunOptions(options, runs);
  }

  bool onAllRanks() const override { return true; }

  int run(const gan_program &program, const Given &given) override {
    if (inputPath.empty() || out.empty())
      throw UserError("trace needs --inputs and --out");
    for (const char *other : {".npy", ".npz", ".png"})
      if (out.ends_with(other))
        throw UserError(out + ": trace writes .safetensors");
    uint64_t inEpoch = uint64_t(epochIterations.value_or(program.epoch_iterations));
    std::unique_ptr<Device> device = startDevice(program, runs, true, given.ranks);
    Numbers numbers(program, runs.settings, given.ranks ? given.ranks->size() : 1);
    State state(*device, program, runs.seed);
    if (!statePath.empty())
      loadState(program, state, statePath, Fit::Exact);
    TensorFile inputs = readTensors(inputPath);
    Graph graph({program, state, numbers, runs.seed, given.ranks}, *findGraph(program, GAN_GRAPH_TRAIN));
    refuseUnknown(program, graph.table(), inputs, inputPath, uint64_t(first));
    Inputs reader(program, graph, inputs, inputPath, given.ranks ? shareOf(*given.ranks) : Share());
    reader.chooseEarlierStreams(uint64_t(first));
    if (statePath.empty())
      countEarlierUpdates(program, graph, state, {uint64_t(first), inEpoch});
    if (given.ranks)
      beginTogether(*given.ranks, *device, identityOf(program, runs.seed, runs.settings), true);
    std::vector<NamedTensor> results;
    std::string suffix;
    auto keep = [&](const gan_observation &o, const void *memory) {
      bool repeated = o.step >= 0 && program.steps[o.step].times > 1;
      results.push_back(observed(o.name + suffix + (repeated ? "." + std::to_string(graph.currentRepetition()) : ""),
                                 o.layout, memory));
    };
    graph.observe({GAN_OBSERVE_LOSS, GAN_OBSERVE_METRIC, GAN_OBSERVE_GRADIENT}, keep);
    for (uint64_t i = uint64_t(first); i < uint64_t(first + steps); ++i) {
      suffix = "." + std::to_string(i);
      reader.load({i, inEpoch});
      graph.run({i, inEpoch});
      for (uint32_t s = 0; s < program.num_states; ++s)
        results.push_back(
            observed(program.states[s].name + suffix, program.states[s].layout, state.read(program.states[s])));
    }
    if (given.ranks && !given.ranks->leads())
      return 0; // the results are the same on all ranks
    writeTensors(out, results, {{"model", program.model}});
    return 0;
  }

private:
  RunOptions runs;
  std::string statePath, inputPath, out;
  int64_t steps = 1, first = 0;
  std::optional<int64_t> epochIterations; ///< if not given, the model's own
};

} // namespace

const CommandEntry traceEntry{
    "trace", "replay given states and noise; write losses, gradients, states", "--inputs FILE --out FILE [options]",
    "trace --state s.safetensors --inputs i.safetensors --steps 3 --out o.safetensors", makeCommand<Trace>};

} // namespace ganrt
