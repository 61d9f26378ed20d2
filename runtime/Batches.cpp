#include "runtime/Batches.h"
#include "runtime/Background.h"
#include "runtime/Layout.h"
#include "runtime/Random.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace ganrt {

/// Fisher and Yates.
static void shuffle(std::vector<uint32_t> &v, const Stream &s) {
  for (size_t i = v.size(); i > 1; --i)
    std::swap(v[i - 1], v[indexAt(s, i, i)]);
}

const std::vector<uint32_t> &Order::permutation(uint64_t pass) {
  if (pass == current)
    return indices;
  indices = members;
  shuffle(indices, stream(seed, purpose, 0, pass));
  current = pass;
  return indices;
}

int64_t Order::at(uint64_t number, int64_t j) {
  if (passes) {
    uint64_t batches = members.size() / uint64_t(batch);
    return permutation(number / batches)[number % batches * uint64_t(batch) + uint64_t(j)];
  }
  uint64_t position = number * uint64_t(batch) + uint64_t(j);
  return permutation(position / members.size())[position % members.size()];
}

void fillInput(const Dataset &data, const gan_input &input, const std::vector<int64_t> &indices,
               const std::vector<bool> &mirrored, void *memory) {
  float *out = static_cast<float *>(memory);
  if (input.kind == GAN_INPUT_LABEL)
    std::fill_n(out, elementsOf(input.layout), 0.0f);
  size_t each = elementsOf(input.layout) / size_t(input.layout.shape[0]);
  Scale scale(input.lo, input.hi);
  for (int64_t j = 0; j < input.layout.shape[0]; ++j) {
    int64_t image = j < int64_t(indices.size()) ? indices[size_t(j)] : indices[0];
    if (size_t(j) + 1 < indices.size())
      data.expect(indices[size_t(j) + 1]);
    if (input.kind == GAN_INPUT_LABEL)
      out[size_t(j) * each + size_t(data.labels[size_t(image)])] = 1;
    else
      scaledImage(data, image, scale, out + size_t(j) * each);
    if (input.kind == GAN_INPUT_IMAGE && !mirrored.empty() && mirrored[size_t(j)])
      flipImage(data, out + size_t(j) * each);
  }
}

void loadImages(const Dataset &data, const std::vector<int64_t> &indices, Graph &graph) {
  for (uint32_t i = 0; i < graph.table().num_inputs; ++i)
    if (graph.table().inputs[i].kind <= GAN_INPUT_LABEL)
      fillInput(data, graph.table().inputs[i], indices, {}, graph.input(i));
}

double batchesOfIteration(const gan_program &program, const gan_graph &graph) {
  double batches = 0;
  std::vector<bool> counted(program.num_steps + 1);
  for (uint32_t i = 0; i < graph.num_inputs; ++i) {
    int32_t step = graph.inputs[i].step;
    auto slot = size_t(int64_t(step) + 1); // 0: of what is not repeated
    if (graph.inputs[i].kind > GAN_INPUT_LABEL || counted[slot])
      continue;
    counted[slot] = true;
    batches += step < 0 ? 1 : double(program.steps[step].times) / program.steps[step].every;
  }
  return batches;
}

/// The images of each stream.
static std::vector<std::vector<uint32_t>> members(const gan_program &program, const Dataset &data) {
  std::vector<uint32_t> all(size_t(data.count));
  std::iota(all.begin(), all.end(), 0u);
  if (!program.num_streams)
    return {all};
  shuffle(all, stream(program.streams[0].seed, "data.streams"));
  auto middle = all.begin() + int64_t(program.streams[0].count);
  return {{all.begin(), middle}, {middle, all.end()}};
}

BatchPlan::BatchPlan(const gan_program &program, const gan_graph &graph, const Dataset &data, Streams streams,
                     Moment moment, uint64_t seed, bool flip)
    : program(program), graph(graph), data(data), streams(std::move(streams)), moment(moment), seed(seed), flip(flip) {
  for (std::vector<uint32_t> &m : members(program, data)) {
    std::string purpose =
        program.num_streams ? std::string("data.order.") + program.streams[orders.size()].name : "data.order";
    orders.emplace_back(std::move(m), program.batch, !program.epoch_iterations, seed, purpose);
  }
  consumed.resize(orders.size());
  for (Moment before{0, moment.epochIterations}; before.iteration < moment.iteration; ++before.iteration)
    consumed[size_t(std::max(this->streams.at(before), 0))] += batchesOf(before);
}

uint64_t BatchPlan::batchesOf(const Moment &at) const {
  uint64_t count = 0;
  for (int32_t step = -1; step < int32_t(program.num_steps); ++step) {
    bool reads = std::any_of(graph.inputs, graph.inputs + graph.num_inputs, [&](const gan_input &input) {
      return input.kind <= GAN_INPUT_LABEL && input.step == step;
    });
    if (reads && (step < 0 || streams.runs(uint32_t(step), at)))
      count += step < 0 ? 1 : program.steps[step].times;
  }
  return count;
}

std::vector<int64_t> BatchPlan::take(int stream) {
  size_t s = size_t(std::max(stream, 0));
  std::vector<int64_t> images;
  for (int64_t j = 0; j < int64_t(program.batch); ++j)
    images.push_back(orders[s].at(consumed[s], j));
  ++consumed[s];
  return images;
}

std::vector<bool> BatchPlan::mirrors(int stream) const {
  if (!flip)
    return {};
  size_t s = size_t(std::max(stream, 0));
  std::vector<bool> out;
  for (uint64_t j = 0; j < program.batch; ++j)
    out.push_back(uniformAt(ganrt::stream(seed, "data.flip", uint32_t(s), consumed[s]), j) < 0.5f);
  return out;
}

void BatchPlan::next(Batch &batch) {
  batch.resize(graph.num_inputs);
  int stream = streams.at(moment);
  for (int32_t step = -1; step < int32_t(program.num_steps); ++step) {
    std::vector<uint32_t> inputs;
    for (uint32_t i = 0; i < graph.num_inputs; ++i)
      if (graph.inputs[i].kind <= GAN_INPUT_LABEL && graph.inputs[i].step == step)
        inputs.push_back(i);
    if (inputs.empty() || (step >= 0 && !streams.runs(uint32_t(step), moment)))
      continue;
    for (uint32_t rep = 0; rep < (step < 0 ? 1 : program.steps[step].times); ++rep) {
      std::vector<int64_t> images = take(stream);
      std::vector<bool> mirrored = mirrors(stream);
      for (uint32_t i : inputs) {
        if (batch[i].size() <= rep)
          batch[i].emplace_back(elementsOf(graph.inputs[i].layout) * sizeof(float));
        fillInput(data, graph.inputs[i], images, mirrored, batch[i][rep].data());
      }
    }
  }
  ++moment.iteration;
}

Prefetch::Prefetch(BatchPlan plan) : plan(std::move(plan)), thread([this] { work(); }) {}

Prefetch::~Prefetch() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  thread.join();
}

void Prefetch::work() {
  giveWay();
  try {
    prepareBatches();
  } catch (...) {
    std::lock_guard lock(mutex);
    error = std::current_exception();
    changed.notify_all();
  }
}

void Prefetch::prepareBatches() {
  while (true) {
    plan.next(batches[made % batches.size()]);
    std::unique_lock lock(mutex);
    ++made;
    changed.notify_all();
    if (made - taken > ahead) // full: it sleeps until few are left, as each waking costs the training time
      changed.wait(lock, [&] { return made - taken <= ahead / 2 || stopping; });
    if (stopping)
      return;
  }
}

Batch &Prefetch::next() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return made > taken || error; });
  if (made == taken)
    std::rethrow_exception(error);
  Batch &batch = batches[taken++ % batches.size()];
  if (made - taken <= ahead / 2)
    changed.notify_all();
  return batch;
}

Feed::Feed(Graph &graph, BatchPlan plan) : graph(graph), batches(std::move(plan)) {
  graph.beforeRepetition = [this](uint32_t step, uint32_t repetition) { load(int32_t(step), repetition); };
}

void Feed::next() {
  current = &batches.next();
  load(-1, 0);
}

void Feed::load(int32_t step, uint32_t repetition) {
  const gan_graph &table = graph.table();
  for (uint32_t i = 0; i < table.num_inputs; ++i)
    if (auto &all = (*current)[i]; table.inputs[i].step == step && repetition < all.size())
      graph.readInput(i, all[repetition]);
}

} // namespace ganrt
