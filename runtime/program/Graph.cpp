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

Graph::Graph(const gan_program &program, const gan_graph &graph, const State &state, const Numbers &numbers,
             uint64_t seed)
    : streams(program, numbers, seed), program(program), graph(graph), state(state), numbers(numbers), seed(seed),
      arena(graph.arena_bytes), inputs(graph.input_bytes), scalars(8 * size_t(graph.num_scalars)),
      rngs(4 * GAN_RNG_WORDS * size_t(graph.num_rngs)), arguments(graph.num_calls), ready(graph.num_calls),
      replaced(graph.num_inputs) {
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    ready[graph.observations[i].after_call].push_back(i);
  bind();
}

void *Graph::at(const gan_address &a) const {
  const uint8_t *base[] = {arena.data(), state.data(), inputs.data(), scalars.data(), rngs.data()};
  return const_cast<uint8_t *>(base[a.space]) + a.offset;
}

/// Every buffer of every call is described once: a run only walks them.
void Graph::bind() {
  static constexpr halide_type_t types[] = {
      {halide_type_float, 32, 1}, {halide_type_float, 64, 1}, {halide_type_uint, 8, 1}, {halide_type_uint, 32, 1}};
  size_t numBuffers = 0, numDimensions = 0;
  for (uint32_t i = 0; i < graph.num_calls; ++i) {
    const gan_kernel &kernel = program.kernels[graph.calls[i].kernel];
    numBuffers += kernel.num_args;
    for (uint32_t a = 0; a < kernel.num_args; ++a)
      numDimensions += kernel.args[a].rank;
  }
  buffers.reserve(numBuffers); // addresses below must stay
  dimensions.reserve(numDimensions);
  for (uint32_t i = 0; i < graph.num_calls; ++i) {
    const gan_kernel &kernel = program.kernels[graph.calls[i].kernel];
    for (uint32_t a = 0; a < kernel.num_args; ++a) {
      const gan_arg &arg = kernel.args[a];
      halide_buffer_t buffer{};
      buffer.host = static_cast<uint8_t *>(at(graph.calls[i].addresses[a]));
      buffer.type = types[arg.dtype];
      buffer.dimensions = int32_t(arg.rank);
      buffer.dim = dimensions.data() + dimensions.size();
      int32_t stride = 1;
      for (uint32_t d = 0; d < arg.rank; ++d) {
        dimensions.emplace_back(0, arg.extent[d], stride);
        stride *= arg.extent[d];
      }
      buffers.push_back(buffer);
      if (graph.calls[i].addresses[a].space == GAN_SPACE_INPUT)
        ofInputs.push_back(&buffers.back());
      arguments[i].push_back(&buffers.back());
    }
  }
}

void Graph::exchangeInputs(Memory &other) {
  std::swap(inputs, other);
  for (halide_buffer_t *buffer : ofInputs)
    buffer->host = inputs.data() + (buffer->host - other.data());
}

void Graph::replaceDraw(uint32_t i, uint32_t rep, std::vector<uint8_t> values) {
  if (replaced[i].size() <= rep)
    replaced[i].resize(rep + 1);
  replaced[i][rep] = std::move(values);
}

/// Before the current run of the scalar's step.
double Graph::updatesDone(const gan_scalar &scalar, const Moment &moment) const {
  if (scalar.count >= 0)
    return *static_cast<const double *>(at({GAN_SPACE_STATE, uint64_t(scalar.count)}));
  return double(scalar.step < 0 ? moment.iteration : streams.runsBefore(uint32_t(scalar.step), moment) + repetition);
}

void Graph::prepare(const Moment &moment, int step, uint32_t rep) {
  repetition = rep;
  for (uint32_t i = 0; i < graph.num_scalars; ++i)
    if (const gan_scalar &scalar = graph.scalars[i]; scalar.step == step)
      reinterpret_cast<double *>(scalars.data())[i] =
          numbers.evaluate(scalar.value, moment, updatesDone(scalar, moment));
  for (uint32_t i = 0; i < graph.num_rngs; ++i)
    if (graph.rngs[i].step == step) {
      Stream s =
          stream(seed, graph.rngs[i].purpose, graph.rngs[i].application, moment.draw.value_or(moment.iteration), rep);
      uint32_t words[GAN_RNG_WORDS] = {
          s.key0, s.key1, s.application, uint32_t(s.iteration), uint32_t(s.iteration >> 32), 0, 0, 0};
      memcpy(rngs.data() + size_t(i) * sizeof words, words, sizeof words);
    }
}

void Graph::run(const Moment &moment) {
  std::vector<bool> running = streams.running(moment);
  prepare(moment, -1, 0);
  for (uint32_t i = 0; i < graph.num_groups;) {
    int step = graph.groups[i].step;
    uint32_t end = i + 1;
    while (step >= 0 && end < graph.num_groups && graph.groups[end].step == step)
      ++end;
    bool due = runs(graph.groups[i], running);
    for (uint32_t rep = 0; due && rep < (step < 0 ? 1 : program.steps[step].times); ++rep) {
      if (step >= 0)
        prepare(moment, step, rep);
      if (step >= 0 && beforeRepetition)
        beforeRepetition(uint32_t(step), rep);
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
    if (watch)
      for (uint32_t o : ready[c])
        watch(graph.observations[o], at(graph.observations[o].address));
  }
}

void Graph::runCall(uint32_t index) {
  const gan_call &call = graph.calls[index];
  if (call.input >= 0) {
    auto &given = replaced[call.input];
    uint32_t rep = graph.inputs[call.input].step < 0 ? 0 : repetition;
    if (rep < given.size() && !given[rep].empty()) {
      memcpy(at(graph.inputs[call.input].address), given[rep].data(), given[rep].size());
      return;
    }
  }
  if (program.kernels[call.kernel].run(arguments[index].data())) {
    fprintf(stderr, "internal error in %s (%s:%u:%u): this is a bug of ganc, please report it with the model\n",
            call.label, program.source_path, call.line, call.column);
    abort();
  }
}

} // namespace ganrt
