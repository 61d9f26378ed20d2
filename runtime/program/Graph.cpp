#include "runtime/program/Graph.h"
#include "runtime/base/Error.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace ganrt {

const gan_graph *findGraph(const gan_program &program, gan_graph_kind kind) {
  for (uint32_t i = 0; i < program.num_graphs; ++i)
    if (program.graphs[i].kind == kind)
      return &program.graphs[i];
  return nullptr;
}

bool runs(const gan_group &group, const std::vector<bool> &steps) {
  return group.always ||
         std::any_of(group.users, group.users + group.num_users, [&](uint32_t step) { return steps[step]; });
}

Graph::Graph(const Session &session, const gan_graph &graph)
    : streams(session.program, session.numbers, session.seed), session(session), graph(graph),
      arena(session.state.device().allocate(graph.arena_bytes)), inputs(graph.input_bytes),
      scalars(8 * size_t(graph.num_scalars)), rngs(4 * GAN_RNG_WORDS * size_t(graph.num_rngs)),
      calls(
          session.state.device().bind(session.program, graph, {*arena, session.state.memory(), inputs, scalars, rngs})),
      watched(graph.num_calls), replaced(graph.num_inputs) {}

void Graph::observe(const std::vector<gan_observe_kind> &kinds, Watch by) {
  watch = std::move(by);
  for (std::vector<uint32_t> &after : watched)
    after.clear();
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    if (std::find(kinds.begin(), kinds.end(), graph.observations[i].kind) != kinds.end())
      watched[graph.observations[i].after_call].push_back(i);
}

const void *Graph::read(const gan_address &a, size_t bytes) const {
  switch (a.space) {
  case GAN_SPACE_ARENA:
    return arena->read(a.offset, bytes);
  case GAN_SPACE_STATE:
    return session.state.memory().read(a.offset, bytes);
  case GAN_SPACE_INPUT:
    return inputs.data() + a.offset;
  case GAN_SPACE_SCALAR:
    return scalars.data() + a.offset;
  case GAN_SPACE_RNG:
    return rngs.data() + a.offset;
  }
  __builtin_unreachable();
}

void Graph::replaceDraw(uint32_t i, uint32_t rep, std::vector<uint8_t> values) {
  if (replaced[i].size() <= rep)
    replaced[i].resize(rep + 1);
  replaced[i][rep] = std::move(values);
}

/// How many updates the scalar's step had done before its current run.
double Graph::updatesDone(const gan_scalar &scalar, const Moment &moment) const {
  if (scalar.count >= 0)
    return *static_cast<const double *>(session.state.memory().read(size_t(scalar.count), sizeof(double)));
  return double(scalar.step < 0 ? moment.iteration : streams.runsBefore(uint32_t(scalar.step), moment) + repetition);
}

void Graph::prepare(const Moment &moment, int step, uint32_t rep) {
  repetition = rep;
  for (uint32_t i = 0; i < graph.num_scalars; ++i)
    if (const gan_scalar &scalar = graph.scalars[i]; scalar.step == step)
      reinterpret_cast<double *>(scalars.data())[i] =
          session.numbers.evaluate(scalar.value, moment, updatesDone(scalar, moment));
  for (uint32_t i = 0; i < graph.num_rngs; ++i)
    if (graph.rngs[i].step == step) {
      DrawKey s = drawKey(session.seed, graph.rngs[i].purpose, graph.rngs[i].application,
                          moment.draw.value_or(moment.iteration), rep);
      uint32_t words[GAN_RNG_WORDS] = {
          s.key0, s.key1, s.application, uint32_t(s.iteration), uint32_t(s.iteration >> 32), 0, 0, 0};
      memcpy(rngs.data() + size_t(i) * sizeof words, words, sizeof words);
    }
  calls->takeNumbers();
}

void Graph::run(const Moment &moment) {
  std::vector<bool> running = streams.running(moment);
  calls->takeInputs(inputs);
  prepare(moment, -1, 0);
  for (uint32_t i = 0; i < graph.num_groups;) {
    int step = graph.groups[i].step;
    uint32_t end = i + 1;
    while (step >= 0 && end < graph.num_groups && graph.groups[end].step == step)
      ++end;
    bool due = runs(graph.groups[i], running);
    for (uint32_t rep = 0; due && rep < (step < 0 ? 1 : session.program.steps[step].times); ++rep) {
      if (step >= 0)
        prepare(moment, step, rep);
      if (step >= 0 && beforeRepetition) {
        beforeRepetition(uint32_t(step), rep);
        calls->takeInputs(inputs);
      }
      for (uint32_t g = i; g < end; ++g)
        runGroup(graph.groups[g]);
    }
    i = end;
  }
}

void Graph::runGroup(const gan_group &group) {
  for (uint32_t c = group.first_call; c < group.first_call + group.num_calls; ++c) {
    if (timed) {
      auto start = std::chrono::steady_clock::now();
      runCall(c);
      timed(c, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    } else {
      runCall(c);
    }
    if (afterCall)
      afterCall(c);
    for (uint32_t i : watched[c]) {
      const gan_observation &o = graph.observations[i];
      watch(o, read(o.address, bytesOf(o.layout)));
    }
  }
}

void Graph::runCall(uint32_t index) {
  const gan_call &call = graph.calls[index];
  if (call.input >= 0) {
    auto &given = replaced[call.input];
    uint32_t rep = graph.inputs[call.input].step < 0 ? 0 : repetition;
    if (rep < given.size() && !given[rep].empty()) {
      arena->write(graph.inputs[call.input].address.offset, given[rep].data(), given[rep].size());
      return;
    }
  }
  if (!calls->run(index)) {
    fprintf(stderr, "internal error in %s (%s:%u:%u): this is a bug of ganc, please report it with the model\n",
            call.label, session.program.source_path, call.line, call.column);
    abort();
  }
}

} // namespace ganrt
