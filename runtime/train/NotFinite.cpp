#include "runtime/train/NotFinite.h"
#include "runtime/base/Safetensors.h"
#include "runtime/program/Finite.h"
#include "runtime/program/Inputs.h"
#include "runtime/program/Layout.h"
#include "runtime/train/Checkpoint.h"

#include <algorithm>

namespace ganrt {
namespace {

class Search {
public:
  explicit Search(const Replay &replay)
      : replay(replay), program(replay.session.program), table(*findGraph(program, GAN_GRAPH_TRAIN)),
        state(replay.session.state), before(state.device(), state), graph(replay.session, table),
        moment(replay.moment) {
    if (replay.data.count)
      feed.emplace(graph, plan());
  }

  /// Runs iterations until one makes something not finite. Returns false if none does.
  bool findIteration() {
    graph.observe({GAN_OBSERVE_LOSS, GAN_OBSERVE_GRADIENT}, [&](const gan_observation &o, const void *memory) {
      if (broken.empty() && !finite(o.layout, memory))
        broken = o.name, step = o.step;
    });
    for (; moment.iteration < replay.until; ++moment.iteration) {
      before.assign(state);
      if (feed)
        feed->next();
      graph.run(moment);
      if (broken.empty() && !finiteState(program, state))
        broken = "the state";
      if (!broken.empty())
        return true;
    }
    return false;
  }

  /// Runs that iteration once more and checks what each call writes.
  void findCall() {
    state.assign(before);
    graph.observe({}, {});
    graph.afterCall = [&](uint32_t c) {
      const gan_call &call = table.calls[c];
      if (call.input >= 0)
        keepInput(uint32_t(call.input), graph.currentRepetition(), drawn(uint32_t(call.input)));
      if (!culprit && !finiteResults(call))
        culprit = &call;
    };
    if (feed)
      keepData();
    graph.run(moment);
    state.assign(before);
  }

  void writeFiles(const std::string &folder) const {
    saveState(program, before, folder + "/before-nan.safetensors",
              {moment, replay.session.seed, program.source_hash, nullptr});
    writeTensors(folder + "/before-nan-inputs.safetensors", inputs, {{"model", program.model}});
  }

  std::string words(const std::string &folder) const {
    std::string text = (broken.starts_with("grad.") ? "the gradient " + broken.substr(5) : broken) +
                       " is not finite at iteration " + std::to_string(moment.iteration + 1);
    if (step >= 0)
      text += ", objective " + std::string(program.steps[step].name);
    if (!brokenInput.empty())
      text += ": its data " + brokenInput + " is not finite";
    else if (culprit)
      text += ": first in " + culpritWords();
    std::string file = folder + "/before-nan";
    return text + ".\nThe state before it is " + file + ".safetensors; to look closer: trace --state " + file +
           ".safetensors --inputs " + file + "-inputs.safetensors --start-iteration " +
           std::to_string(moment.iteration) + " --epoch-iterations " + std::to_string(moment.epochIterations) +
           " --out trace.safetensors";
  }

private:
  /// The operations in the call that may have made its numbers not finite, or the call itself if it has no such
  /// operation and only overflow is possible.
  std::string culpritWords() const {
    auto words = [&](const char *label, uint32_t line, uint32_t column) {
      return std::string(label) + ", " + program.source_path + ":" + std::to_string(line) + ":" +
             std::to_string(column);
    };
    std::string text;
    for (uint32_t i = 0; i < culprit->num_suspects; ++i) {
      const gan_place &place = culprit->suspects[i];
      text += (i ? ", or in " : "") + words(place.label, place.line, place.column);
    }
    return text.empty() ? words(culprit->label, culprit->line, culprit->column) : text;
  }

  BatchPlan plan() const {
    return {program, table, replay.data, graph.streams, moment, replay.session.seed, replay.augmentation};
  }
  const void *drawn(uint32_t input) const {
    return graph.read(table.inputs[input].address, bytesOf(table.inputs[input].layout));
  }

  bool finiteResults(const gan_call &call) const {
    const gan_kernel &kernel = program.kernels[call.kernel];
    bool fine = true;
    for (uint32_t a = 0; a < kernel.num_args; ++a) {
      const gan_arg &arg = kernel.args[a];
      size_t count = 1;
      for (uint32_t d = 0; d < arg.rank; ++d)
        count *= size_t(arg.extent[d]);
      fine &= !arg.written || finite(graph.read(call.addresses[a], count * bytesOf(arg.dtype)), count, arg.dtype);
    }
    return fine;
  }

  void keepData() {
    if (program.num_streams)
      inputs.push_back({"stream." + std::to_string(moment.iteration), {}, {double(graph.streams.at(moment))}, false});
    for (uint32_t i = 0; i < table.num_inputs; ++i)
      for (uint32_t rep = 0; isData(table.inputs[i]) && rep < feed->repetitions(i); ++rep) {
        std::vector<float> values = feed->values(i, rep);
        keepInput(i, rep, values.data());
        if (!finite(table.inputs[i].layout, values.data()))
          brokenInput = table.inputs[i].name;
      }
  }

  void keepInput(uint32_t i, uint32_t rep, const void *memory) {
    const gan_input &input = table.inputs[i];
    std::string name = std::string(input.name) + "." + std::to_string(moment.iteration);
    if (input.step >= 0)
      name += "." + std::to_string(rep);
    inputs.push_back(
        {name, {input.layout.shape, input.layout.shape + input.layout.rank}, toOutside(input.layout, memory), false});
  }

  const Replay &replay;
  const gan_program &program;
  const gan_graph &table;
  State &state;
  State before;
  Graph graph;
  Moment moment;
  std::optional<Feed> feed;
  std::string broken, brokenInput;
  int32_t step = -1;
  const gan_call *culprit = nullptr;
  std::vector<NamedTensor> inputs;
};

} // namespace

/// The floats of all parameters and running statistics; those that lie side by side as one.
static std::vector<FloatRange> checkedFloats(const gan_program &program) {
  std::vector<FloatRange> all, joined;
  for (uint32_t i = 0; i < program.num_states; ++i)
    if (const gan_state &state = program.states[i]; state.role != GAN_ROLE_OPTIMIZER && state.layout.dtype == GAN_F32)
      all.push_back({state.address.offset, elementsOf(state.layout)});
  std::sort(all.begin(), all.end(), [](const FloatRange &a, const FloatRange &b) { return a.at < b.at; });
  for (const FloatRange &range : all)
    if (!joined.empty() && joined.back().at + joined.back().count * sizeof(float) == range.at)
      joined.back().count += range.count;
    else
      joined.push_back(range);
  return joined;
}

bool finiteState(const gan_program &program, const State &state) {
  std::optional<bool> told = state.memory().finite(checkedFloats(program));
  bool fine = told.value_or(true);
  for (uint32_t i = 0; i < program.num_states; ++i)
    if (const gan_state &s = program.states[i]; s.role != GAN_ROLE_OPTIMIZER && !(told && s.layout.dtype == GAN_F32))
      fine &= finite(s.layout, state.read(s));
  return fine;
}

std::string firstNotFinite(const gan_program &program, const State &state) {
  for (uint32_t i = 0; i < program.num_states; ++i)
    if (!finite(program.states[i].layout, state.read(program.states[i])))
      return program.states[i].name;
  return "";
}

std::string explainNotFinite(const Replay &replay, const std::string &folder) {
  if (!finiteState(replay.session.program, replay.session.state))
    return "the state that the run started from is not finite already";
  Search search(replay);
  if (!search.findIteration())
    return "something was not finite by iteration " + std::to_string(replay.until) + ", and is when trained again";
  search.findCall();
  search.writeFiles(folder);
  return search.words(folder);
}

} // namespace ganrt
