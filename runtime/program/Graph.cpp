#include "runtime/program/Graph.h"
#include "runtime/base/DeviceFault.h"
#include "runtime/base/Error.h"
#include "runtime/program/CallByCall.h"
#include "runtime/program/Inputs.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"

#include <algorithm>
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
  settle();
  later = false;
  watch = std::move(by);
  for (std::vector<uint32_t> &after : watched)
    after.clear();
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    if (std::find(kinds.begin(), kinds.end(), graph.observations[i].kind) != kinds.end())
      watched[graph.observations[i].after_call].push_back(i);
}

void Graph::observeLater(const std::vector<gan_observe_kind> &kinds, Watch by) {
  observe(kinds, std::move(by));
  later = true;
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

/// Whether the host leaves a scalar to the device, which alone knows how many updates were done when its step begins.
bool Graph::leftToDevice(uint32_t scalar) const {
  return queueing && graph.scalars[scalar].count >= 0 && calls->chooses() &&
         counts.contains(graph.scalars[scalar].count);
}

/// Makes the device choose the value of a scalar among those for all counts that are possible: each run that was queued
/// since a count was known did an update or did not.
void Graph::leaveToDevice(uint32_t scalar, const Moment &moment) {
  const gan_scalar &s = graph.scalars[scalar];
  const Count &count = counts.at(s.count);
  std::vector<double> values;
  for (uint64_t updates = 0; updates <= runsQueued - count.runsThen; ++updates)
    values.push_back(session.numbers.evaluate(s.value, moment, count.known + double(updates)));
  calls->choose(scalar, uint64_t(s.count), count.known, values);
}

/// Gives the scalars of a step their values, except those that are left to the device. Returns these.
std::vector<uint32_t> Graph::evaluateScalars(const Moment &moment, int step) {
  std::vector<uint32_t> left, own;
  bool waits = false;
  for (uint32_t i = 0; i < graph.num_scalars; ++i)
    if (graph.scalars[i].step == step) {
      (leftToDevice(i) ? left : own).push_back(i);
      waits |= !leftToDevice(i) && graph.scalars[i].count >= 0 && somethingQueued;
    }
  if (waits) {
    startQueued(); // what was queued changes a count that the host reads
    calls->begin();
    calls->takeInputs(inputs);
  }
  for (uint32_t i : own) {
    const gan_scalar &scalar = graph.scalars[i];
    double updates = updatesDone(scalar, moment);
    reinterpret_cast<double *>(scalars.data())[i] = session.numbers.evaluate(scalar.value, moment, updates);
    if (scalar.count >= 0 && queueing)
      counts[scalar.count] = {updates, runsQueued};
  }
  return left;
}

void Graph::prepare(const Moment &moment, int step, uint32_t rep) {
  repetition = rep;
  std::vector<uint32_t> left = evaluateScalars(moment, step);
  for (uint32_t i = 0; i < graph.num_rngs; ++i)
    if (graph.rngs[i].step == step) {
      DrawKey s = drawKey(session.seed, graph.rngs[i].purpose, graph.rngs[i].application,
                          moment.draw.value_or(moment.iteration), rep);
      uint32_t words[GAN_RNG_WORDS] = {s.key0,
                                       s.key1,
                                       s.application,
                                       uint32_t(s.iteration),
                                       uint32_t(s.iteration >> 32),
                                       uint32_t(session.ranks ? session.ranks->rank() : 0),
                                       0,
                                       0};
      memcpy(rngs.data() + size_t(i) * sizeof words, words, sizeof words);
    }
  calls->takeNumbers();
  for (uint32_t scalar : left)
    leaveToDevice(scalar, moment);
}

void Graph::run(const Moment &moment) {
  std::vector<bool> running = streams.running(moment);
  if (session.ranks && !session.ranks->alone() && !collectives && graph.num_collectives && !calls->crossesRanks())
    collectives.emplace(graph, *arena, *session.ranks);
  queueing = calls->queues() && !runsOneByOne() && !collectives;
  if (!queueing) {
    settle();
    counts.clear();
  }
  calls->begin();
  calls->takeInputs(inputs);
  prepare(moment, -1, 0);
  for (uint32_t i = 0; i < graph.num_groups;) {
    int step = graph.groups[i].step;
    uint32_t end = i + 1;
    while (step >= 0 && end < graph.num_groups && graph.groups[end].step == step)
      ++end;
    bool due = runs(graph.groups[i], running);
    for (uint32_t rep = 0; due && rep < (step < 0 ? 1 : session.program.steps[step].times); ++rep) {
      if (step >= 0) {
        prepare(moment, step, rep);
        ++runsQueued;
      }
      if (step >= 0 && beforeRepetition) {
        beforeRepetition(uint32_t(step), rep);
        if (hasOwnData(uint32_t(step)))
          calls->takeInputs(inputs);
      }
      for (uint32_t g = i; g < end; ++g)
        queueing ? queueGroup(graph.groups[g]) : runGroup(graph.groups[g]);
      if (collectives && step >= 0 && session.program.steps[step].times > 1)
        collectives->finish(); // the next repetition uses the same memory
    }
    i = end;
  }
  if (collectives)
    collectives->finish();
  if (queueing && somethingQueued) {
    fetchCounts();
    startQueued();
  }
  if (queueing && !later)
    settle();
}

/// Whether each repetition of a step has a batch of its own.
bool Graph::hasOwnData(uint32_t step) const {
  return std::any_of(graph.inputs, graph.inputs + graph.num_inputs,
                     [&](const gan_input &input) { return isData(input) && input.step == int32_t(step); });
}

/// Whether something looks at the calls or changes what they draw.
bool Graph::runsOneByOne() const {
  return callByCall() || timed || afterCall ||
         std::any_of(replaced.begin(), replaced.end(), [](auto &r) { return !r.empty(); });
}

void Graph::queueGroup(const gan_group &group) {
  uint32_t first = group.first_call, end = group.first_call + group.num_calls;
  somethingQueued = true;
  for (uint32_t c = first; c < end; ++c) {
    if (watched[c].empty() && c + 1 < end)
      continue;
    calls->queue(first, c + 1 - first);
    first = c + 1;
    for (uint32_t i : watched[c]) {
      calls->fetch(graph.observations[i].address, bytesOf(graph.observations[i].layout));
      queued.push_back({.observation = i, .repetition = repetition, .count = -1, .runs = 0});
    }
  }
}

/// Asks for the counts that scalars follow, so that the host knows them an iteration later.
void Graph::fetchCounts() {
  for (auto &[at, count] : counts) {
    calls->fetch({GAN_SPACE_STATE, uint64_t(at)}, sizeof(double));
    queued.push_back({.observation = 0, .repetition = 0, .count = at, .runs = runsQueued});
  }
}

/// Starts what is queued. Afterwards nothing but that is under way, so that the next iteration can be prepared.
void Graph::startQueued() {
  calls->start();
  started.push_back(std::move(queued));
  queued.clear();
  somethingQueued = false;
  while (started.size() > 1)
    deliverOldest();
}

void Graph::deliverOldest() {
  const uint8_t *values = calls->await();
  std::vector<Fetched> seen = std::move(started.front());
  started.pop_front();
  uint32_t current = repetition;
  for (const Fetched &f : seen) {
    if (f.count >= 0) {
      counts[f.count] = {*reinterpret_cast<const double *>(values), f.runs};
      values += sizeof(double);
      continue;
    }
    const gan_observation &o = graph.observations[f.observation];
    repetition = f.repetition;
    watch(o, values);
    values += (bytesOf(o.layout) + 7) / 8 * 8;
  }
  repetition = current;
}

void Graph::settle() {
  while (!started.empty())
    deliverOldest();
}

void Graph::runGroup(const gan_group &group) {
  for (uint32_t c = group.first_call; c < group.first_call + group.num_calls; ++c) {
    if (collectives)
      collectives->before(c);
    double seconds = runCall(c);
    if (collectives)
      collectives->after(c);
    if (timed)
      timed(c, seconds);
    if (afterCall)
      afterCall(c);
    if (collectives && !watched[c].empty())
      collectives->before(c + 1);
    for (uint32_t i : watched[c]) {
      const gan_observation &o = graph.observations[i];
      watch(o, read(o.address, bytesOf(o.layout)));
    }
  }
}

/// Returns how many seconds the call took if somebody wants to know.
double Graph::runCall(uint32_t index) {
  const gan_call &call = graph.calls[index];
  if (call.input >= 0) {
    auto &given = replaced[call.input];
    uint32_t rep = graph.inputs[call.input].step < 0 ? 0 : repetition;
    if (rep < given.size() && !given[rep].empty()) {
      arena->write(graph.inputs[call.input].address.offset, given[rep].data(), given[rep].size());
      return 0;
    }
  }
  double seconds = 0;
  if (!(timed ? calls->runTimed(index, seconds) : calls->run(index))) {
    fprintf(stderr, "internal error in %s: this is a bug of ganc, please report it with the model\n",
            placeOf(call).c_str());
    abort();
  }
  if (callByCall())
    finishNamed(call);
  return seconds;
}

/// Waits for a call, so that a fault is known to be its own.
void Graph::finishNamed(const gan_call &call) {
  try {
    calls->finish();
  } catch (const DeviceFault &fault) {
    throw DeviceFault(placeOf(call) + " faulted on " + session.state.device().name() + ": " + fault.what());
  }
}

/// The name that users know a call by, and where it stands in the model.
std::string Graph::placeOf(const gan_call &call) const {
  return std::string(call.label) + " (" + session.program.source_path + ":" + std::to_string(call.line) + ":" +
         std::to_string(call.column) + ")";
}

} // namespace ganrt
